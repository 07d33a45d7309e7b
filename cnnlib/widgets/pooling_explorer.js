import { attach, block, commit, h, liveLine, phrase, set, setText, watch } from "./core.js";
import { choice, history, menu, stepper, toggle } from "./controls.js";
import { cellsOf, matrix } from "./matrix.js";
import { sizeLine, validEntries } from "./convolution.js";
import {
  equals, factor, format, grey, pad2d, plural, reach, same, signed, table, usage, users, withEntry,
} from "./maths.js";
import { neverReached } from "./usage.js";
import { divisor, pixelsUnder, pool2d, poolBackward, poolMisfit, receivers, tied, upstreamOf } from "./pooling.js";

const IMAGES = {
  "mixed digits": (r, c) => (3 * r * r + 7 * c + r * c) % 10,
  "below zero": (r, c) => -1 - ((3 * r * r + 7 * c + r * c) % 9),
  "all equal": () => 5,
  stripes: (r, c) => (c % 2 ? 0 : 9),
};
const SIZES = Array.from({ length: 8 }, (_, i) => String(i + 1));
const STATE = [
  ...["image", "kind", "kernel_size", "stride", "padding", "count_padding", "backward", "upstream"],
];

const picture = (name, rows, columns) => table(rows, columns, IMAGES[name]);
const pictureName = (image) =>
  Object.keys(IMAGES).find((name) => same(picture(name, image.length, image[0].length), image));
const at = ([r, c]) => `row ${r + 1}, column ${c + 1}`;
const outside = "The padding is not a pixel: it wins nothing, and what it gets is lost.";

/** All that is drawn follows from this. `step` counts outputs row by row; beyond the last it is the last. */
function readState(model) {
  const [image, kind, f, s, p, counted, backward, given] = STATE.map((name) => model.get(name));
  const [rows, columns] = [image.length, image[0].length];
  const how = { kind, f, s, p, counted };
  const why = poolMisfit(rows, columns, f, p);
  const base = { image, kind, f, s, p, counted, backward, rows, columns, how, why };
  if (why) return base;
  const output = pool2d(image, how);
  const outColumns = output[0].length;
  const count = output.length * outColumns;
  const upstream = upstreamOf(given, output.length, outColumns);
  return {
    ...base,
    output,
    outColumns,
    count,
    upstream,
    gradient: poolBackward(upstream, image, how),
    step: Math.max(0, Math.min(model.get("step"), count - 1)),
    used: [usage(rows, f, s, p), usage(columns, f, s, p)], // of the padded positions
  };
}

/** The outputs [y, x] whose window holds the pixel (r, c). */
function windowsOf({ rows, columns, f, s, p }, r, c) {
  const [y, x] = [users(r + p, rows, f, s, p), users(c + p, columns, f, s, p)];
  const all = [];
  for (let i = y[0]; i <= y[1]; i++) for (let j = x[0]; j <= x[1]; j++) all.push([i, j]);
  return all;
}

/** Those of them that send a gradient to it; for max: that it wins. */
const senders = ({ image, how }, r, c, windows) =>
  windows.filter(([y, x]) => receivers(image, y, x, how).pixels.some((pixel) => same(pixel, [r, c])));

/** The window of output (y, x) and what becomes of it. */
function forwardInWords({ image, how, output, f, kind, counted }, y, x) {
  const pixels = pixelsUnder(image, y, x, how);
  const values = pixels.map(([r, c]) => image[r][c]);
  const padding = f * f - values.length;
  const lead = phrase(`Output ${at([y, x])}:`);
  const total = output[y][x];
  if (kind === "average") {
    const parts = divisor(image, y, x, how);
    const zeros = counted ? new Array(padding).fill(0) : [];
    const sum = [...values, ...zeros].map(factor).join(" + ");
    const sign = equals([total, ...values]);
    const words = `${plural(padding, "zero")} of the padding ${counted ? "counted" : "not counted"}`;
    return [lead, phrase(`(${sum}) / ${parts}`, h("b", {}, ` ${sign} ${format(total)}`)), padding ? phrase(`${words}.`) : ""];
  }
  const numbers = [...values.map((v) => format(v)), ...new Array(padding).fill("−∞")];
  const [winner, ...others] = tied(image, y, x, how);
  const tie = `A tie of ${others.length + 1}: the first of them, row by row, is the winner: ${at(winner)}.`;
  return [
    lead,
    phrase(`max(${numbers.join(", ")})`, h("b", {}, ` = ${format(total)}`)),
    phrase(others.length ? tie : `The winner is the pixel in ${at(winner)}.`),
  ];
}

