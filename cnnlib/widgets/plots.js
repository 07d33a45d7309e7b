// Pictures and curves: numbers in, a canvas or a chart out.
import { block, h, set } from "./core.js";
import { clamp, format, table } from "./maths.js";

/** The pixels of a grey PNG as rows of numbers, exactly. */
export async function decode(url) {
  const picture = new Image();
  picture.src = url;
  await picture.decode();
  const [width, height] = [picture.naturalWidth, picture.naturalHeight];
  const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return table(height, width, (r, c) => data[4 * (r * width + c)]);
}

/** Paint a matrix: `colour` at 511 levels from low to high, so that 256 greys and the middle are exact. */
export function paint(canvas, A, low, high, colour) {
  const levels = Uint32Array.from({ length: 511 }, (_, i) => {
    const [r, g, b] = colour(low + (i / 510) * (high - low));
    return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  });
  const [rows, columns] = [A.length, A[0].length];
  const scale = 510 / (high - low || 1);
  const pixels = new Uint32Array(rows * columns);
  let k = 0;
  for (const row of A)
    for (const x of row) pixels[k++] = levels[x <= low ? 0 : x >= high ? 510 : Math.round((x - low) * scale)];
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== rows) canvas.height = rows;
  canvas
    .getContext("2d")
    .putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), columns, rows), 0, 0);
}

/** Where curves stand: from 0, or logarithmic over more than two decades; `linear`: between their limits. */
export function axis(values, { linear = false } = {}) {
  const least = (numbers) => numbers.reduce((a, b) => Math.min(a, b), Infinity);
  const [bottom, positive] = [least(values), least(values.filter((x) => x > 0))];
  let high = -least(values.map((x) => -x));
  const log = !linear && bottom >= 0 && high / positive > 100; // a 0 among them is drawn at the bottom
  let low = log ? positive : linear ? bottom : Math.min(0, bottom);
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const [a, b] = log ? [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))] : [low, high];
  const step = log ? Math.ceil((b - a) / 5) : 10 ** Math.floor(Math.log10((b - a) / 2));
  const coarse = log ? step : [1, 2, 5, 10].map((m) => m * step).find((m) => (b - a) / m <= 5);
  const ticks = [];
  for (let k = Math.ceil(a / coarse - 1e-9); k * coarse <= b + 1e-9 * coarse; k++) ticks.push(k * coarse);
  const height = (x) => ((log ? Math.log10(Math.max(x, 10 ** a)) : x) - a) / (b - a);
  return {
    log,
    ticks: ticks.map((t) => ({
      at: (t - a) / (b - a),
      text: !log ? format(t) : Math.abs(t) < 3 ? format(10 ** t) : `1e${t}`.replace("-", "−"),
    })),
    height,
  };
}

/**
 * Curves over the steps, with a cursor: curves([{ values, mark?, dashed? }], y, words) draws them on an axis y,
 * cursor(step) shows where we are. Pointing with the button down scrubs; the keyboard has the stepper for that.
 */
export function chart(title, onScrub) {
  const svg = h("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none" });
  const labels = h("div");
  const mark = h("div", { class: "cnn-cursor" });
  const plot = h("div", { class: "cnn-plot" }, svg, mark);
  let last = 0;
  const scrub = (event) => {
    if (event.type === "pointermove" && !plot.hasPointerCapture(event.pointerId)) return;
    if (event.type === "pointerdown") plot.setPointerCapture(event.pointerId);
    const { left, width } = plot.getBoundingClientRect();
    onScrub(Math.round(clamp((event.clientX - left) / width, 0, 1) * last));
  };
  plot.addEventListener("pointerdown", scrub);
  plot.addEventListener("pointermove", scrub);
  const picture = h("div", { class: "cnn-chart", role: "img" }, labels, plot);
  const place = (k) => (last ? k / last : 0);
  return {
    ...block(title, picture),
    cursor: (step) => set(mark, "style", `left: ${100 * place(step)}%`),
    curves(curves, y, words) {
      last = curves[0].values.length - 1;
      set(picture, "aria-label", words);
      labels.replaceChildren(
        ...y.ticks.map(({ at, text }) => h("span", { style: `bottom: ${100 * at}%` }, text)),
      );
      const path = (name, d) => h("path", { class: name, d });
      const line = ({ values }) => `M${values.map((v, k) => `${place(k)} ${1 - y.height(v)}`).join("L")}`;
      const look = ({ mark: on, dashed }) =>
        `cnn-curve ${on ? "cnn-marked" : ""} ${dashed ? "cnn-dashed" : ""}`;
      svg.replaceChildren(
        ...y.ticks.map(({ at }) => path("cnn-tick", `M0 ${1 - at}H1`)),
        ...curves.map((curve) => path(look(curve), line(curve))),
      );
    },
  };
}
