import { attach, block, commit, h, liveLine, phrase, set, setText, watch } from "./core.js";
import { choice, history, stepper } from "./controls.js";
import { cellsOf, matrix } from "./matrix.js";
import { sizeLine, sumPhrases } from "./convolution.js";
import { clamp, equals, factor, format, grey, misfit, outputSize, pad2d, parse, reach, signed } from "./maths.js";
import {
  addChannels, channelOf, channelParts, placeOf, refit, shapeOf, sliceOf, stepOf, verdict,
} from "./volume.js";

const STATE = ["volume", "weights", "bias", "stride", "padding"];
const [SIDE, CHANNELS, FILTERS] = [7, 4, 4];
const upTo = (n) => Array.from({ length: n }, (_, i) => i + 1);
const total = (numbers) => numbers.reduce((sum, x) => sum + x, 0);
const hide = (cell, why) => Object.assign(cell, { text: "?", rgb: null, mark: "cnn-hidden", say: why });

/** All that is drawn follows from this. */
function readState(model) {
  const [volume, weights, bias, s, p] = STATE.map((name) => model.get(name));
  const [rows, columns, channels] = [volume.length, volume[0].length, volume[0][0].length];
  const [f, filters] = [weights.length, bias.length];
  const fits = !misfit(rows, columns, f, p);
  const [outRows, outColumns] = [outputSize(rows, f, s, p), outputSize(columns, f, s, p)];
  const count = outRows * outColumns * filters * channels;
  const step = clamp(model.get("step"), 0, Math.max(0, count - 1));
  const parts = fits ? channelParts(volume, weights, s, p) : null;
  const at = fits ? placeOf(step, outColumns, filters, channels) : { x: 0, y: 0, n: 0, k: 0 };
  return {
    ...{ volume, weights, bias, s, p, rows, columns, channels, f, filters, fits, outRows, outColumns, count, step },
    ...{ parts, at, maps: fits ? addChannels(parts, bias) : null },
    // the partial sums of the current filter at the current position, one for each channel
    partial: fits ? parts[at.n].map((part) => part[at.x][at.y]) : [],
  };
}

/** A copy of nested lists with one number changed. */
const withNumber = (A, [i, ...rest], value) => A.with(i, rest.length ? withNumber(A[i], rest, value) : value);

