import { attach, block, commit, h, liveLine, phrase, set, setText, watch } from "./core.js";
import { choice, history, menu, stepper } from "./controls.js";
import { matrix } from "./matrix.js";
import { sizeLine } from "./convolution.js";
import { grey, misfit, outputSize, plural, signed, table, usage, users } from "./maths.js";
import { numbered, padWith, source } from "./padding.js";
import { neverReached, span, usageMap, usedBy } from "./usage.js";

const upTo = (low, high) => Array.from({ length: high - low + 1 }, (_, i) => low + i);
const VALUES = {
  rows: upTo(1, 8),
  columns: upTo(1, 8),
  kernel_size: upTo(1, 7),
  stride: upTo(1, 4),
  padding: upTo(0, 4),
  mode: ["zeros", "edge", "reflect", "symmetric", "wrap"],
  show: ["uses", "values"],
};
const STATE = Object.keys(VALUES);
const sum = (A) => A.flat().reduce((a, b) => a + b, 0);

/** All that is drawn follows from this. `step` counts outputs row by row; beyond the last it is the last. */
function readState(model) {
  const [rows, columns, f, s, p, mode, show] = STATE.map((name) => model.get(name));
  const [outRows, outColumns] = [outputSize(rows, f, s, p), outputSize(columns, f, s, p)];
  const count = outRows * outColumns;
  const step = Math.max(0, Math.min(model.get("step"), count - 1));
  const inside = (R, C) => R >= p && C >= p && R < rows + p && C < columns + p;
  // Which rows (or columns) of the image the window reads that begins at the padded position q.
  const reads = (q, n) => [Math.max(0, q - p), Math.min(n, q - p + f) - 1];
  const at = (k) => [Math.floor(k / outColumns), k % outColumns];
  const uses = usageMap(rows, columns, f, s, p);
  const image = uses.slice(p, p + rows).map((row) => row.slice(p, p + columns));
  const values = padWith(numbered(rows, columns), p, mode);
  const used = [usage(rows, f, s, p), usage(columns, f, s, p)];
  const size = { rows, columns, f, s, p, outRows, outColumns, count, fits: count > 0 };
  return { ...size, mode, show, step, at, inside, reads, uses, image, values, used };
}

/** How many of the f·f pixels of output (y, x) are padding. */
function paddingRead({ rows, columns, f, s, reads }, y, x) {
  const [[top, bottom], [left, right]] = [reads(y * s, rows), reads(x * s, columns)];
  return f * f - Math.max(0, bottom - top + 1) * Math.max(0, right - left + 1);
}

/** What the window of output (y, x) reads. */
function windowInWords(state, y, x) {
  const { rows, columns, f, s, reads } = state;
  const [down, across] = [reads(y * s, rows), reads(x * s, columns)];
  const padding = paddingRead(state, y, x);
  const own = f * f - padding;
  const image = own && `${plural(own, "pixel")} of the image (${span(down, "row")}, ${span(across, "column")})`;
  const rest = padding && `${padding} of the padding`;
  return [
    phrase(`Output row ${y + 1}, column ${x + 1} reads ${plural(f * f, "number")}:`),
    phrase(`${[image, rest].filter(Boolean).join(" and ")}.`),
  ];
}

/** The pixel (R, C) of the padded image: what it holds, and who uses it. */
function pixelInWords({ rows, columns, f, s, p, mode, inside, count, values, fits }, R, C) {
  const [r, c] = [source(R, rows, p, mode), source(C, columns, p, mode)];
  const copy = r < 0 || c < 0 ? "a zero" : `a copy of row ${r + 1}, column ${c + 1}`;
  const name = inside(R, C)
    ? `Pixel row ${R - p + 1}, column ${C - p + 1} (value ${values[R][C]})`
    : `This pixel of the padding (${copy}${r < 0 || c < 0 ? "" : `, value ${values[R][C]}`})`;
  return fits ? usedBy(name, users(R, rows, f, s, p), users(C, columns, f, s, p), count) : `${name}.`;
}