/** Where the gradient of output (y, x) goes. */
function backwardInWords({ image, how, kind, f, counted, upstream }, y, x) {
  const dz = upstream[y][x];
  const lead = phrase(`Output ${at([y, x])} sends back ${format(dz)}.`);
  if (kind === "max") {
    const [winner, ...others] = tied(image, y, x, how);
    const words = `All of it goes to the winner, the pixel in ${at(winner)}.`;
    return [lead, phrase(words), others.length ? phrase("What ties with it gets nothing.") : ""];
  }
  const { pixels, parts } = receivers(image, y, x, how);
  const lost = counted ? f * f - pixels.length : 0;
  const share = dz / parts;
  return [
    lead,
    phrase(
      `Its ${pixels.length > 1 ? `${pixels.length} pixels get` : "pixel gets"} ${factor(dz)}/${parts}`,
      pixels.length > 1 ? " each," : "",
      h("b", {}, ` ${equals([share, dz])} ${format(share)}`),
    ),
    lost ? phrase(`The padding takes the rest: ${plural(lost, "share")} of ${parts}.`) : "",
  ];
}

/** The windows that the pixel (r, c) is in, and what they do with it. */
function pixelInWords(state, r, c) {
  const { image, how, kind, backward, upstream, gradient, count } = state;
  const windows = windowsOf(state, r, c);
  const from = senders(state, r, c, windows);
  const name = `Pixel ${at([r, c])} (value ${format(image[r][c])})`;
  if (!windows.length) return [`${name} has no influence: no window reaches it.`];
  if (!backward) {
    const wins = `, and wins ${from.length} of them.`;
    return [`${name} is in ${windows.length} of the ${plural(count, "window")}${kind === "max" ? wins : "."}`];
  }
  const lead = phrase(`${name} has the gradient ${format(gradient[r][c])}.`);
  if (!from.length) return [lead, phrase(`It is in ${plural(windows.length, "window")} and wins none.`)];
  const terms = from.map(([y, x]) => {
    const { parts } = receivers(image, y, x, how);
    return parts > 1 ? `${factor(upstream[y][x])}/${parts}` : factor(upstream[y][x]);
  });
  const sign = equals([gradient[r][c], ...from.map(([y, x]) => upstream[y][x])]);
  return [lead, phrase(`${terms.join(" + ")}`, h("b", {}, ` ${sign} ${format(gradient[r][c])}`))];
}