function render({ model, el, share, built }) {
  const note = liveLine("cnn-note");
  const line = liveLine();
  const judgement = liveLine("cnn-verdict");
  let tap = null; // the tap pointed at in this view: [i, j] of the filter, in every channel

  function change(changes) {
    note.say("");
    player.stop();
    commit(model, changes);
  }
  const go = (step) => step !== model.get("step") && commit(model, { step });
  const goTo = (place) => {
    const { at, outColumns, filters, channels } = readState(model);
    go(stepOf({ ...at, ...place }, outColumns, filters, channels));
  };
  const onPoint = (r, c) => {
    tap = r === null ? null : [r, c];
    draw();
  };

  // ---- predict first
  const entry = h("input", { type: "text", inputmode: "numeric", autocomplete: "off" });
  const guess = (event) => {
    event.preventDefault();
    const number = parse(entry.value);
    if (!(Number.isInteger(number) && number >= 0))
      return judgement.say("Enter a whole number: how many maps will there be?");
    const { channels, filters } = readState(model);
    judgement.say(verdict(number, channels, filters));
    commit(model, { predict: false });
    draw();
    player.el.querySelector(".cnn-next").focus({ preventScroll: true }); // the form is gone, and the focus with it
  };
  const asked = h("span", {});
  const question = h(
    "form",
    { class: "cnn-question", onsubmit: guess },
    h("label", {}, asked, entry),
    h("button", { type: "submit" }, "Answer"),
  );

  // ---- settings
  const resize = (f, count) => {
    const { weights, bias } = readState(model);
    judgement.say("");
    change({ weights: refit(weights, f, count), bias: upTo(count).map((_, n) => bias[n] ?? 0) });
  };
  const counts = choice("Filters n_C", upTo(FILTERS), (count) => resize(model.get("weights").length, count));
  const sizes = choice("Filter size f", [1, 3], (f) => resize(f, model.get("bias").length));
  const paddings = choice("Padding p", [0, 1, 2], (padding) => change({ padding }));
  const strides = choice("Stride s", [1, 2, 3], (stride) => change({ stride }));
  const which = choice("Show filter", upTo(FILTERS), (n) => {
    player.stop();
    goTo({ n: n - 1 });
  });
  const past = history(model, STATE, share, note.say, built);
  const player = stepper("Position, filter, channel", go, { duration: 1e6, onPlay: line.quiet });

  // ---- one column for each channel: the window, the slice of the filter, the products, their sum
  const sign = (text) => h("span", { class: "cnn-sign", "aria-hidden": "true" }, text);
  const column = (number) => {
    const k = number - 1;
    const input = matrix(`Channel ${number}`, {
      onEdit: (R, C, value) => {
        const p = model.get("padding");
        change({ volume: withNumber(model.get("volume"), [R - p, C - p, k], value) });
      },
      say: note.say,
    });
    const slice = matrix(`Filter on channel ${number}`, {
      onPoint,
      onEdit: (i, j, value) =>
        change({ weights: withNumber(model.get("weights"), [i, j, k, readState(model).at.n], value) }),
      say: note.say,
    });
    const products = matrix(`Products of channel ${number}`, { onPoint });
    const name = block("", slice.el);
    const sum = h("p", { class: "cnn-subtotal" });
    const found = h("div", { class: "cnn-pair" }, sign("→"), block("Products", products.el).el);
    const pair = h("div", { class: "cnn-pair" }, name.el, found);
    const el = h("div", {}, block(`Channel ${number}`, input.el).el, pair, sum);
    return { k, input, slice, products, name, found, sum, el };
  };
  const columns = upTo(CHANNELS).map(column);
  const stage = h("div", { class: "cnn-channels" }, ...columns.map(({ el }) => el));

  // ---- the sum over the channels, and the maps
  const partialGrid = matrix("Partial sums, one for each channel");
  const biasGrid = matrix("Bias", {
    onEdit: (_, __, value) => change({ bias: model.get("bias").with(readState(model).at.n, value) }),
    say: note.say,
  });
  const sumGrid = matrix("Sum so far");
  const [partialBlock, biasBlock, sumBlock] = [
    block("Partial sums", partialGrid.el),
    block("Bias", biasGrid.el),
    block("Sum so far", sumGrid.el),
  ];
  const sums = h("div", { class: "cnn-adding" }, partialBlock.el, sign("+"), biasBlock.el, sign("="), sumBlock.el);
  const maps = upTo(FILTERS).map((number) => {
    const grid = matrix(`Map ${number}`, {
      onPick: (x, y, entered) => {
        if (entered) return; // Tab only passes through
        player.stop();
        goTo({ x, y, n: number - 1, k: readState(model).channels - 1 });
      },
    });
    return { grid, ...block(`Map ${number}`, grid.el) };
  });
  const results = h("div", { class: "cnn-adding cnn-maps" }, ...maps.map((map) => map.el));
  const ledger = h("div", { class: "cnn-adding" }, sums, results);
  const warning = h("p", { class: "cnn-warning", role: "status" });
  const formula = sizeLine();
  const opened = [player.el, line.el, ledger, formula.el];

  const root = h(
    "div",
    { class: "cnn cnn-volume", role: "group", "aria-label": "Convolution on a volume", onkeydown: past.onKey },
    h("div", { class: "cnn-controls" }, counts.el, sizes.el, paddings.el, strides.el, which.el, past.el),
    question,
    judgement.el,
    stage,
    ledger,
    warning,
    note.el,
    player.el,
    line.el,
    formula.el,
  );

  function drawColumn(state, { k, input, slice, products, name, found, sum, el }, open) {
    const { volume, weights, s, p, f, rows, channels, at, partial } = state;
    set(el, "hidden", k >= channels);
    if (k >= channels) return;
    const now = open && k === at.k;
    const later = !open || k > at.k;
    set(el, "class", now && "cnn-now");
    const all = volume.flat(2);
    const [low, high] = [Math.min(0, ...all), Math.max(...all)];
    const padded = pad2d(channelOf(volume, k), p);
    const ring = open && tap && [at.x * s + tap[0], at.y * s + tap[1]];
    const cells = cellsOf(padded, (value) => grey(value, low, high), now && ring);
    cells.forEach((row, R) =>
      row.forEach((cell, C) => {
        if (R >= p && C >= p && R < rows + p && C < state.columns + p)
          cell.say = `row ${R - p + 1}, column ${C - p + 1}: ${cell.text}`;
        else {
          cell.say = `padding: ${cell.text}`;
          cell.mark += " cnn-padding";
          cell.locked = "The padding is always 0; change a pixel of the volume itself.";
        }
      }),
    );
    // The window is in all channels at once: a filter spans them all.
    input.draw(cells, open && { r: at.x * s, c: at.y * s, h: f, w: f });
    const kernel = sliceOf(weights, k, at.n);
    const limit = reach(weights.flatMap((row) => row.flat()));
    slice.draw(cellsOf(kernel, (value) => signed(value, limit), now && tap));
    name.title(`Filter ${at.n + 1}`);
    for (const part of [found, sum]) set(part, "hidden", !open);
    if (!open) return;
    const windowed = kernel.map((row, i) => row.map((_, j) => padded[at.x * s + i][at.y * s + j]));
    const entries = cellsOf(
      windowed.map((row, i) => row.map((value, j) => value * kernel[i][j])),
      (value) => signed(value, limit * Math.max(-low, high)),
      now && tap,
    );
    if (later) entries.flat().forEach((cell) => hide(cell, "still to come"));
    products.draw(entries);
    setText(sum, later ? "Σ = ?" : `Σ ${equals([partial[k]])} ${format(partial[k])}`);
    return windowed;
  }

  function drawSums({ at, bias, channels, partial, maps: values, filters, outColumns, step }) {
    const largest = reach([partial, [bias[at.n]], [total(partial)]]);
    const colour = (value) => signed(value, largest);
    const sums = cellsOf([partial], colour);
    sums[0].forEach((cell, k) => {
      cell.say = `channel ${k + 1}: ${cell.text}`;
      if (k > at.k) hide(cell, `channel ${k + 1}: still to come`);
    });
    partialGrid.draw(sums, { r: 0, c: at.k, h: 1, w: 1 });
    const [added, biased] = [cellsOf([[bias[at.n]]], colour), at.k === channels - 1];
    added[0][0].say = `bias of filter ${at.n + 1}: ${added[0][0].text}`;
    biasGrid.draw(added);
    biasBlock.title(biased ? "Bias" : "Bias, last");
    const soFar = total(partial.slice(0, at.k + 1)) + (biased ? bias[at.n] : 0);
    const result = cellsOf([[soFar]], colour);
    result[0][0].say = `sum so far: ${result[0][0].text}`;
    sumGrid.draw(result);
    sumBlock.title(biased ? "Sum" : "Sum so far");
    const limit = Math.max(...values.map(reach));
    maps.forEach(({ el, grid, title }, n) => {
      set(el, "hidden", n >= filters);
      if (n >= filters) return;
      const cells = cellsOf(values[n], (value) => signed(value, limit));
      cells.forEach((row, x) =>
        row.forEach((cell, y) => {
          const first = stepOf({ x, y, n, k: 0 }, outColumns, filters, channels);
          if (step < first) hide(cell, `row ${x + 1}, column ${y + 1}: still to come`);
          else if (step < first + channels - 1)
            Object.assign(cell, {
              text: format(soFar, 2),
              rgb: signed(soFar, limit),
              say: `row ${x + 1}, column ${y + 1}: ${format(soFar, 2)} so far`,
            });
        }),
      );
      grid.draw(cells, n === at.n && { r: at.x, c: at.y, h: 1, w: 1 });
      title(`Map ${n + 1}: ${values[n].length}×${values[n][0].length}`);
    });
    return soFar;
  }

  function words({ at, weights, bias, channels, partial, maps: values }, windowed, soFar) {
    const place = `row ${at.x + 1}, column ${at.y + 1}`;
    const sum = [factor(partial[0]), ...partial.slice(1, at.k + 1).map(factor)].join(" + ");
    const last = at.k === channels - 1;
    const b = bias[at.n];
    const sure = equals([...partial.slice(0, at.k + 1), b, soFar]);
    line.say(
      phrase(`Window at ${place}; filter ${at.n + 1}, channel ${at.k + 1} of ${channels}:`),
      ...sumPhrases(windowed, sliceOf(weights, at.k, at.n), partial[at.k], tap),
      last
        ? phrase(`All channels and the bias: ${sum} + ${factor(b)} ${sure} `, h("b", {}, format(values[at.n][at.x][at.y])), `, the number of map ${at.n + 1} at ${place}.`)
        : phrase(`Channels so far: ${sum}`, ...(at.k ? [` ${sure} `, h("b", {}, format(soFar))] : [])),
    );
  }

  function draw() {
    const state = readState(model);
    const { rows, columns: width, channels: spanned, f, s, p, fits, at, step, count, filters } = state;
    if (tap && !(tap[0] < f && tap[1] < f)) tap = null;
    const open = fits && !model.get("predict");
    past.note();
    counts.draw(filters);
    sizes.draw(f);
    paddings.draw(p);
    strides.draw(s);
    which.draw(at.n + 1);
    which.el.querySelectorAll("label").forEach((label, n) => set(label, "hidden", n >= filters));
    set(which.el, "hidden", !open || filters === 1);
    const all = filters === 1 ? "There is 1 filter" : `There are ${filters} filters`;
    const size = `${f}×${f}×${spanned}`;
    setText(asked, `The volume has ${spanned} channels. ${all}, ${size}${filters > 1 ? " each" : ""}. How many maps will come out?`);
    set(question, "hidden", !fits || !model.get("predict"));
    set(stage, "style", `--channels: ${spanned}; --widest: ${Math.max(width + 2 * p, 2 * f)}`);
    set(line.el, "style", `--lines: ${f + 2}`);
    for (const part of opened) set(part, "hidden", !open);
    setText(warning, misfit(rows, width, f, p));
    set(warning, "hidden", fits);
    const windows = columns.map((part) => drawColumn(state, part, open));
    if (!open) return player.stop();
    const soFar = drawSums(state);
    formula.draw(rows, width, f, s, p);
    const where = `row ${at.x + 1}, column ${at.y + 1}, filter ${at.n + 1}, channel ${at.k + 1}`;
    player.draw(step, count, where);
    words(state, windows[at.k], soFar);
  }

  return attach(el, root, watch(model, [...STATE, "step", "predict"], draw), player.stop);
}

/** Whether a link may ask for this state: the limits are those of the Python traits. */
function validate({ volume, weights, bias, stride, padding, step }) {
  const [rows, columns, channels] = shapeOf(volume);
  const [f, width, spanned, filters] = shapeOf(weights);
  return (
    shapeOf(volume).length === 3 &&
    shapeOf(weights).length === 4 &&
    String(shapeOf(bias)) === String([filters]) &&
    Math.max(rows, columns) <= SIDE &&
    [1, 3].includes(f) &&
    f === width &&
    channels === spanned &&
    channels <= CHANNELS &&
    filters <= FILTERS &&
    [1, 2, 3].includes(stride) &&
    [0, 1, 2].includes(padding) &&
    Number.isInteger(step) &&
    step >= 0
  );
}

export default { render, validate };
