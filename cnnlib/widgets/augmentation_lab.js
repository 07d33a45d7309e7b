import { attach, block, commit, h, liveLine, phrase, set, setText, watch } from "./core.js";
import { choice, history, menu } from "./controls.js";
import { augmented, drawn, ends } from "./augmentation.js";
import { format, plural } from "./maths.js";

const STATE = ["picture", "kind", "level", "seed", "answer"];
const KINDS = {
  shift: "shift",
  crop: "crop",
  rotate: "rotate",
  flip: "flip, left to right",
  "upside down": "flip, upside down",
  noise: "noise",
  brightness: "brightness",
  contrast: "contrast",
  saturation: "saturation",
  hue: "hue",
};
const COLOURS = ["saturation", "hue"];

/** What was done this time, in words. */
function told(kind, [a, b, height, width]) {
  const side = (n, plus, minus) => `${plural(Math.abs(n), "pixel")} ${n < 0 ? minus : plus}`;
  if (kind === "shift") return `moved ${side(a, "down", "up")} and ${side(b, "right", "left")}`;
  if (kind === "crop") return `a window of ${height}×${width} pixels, stretched`;
  if (kind === "rotate") return `turned by ${format(Math.abs(a), 1)}°, ${a < 0 ? "clockwise" : "counter-clockwise"}`;
  if (kind === "noise") return `each number has its own normal deviate; standard deviation ${format(255 * a)} of 255`;
  if (kind === "hue") return `the colour circle turned by ${format(a, 2)} of a full turn`;
  return kind in { flip: 1, "upside down": 1 } ? (a ? "mirrored" : "left as it was") : `factor ${format(a, 2)}`;
}

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

function show(canvas, { rows, columns, channels, pixels }) {
  Object.assign(canvas, { width: columns, height: rows });
  const rgba = new Uint8ClampedArray(4 * rows * columns);
  for (let i = 0; i < rows * columns; i++) {
    for (let k = 0; k < 3; k++) rgba[4 * i + k] = pixels[i * channels + (channels === 3 ? k : 0)];
    rgba[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(new ImageData(rgba, columns, rows), 0, 0);
}

function render({ model, el, share, built }) {
  const [levels, verdicts] = ["levels", "verdicts"].map((name) => model.get(name));
  const pictures = model.get("pictures").map((one) => ({ ...one, pixels: bytes(one.pixels) }));
  const labels = pictures.map(({ label }) => label);
  const note = liveLine("cnn-note");
  const line = liveLine();
  const verdict = liveLine("cnn-verdict");
  const last = () => levels[model.get("kind")].length - 1;
  // another picture or another step is another question
  const ask = (changes) => commit(model, { answer: "", ...changes });
  const which = () => Math.min(model.get("picture"), pictures.length - 1);

  const picture = menu("Picture", labels, (label) => ask({ picture: labels.indexOf(label) }));
  const kind = menu("Change it by", Object.values(KINDS), (words) => {
    const name = Object.keys(KINDS).find((key) => KINDS[key] === words);
    ask({ kind: name, level: Math.min(3, levels[name].length - 2) });
  });
  const range = h("input", { type: "range", min: 0, oninput: () => ask({ level: Number(range.value) }) });
  const code = h("span", {});
  const strength = h("label", { class: "cnn-field cnn-strength" }, code, range);
  const another = h(
    "button",
    { type: "button", onclick: () => commit(model, { seed: (model.get("seed") + 1) % 10000 }) },
    "Another one",
  );
  const past = history(model, STATE, share, note.say, built);
  const canvases = [0, 1, 2, 3].map(() => h("canvas", { role: "img" }));
  const blocks = canvases.map((canvas) => block("", canvas));
  const warning = h("p", { class: "cnn-warning", role: "status" });
  const keep = choice("Would you keep the label?", ["yes", "no"], (answer) => commit(model, { answer }));
  const question = h("div", { class: "cnn-judgement" }, keep.el, verdict.el);
  const root = h(
    "div",
    { class: "cnn", role: "group", "aria-label": "Augmentation lab", onkeydown: past.onKey },
    h(
      "div",
      { class: "cnn-controls" },
      h("div", { class: "cnn-fields" }, picture.el, kind.el),
      strength,
      another,
      past.el,
    ),
    h("div", { class: "cnn-album" }, ...blocks.map((one) => one.el)),
    warning,
    note.el,
    line.el,
    question,
  );

  function drawPictures(image, name, amount) {
    const seed = model.get("seed");
    const possible = image.channels === 3 || !COLOURS.includes(name);
    const size = [image.rows, image.columns];
    const now = possible ? drawn(name, amount, seed, ...size) : null;
    const sides = possible ? ends(name, amount, seed, ...size) : [];
    const others = name === "noise" ? ["another draw", "and another"] : ["one end of its range", "the other end"];
    const parts = [[`Original: ${image.label}`], ["This draw", now], ...sides.map((end, k) => [others[k], end])];
    blocks.forEach((one, k) => {
      set(one.el, "hidden", k > 0 && !possible);
      if (k > 0 && !possible) return;
      const [title, amounts] = parts[k];
      show(canvases[k], k ? augmented(image, name, amounts) : image);
      one.title(title);
      set(canvases[k], "aria-label", `${title}${k ? `: ${told(name, amounts)}` : ""}`);
    });
    setText(warning, possible ? "" : `A grey picture has no ${name} to change: choose the photograph.`);
    set(question, "hidden", !possible);
    return now;
  }

  /** The book's answer, once the reader has given one. */
  function drawVerdict(label, name, amount) {
    const answer = model.get("answer");
    keep.draw(answer);
    if (!answer) return verdict.say("Look at the two ends, say yes or no, and then the book will.");
    const [most, why, whyNot] = verdicts[label]?.[name] ?? [];
    if (most === undefined)
      return verdict.say("Only you know what your label means: could someone tell it from each of these?");
    // a crop is the stronger, the smaller its window
    const kept = name === "crop" ? amount >= most : amount <= most;
    const says = kept ? "yes" : "no";
    const opening = answer === says ? `So says the book: ${says}.` : `The book says ${says}.`;
    return verdict.say(h("b", {}, opening), ` ${kept ? why : whyNot}`);
  }

  function draw() {
    past.note();
    const image = pictures[which()];
    const name = model.get("kind");
    const level = Math.min(model.get("level"), last());
    const [amount, step] = levels[name][level];
    picture.draw(image.label);
    kind.draw(KINDS[name]);
    set(range, "max", last());
    range.value = level;
    set(range, "aria-valuetext", step);
    setText(code, `Strength ${format(amount)}`);
    const now = drawPictures(image, name, amount);
    line.say(phrase(h("code", {}, step)), now && phrase(`This draw: ${told(name, now)}.`));
    drawVerdict(image.label, name, amount);
  }

  return attach(el, root, watch(model, STATE, draw));
}

/** Whether a link may ask for this state: the limits are those of the Python traits. */
const validate = ({ picture, kind, level, seed, answer }) =>
  [picture, level, seed].every((k) => Number.isInteger(k) && k >= 0) &&
  kind in KINDS &&
  ["", "yes", "no"].includes(answer);

export default { render, validate };
