// Controls: each has `el`, and `draw(value)` to show what the model says.
import { commit, h, set, setText } from "./core.js";
import { clamp } from "./maths.js";

// Radio buttons need a name of their own per instance; a counter would repeat between two modules on a page.
const unique = () => `cnn-${Math.random().toString(36).slice(2)}`;

export function choice(label, values, onPick) {
  const name = unique();
  const inputs = values.map((value) =>
    h("input", { type: "radio", name, value, onchange: () => onPick(value) }),
  );
  const buttons = inputs.map((input, i) => h("label", {}, input, h("span", {}, String(values[i]))));
  const el = h(
    "fieldset",
    { class: "cnn-field" },
    h("legend", {}, label),
    h("div", { class: "cnn-choice" }, ...buttons),
  );
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

/** A number to be typed or stepped; what cannot be taken is said, and the old number stays. */
export function numberField(label, [least, most], onSet, say) {
  let value;
  const input = h("input", { type: "number", min: least, max: most, step: 1, inputmode: "numeric" });
  input.addEventListener("input", () => {
    const typed = Number(input.value);
    const good = input.value.trim() !== "" && Number.isInteger(typed) && least <= typed && typed <= most;
    set(input, "aria-invalid", !good && "true");
    say(good ? "" : `${label} must be an integer from ${least} to ${most}.`);
    if (good && typed !== value) onSet(typed);
  });
  input.addEventListener("blur", () => {
    if (!input.hasAttribute("aria-invalid")) return;
    set(input, "aria-invalid", null);
    input.value = value;
    say(`${label} keeps its value ${value}.`);
  });
  const draw = (next) => {
    if (next === value && input.hasAttribute("aria-invalid")) return; // it is being typed
    value = next;
    set(input, "aria-invalid", null);
    if (Number(input.value) !== next || input.value === "") input.value = next;
  };
  return { el: h("label", { class: "cnn-field" }, h("span", {}, label), input), draw };
}

export function toggle(label, onFlip) {
  const box = h("input", { type: "checkbox", onchange: () => onFlip(box.checked) });
  return { el: h("label", { class: "cnn-toggle" }, box, label), draw: (value) => (box.checked = value) };
}

// A button that cannot act now stays focusable: aria-disabled, not disabled, or the focus would be lost.
const live = (act) => (event) => event.currentTarget.getAttribute("aria-disabled") !== "true" && act(event);

/** Copies an address of this page with what it shows; only a host that can make one gives `share`. */
export function linkButton(share, say) {
  const copy = async () => {
    const link = share();
    try {
      await navigator.clipboard.writeText(link);
      say("The link to what you see is on the clipboard.");
    } catch {
      say(`The link to what you see: ${link}`);
    }
  };
  return h("button", { type: "button", onclick: copy }, "Copy link");
}

/**
 * Undo, Reset and, where the host can make one, a link to this state. `note()` records what the model says.
 * Reset goes back to `built`, the book's own state, also on a page that was opened by a link.
 */
export function history(model, names, share, say, built = null) {
  const read = () => JSON.stringify(names.map((name) => model.get(name)));
  let now = read();
  const first = built ? JSON.stringify(names.map((name) => built[name])) : now;
  const past = [];
  const restore = (state) =>
    commit(model, Object.fromEntries(JSON.parse(state).map((v, i) => [names[i], v])));
  const undo = () => past.length && restore((now = past.pop()));
  const undoButton = h("button", { type: "button", onclick: live(undo), title: "Ctrl+Z" }, "Undo");
  const resetButton = h("button", { type: "button", onclick: live(() => restore(first)) }, "Reset");
  const el = h("div", { class: "cnn-actions" }, undoButton, resetButton);
  if (share) el.append(linkButton(share, say));
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
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key === "z") {
        event.preventDefault();
        undo();
      }
    },
  };
}

const icon = (path) => h("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, h("path", { d: path }));
const ICONS = {
  back: "M10 3v10L4 8zM3 3h1.5v10H3z",
  play: "M4 2.5v11l9-5.5z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  next: "M6 3v10l6-5zM11.5 3H13v10h-1.5z",
};

/** Step back, play, step forward, scrub. Arrow keys step, Home and End go to the ends, the space bar plays. */
export function stepper(label, onStep, { duration = 12000, onPlay = () => {} } = {}) {
  let [step, count, timer] = [0, 1, null];
  const go = (k) => onStep(clamp(k, 0, count - 1));
  const play = (on) => {
    clearInterval(timer);
    timer = null;
    if (on) {
      if (step >= count - 1) go(0);
      timer = setInterval(
        () => (step < count - 1 ? go(step + 1) : play(false)),
        clamp(duration / count, 60, 750),
      );
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
    h(
      "button",
      { type: "button", class: `cnn-${name}`, "aria-label": title, onclick: live(act) },
      icon(ICONS[name]),
    );
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
    else if (!onRange && event.key === "Home") by(-count)();
    else if (!onRange && event.key === "End") by(count)();
    else return;
    event.preventDefault();
  };
  const el = h(
    "div",
    { class: "cnn-stepper", role: "group", "aria-label": label, onkeydown },
    backButton,
    playButton,
    nextButton,
    range,
    counter,
  );
  return {
    el,
    stop: () => timer && play(false),
    draw(k, of, words, number = `${k + 1} / ${of}`) {
      [step, count] = [k, of];
      set(range, "max", count - 1);
      range.value = k;
      set(range, "aria-valuetext", words);
      set(el, "style", `--done: ${count > 1 ? k / (count - 1) : 0}; --digits: ${number.length}`);
      setText(counter, number);
      set(backButton, "aria-disabled", k === 0 && "true");
      set(nextButton, "aria-disabled", k === count - 1 && "true");
    },
  };
}
