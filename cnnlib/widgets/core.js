// What every widget of the book shares. The Python base class puts this file in front of each widget's own,
// so a name that two files both define is a syntax error: nothing is overridden silently.

// ---------------------------------------------------------------------------------------------------------
// Mathematics. No DOM in this part; golden vectors made by Python hold it to cnnlib.

/** ⌊(n + 2p − f)/s⌋ + 1, and 0 where the kernel does not fit (there cnnlib raises). */
export const outputSize = (n, f, s = 1, p = 0) => Math.max(0, Math.floor((n + 2 * p - f) / s) + 1);

export function pad2d(A, p, value = 0) {
  const width = A[0].length + 2 * p;
  const edge = () => Array.from({ length: p }, () => new Array(width).fill(value));
  const side = new Array(p).fill(value);
  return [...edge(), ...A.map((row) => [...side, ...row, ...side]), ...edge()];
}

/** Z[y][x] = Σ K[i][j] · Ĩ[y·s + i][x·s + j], with Ĩ the padded image: one tap at a time along a whole row. */
export function correlate2d(I, K, s = 1, p = 0) {
  const padded = pad2d(I, p);
  const rows = outputSize(I.length, K.length, s, p);
  const columns = outputSize(I[0].length, K[0].length, s, p);
  return Array.from({ length: rows }, (_, y) => {
    const Z = new Array(columns).fill(0);
    K.forEach((taps, i) => {
      const row = padded[y * s + i];
      taps.forEach((tap, j) => {
        for (let x = 0, q = j; x < columns; x++, q += s) Z[x] += tap * row[q];
      });
    });
    return Z;
  });
}

/** First and last output (along one side) whose window holds the padded position q; last < first: none does. */
export function users(q, n, f, s = 1, p = 0) {
  return [Math.max(0, Math.ceil((q - f + 1) / s)), Math.min(outputSize(n, f, s, p) - 1, Math.floor(q / s))];
}

/** How many windows hold each position of one padded side. In two dimensions the counts multiply. */
export function usage(n, f, s = 1, p = 0) {
  return Array.from({ length: n + 2 * p }, (_, q) => {
    const [first, last] = users(q, n, f, s, p);
    return Math.max(0, last - first + 1);
  });
}

/** The kernel with zeros put around it, or cut down to its middle. */
export function resizeKernel(K, f) {
  const shift = (K.length - f) / 2;
  return table(f, f, (i, j) => K[i + shift]?.[j + shift] ?? 0);
}

export const table = (rows, columns, entry) =>
  Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (_, c) => entry(r, c)));

export const same = (A, B) => JSON.stringify(A) === JSON.stringify(B);

/** A copy of A with one entry changed: what a model holds is never changed in place. */
export const withEntry = (A, r, c, value) => A.map((row, i) => (i === r ? row.with(c, value) : row));

/** The largest |entry|: the limit of a signed colour map. */
export const reach = (A) => A.reduce((most, row) => row.reduce((m, x) => Math.max(m, Math.abs(x)), most), 0);

// ---------------------------------------------------------------------------------------------------------
// Colours. Data colours do not change with the theme: the same number has the same colour everywhere.

export const [NEGATIVE, ZERO, POSITIVE] = [[32, 102, 168], [255, 255, 255], [200, 87, 12]];

const clamp = (x, low, high) => Math.min(high, Math.max(low, x));

/** Blue below 0, white at 0, orange above; ±limit are the ends. */
export function signed(x, limit) {
  const t = limit > 0 ? clamp(x / limit, -1, 1) : 0;
  const end = t < 0 ? NEGATIVE : POSITIVE;
  return ZERO.map((zero, i) => Math.round(zero + Math.abs(t) * (end[i] - zero)));
}

export function grey(x, low = 0, high = 255) {
  const level = Math.round(255 * clamp((x - low) / (high - low || 1), 0, 1));
  return [level, level, level];
}

/** Black or white, whichever stands out more on this colour (never below 4.5 : 1). */
export function ink(rgb) {
  const [r, g, b] = rgb.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
}

// ---------------------------------------------------------------------------------------------------------
// Numbers and words.

