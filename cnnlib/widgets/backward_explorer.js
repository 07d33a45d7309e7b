import { attach, block, commit, h, liveLine, phrase, set, setText, watch } from "./core.js";
import { choice, history, menu, stepper } from "./controls.js";
import { cellsOf, matrix } from "./matrix.js";
import { sizeLine, validEntries } from "./convolution.js";
import {
  equals, factor, format, grey, misfit, outputSize, pad2d, plural, reach, same, signed, table, users, withEntry,
} from "./maths.js";
import { upstreamOf } from "./pooling.js";
import { asConvolutions, differences, dilate, flipped, scatter, surrounded } from "./backward.js";

const VIEWS = { "output by output": "scatter", "dK as a convolution": "dK", "dA as a convolution": "dA" };
const STATE = ["image", "kernel", "stride", "padding", "upstream", "view"];
const EPS = 1e-3; // J is linear in each entry, so any step is exact but for rounding
const MOST = 9; // products that are written out
const digit = (r, c) => (3 * r * r + 7 * c + r * c) % 10;
const TAPS = [[2, -1, 1], [1, 3, -2], [-3, 2, 1]];
const at = (r, c) => `row ${r + 1}, column ${c + 1}`;

/** All that is drawn follows from this. */
function readState(model) {
  const [A, K, s, p, given, view] = STATE.map((name) => model.get(name));
  const [rows, columns, f] = [A.length, A[0].length, K.length];
  const how = { s, p };
  const [outRows, outColumns] = [outputSize(rows, f, s, p), outputSize(columns, f, s, p)];
  const why = misfit(rows, columns, f, p);
  const base = { A, K, s, p, f, view, rows, columns, how, why, outRows, outColumns };
  if (why) return base;
  const dZ = upstreamOf(given, outRows, outColumns);
  const width = { scatter: outColumns, dK: f, dA: columns }[view];
  const count = { scatter: outRows * outColumns, dK: f * f, dA: rows * columns }[view];
  const step = Math.max(0, Math.min(model.get("step"), count - 1));
  const whole = view === "scatter" ? scatter(dZ, A, K, how) : asConvolutions(dZ, A, K, how);
  return {
    ...base,
    dZ,
    count,
    step,
    here: [Math.floor(step / width), step % width],
    padded: pad2d(A, p),
    dilated: dilate(dZ, s),
    whole,
    sofar: view === "scatter" ? scatter(dZ, A, K, how, step + 1) : whole,
    numerical: differences(dZ, A, K, how, EPS),
  };
}

const inner = (dA, { rows, columns, p }) => dA.slice(p, p + rows).map((row) => row.slice(p, p + columns));
const largest = (X, Y) => Math.max(...X.flatMap((row, r) => row.map((x, c) => Math.abs(x - Y[r][c]))));
const close = (x, y) => Math.abs(x - y) <= 1e-6 * Math.max(1, Math.abs(y));

/** "2·3 + 4·(−1) = 2": the products, or how many they are, and their sum. */
function sumOf(terms) {
  const total = terms.reduce((sum, [a, b]) => sum + a * b, 0);
  const words = terms.map(([a, b]) => `${factor(a)}·${factor(b)}`).join(" + ");
  const sign = equals([total, ...terms.flat()]);
  const text = terms.length > MOST ? `the sum of ${terms.length} products` : words || "no product";
  return phrase(text, h("b", {}, ` ${terms.length ? sign : "="} ${format(total)}`));
}

/** The outputs that reach the pixel (R, C) of Ã, or the entry (i, j) of K: [y, x, by what dZ is multiplied]. */
function outputsOf({ rows, columns, f, s, p, K, padded, outRows, outColumns }, what, r, c) {
  const [down, across] =
    what === "K" ? [[0, outRows - 1], [0, outColumns - 1]] : [users(r, rows, f, s, p), users(c, columns, f, s, p)];
  const all = [];
  for (let y = down[0]; y <= down[1]; y++)
    for (let x = across[0]; x <= across[1]; x++) {
      const weight = what === "K" ? padded[y * s + r][x * s + c] : K[r - y * s]?.[c - x * s];
      if (weight !== undefined) all.push([y, x, weight]);
    }
  return all;
}