function render({ model, el, share, built }) {
  const note = liveLine("cnn-note");
  const line = liveLine();
  // What is pointed at in this view: ["pixel" | "output", row, column]; null: the step is shown.
  let pointed = null;
  const pointing = (what) => (r, c) => {
    const p = what === "padded" ? model.get("padding") : 0;
    pointed = r === null ? null : [what === "output" ? "output" : "pixel", r - p, c - p];
    draw();
  };

  function change(changes) {
    note.say("");
    player.stop();
    commit(model, changes);
  }
  function go(step) {
    pointed = null;
    if (step !== model.get("step")) commit(model, { step });
    draw();
  }
  const pick = (y, x) => {
    note.say("");
    player.stop(); // who points at one output wants to stay there
    go(y * readState(model).outColumns + x);
  };

  const imageGrid = matrix("Image", {
    onPoint: pointing("padded"),
    onEdit: (R, C, value) => {
      const p = model.get("padding");
      change({ image: withEntry(model.get("image"), R - p, C - p, value) });
    },
    say: note.say,
  });
  const outputGrid = matrix("Output", { onPoint: pointing("output"), onPick: pick });
  const gradientGrid = matrix("Gradient at the image", { onPoint: pointing("pixel") });
  const upstreamGrid = matrix("Gradient at the output", {
    onPoint: pointing("output"),
    onPick: pick,
    onEdit: (y, x, value) => change({ upstream: withEntry(readState(model).upstream, y, x, value) }),
    say: note.say,
  });

  const imageMenu = menu("Image", Object.keys(IMAGES), (name) => {
    const { rows, columns } = readState(model);
    change({ image: picture(name, rows, columns) });
  });
  const sizeMenu = menu(
    "Image size",
    SIZES,
    (size) => {
      const { image, rows, columns } = readState(model);
      const [n, name] = [Number(size), pictureName(image)];
      const kept = (r, c) => (r < rows && c < columns ? image[r][c] : 0);
      change({ image: name ? picture(name, n, n) : table(n, n, kept) });
    },
    "not square",
  );
  const kind = choice("Pooling", ["max", "average"], (value) => change({ kind: value }));
  const direction = choice("Direction", ["forward", "backward"], (to) => change({ backward: to === "backward" }));
  const f = choice("Window size f", [1, 2, 3, 4], (kernel_size) => change({ kernel_size }));
  const s = choice("Stride s", [1, 2, 3], (stride) => change({ stride }));
  const p = choice("Padding p", [0, 1, 2], (padding) => change({ padding }));
  const counted = toggle("Count the padding", (on) => change({ count_padding: on }));
  const past = history(model, STATE, share, note.say, built);
  const player = stepper("Output", go, { onPlay: line.quiet });

  const imageBlock = block("Image", imageGrid.el);
  const outputBlock = block("Output", outputGrid.el);
  const gradientBlock = block("Gradient at the image", gradientGrid.el);
  const upstreamBlock = block("Gradient at the output", upstreamGrid.el);
  const sign = (text) => h("span", { class: "cnn-sign", "aria-hidden": "true" }, text);
  const forward = h("div", { class: "cnn-pair" }, sign("→"), outputBlock.el);
  const backward = h("div", { class: "cnn-pair" }, gradientBlock.el, sign("←"), upstreamBlock.el);
  const stage = h("div", { class: "cnn-stage" }, imageBlock.el, forward, backward);
  const warning = h("p", { class: "cnn-warning", role: "status" });
  const hint = h("p", { class: "cnn-hint" });
  const formula = sizeLine();
  const lost = h("p", { class: "cnn-lost", role: "status" });
  const fields = (...parts) => h("div", { class: "cnn-fields" }, ...parts.map((part) => part.el));

  const root = h(
    "div",
    { class: "cnn cnn-pooling", role: "group", "aria-label": "Pooling explorer", onkeydown: past.onKey },
    h(
      "div",
      { class: "cnn-controls" },
      fields(imageMenu, sizeMenu),
      fields(kind, direction),
      fields(f, s, p),
      counted.el,
      past.el,
    ),
    stage,
    warning,
    hint,
    note.el,
    player.el,
    line.el,
    formula.el,
    lost,
  );

  function drawControls({ image, rows, columns, how, backward }) {
    imageMenu.draw(pictureName(image));
    sizeMenu.draw(rows === columns ? String(rows) : undefined);
    kind.draw(how.kind);
    direction.draw(backward ? "backward" : "forward");
    f.draw(how.f);
    s.draw(how.s);
    p.draw(how.p);
    counted.draw(how.counted);
    set(counted.el, "hidden", how.kind === "max");
  }

  function drawImage({ image, rows, columns, how, used, why, output }, y, x, pixel) {
    const { p, f, s } = how;
    const [low, high] = [Math.min(...image.flat()), Math.max(...image.flat())];
    const show = how.kind === "max" ? "−∞" : how.counted ? "0" : "·";
    const ties = why || pixel || how.kind !== "max" ? [] : tied(image, y, x, how);
    const isPadding = (R, C) => image[R - p]?.[C - p] === undefined;
    const cells = cellsOf(pad2d(image, p), (value) => grey(value, low, high), pixel && pixel.map((q) => q + p));
    cells.forEach((row, R) =>
      row.forEach((cell, C) => {
        if (isPadding(R, C)) {
          const say = `padding: ${show}${show === "·" ? " not counted" : ""}`;
          return Object.assign(cell, { text: show, rgb: null, mark: "cnn-padding", say, locked: outside });
        }
        const [r, c] = [R - p, C - p];
        const rank = ties.findIndex((tie) => same(tie, [r, c]));
        cell.say = `${at([r, c])}: ${cell.text}`;
        if (rank >= 0) {
          cell.mark = rank ? "cnn-tie" : "cnn-tap";
          cell.say += rank ? ", ties with the winner" : ", the winner";
        }
        if (output && !(used[0][R] && used[1][C])) {
          cell.mark += " cnn-never";
          cell.rgb = null;
          cell.say += ", never reached";
        }
      }),
    );
    imageGrid.draw(cells, output && !pixel && { r: y * s, c: x * s, h: f, w: f });
    imageBlock.title(`Image ${rows}×${columns}${p ? `, padded ${rows + 2 * p}×${columns + 2 * p}` : ""}`);
  }

  // The outputs in a matrix: ringed are those that use the pixel that is pointed at, else the one that is shown.
  function drawOutputs(grid, values, colour, y, x, uses) {
    const cells = cellsOf(values, colour);
    for (const [Y, X] of uses ?? []) cells[Y][X].mark += " cnn-used";
    grid.draw(cells, uses ? null : { r: y, c: x, h: 1, w: 1 });
  }

  function drawForward({ image, output, rows, columns }, y, x, uses) {
    const numbers = image.flat();
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    drawOutputs(outputGrid, output, (value) => grey(value, low, high), y, x, uses);
    outputBlock.title(`Output ${output.length}×${output[0].length}`);
  }

  function drawBackward({ image, how, upstream, gradient }, y, x, pixel, uses) {
    const limit = reach(gradient);
    const cells = cellsOf(gradient, (value) => signed(value, limit), pixel);
    if (!pixel)
      for (const [r, c] of receivers(image, y, x, how).pixels) {
        cells[r][c].mark = "cnn-tap";
        cells[r][c].say += ", gets a part";
      }
    gradientGrid.draw(cells);
    gradientBlock.title("Gradient at the image, dA");
    drawOutputs(upstreamGrid, upstream, (value) => signed(value, reach(upstream)), y, x, uses);
    upstreamBlock.title("Gradient at the output, dZ");
  }

  function draw() {
    const state = readState(model);
    const { rows, columns, why, output, step, count, outColumns } = state;
    const [what, r, c] = pointed ?? [];
    const here = output && [Math.floor(step / outColumns), step % outColumns];
    const [y, x] = what === "output" && output?.[r]?.[c] !== undefined ? [r, c] : (here ?? [0, 0]);
    const pixel = what === "pixel" && output && state.image[r]?.[c] !== undefined ? [r, c] : null;
    past.note();
    drawControls(state);
    drawImage(state, y, x, pixel);
    const width = columns + 2 * state.p;
    const others = state.backward ? columns + (outColumns ?? 0) : (outColumns ?? 0);
    const widest = Math.max(width, state.backward ? columns : 0, outColumns ?? 0);
    set(stage, "style", `--columns: ${width + others + (state.backward ? 3 : 0)}; --widest: ${widest}`);
    set(line.el, "style", "--lines: 3");
    set(forward, "hidden", Boolean(why) || state.backward);
    set(backward, "hidden", Boolean(why) || !state.backward);
    for (const part of [player.el, line.el, hint]) set(part, "hidden", Boolean(why));
    setText(warning, why);
    set(warning, "hidden", !why);
    formula.draw(rows, columns, state.f, state.s, state.p);
    if (why) set(formula.el, "hidden", true);
    setText(lost, why ? "" : neverReached(rows, columns, state.p, state.used, "crossed out"));
    set(lost, "hidden", !lost.textContent);
    if (why) return player.stop();
    const rings = state.kind === "max" ? "Ring: the winner; dashed ring: a pixel that ties with it. " : "";
    const edit = state.backward ? "a pixel or a gradient at the output" : "a pixel";
    setText(
      hint,
      `${rings}Point at a cell, or use the arrow keys. Type in ${edit} to change it; on a touch screen, tap it twice.`,
    );
    const windows = pixel && windowsOf(state, ...pixel);
    if (state.backward) drawBackward(state, y, x, pixel, windows && senders(state, ...pixel, windows));
    else drawForward(state, y, x, windows);
    player.draw(step, count, at(here));
    if (pixel) line.say(...pixelInWords(state, ...pixel));
    else if (what === "pixel") line.say(outside);
    else line.say(...(state.backward ? backwardInWords : forwardInWords)(state, y, x));
  }

  return attach(el, root, watch(model, [...STATE, "step"], draw), player.stop);
}

const sized = (A, largest) =>
  A.length >= 1 && A.length <= largest && A[0].length >= 1 && A[0].length <= largest && validEntries(A);

/** Whether a link may ask for this state: the limits are those of the Python traits. */
const validate = (state) =>
  sized(state.image, 8) &&
  ["max", "average"].includes(state.kind) &&
  [1, 2, 3, 4].includes(state.kernel_size) &&
  [1, 2, 3].includes(state.stride) &&
  [0, 1, 2].includes(state.padding) &&
  [state.count_padding, state.backward].every((flag) => typeof flag === "boolean") &&
  (state.upstream.length === 0 || sized(state.upstream, 12)) &&
  Number.isInteger(state.step) &&
  state.step >= 0;

export default { render, validate };