/** 3 → "3", −0.1111 → "−0.111", 25000000 → "2.5e7": short enough for a cell. */
export function format(x, digits = 3) {
  let text = String(Math.abs(x));
  if (Math.abs(x) >= 1e6 || (x !== 0 && Math.abs(x) < 0.5 * 10 ** -digits)) {
    text = Math.abs(x).toExponential(1).replace(".0e", "e").replace("e+", "e").replace("e-", "e−");
  } else if (!Number.isInteger(x)) {
    const decimals = Math.max(0, digits - Math.max(0, Math.floor(Math.log10(Math.abs(x)))));
    text = String(Number(Math.abs(x).toFixed(decimals)));
  }
  return x < 0 && text !== "0" ? `−${text}` : text;
}

/** "=" if every number can be read off exactly as it is shown, else "≈". */
export const equals = (numbers, digits) => (numbers.every((x) => parse(format(x, digits)) === x) ? "=" : "≈");

export const factor = (x) => (x < 0 ? `(${format(x)})` : format(x));

/** A number as people write it: −1, 0.5, 0,5, 1/9. Anything else is NaN. */
export function parse(text) {
  const found = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?:\/(\d+))?$/i.exec(
    text.trim().replaceAll("−", "-").replace(",", "."),
  );
  return found ? Number(found[1]) / Number(found[2] ?? 1) + 0 : NaN;
}

export const LIMIT = 1000;

/** Why this entry cannot be taken, or "" if it can. */
export function refusal(text) {
  if (!text.trim()) return "Nothing was entered.";
  const value = parse(text);
  if (Number.isNaN(value)) return `“${text.trim().slice(0, 20)}” is not a number.`;
  return Math.abs(value) <= LIMIT ? "" : `${text.trim().slice(0, 20)} is outside −${LIMIT} … ${LIMIT}.`;
}

export const plural = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

/** [1, 2, 3, 6] → "1–3 and 6" */
export function ranges(numbers) {
  const runs = [];
  for (const n of numbers) {
    if (runs.at(-1)?.[1] === n - 1) runs.at(-1)[1] = n;
    else runs.push([n, n]);
  }
  const words = runs.map(([a, b]) => (a === b ? `${a}` : `${a}${b === a + 1 ? ", " : "–"}${b}`));
  return words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words.join("");
}

export const sizeFormula = (n, f, s, p) => `⌊(${n} + 2·${p} − ${f}) / ${s}⌋ + 1 = ${outputSize(n, f, s, p)}`;

/** What does not fit, why, and the fix; "" if the kernel fits. */
export function misfit(rows, columns, f, p) {
  const n = Math.min(rows, columns);
  if (f <= n + 2 * p) return "";
  return (
    `A ${f}×${f} kernel does not fit a ${rows}×${columns} image with padding ${p}: ` +
    `n + 2p − f = ${n} + ${2 * p} − ${f} = ${format(n + 2 * p - f)}. ` +
    `Use padding ${Math.ceil((f - n) / 2)} or more, a smaller kernel or a larger image.`
  );
}

// ---------------------------------------------------------------------------------------------------------
// DOM and model.

const SVG = new Set(["svg", "path", "line", "circle", "text", "g", "title"]);
const FOCUSABLE = "button, input, select, [tabindex]";

/** h("button", { class: "x", onclick: f }, "text"): an element. Text is always text, never markup. */
export function h(tag, attributes = {}, ...children) {
  const node = SVG.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else set(node, name, value);
  }
  // JupyterLab takes the arrow keys unless the focused element itself says no.
  if (node.matches(FOCUSABLE)) node.setAttribute("data-lm-suppress-shortcuts", "true");
  node.append(...children);
  return node;
}

/** Patch an attribute, touching the page only where something changed; null or false removes it. */
export function set(node, name, value) {
  const text = value === true ? "" : value;
  if (text === null || text === undefined || text === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(text)) node.setAttribute(name, text);
}

export const setText = (node, text) => node.textContent !== text && (node.textContent = text);

/** Set some traits of the model at once. */
export function commit(model, changes) {
  for (const [name, value] of Object.entries(changes)) model.set(name, value);
  model.save_changes();
}

