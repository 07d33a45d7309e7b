import { attach, block, commit, h, liveLine, phrase, set, setText, watch } from "./core.js";
import { history, menu, stepper, toggle } from "./controls.js";
import { cellsOf, matrix } from "./matrix.js";
import { convolutionControls, sizeLine, sumPhrases, validConvolution, validEntries } from "./convolution.js";
import {
  correlate2d, equals, format, grey, misfit, outputSize, pad2d, reach, same, signed, table, usage, users,
  withEntry,
} from "./maths.js";
import { neverReached, usedBy } from "./usage.js";

// Pictures of any size: each shows one thing that a kernel does.
const IMAGES = {
  "bright → dark": (r, c, rows, columns) => (c < columns / 2 ? 10 : 0),
  "dark → bright": (r, c, rows, columns) => (c < columns / 2 ? 0 : 10),
  "bright above dark": (r, c, rows) => (r < rows / 2 ? 10 : 0),
  diagonal: (r, c) => (c <= r ? 10 : 0),
  "one bright pixel": (r, c, rows, columns) => (r === rows >> 1 && c === columns >> 1 ? 10 : 0),
  checkerboard: (r, c) => ((r + c) % 2 ? 0 : 10),
  ramp: (r, c) => c,
  "mixed digits": (r, c) => (3 * r * r + 7 * c + r * c) % 10,
};
const SIZES = Array.from({ length: 10 }, (_, i) => String(i + 1));
const STATE = ["image", "kernel", "stride", "padding"];

const picture = (name, rows, columns) => table(rows, columns, (r, c) => IMAGES[name](r, c, rows, columns));
const pictureName = (image) =>
  Object.keys(IMAGES).find((name) => same(picture(name, image.length, image[0].length), image));

/** All that is drawn follows from this. `step` counts outputs row by row; beyond the last it is the last. */
function readState(model) {
  const [image, kernel, s, p] = STATE.map((name) => model.get(name));
  const [rows, columns, f] = [image.length, image[0].length, kernel.length];
  const output = misfit(rows, columns, f, p) ? null : correlate2d(image, kernel, s, p);
  const [outRows, outColumns] = [outputSize(rows, f, s, p), outputSize(columns, f, s, p)];
  const count = outRows * outColumns;
  const step = Math.max(0, Math.min(model.get("step"), count - 1));
  const at = (k) => [Math.floor(k / outColumns), k % outColumns];
  const used = [usage(rows, f, s, p), usage(columns, f, s, p)];
  const isPadding = (R, C) => R < p || C < p || R >= rows + p || C >= columns + p;
  return {
    image,
    kernel,
    s,
    p,
    padded: pad2d(image, p),
    rows,
    columns,
    f,
    output,
    outRows,
    outColumns,
    count,
    step,
    at,
    used,
    isPadding,
  };
}

/** The pixels of the padded image under the window of output (y, x). */
const windowAt = ({ padded, kernel, s }, y, x) =>
  kernel.map((row, i) => row.map((_, j) => padded[y * s + i][x * s + j]));

/** Which outputs use the pixel at (R, C) of the padded image. */
function useInWords({ rows, columns, f, s, p, count, isPadding, image }, R, C) {
  const name = isPadding(R, C)
    ? "This zero of the padding"
    : `Pixel row ${R - p + 1}, column ${C - p + 1} (value ${format(image[R - p][C - p])})`;
  return usedBy(name, users(R, rows, f, s, p), users(C, columns, f, s, p), count);
}

