// The matrix: a grid of square cells, patched in place so that the focus is never lost.
import { h, set, setText } from "./core.js";
import { clamp, format, ink, parse, refusal } from "./maths.js";

/**
 * draw(cells, frame): cells[r][c] = { value, text, rgb, say, mark?, locked? }, where `say` is what a screen
 * reader says, `mark` class names and `locked` why it cannot be edited (see cellsOf); frame = { r, c, h, w }.
 * Arrow keys, Home and End move; Enter, F2, typing or a second click edits; Enter takes the entry and Escape
 * drops it. onPoint(r, c) or onPoint(null): the cell under the mouse, else the focused one. onPick(r, c,
 * entered): clicked or moved to; `entered` if the focus came from outside, as by Tab. onEdit(r, c, number): an entry that was taken. say(text): why one was not.
 */
export function matrix(label, { onPoint = () => {}, onPick = () => {}, onEdit = null, say = () => {} } = {}) {
  let [cells, active, hover, focus, editing] = [[], [0, 0], null, null, null];
  const grid = h("div", {
    class: "cnn-grid",
    role: "grid",
    "aria-label": label,
    "aria-readonly": onEdit ? null : "true",
  });
  const frame = h("div", { class: "cnn-frame", "aria-hidden": "true", hidden: true });
  const el = h("div", { class: "cnn-matrix" }, grid, frame);

  const node = (r, c) => grid.children[r]?.children[c];
  const place = (target) => {
    const cell = target.closest?.("[role=gridcell]");
    return cell && [[...grid.children].indexOf(cell.parentNode), [...cell.parentNode.children].indexOf(cell)];
  };
  const point = () => onPoint(...(hover ?? focus ?? [null]));

  const activate = (r, c) => {
    const before = node(...active);
    if (before) set(before, "tabindex", "-1");
    active = [r, c];
    set(node(r, c), "tabindex", "0");
  };
  const moveTo = (r, c) => node(clamp(r, 0, cells.length - 1), clamp(c, 0, cells[0].length - 1)).focus();

  function edit(r, c, text) {
    const cell = cells[r][c];
    if (!onEdit) return;
    if (cell.locked) return void say(cell.locked);
    const input = h("input", {
      type: "text",
      class: "cnn-entry",
      autocomplete: "off",
      enterkeyhint: "done",
      "aria-label": cell.say,
    });
    const before = String(Number(cell.value.toPrecision(6)));
    input.value = text ?? before;
    editing = { input, r, c, before };
    node(r, c).append(input);
    input.focus();
    if (text === null) input.select();
    input.addEventListener("blur", () => finish());
    input.addEventListener("input", () => {
      set(input, "aria-invalid", null);
      say("");
    });
  }

  // Ends the editing; a text that is no number is dropped with a word, and the old value stays.
  function finish({ keep = true, back = false } = {}) {
    if (!editing) return;
    const { input, r, c, before } = editing;
    const why = keep ? refusal(input.value) : "";
    editing = null;
    if (back) node(r, c).focus();
    input.remove();
    if (why) say(`${why} The entry keeps its value ${cells[r][c].text}.`);
    else if (keep && input.value !== before) onEdit(r, c, parse(input.value));
  }

  function editKey(event) {
    const { input, r, c } = editing;
    const moves = { Enter: [0, 0], ArrowUp: [-1, 0], ArrowDown: [1, 0], Tab: [0, event.shiftKey ? -1 : 1] };
    event.stopPropagation();
    if (event.key === "Escape") finish({ keep: false, back: true });
    else if (event.key in moves) {
      const why = refusal(input.value);
      if (why) {
        // Still editing: what was typed is not lost, and can be mended.
        set(input, "aria-invalid", "true");
        say(`${why} Enter a number such as 2, −0.5 or 1/9; Escape keeps ${cells[r][c].text}.`);
      } else {
        finish({ back: true });
        moveTo(r + moves[event.key][0], c + moves[event.key][1]);
      }
    } else return;
    event.preventDefault();
  }

  function onkeydown(event) {
    if (editing) return editKey(event);
    const [r, c] = active;
    const [bottom, right] = [cells.length - 1, cells[0].length - 1];
    const to = {
      ArrowUp: [r - 1, c],
      ArrowDown: [r + 1, c],
      ArrowLeft: [r, c - 1],
      ArrowRight: [r, c + 1],
      Home: [event.ctrlKey ? 0 : r, 0],
      End: [event.ctrlKey ? bottom : r, right],
    }[event.key];
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (to) moveTo(...to);
    else if (event.key === "Enter" || event.key === "F2") onEdit ? edit(r, c, null) : onPick(r, c);
    else if (onEdit && plain && ["Delete", "Backspace"].includes(event.key)) edit(r, c, "");
    else if (onEdit && plain && event.key.length === 1 && event.key !== " ") edit(r, c, event.key);
    else return;
    event.preventDefault();
  }

  let wasFocused = false;
  grid.addEventListener("keydown", onkeydown);
  grid.addEventListener("focusin", ({ target, relatedTarget }) => {
    if (target === editing?.input) return;
    focus = place(target);
    activate(...focus);
    onPick(...focus, !grid.contains(relatedTarget));
    point();
  });
  grid.addEventListener("focusout", ({ relatedTarget }) => {
    if (grid.contains(relatedTarget) || editing) return;
    focus = null;
    point();
  });
  grid.addEventListener(
    "pointerdown",
    ({ target }) => (wasFocused = target.closest("[role=gridcell]")?.matches(":focus")),
  );
  grid.addEventListener("click", ({ target }) => {
    const at = place(target);
    if (!at || editing) return;
    node(...at).focus(); // Safari does not focus what is clicked
    onPick(...at, false);
    if (wasFocused) edit(...at, null);
  });
  grid.addEventListener("pointerover", ({ target, pointerType }) => {
    if (pointerType !== "mouse") return;
    hover = place(target);
    point();
  });
  grid.addEventListener("pointerleave", () => {
    hover = null;
    point();
  });

  function draw(next, frameAt = null) {
    cells = next;
    const nearest = [Math.min(active[0], cells.length - 1), Math.min(active[1], cells[0].length - 1)];
    const going = !cells[active[0]]?.[active[1]];
    if (going && editing) finish({ keep: false, back: true });
    // The focus moves before its cell goes: taking away what has it would call draw() in the midst of this.
    if (going && grid.matches(":focus-within")) node(...nearest).focus();
    while (grid.children.length > cells.length) grid.lastChild.remove();
    while (grid.children.length < cells.length) grid.append(h("div", { role: "row" }));
    let characters = 2;
    cells.forEach((row, r) => {
      const line = grid.children[r];
      while (line.children.length > row.length) line.lastChild.remove();
      while (line.children.length < row.length)
        line.append(h("div", { role: "gridcell", tabindex: "-1" }, h("span", {})));
      row.forEach(({ text, rgb, say: words, mark = "" }, c) => {
        const cell = line.children[c];
        set(cell, "class", `cnn-cell ${mark}`);
        set(cell, "style", rgb && `background: rgb(${rgb}); color: ${ink(rgb)}`);
        set(cell, "aria-label", words);
        setText(cell.firstChild, text);
        // A point is narrow.
        characters = Math.max(characters, text.length - (text.includes(".") ? 0.5 : 0));
      });
    });
    activate(...nearest);
    set(grid, "style", `--characters: ${characters}`);
    set(frame, "hidden", !frameAt);
    if (frameAt)
      set(frame, "style", `--r: ${frameAt.r}; --c: ${frameAt.c}; --h: ${frameAt.h}; --w: ${frameAt.w}`);
  }
  return { el, draw };
}

/** Cells for a matrix of numbers, each in its colour; `tap` is the [row, column] to be ringed. */
export const cellsOf = (A, colour, tap) =>
  A.map((row, r) =>
    row.map((value, c) => ({
      value,
      text: format(value, 2),
      rgb: colour(value),
      say: `row ${r + 1}, column ${c + 1}: ${format(value, 2)}`, // the words hold what is shown
      mark: tap?.[0] === r && tap[1] === c ? "cnn-tap" : "",
    })),
  );