/** Call draw now and, once per burst, whenever one of the traits changes, wherever the change was made. */
export function watch(model, names, draw) {
  let waiting = false;
  let over = false;
  const wake = () => {
    if (waiting) return;
    waiting = true;
    queueMicrotask(() => {
      waiting = false;
      if (!over) draw();
    });
  };
  for (const name of names) model.on(`change:${name}`, wake);
  draw();
  return () => {
    over = true;
    for (const name of names) model.off(`change:${name}`, wake);
  };
}

// ---------------------------------------------------------------------------------------------------------
// Controls: each has `el`, and `draw(value)` to show what the model says.

// Radio buttons need a name of their own per instance; a counter would repeat between two modules on a page.
const unique = () => `cnn-${Math.random().toString(36).slice(2)}`;

export function choice(label, values, onPick) {
  const name = unique();
  const inputs = values.map((value) => h("input", { type: "radio", name, value, onchange: () => onPick(value) }));
  const buttons = inputs.map((input, i) => h("label", {}, input, h("span", {}, String(values[i]))));
  const el = h("fieldset", { class: "cnn-field" }, h("legend", {}, label), h("div", { class: "cnn-choice" }, ...buttons));
  return { el, draw: (value) => inputs.forEach((input, i) => (input.checked = values[i] === value)) };
}

/** A menu; a value that is none of its options is shown as `other`. */
export function menu(label, names, onPick, other = "your own") {
  const custom = h("option", { value: "" }, other);
  const options = names.map((name) => h("option", { value: name }, name));
  const select = h("select", { onchange: () => select.value && onPick(select.value) }, ...options);
  const draw = (value) => {
    const known = names.includes(value);
    if (known) custom.remove();
    else if (custom.parentNode !== select) select.prepend(custom);
    select.value = known ? value : "";
  };
  return { el: h("label", { class: "cnn-field" }, h("span", {}, label), select), draw };
}

export function toggle(label, onFlip) {
  const box = h("input", { type: "checkbox", onchange: () => onFlip(box.checked) });
  return { el: h("label", { class: "cnn-toggle" }, box, label), draw: (value) => (box.checked = value) };
}

// A button that cannot act now stays focusable: aria-disabled, not disabled, or the focus would be lost.
const live = (act) => (event) => event.currentTarget.getAttribute("aria-disabled") !== "true" && act(event);

/** Undo, Reset and, where the host can make one, a link to this state. `note()` records what the model says. */
export function history(model, names, share, say) {
  const read = () => JSON.stringify(names.map((name) => model.get(name)));
  const first = read();
  let now = first;
  const past = [];
  const restore = (state) => commit(model, Object.fromEntries(JSON.parse(state).map((v, i) => [names[i], v])));
  const undo = () => past.length && restore((now = past.pop()));
  const undoButton = h("button", { type: "button", onclick: live(undo), title: "Ctrl+Z" }, "Undo");
  const resetButton = h("button", { type: "button", onclick: live(() => restore(first)) }, "Reset");
  const el = h("div", { class: "cnn-actions" }, undoButton, resetButton);
  if (share) {
    const copy = async () => {
      const link = share();
      try {
        await navigator.clipboard.writeText(link);
        say("The link to what you see is on the clipboard.");
      } catch {
        say(`The link to what you see: ${link}`);
      }
    };
    el.append(h("button", { type: "button", onclick: copy }, "Copy link"));
  }
  return {
    el,
    note() {
      const next = read();
      if (next !== now) past.push(now);
      now = next;
      set(undoButton, "aria-disabled", past.length === 0 && "true");
      set(resetButton, "aria-disabled", now === first && "true");
    },
    onKey(event) {
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key === "z" && !event.target.matches("[type=text]")) {
        event.preventDefault();
        undo();
      }
    },
  };
}