function render({ model, el, share, built }) {
  const note = liveLine("cnn-note");
  const line = liveLine();
  // What is pointed at in this view: ["image" | "output" | "kernel", row, column]; null: the step is shown.
  let pointed = null;
  const pointing = (what) => (r, c) => {
    pointed = r === null ? null : [what, r, c];
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

  const imageGrid = matrix("Image", {
    onPoint: pointing("image"),
    onEdit: (R, C, value) => {
      const p = model.get("padding");
      change({ image: withEntry(model.get("image"), R - p, C - p, value) });
    },
    say: note.say,
  });
  const kernelGrid = matrix("Kernel", {
    onPoint: pointing("kernel"),
    onEdit: (r, c, value) => change({ kernel: withEntry(model.get("kernel"), r, c, value) }),
    say: note.say,
  });
  const productGrid = matrix("Products of the window and the kernel", { onPoint: pointing("kernel") });
  const outputGrid = matrix("Output", {
    onPoint: pointing("output"),
    onPick: (y, x) => {
      note.say("");
      player.stop(); // who points at one output wants to stay there
      go(y * readState(model).outColumns + x);
    },
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
  const controls = convolutionControls(model, change);
  const predict = toggle("Hide the outputs still to come", (on) => change({ predict: on }));
  const past = history(model, STATE, share, note.say, built);
  const player = stepper("Output", go, { onPlay: line.quiet });

  const imageBlock = block("Image", imageGrid.el);
  const kernelBlock = block("Kernel", kernelGrid.el);
  const sum = h("p", { class: "cnn-sum" });
  const productBlock = block("Products", productGrid.el, sum);
  const outputBlock = block("Output", outputGrid.el);
  const warning = h("p", { class: "cnn-warning", role: "status" });
  const sign = (text) => h("span", { class: "cnn-sign", "aria-hidden": "true" }, text);
  const middle = h("div", { class: "cnn-middle" }, kernelBlock.el, productBlock.el);
  const result = h("div", { class: "cnn-pair" }, sign("="), outputBlock.el);
  const stage = h(
    "div",
    { class: "cnn-stage" },
    imageBlock.el,
    h("div", { class: "cnn-pair" }, sign("⋆"), middle),
    result,
  );
  const formula = sizeLine();
  const lost = h("p", { class: "cnn-lost", role: "status" });

  const root = h(
    "div",
    { class: "cnn", role: "group", "aria-label": "Convolution explorer", onkeydown: past.onKey },
    h(
      "div",
      { class: "cnn-controls" },
      h("div", { class: "cnn-fields" }, imageMenu.el, sizeMenu.el),
      controls.kernel,
      controls.geometry,
      past.el,
    ),
    stage,
    warning,
    h(
      "p",
      { class: "cnn-hint" },
      "Point at a cell, or use the arrow keys, to see what it does. Type in a pixel or a kernel entry to " +
        "change it; on a touch screen, tap it twice.",
    ),
    note.el,
    player.el,
    line.el,
    formula.el,
    lost,
    predict.el,
  );

  function drawControls({ image, rows, columns }) {
    imageMenu.draw(pictureName(image));
    sizeMenu.draw(rows === columns ? String(rows) : undefined);
    controls.draw();
    predict.draw(model.get("predict"));
  }

  function drawImage({ image, padded, s, p, f, rows, columns, used, isPadding, output }, y, x, tap, user) {
    const [low, high] = [Math.min(0, ...image.flat()), Math.max(...image.flat())];
    const ring = user ?? (tap && [y * s + tap[0], x * s + tap[1]]);
    const cells = cellsOf(padded, (value) => grey(value, low, high), ring);
    cells.forEach((row, R) =>
      row.forEach((cell, C) => {
        const place = isPadding(R, C) ? "padding" : `row ${R - p + 1}, column ${C - p + 1}`;
        const never = output && !(used[0][R] && used[1][C]);
        cell.say = `${place}: ${cell.text}${never ? ", never reached" : ""}`;
        if (isPadding(R, C)) {
          cell.mark += " cnn-padding";
          cell.locked = "The padding is always 0; change a pixel of the image itself.";
        }
        if (never) {
          cell.mark += " cnn-never";
          cell.rgb = null;
        }
      }),
    );
    imageGrid.draw(cells, output && !user && { r: y * s, c: x * s, h: f, w: f });
    imageBlock.title(`Image ${rows}×${columns}${p ? `, padded ${rows + 2 * p}×${columns + 2 * p}` : ""}`);
  }

  function drawKernel({ kernel, f }, tap) {
    const limit = reach(kernel);
    kernelGrid.draw(cellsOf(kernel, (value) => signed(value, limit), tap));
    kernelBlock.title(`Kernel ${f}×${f}`);
  }

  function drawProducts(state, y, x, tap) {
    const { image, kernel, output } = state;
    const products = windowAt(state, y, x).map((row, i) => row.map((pixel, j) => pixel * kernel[i][j]));
    const limit = reach(kernel) * reach(image);
    productGrid.draw(cellsOf(products, (value) => signed(value, limit), tap));
    setText(sum, `Σ ${equals([output[y][x]])} ${format(output[y][x])}`);
  }

  function drawOutput({ output, outRows, outColumns, rows, columns, f, s, p, step }, y, x, user) {
    const limit = reach(output);
    const hidden = (Y, X) => model.get("predict") && Y * outColumns + X > step;
    const inside = ([a, b], k) => a <= k && k <= b;
    const uses = user && [users(user[0], rows, f, s, p), users(user[1], columns, f, s, p)];
    const cells = cellsOf(output, (value) => signed(value, limit));
    cells.forEach((row, Y) =>
      row.forEach((cell, X) => {
        if (hidden(Y, X))
          Object.assign(cell, {
            text: "?",
            rgb: null,
            mark: "cnn-hidden",
            say: `row ${Y + 1}, column ${X + 1}: still to come`,
          });
        if (uses && inside(uses[0], Y) && inside(uses[1], X)) cell.mark += " cnn-used";
      }),
    );
    outputGrid.draw(cells, uses ? null : { r: y, c: x, h: 1, w: 1 });
    outputBlock.title(`Output ${outRows}×${outColumns}`);
  }

  function draw() {
    const state = readState(model);
    const { rows, columns, f, s, p, output, step, count, at, outColumns } = state;
    const [what, r, c] = pointed ?? [];
    const ahead = what === "output" && model.get("predict") && r * outColumns + c > step;
    const [y, x] = what === "output" && !ahead && output?.[r]?.[c] !== undefined ? [r, c] : at(step);
    const user = what === "image" && output && r < rows + 2 * p && c < columns + 2 * p ? [r, c] : null;
    const tap = what === "kernel" && output && r < f && c < f ? [r, c] : null;
    past.note();
    drawControls(state);
    drawKernel(state, tap);
    drawImage(state, y, x, tap, user);
    set(line.el, "style", `--lines: ${f + 1}`);
    const widths = [columns + 2 * p, f, outColumns];
    set(
      stage,
      "style",
      `--columns: ${widths[0] + f + outColumns}; --widest: ${Math.max(...widths, 2 * f + 1)}`,
    );
    const fits = output !== null;
    for (const part of [productBlock.el, result, player.el, line.el]) set(part, "hidden", !fits);
    setText(warning, misfit(rows, columns, f, p));
    set(warning, "hidden", fits);
    formula.draw(rows, columns, f, s, p);
    setText(lost, output ? neverReached(rows, columns, p, state.used, "crossed out") : "");
    set(lost, "hidden", !lost.textContent);
    if (!fits) return player.stop();
    drawProducts(state, y, x, tap);
    drawOutput(state, y, x, user);
    player.draw(step, count, `row ${at(step)[0] + 1}, column ${at(step)[1] + 1}`);
    if (user) line.say(useInWords(state, ...user));
    else
      line.say(
        phrase(`Output row ${y + 1}, column ${x + 1}:`),
        ...sumPhrases(windowAt(state, y, x), state.kernel, output[y][x], tap),
      );
  }

  return attach(el, root, watch(model, [...STATE, "step", "predict"], draw), player.stop);
}

/** Whether a link may ask for this state: the limits are those of the Python traits. */
const validate = (state) =>
  validConvolution(state) &&
  [state.image.length, state.image[0]?.length].every((n) => n >= 1 && n <= 10) &&
  validEntries(state.image) &&
  Number.isInteger(state.step) &&
  state.step >= 0;

export default { render, validate };
