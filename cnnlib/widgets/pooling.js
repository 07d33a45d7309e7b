// Pooling of one channel: each window becomes its maximum or its average. Pure functions, no DOM, held to cnnlib by
// golden vectors (tests/test_golden_pooling.py). `how` = { kind: "max" or "average", f, s, p, counted }, where
// `counted` says whether an average counts the zeros of the padding.
import { format, outputSize, table } from "./maths.js";

const place = (n, f, s, p) => Array.from({ length: outputSize(n, f, s, p) }, (_, x) => x * s - p);

/** Row and column of the first cell of each window; both may be negative: that is the padding. */
const corners = (A, { f, s, p }) => [place(A.length, f, s, p), place(A[0].length, f, s, p)];

/** The pixels [r, c] under the window of output (y, x), row by row; the padding holds none. */
export function pixelsUnder(A, y, x, { f, s, p }) {
  const cells = Array.from({ length: f * f }, (_, k) => [y * s - p + Math.floor(k / f), x * s - p + (k % f)]);
  return cells.filter(([r, c]) => A[r]?.[c] !== undefined);
}

/** The pixels that have the largest number of a window, row by row; the first is the winner. */
export function tied(A, y, x, how) {
  const pixels = pixelsUnder(A, y, x, how);
  const most = Math.max(...pixels.map(([r, c]) => A[r][c]));
  return pixels.filter(([r, c]) => A[r][c] === most);
}

/** What the sum of a window is divided by. */
export const divisor = (A, y, x, how) => (how.counted ? how.f * how.f : pixelsUnder(A, y, x, how).length);

/** The pixels that get a gradient from output (y, x), and by what it is divided: the whole, or equal shares. */
export function receivers(A, y, x, how) {
  if (how.kind === "max") return { pixels: tied(A, y, x, how).slice(0, 1), parts: 1 };
  return { pixels: pixelsUnder(A, y, x, how), parts: divisor(A, y, x, how) };
}

const poolWindow = (A, y, x, how) => {
  const { pixels, parts } = receivers(A, y, x, how);
  return pixels.reduce((sum, [r, c]) => sum + A[r][c], 0) / parts;
};

export function pool2d(A, how) {
  const [rows, columns] = corners(A, how);
  return rows.map((_, y) => columns.map((_, x) => poolWindow(A, y, x, how)));
}

/** dA: what each pixel gets from all windows, added up. */
export function poolBackward(dZ, A, how) {
  const dA = table(A.length, A[0].length, () => 0);
  dZ.forEach((row, y) =>
    row.forEach((dz, x) => {
      const { pixels, parts } = receivers(A, y, x, how);
      for (const [r, c] of pixels) dA[r][c] += dz / parts;
    }),
  );
  return dA;
}

/** The gradient at the output: what was given, if it has the output's shape, else 1, 2, 3, … row by row. */
export function upstreamOf(given, rows, columns) {
  if (given.length === rows && given[0]?.length === columns) return given;
  return table(rows, columns, (y, x) => y * columns + x + 1);
}

/** Why there is no result, and what would help; "" if there is one. */
export function poolMisfit(rows, columns, f, p) {
  const n = Math.min(rows, columns);
  if (p >= f)
    return (
      `With padding ${p}, the window of size ${f} in the corner would hold no pixel: nothing to pool. ` +
      `Use padding ${f - 1}${f > 1 ? " or less," : ""} or a larger window.`
    );
  if (f > n + 2 * p)
    return (
      `A ${f}×${f} window does not fit a ${rows}×${columns} image with padding ${p}: ` +
      `n + 2p − f = ${n} + ${2 * p} − ${f} = ${format(n + 2 * p - f)}. Use a smaller window or a larger image.`
    );
  return "";
}