const icon = (path) => h("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, h("path", { d: path }));
const ICONS = { back: "M10 3v10L4 8zM3 3h1.5v10H3z", play: "M4 2.5v11l9-5.5z", pause: "M4 3h3v10H4zM9 3h3v10H9z", next: "M6 3v10l6-5zM11.5 3H13v10h-1.5z" };

/** Step back, play, step forward, scrub. Arrow keys step, the space bar plays and pauses. */
export function stepper(label, onStep, { duration = 12000, onPlay = () => {} } = {}) {
  let [step, count, timer] = [0, 1, null];
  const go = (k) => onStep(clamp(k, 0, count - 1));
  const play = (on) => {
    clearInterval(timer);
    timer = null;
    if (on) {
      if (step >= count - 1) go(0);
      timer = setInterval(() => (step < count - 1 ? go(step + 1) : play(false)), clamp(duration / count, 60, 750));
    }
    playButton.replaceChildren(icon(ICONS[on ? "pause" : "play"]));
    set(playButton, "aria-label", on ? "Pause" : "Play");
    onPlay(on);
  };
  const by = (move) => () => {
    if (timer) play(false);
    go(step + move);
  };
  const button = (name, title, act) =>
    h("button", { type: "button", class: `cnn-${name}`, "aria-label": title, onclick: live(act) }, icon(ICONS[name]));
  const backButton = button("back", "Step back", by(-1));
  const playButton = button("play", "Play", () => play(!timer));
  const nextButton = button("next", "Step forward", by(1));
  const scrub = () => {
    if (timer) play(false);
    go(Number(range.value));
  };
  const range = h("input", { type: "range", min: 0, "aria-label": label, oninput: scrub });
  const counter = h("span", { class: "cnn-count", "aria-hidden": "true" });
  const onkeydown = (event) => {
    const onRange = event.target === range;
    if (onRange && event.key === " ") play(!timer);
    else if (!onRange && event.key === "ArrowLeft") by(-1)();
    else if (!onRange && event.key === "ArrowRight") by(1)();
    else return;
    event.preventDefault();
  };
  const el = h("div", { class: "cnn-stepper", role: "group", "aria-label": label, onkeydown }, backButton, playButton, nextButton, range, counter);
  return {
    el,
    stop: () => timer && play(false),
    draw(k, of, words) {
      [step, count] = [k, of];
      set(range, "max", count - 1);
      range.value = k;
      set(range, "aria-valuetext", words);
      set(el, "style", `--done: ${count > 1 ? k / (count - 1) : 0}; --digits: ${String(count).length}`);
      setText(counter, `${k + 1} / ${count}`);
      set(backButton, "aria-disabled", k === 0 && "true");
      set(nextButton, "aria-disabled", k === count - 1 && "true");
    },
  };
}

/** A line of text that a screen reader says when it changes – except while it is quiet (during play). */
export function liveLine(className = "cnn-line") {
  const el = h("p", { class: className, "aria-live": "polite" });
  let last = null;
  return {
    el,
    say(...parts) {
      const text = parts.map((part) => part.textContent ?? part).join("\n");
      if (text !== last) el.replaceChildren(...parts);
      last = text;
    },
    quiet: (on) => set(el, "aria-live", on ? "off" : "polite"),
  };
}

/** A row of one formula: kept together, on its own line where there is room. */
export const phrase = (text, className = "") => h("span", { class: `cnn-phrase ${className}` }, `${text} `);

// ---------------------------------------------------------------------------------------------------------
// The matrix: a grid of square cells, patched in place so that the focus is never lost.

/**
 * draw(cells): cells[r][c] = { text, rgb, say, mark?, locked? }; `say` is what a screen reader says, `mark` is class names.
 * Arrow keys, Home and End move; Enter, F2, typing or a second click edits; Enter takes the entry, Escape drops it.
 * onPoint(r, c) or onPoint(null): the cell under the mouse, else the focused one.  onPick(r, c): clicked or moved to.
 * onEdit(r, c, number): an entry that was taken.  say(text): why one was not.
 */
export function matrix(label, { onPoint = () => {}, onPick = () => {}, onEdit = null, say = () => {} } = {}) {
  let [cells, active, hover, focus, editing] = [[], [0, 0], null, null, null];
  const grid = h("div", { class: "cnn-grid", role: "grid", "aria-label": label, "aria-readonly": onEdit ? null : "true" });
  const frame = h("div", { class: "cnn-frame", "aria-hidden": "true", hidden: true });
  const el = h("div", { class: "cnn-matrix" }, grid, frame);

  const node = (r, c) => grid.children[r]?.children[c];
  const place = (target) => {
    const cell = target.closest?.("[role=gridcell]");
    return cell && [[...grid.children].indexOf(cell.parentNode), [...cell.parentNode.children].indexOf(cell)];
  };
  const point = () => onPoint(...(hover ?? focus ?? [null]));

  const activate = (r, c) => {
    set(node(...active) ?? grid, "tabindex", node(...active) ? "-1" : null);
    active = [r, c];
    set(node(r, c), "tabindex", "0");
  };
  const moveTo = (r, c) => node(clamp(r, 0, cells.length - 1), clamp(c, 0, cells[0].length - 1)).focus();

  function edit(r, c, text) {
    const cell = cells[r][c];
    if (!onEdit) return;
    if (cell.locked) return void say(cell.locked);
    const input = h("input", { type: "text", class: "cnn-entry", autocomplete: "off", enterkeyhint: "done", "aria-label": cell.say });
    input.value = text ?? cell.text.replace("−", "-");
    editing = { input, r, c };
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
    const { input, r, c } = editing;
    const why = keep ? refusal(input.value) : "";
    editing = null;
    if (back) node(r, c).focus();
    input.remove();
    if (why) say(`${why} The entry keeps its value ${cells[r][c].text}.`);
    else if (keep && parse(input.value) !== parse(cells[r][c].text)) onEdit(r, c, parse(input.value));
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
      ArrowUp: [r - 1, c], ArrowDown: [r + 1, c], ArrowLeft: [r, c - 1], ArrowRight: [r, c + 1],
      Home: [event.ctrlKey ? 0 : r, 0], End: [event.ctrlKey ? bottom : r, right],
    }[event.key];
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (to) moveTo(...to);
    else if (event.key === "Enter" || event.key === "F2") onEdit ? edit(r, c, null) : onPick(r, c);
    else if (plain && (event.key === "Delete" || event.key === "Backspace")) edit(r, c, "");
    else if (plain && event.key.length === 1 && event.key !== " ") edit(r, c, event.key);
    else return;
    event.preventDefault();
  }

  let wasFocused = false;
  grid.addEventListener("keydown", onkeydown);
  grid.addEventListener("focusin", ({ target }) => {
    if (target === editing?.input) return;
    focus = place(target);
    activate(...focus);
    onPick(...focus);
    point();
  });
  grid.addEventListener("focusout", ({ relatedTarget }) => {
    if (grid.contains(relatedTarget) || editing) return;
    focus = null;
    point();
  });
  grid.addEventListener("pointerdown", ({ target }) => (wasFocused = document.activeElement === target.closest("[role=gridcell]")));
  grid.addEventListener("click", ({ target }) => {
    const at = place(target);
    if (!at || editing) return;
    node(...at).focus(); // Safari does not focus what is clicked
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
    if (editing && !cells[editing.r]?.[editing.c]) finish({ keep: false });
    while (grid.children.length > cells.length) grid.lastChild.remove();
    while (grid.children.length < cells.length) grid.append(h("div", { role: "row" }));
    let characters = 2;
    cells.forEach((row, r) => {
      const line = grid.children[r];
      while (line.children.length > row.length) line.lastChild.remove();
      while (line.children.length < row.length) line.append(h("div", { role: "gridcell", tabindex: "-1" }, h("span", {})));
      row.forEach(({ text, rgb, say: words, mark = "" }, c) => {
        const cell = line.children[c];
        set(cell, "class", `cnn-cell ${mark}`);
        set(cell, "style", rgb && `background: rgb(${rgb}); color: ${ink(rgb)}`);
        set(cell, "aria-label", words);
        setText(cell.firstChild, text);
        characters = Math.max(characters, text.length);
      });
    });
    const [r, c] = [Math.min(active[0], cells.length - 1), Math.min(active[1], cells[0].length - 1)];
    activate(r, c);
    set(grid, "style", `--characters: ${characters}`);
    set(frame, "hidden", !frameAt);
    if (frameAt) set(frame, "style", `--r: ${frameAt.r}; --c: ${frameAt.c}; --h: ${frameAt.h}; --w: ${frameAt.w}`);
  }
  return { el, draw, frame };
}

/** A matrix under its name, which may carry its size: h("figure"). */
export function block(title, ...content) {
  const name = h("figcaption", {}, title);
  return { el: h("figure", { class: "cnn-block" }, name, ...content), title: (text) => setText(name, text) };
}