/** An entry that is pointed at: the sum over the outputs that reach it, and the numerical gradient. */
function entryInWords(state, what, r, c, outputs) {
  const { dZ, p, numerical } = state;
  const [i, j] = what === "K" ? [r, c] : [r - p, c - p];
  const slope = numerical[what === "K" ? "dK" : "dA"][i]?.[j];
  if (slope === undefined) return [phrase("The padding is not a pixel: the gradient that falls on it is lost.")];
  const name = `${what === "K" ? "dK" : "dA"}, ${at(i, j)}`;
  if (!outputs.length) return [phrase(`${name}: no window reaches this pixel.`), phrase("Its gradient is 0.")];
  return [
    phrase(`${name}: from ${plural(outputs.length, "output")}, each dZ times ${what === "K" ? "the pixel under this weight" : "the weight over this pixel"}.`),
    sumOf(outputs.map(([y, x, weight]) => [dZ[y][x], weight])),
    phrase(`Numerical gradient: ${format(slope, 4)}.`),
  ];
}

/** What the output (y, x) adds to both gradients. */
function outputInWords(state, y, x) {
  const { dZ, K, f, s, padded, sofar, numerical, count, step } = state;
  const dz = dZ[y][x];
  const under = table(f, f, (i, j) => padded[y * s + i][x * s + j]);
  const times = (M) => M.flat().map((v) => format(dz * v, 2)).join(", ");
  const pairs = [
    [inner(sofar.dA, state), numerical.dA],
    [sofar.dK, numerical.dK],
  ];
  const entries = pairs.flatMap(([X, Y]) => X.flatMap((row, r) => row.map((v, c) => close(v, Y[r][c]))));
  return [
    phrase(`Output ${at(y, x)} has dZ = ${format(dz)}.`),
    phrase(`To dA, under its window, it adds ${factor(dz)}·K: ${times(K)}.`),
    phrase(`To dK it adds ${factor(dz)} · what its window holds: ${times(under)}.`),
    phrase(
      `After ${step + 1} of ${plural(count, "output")}, `,
      h("b", {}, `${entries.filter(Boolean).length} of ${entries.length}`),
      " entries agree with the numerical gradient.",
    ),
  ];
}

/** One entry of dK or of dA as one position of a convolution. */
function positionInWords(state, r, c) {
  const { view, dZ, K, s, p, f, padded, numerical } = state;
  const slope = phrase(`Numerical gradient: ${format(numerical[view][r][c], 4)}.`);
  const apart = s > 1 ? `, its entries ${s} apart,` : "";
  const name = phrase(`${view}, ${at(r, c)}:`);
  if (view === "dK") {
    const terms = dZ.flatMap((row, y) => row.map((dz, x) => [dz, padded[y * s + r][x * s + c]]));
    const where = `dZ${apart} lies on the ${p ? "padded " : ""}image with its corner in ${at(r, c)}.`;
    return [name, phrase(where), sumOf(terms), slope];
  }
  const outputs = outputsOf(state, "A", r + p, c + p);
  const zeros = f > 1 ? ` with ${plural(f - 1, "zero")} around it,` : apart ? "" : ",";
  const where = `the flipped kernel lies on dZ${apart}${zeros} with its corner in ${at(r + p, c + p)}.`;
  const terms = outputs.map(([y, x, weight]) => [dZ[y][x], weight]);
  return [name, phrase(`${where[0].toUpperCase()}${where.slice(1)}`), sumOf(terms), slope];
}