/** The uses of the image's pixels, and of the padding, in one sentence. */
function inShort({ rows, columns, f, s, p, image, count, outRows, outColumns }) {
  const [least, most] = [Math.min(...image.flat()), Math.max(...image.flat())];
  const each = least === most ? `${most} each` : `from ${least} to ${most}`;
  const [reads, own] = [count * f * f, sum(image)];
  const kinds = [
    p === 0 && "valid: no padding",
    outRows === rows && outColumns === columns && "same: as large as the image",
    p === f - 1 && s === 1 && "full: every overlap",
  ].filter(Boolean);
  return [
    phrase(`Uses of the image's pixels: ${each}.`),
    phrase(`${plural(count, "window")} of ${f}·${f}: ${plural(reads, "read")}, ${reads - own || "none"} of padding.`),
    ...(kinds.length ? [phrase(`(${kinds.join("; ")})`)] : []),
  ];
}

function render({ model, el, share, built }) {
  const note = liveLine("cnn-note");
  const line = liveLine();
  let pointed = null; // what is pointed at in this view: ["image" | "output", row, column]; null: the step
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

  const imageGrid = matrix("Padded image", { onPoint: pointing("image") });
  const outputGrid = matrix("Output: padding that each window reads", {
    onPoint: pointing("output"),
    onPick: (y, x) => {
      player.stop();
      go(y * readState(model).outColumns + x);
    },
  });
  const size = (label, name) =>
    menu(label, VALUES[name].map(String), (n) => change({ [name]: Number(n) }));
  const option = (label, name) => choice(label, VALUES[name], (value) => change({ [name]: value }));
  const controls = {
    rows: size("Rows", "rows"),
    columns: size("Columns", "columns"),
    kernel_size: option("Kernel size f", "kernel_size"),
    padding: option("Padding p", "padding"),
    stride: option("Stride s", "stride"),
    // To choose what fills the border is to ask for the values.
    mode: menu("Pad with", VALUES.mode, (mode) => {
      change({ mode, show: "values" });
      if (!model.get("padding")) note.say("With p = 0 there is no padding to fill: choose p = 1 or more.");
    }),
    show: option("Cells show", "show"),
  };
  const fields = (...names) => h("div", { class: "cnn-fields" }, ...names.map((name) => controls[name].el));
  const past = history(model, STATE, share, note.say, built);
  const player = stepper("Output", go, { onPlay: line.quiet });

  const imageBlock = block("Image", imageGrid.el);
  const outputBlock = block("Output", outputGrid.el);
  const sign = h("span", { class: "cnn-sign", "aria-hidden": "true" }, "→");
  const result = h("div", { class: "cnn-pair" }, sign, outputBlock.el);
  const stage = h("div", { class: "cnn-stage" }, imageBlock.el, result);
  const warning = h("p", { class: "cnn-warning", role: "status" });
  const formula = sizeLine();
  const lost = h("p", { class: "cnn-lost cnn-dropped", role: "status" });
  const short = h("p", { class: "cnn-formula" });
  const hint = h(
    "p",
    { class: "cnn-hint" },
    "Point at a pixel, or use the arrow keys, to see which outputs use it; at an output, to see its window.",
  );
  const root = h(
    "div",
    { class: "cnn", role: "group", "aria-label": "Padding explorer", onkeydown: past.onKey },
    h(
      "div",
      { class: "cnn-controls" },
      fields("rows", "columns", "mode"),
      fields("kernel_size"),
      fields("padding", "stride"),
      h("div", { class: "cnn-fields cnn-views" }, controls.show.el),
      past.el,
    ),
    stage,
    warning,
    hint,
    note.el,
    player.el,
    line.el,
    lost,
    formula.el,
    short,
  );

  function drawImage(state, y, x, pixel) {
    const { rows, columns, f, s, p, show, uses, values, inside, fits } = state;
    const most = Math.max(...values.flat());
    const counting = show === "uses" && fits;
    const cells = table(rows + 2 * p, columns + 2 * p, (R, C) => {
      const [own, times] = [inside(R, C), uses[R][C]];
      const dropped = own && fits && !times;
      const value = counting ? times : values[R][C];
      const place = own ? `row ${R - p + 1}, column ${C - p + 1}` : "padding";
      const marks = [!own && "cnn-padding", dropped && "cnn-hatched"];
      if (pixel?.[0] === R && pixel[1] === C) marks.push("cnn-tap");
      return {
        value,
        text: String(value),
        rgb: dropped ? null : counting ? signed(times, f * f) : grey(value, 0, most),
        say: `${place}: ${counting ? plural(times, "use") : value}${dropped ? ", dropped" : ""}`,
        mark: marks.filter(Boolean).join(" "),
      };
    });
    imageGrid.draw(cells, fits && !pixel && { r: y * s, c: x * s, h: f, w: f });
    const padded = p ? `, padded ${rows + 2 * p}×${columns + 2 * p}` : "";
    const shown = counting ? "how often each pixel is used" : "values";
    imageBlock.title(`Image ${rows}×${columns}${padded}: ${shown}`);
  }

  function drawOutput(state, y, x, pixel) {
    const { rows, columns, outRows, outColumns, f, s, p } = state;
    const uses = pixel && [users(pixel[0], rows, f, s, p), users(pixel[1], columns, f, s, p)];
    const within = ([a, b], k) => a <= k && k <= b;
    const cells = table(outRows, outColumns, (Y, X) => {
      const value = paddingRead(state, Y, X);
      return {
        value,
        text: String(value),
        rgb: signed(value, f * f),
        say: `row ${Y + 1}, column ${X + 1}: ${value} of ${f * f} from the padding`,
        mark: uses && within(uses[0], Y) && within(uses[1], X) ? "cnn-used" : "",
      };
    });
    outputGrid.draw(cells, uses ? null : { r: y, c: x, h: 1, w: 1 });
    outputBlock.title(`Output ${outRows}×${outColumns}: padding read`);
  }

  function draw() {
    const state = readState(model);
    const { rows, columns, f, s, p, count, step, at, outRows, outColumns, fits } = state;
    const [what, r, c] = pointed ?? [];
    const pixel = what === "image" && r < rows + 2 * p && c < columns + 2 * p ? [r, c] : null;
    const [y, x] = what === "output" && r < outRows && c < outColumns ? [r, c] : at(step);
    past.note();
    for (const [name, control] of Object.entries(controls)) {
      const value = model.get(name);
      control.draw(typeof value === "number" && ["rows", "columns"].includes(name) ? String(value) : value);
    }
    drawImage(state, y, x, pixel);
    const widths = [columns + 2 * p, outColumns];
    set(stage, "style", `--columns: ${widths[0] + widths[1]}; --widest: ${Math.max(...widths)}`);
    for (const part of [result, player.el, hint, short]) set(part, "hidden", !fits);
    setText(warning, misfit(rows, columns, f, p));
    set(warning, "hidden", fits);
    formula.draw(rows, columns, f, s, p);
    setText(lost, fits ? neverReached(rows, columns, p, state.used, "hatched") : "");
    set(lost, "hidden", !lost.textContent);
    if (fits) {
      drawOutput(state, y, x, pixel);
      player.draw(step, count, `row ${at(step)[0] + 1}, column ${at(step)[1] + 1}`);
      short.replaceChildren(...inShort(state));
    } else player.stop();
    if (pixel) line.say(pixelInWords(state, ...pixel));
    else line.say(...(fits ? windowInWords(state, y, x) : []));
  }

  return attach(el, root, watch(model, [...STATE, "step"], draw), player.stop);
}

/** Whether a link may ask for this state: the limits are those of the Python traits. */
const validate = (state) =>
  STATE.every((name) => VALUES[name].includes(state[name])) && Number.isInteger(state.step) && state.step >= 0;

export default { render, validate };
