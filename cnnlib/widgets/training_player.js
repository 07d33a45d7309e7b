import { attach, block, commit, h, liveLine, phrase, setText, watch } from "./core.js";
import { choice, linkButton, stepper } from "./controls.js";
import { clamp, format, grey, signed, table } from "./maths.js";
import { unpack } from "./network.js";
import { odds, percentage, pictures } from "./odds.js";
import { axis, chart, paint } from "./plots.js";

/** A recording as Python packs it, with its numbers unpacked. */
function opened(recording) {
  const filters = unpack(recording.filters, Int8Array);
  const [n, rows, columns] = recording.filter_shape;
  const answers = unpack(recording.answers, Uint16Array);
  const classes = recording.classes.length;
  const images = recording.labels.length;
  const levels = unpack(recording.images, Uint8Array);
  const [height, width] = recording.size;
  return {
    ...recording,
    count: recording.steps.length,
    /** Filter k after record i, in 127ths of the largest weight of them all. */
    filter: (i, k) => table(rows, columns, (r, c) => filters[((i * n + k) * rows + r) * columns + c]),
    picture: (k) => table(height, width, (r, c) => levels[(k * height + r) * width + c]),
    answer: (i, k) => [...answers.subarray((i * images + k) * classes, (i * images + k + 1) * classes)].map((x) => x / 65535),
  };
}

const winner = (p) => p.indexOf(Math.max(...p));

function render({ model, el, share }) {
  const note = liveLine("cnn-note");
  const line = liveLine();
  let [run, drawn] = [null, ""];
  const now = () => opened(model.get("recording"));
  run = now();
  const go = (step) => step !== model.get("step") && commit(model, { step });
  const cost = chart("Cost (train set thin, dev set thick)", go);
  const right = chart("Part that is right (train set thin, dev set thick)", go);
  const norms = chart("Norm of the gradient, each layer", go);
  const player = stepper("Step", go, { duration: 9000, onPlay: line.quiet });
  const layers = choice("Thick in the last chart", run.layers, (name) => commit(model, { layer: run.layers.indexOf(name) }));
  const tiles = Array.from({ length: run.filter_shape[0] }, () => h("canvas", {}));
  const filters = block(
    "Filters of the first layer: blue below 0, orange above",
    h("div", { class: "cnn-plates" }, ...tiles.map((tile) => h("div", { class: "cnn-plate" }, tile))),
  );
  const names = run.labels.map((label, k) => `Image ${k + 1}: ${run.classes[label]}`);
  const images = pictures(
    "Images that it is not trained with (✗: wrong now)",
    names,
    (canvas, k) => paint(canvas, run.picture(k), 0, 255, (x) => grey(x, 0, 255)),
    (image) => commit(model, { image }),
  );
  const answer = odds("Probabilities for the chosen one (✓: its label)", run.classes);
  const places = h("p", { class: "cnn-places" });
  const root = h(
    "div",
    { class: "cnn cnn-training", role: "group", "aria-label": "Training player" },
    player.el,
    h("div", { class: "cnn-charts" }, places, cost.el, right.el, norms.el, h("div", {}, layers.el)),
    h("div", { class: "cnn-training-answers" }, h("div", { class: "cnn-training-left" }, filters.el, images.el), answer.el),
    line.el,
    ...(share ? [h("div", { class: "cnn-actions" }, linkButton(share, note.say))] : []),
    note.el,
  );

  /** The curves – only if the recording or the chosen layer changed. */
  function drawCharts(layer) {
    const key = `${run.count} ${run.steps.at(-1)} ${layer}`;
    if (key === drawn) return;
    drawn = key;
    const ends = `step ${run.steps[0]} to step ${run.steps.at(-1)}`;
    const span = `${run.count} records, one place each, from ${ends}`;
    setText(places, `Left to right: ${ends}, one place per record, not per step.`);
    const pair = ([train, dev]) => [{ values: train }, { values: dev, mark: true }];
    cost.curves(pair(run.cost), axis(run.cost.flat()), `The cost over ${span}`);
    right.curves(pair(run.accuracy), axis([0, 1]), `The part of the examples that is right over ${span}`);
    const curves = run.norms.map((values, k) => ({ values, mark: k === layer }));
    norms.curves(curves, axis(run.norms.flat()), `The norm of the gradient of each layer over ${span}`);
  }

  function draw() {
    if (model.get("recording").steps.length !== run.count) run = now();
    const last = run.count - 1;
    const step = clamp(model.get("step"), 0, last);
    const image = clamp(model.get("image"), 0, names.length - 1);
    const layer = clamp(model.get("layer"), 0, run.layers.length - 1);
    drawCharts(layer);
    for (const plot of [cost, right, norms]) plot.cursor(step);
    layers.draw(run.layers[layer]);
    tiles.forEach((tile, k) => paint(tile, run.filter(step, k), -127, 127, (x) => signed(x, 127)));
    const found = names.map((_, k) => winner(run.answer(step, k)));
    images.draw(image, (k) => (found[k] === run.labels[k] ? "" : "cnn-wrong"));
    const p = run.answer(step, image);
    answer.draw(p, run.labels[image]);
    const [at, end] = [run.steps[step], run.steps[last]];
    player.draw(step, run.count, `${at} of ${end}`, `${at} / ${end}`);
    const [train, dev] = run.cost.map((values) => format(values[step]));
    const rights = run.accuracy.map((values) => percentage(values[step]));
    const size = format(run.norms[layer][step]);
    const wrong = found.filter((k, i) => k !== run.labels[i]).length;
    line.say(
      phrase(`Step ${at} of ${end}: cost ${train} on the train set, ${dev} on the dev set;`),
      phrase(`${rights[0]} and ${rights[1]} right;`),
      phrase(`gradient of ${run.layers[layer]}: ${size}.`),
      phrase(`Of the ${names.length} images, ${wrong} wrong.`),
      phrase(`${names[image]}; the network says ${run.classes[found[image]]} (${percentage(Math.max(...p))}).`),
    );
  }
  return attach(el, root, watch(model, ["recording", "step", "image", "layer"], draw), player.stop);
}

/** Whether a link may ask for this state: which record, image and layer; never another recording. */
const validate = ({ step, image, layer, recording }) =>
  Array.isArray(recording.steps) && [step, image, layer].every((k) => Number.isInteger(k) && k >= 0);

export default { render, validate };
