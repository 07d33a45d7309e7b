import { attach, block, commit, h, liveLine, phrase, set, watch } from "./core.js";
import { history, menu } from "./controls.js";
import { clamp, format, grey, plural, reach, same, signed } from "./maths.js";
import { build, forward, softmax, unpack } from "./network.js";
import { odds, percentage } from "./odds.js";
import { asMnist, drawn, inkBox, scaledSides } from "./pen.js";
import { paint } from "./plots.js";

const [SIZE, RADIUS, MOST] = [100, 5, 1000];
const MOVES = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  Home: [-1, -1],
  PageUp: [-1, 1],
  End: [1, -1],
  PageDown: [1, 1],
};

function render({ model, el, share, built }) {
  const [layers, classes, examples] = ["layers", "classes", "examples"].map((name) => model.get(name));
  const net = build(layers, unpack(model.get("weights"), Float32Array), [28, 28, 1]);
  const titles = layers.map(({ title }, i) => `${i + 1} ${title}`);
  const shown = titles.filter((_, i) => net[i].shape[0] * net[i].shape[1] > 1 && layers[i].kind !== "flatten");
  let [computed, outputs, at, focused, down, dragging] = ["", null, [50, 50], false, false, false];
  let layer = null;

  const note = liveLine("cnn-note");
  const line = liveLine();
  const change = (strokes) => {
    note.say("");
    commit(model, { strokes });
  };
  /** The pen comes to [row, column], drawing a line unless it begins. */
  function ink([r, c], begins) {
    const strokes = model.get("strokes");
    if (strokes.length >= MOST) return note.say("That is enough ink: use Undo or Clear.");
    change([...strokes, [r, c, begins ? 1 : 0]]);
  }
  const lift = () => {
    [down, dragging] = [false, false];
    past.note();
    draw();
  };

  const canvas = h("canvas", {});
  const pen = h("div", { class: "cnn-pen", hidden: true });
  const keys = "Arrow keys move the pen, Home, End, Page Up and Page Down diagonally, the space bar puts it down and lifts it.";
  const pad = h("div", { class: "cnn-pad", role: "application", tabindex: "0", "aria-label": `Draw a digit. ${keys}` }, canvas, pen);
  const place = ({ clientX, clientY }) => {
    const { left, top, width, height } = pad.getBoundingClientRect();
    return [(clientY - top) / height, (clientX - left) / width].map((v) => clamp(Math.floor(v * SIZE), 0, SIZE - 1));
  };
  pad.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    pad.setPointerCapture(event.pointerId);
    [down, dragging, at] = [false, true, place(event)];
    ink(at, true);
  });
  pad.addEventListener("pointermove", (event) => {
    if (!dragging) return;
    const to = place(event);
    if (Math.hypot(to[0] - at[0], to[1] - at[1]) < 2) return; // a point for each pixel would be too many
    ink((at = to), false);
  });
  for (const name of ["pointerup", "pointercancel"]) pad.addEventListener(name, () => dragging && lift());
  pad.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = MOVES[event.key];
    if (!move && ![" ", "Enter"].includes(event.key)) return;
    event.preventDefault();
    if (move) {
      at = at.map((v, axis) => clamp(v + move[axis] * (event.shiftKey ? 12 : 4), 0, SIZE - 1));
      if (down) ink(at, false);
    } else if (down) return lift();
    else {
      down = true;
      ink(at, true);
    }
    draw();
  });
  pad.addEventListener("focus", () => {
    focused = true;
    draw();
  });
  pad.addEventListener("blur", () => {
    focused = false;
    lift();
  });

  const names = Object.keys(examples);
  const samples = menu("Example", names, (name) => change(examples[name]), "your own");
  const past = history(model, ["strokes"], share, note.say, built);
  const clear = h("button", { type: "button", onclick: () => change([]) }, "Clear");
  past.el.prepend(clear);
  const seen = h("canvas", {});
  const answer = odds("Probabilities", classes);
  const which = menu("Maps of layer", shown, (title) => commit(model, { layer: titles.indexOf(title) + 1 }));
  const tiles = h("div", { class: "cnn-plates" });
  const maps = block("", tiles);
  const root = h(
    "div",
    { class: "cnn cnn-digit", role: "group", "aria-label": "Digit pad" },
    h("div", { class: "cnn-controls" }, samples.el, past.el),
    h(
      "div",
      { class: "cnn-pad-row" },
      block("Draw here", pad).el,
      block("It sees 28×28 pixels", h("div", { class: "cnn-digit-seen" }, seen)).el,
      answer.el,
    ),
    h("div", { class: "cnn-controls cnn-which" }, which.el),
    maps.el,
    h("p", { class: "cnn-hint" }, `Mouse or finger draw. ${keys}`),
    note.el,
    line.el,
  );
  root.addEventListener("keydown", past.onKey);

  function words(sketch, p) {
    const box = inkBox(sketch);
    if (!box) return [phrase("No ink: nothing to answer.")];
    const sides = box.map(([a, b]) => b - a + 1);
    const order = p.map((x, k) => [x, k]).sort(([a], [b]) => b - a);
    const [best, next] = order.map(([x, k]) => `${classes[k]} (${percentage(x)})`);
    return [
      phrase(`The network says ${best}, then ${next}.`),
      phrase(`The ink, ${sides.join("×")}, was scaled by ${format(20 / Math.max(...sides))} to ${scaledSides(box).join("×")},`),
      phrase("and moved until its centre of mass was in the middle of 28×28."),
    ];
  }

  /** Compute and paint – only if the drawing changed. */
  function drawInk(strokes) {
    const key = JSON.stringify(strokes);
    if (key === computed) return false;
    computed = key;
    const sketch = drawn(strokes, SIZE, RADIUS);
    const image = asMnist(sketch);
    outputs = forward(net, image);
    const p = inkBox(sketch) && softmax(outputs.at(-1).flat(2));
    paint(canvas, sketch, 0, 1, (x) => grey(x, 0, 1));
    paint(seen, image, 0, 1, (x) => grey(x, 0, 1));
    answer.draw(p);
    line.say(...words(sketch, p));
    return true;
  }

  /** Grey from 0 (black) to the largest if nothing is negative, else blue below 0, orange above: one scale. */
  function drawMaps() {
    const title = shown.includes(titles[model.get("layer") - 1]) ? titles[model.get("layer") - 1] : shown[0];
    const l = titles.indexOf(title);
    const [rows, columns, channels] = net[l].shape;
    const made = outputs[l + 1];
    const most = Math.max(...made.map(reach)) || 1;
    const low = made.flat(2).some((x) => x < 0) ? -most : 0;
    which.draw(title);
    maps.title(`${plural(channels, "map")} of ${rows}×${columns}: ${low ? "blue below 0, orange above" : "0 is black"}`);
    while (tiles.children.length > channels) tiles.lastChild.remove();
    while (tiles.children.length < channels) tiles.append(h("div", { class: "cnn-plate" }, h("canvas", {})));
    made.forEach((map, k) => {
      const colour = (x) => (low ? signed(x, most) : grey(x, 0, most));
      set(tiles.children[k], "style", `--side: calc(1.5rem + 2px * ${columns})`);
      paint(tiles.children[k].firstChild, map, low, most, colour);
    });
  }

  function draw() {
    const strokes = model.get("strokes");
    if (!dragging && !down) past.note();
    if (drawInk(strokes) || model.get("layer") !== layer) drawMaps();
    layer = model.get("layer");
    line.quiet(dragging);
    samples.draw(names.find((name) => same(examples[name], strokes)));
    set(pen, "hidden", !focused || dragging);
    set(pen, "class", `cnn-pen ${down ? "cnn-pen-down" : ""}`);
    set(pen, "style", `top: ${at[0] + 0.5}%; left: ${at[1] + 0.5}%`);
  }

  return attach(el, root, watch(model, ["strokes", "layer"], draw));
}

/** Whether a link may ask for this state: the limits are those of the Python trait. */
const validate = ({ strokes, layer }) =>
  Number.isInteger(layer) &&
  layer >= 0 &&
  strokes.length <= MOST &&
  strokes.every(
    (point) => point.length === 3 && point.every((k) => Number.isInteger(k) && k >= 0 && k < SIZE) && point[2] < 2,
  );

export default { render, validate };