function render({ model, el, share, built }) {
  const note = liveLine("cnn-note");
  const line = liveLine();
  // What is pointed at in this view: ["A" (padded) | "K" | "Z", row, column]; null: the step is shown.
  let pointed = null;
  const pointing = (what, place = (r, c) => [r, c]) => (r, c) => {
    const spot = r === null ? null : place(r, c);
    pointed = spot && [what, ...spot];
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
  const jump = (view, place) => (r, c) => {
    const state = readState(model);
    if (state.view !== view) return;
    player.stop();
    const spot = place(r, c);
    const width = { scatter: state.outColumns, dK: state.f, dA: state.columns }[view];
    if (spot && spot[0] >= 0 && spot[1] >= 0 && spot[1] < width) go(spot[0] * width + spot[1]);
  };

  // The places on the grids, which look different in each view.
  const outputAt = (r, c) => {
    const { view, s, f } = readState(model);
    const [y, x] = view === "scatter" ? [r, c] : view === "dK" ? [r / s, c / s] : [(r - f + 1) / s, (c - f + 1) / s];
    return Number.isInteger(y) && Number.isInteger(x) ? [y, x] : null;
  };
  const weightAt = (i, j) => {
    const { view, f } = readState(model);
    return view === "dA" ? [f - 1 - i, f - 1 - j] : [i, j];
  };
  const add = (r, c) => [r + model.get("padding"), c + model.get("padding")];
  const less = (r, c) => {
    const { p, rows } = readState(model);
    return r - p < rows ? [r - p, c - p] : null;
  };
  const plain = (r, c) => [r, c];

  const imageGrid = matrix("Image", {
    onPoint: pointing("A"),
    onEdit: (R, C, value) => change({ image: withEntry(model.get("image"), ...less(R, C), value) }),
    say: note.say,
  });
  const kernelGrid = matrix("Kernel", {
    onPoint: pointing("K", weightAt),
    onEdit: (i, j, value) => change({ kernel: withEntry(model.get("kernel"), ...weightAt(i, j), value) }),
    say: note.say,
  });
  const upstreamGrid = matrix("Gradient at the output", {
    onPoint: pointing("Z", outputAt),
    onPick: jump("scatter", outputAt),
    onEdit: (r, c, value) => change({ upstream: withEntry(readState(model).dZ, ...outputAt(r, c), value) }),
    say: note.say,
  });
  const dAGrid = matrix("Gradient at the image", { onPoint: pointing("A"), onPick: jump("dA", less) });
  const dKGrid = matrix("Gradient at the kernel", { onPoint: pointing("K"), onPick: jump("dK", plain) });
  const slopeAGrid = matrix("Numerical gradient at the image", { onPoint: pointing("A", add) });
  const slopeKGrid = matrix("Numerical gradient at the kernel", { onPoint: pointing("K") });

  const view = menu("Show", Object.keys(VIEWS), (name) => change({ view: VIEWS[name], step: 0 }));
  const sizes = ["2", "3", "4", "5", "6"];
  const size = menu(
    "Image size",
    sizes,
    (n) => change({ image: table(Number(n), Number(n), (r, c) => model.get("image")[r]?.[c] ?? digit(r, c)) }),
    "not listed",
  );
  const sizeChoice = choice("Kernel size f", [1, 2, 3], (n) =>
    change({ kernel: table(n, n, (i, j) => model.get("kernel")[i]?.[j] ?? TAPS[i][j]) }),
  );
  const strideChoice = choice("Stride s", [1, 2, 3], (stride) => change({ stride }));
  const paddingChoice = choice("Padding p", [0, 1, 2], (padding) => change({ padding }));
  const past = history(model, STATE, share, note.say, built);
  const player = stepper("Step", go, { onPlay: line.quiet });

  const blocks = {
    image: block("Image", imageGrid.el),
    kernel: block("Kernel K", kernelGrid.el),
    upstream: block("dZ", upstreamGrid.el),
    dA: block("dA", dAGrid.el),
    dK: block("dK", dKGrid.el),
    slopeA: block("dA, numerical", slopeAGrid.el),
    slopeK: block("dK, numerical", slopeKGrid.el),
  };
  const stage = (...names) => h("div", { class: "cnn-stage cnn-row" }, ...names.map((name) => blocks[name].el));
  const given = stage("image", "kernel", "upstream");
  const found = stage("dA", "dK", "slopeA", "slopeK");
  const warning = h("p", { class: "cnn-warning", role: "status" });
  const hint = h("p", { class: "cnn-hint" });
  const agreement = h("p", { class: "cnn-formula cnn-agreement" });
  const formula = sizeLine();
  const fields = (...parts) => h("div", { class: "cnn-fields" }, ...parts.map((part) => part.el));
  const root = h(
    "div",
    { class: "cnn cnn-backward", role: "group", "aria-label": "Backward explorer", onkeydown: past.onKey },
    h("div", { class: "cnn-controls" }, fields(view, size), fields(sizeChoice, strideChoice, paddingChoice), past.el),
    given,
    warning,
    hint,
    note.el,
    player.el,
    line.el,
    found,
    agreement,
    formula.el,
  );

  const frameAt = (r, c, height, width = height) => ({ r, c, h: height, w: width });

  function drawGiven(state, y, x, rings) {
    const { A, K, s, p, f, view, rows, columns, padded, dilated, dZ, why } = state;
    const numbers = A.flat();
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    const image = cellsOf(why ? pad2d(A, p) : padded, (value) => grey(value, low, high));
    image.forEach((row, R) =>
      row.forEach((cell, C) => {
        const [r, c] = [R - p, C - p];
        if (r >= 0 && c >= 0 && r < rows && c < columns) return (cell.say = `${at(r, c)}: ${cell.text}`);
        return Object.assign(cell, { rgb: null, mark: "cnn-padding", say: "padding: 0", locked: "The padding holds zeros." });
      }),
    );
    if (pointed?.[0] === "A" && rings && image[pointed[1]]?.[pointed[2]]) image[pointed[1]][pointed[2]].mark += " cnn-tap";
    const over = why || rings ? null : view === "dK" ? frameAt(y, x, dilated.length, dilated[0].length) : frameAt(y * s, x * s, f);
    imageGrid.draw(image, over);
    blocks.image.title(`Image A, ${rows}×${columns}${p ? ", padded" : ""}`);

    const kernel = cellsOf(view === "dA" ? flipped(K) : K, (value) => signed(value, reach(K)));
    if (pointed?.[0] === "K" && rings) {
      const [i, j] = weightAt(pointed[1], pointed[2]);
      if (kernel[i]?.[j]) kernel[i][j].mark = "cnn-tap";
    }
    kernelGrid.draw(kernel);
    blocks.kernel.title(view === "dA" ? "K, flipped" : "Kernel K");
    if (why) return;

    const shown = view === "scatter" ? dZ : view === "dK" ? dilated : surrounded(dZ, f, padded.length, padded[0].length, s);
    const limit = reach(dZ);
    const cells = cellsOf(shown, (value) => signed(value, limit));
    cells.forEach((row, r) =>
      row.forEach((cell, c) => {
        const output = outputAt(r, c);
        if (!output || dZ[output[0]]?.[output[1]] === undefined)
          return Object.assign(cell, { rgb: null, mark: "cnn-gap", say: "filled in: 0", locked: "A zero that stands between or around the gradients." });
        cell.say = `dZ, ${at(...output)}: ${cell.text}`;
        return rings?.some(([Y, X]) => same(output, [Y, X])) && (cell.mark = "cnn-used");
      }),
    );
    upstreamGrid.draw(cells, rings || view === "dK" ? null : view === "scatter" ? frameAt(y, x, 1) : frameAt(y + p, x + p, f));
    const gaps = s > 1 ? ` with ${s > 2 ? "two zeros" : "a zero"} between` : "";
    const around = view === "dA" && f > 1 ? `, ${f > 2 ? "two zeros" : "a zero"} around` : "";
    blocks.upstream.title(view === "scatter" ? "dZ" : `dZ${gaps}${around}`);
  }

  function drawFound(state, y, x, rings) {
    const { view, p, f, s, rows, columns, step, whole, sofar, numerical } = state;
    const later = (grid, name, width, offset) => {
      if (view !== name) return;
      grid.forEach((row, r) =>
        row.forEach((cell, c) => {
          const k = (r - offset) * width + c - offset;
          if (k > step && cell.mark !== "cnn-padding") Object.assign(cell, { text: "·", rgb: null, mark: "cnn-hidden", say: "not yet" });
        }),
      );
    };
    const limits = [reach(whole.dA), reach(whole.dK)];
    const dA = cellsOf(sofar.dA, (value) => signed(value, limits[0]));
    dA.forEach((row, R) =>
      row.forEach((cell, C) => {
        const [r, c] = [R - p, C - p];
        if (r >= 0 && c >= 0 && r < rows && c < columns) cell.say = `${at(r, c)}: ${cell.text}`;
        else Object.assign(cell, { rgb: null, mark: "cnn-padding", say: `padding: ${cell.text}, lost` });
      }),
    );
    const dK = cellsOf(sofar.dK, (value) => signed(value, limits[1]));
    later(dA, "dA", columns, p);
    later(dK, "dK", f, 0);
    const target = { scatter: [frameAt(y * s, x * s, f), frameAt(0, 0, f)], dK: [null, frameAt(y, x, 1)], dA: [frameAt(y + p, x + p, 1), null] }[view];
    const tap = (cells, what, offset = 0) => {
      const cell = rings && pointed?.[0] === what && cells[pointed[1] - offset]?.[pointed[2] - offset];
      if (cell) cell.mark += " cnn-tap";
      return cells;
    };
    dAGrid.draw(tap(dA, "A"), rings ? null : target[0]);
    dKGrid.draw(tap(dK, "K"), rings ? null : target[1]);
    slopeAGrid.draw(tap(cellsOf(numerical.dA, (value) => signed(value, limits[0])), "A", p));
    slopeKGrid.draw(tap(cellsOf(numerical.dK, (value) => signed(value, limits[1])), "K"));
    const unfinished = step < state.count - 1 ? " so far" : "";
    blocks.dA.title(`dA${unfinished}${p ? ", with the padding" : ""}`);
    blocks.dK.title(`dK${unfinished}`);
    const worst = Math.max(largest(inner(whole.dA, state), numerical.dA), largest(whole.dK, numerical.dK));
    agreement.replaceChildren(
      phrase(`Numerical: J = Σ dZ·Z with one entry moved by ±${EPS}, divided by ${2 * EPS}.`),
      phrase(`Largest difference from the finished sums: ${worst < 1e-12 ? "below 1e−12" : format(worst)}.`),
    );
  }

  function draw() {
    const state = readState(model);
    const { why, p, f, rows, columns, view: which, outColumns, padded, dilated, dZ } = state;
    past.note();
    view.draw(Object.keys(VIEWS).find((name) => VIEWS[name] === which));
    size.draw(rows === columns ? String(rows) : undefined);
    sizeChoice.draw(state.f);
    strideChoice.draw(state.s);
    paddingChoice.draw(p);
    const [what, r, c] = pointed ?? [];
    const entry = !why && (what === "K" ? state.K[r]?.[c] : what === "A" ? padded[r]?.[c] : undefined) !== undefined;
    const output = !why && which === "scatter" && what === "Z" && dZ[r]?.[c] !== undefined;
    const [y, x] = why ? [0, 0] : output ? [r, c] : state.here;
    const rings = entry ? outputsOf(state, what, r, c) : null;
    drawGiven(state, y, x, rings);
    for (const part of [found, player.el, line.el, hint, agreement, blocks.upstream.el]) set(part, "hidden", Boolean(why));
    set(blocks.image.el, "hidden", !why && which === "dA");
    set(blocks.kernel.el, "hidden", !why && which === "dK");
    for (const name of ["dA", "slopeA"]) set(blocks[name].el, "hidden", which === "dK");
    for (const name of ["dK", "slopeK"]) set(blocks[name].el, "hidden", which === "dA");
    setText(warning, why);
    set(warning, "hidden", !why);
    formula.draw(rows, columns, f, state.s, p);
    const wide = columns + 2 * p;
    const third = why ? 0 : { scatter: outColumns, dK: dilated[0].length, dA: wide + f - 1 }[which];
    const widest = Math.max(wide, third);
    const first = { scatter: wide + f + third, dK: wide + third, dA: third + f }[which];
    const second = { scatter: wide + columns + 2 * f, dK: 2 * f, dA: wide + columns }[which];
    for (const part of [given, found]) set(part, "style", `--columns: ${Math.max(first, second) + 2}; --widest: ${widest}`);
    if (why) return player.stop();
    drawFound(state, y, x, rings);
    set(line.el, "style", "--lines: 4");
    setText(
      hint,
      "Point at an entry, or use the arrow keys, to see which outputs reach it. Type in the image, the kernel or dZ to change it; on a touch screen, tap it twice.",
    );
    player.draw(state.step, state.count, `${which === "scatter" ? "output" : which} ${at(...state.here)}`);
    if (entry) line.say(...entryInWords(state, what, r, c, rings));
    else line.say(...(which === "scatter" ? outputInWords : positionInWords)(state, y, x));
  }

  return attach(el, root, watch(model, [...STATE, "step"], draw), player.stop);
}

const sized = (A, largestSide) =>
  A.length >= 1 && A.length <= largestSide && A[0].length >= 1 && A[0].length <= largestSide && validEntries(A);

/** Whether a link may ask for this state: the limits are those of the Python traits. */
const validate = (state) =>
  sized(state.image, 6) &&
  sized(state.kernel, 3) &&
  state.kernel.length === state.kernel[0].length &&
  [1, 2, 3].includes(state.stride) &&
  [0, 1, 2].includes(state.padding) &&
  (state.upstream.length === 0 || sized(state.upstream, 10)) &&
  Object.values(VIEWS).includes(state.view) &&
  Number.isInteger(state.step) &&
  state.step >= 0;

export default { render, validate };
