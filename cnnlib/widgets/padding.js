// What stands in the padding: pure functions, held to np.pad by golden vectors (tests/test_golden.py).
import { table } from "./maths.js";

/** The position of the image that the padded position q copies, 0 … n − 1, as np.pad does; −1: it is a zero. */
export function source(q, n, p, mode) {
  const k = q - p;
  const turn = (period) => ((k % period) + period) % period;
  if (mode === "edge") return Math.min(n - 1, Math.max(0, k));
  if (mode === "wrap") return turn(n);
  if (mode === "symmetric") return Math.min(turn(2 * n), 2 * n - 1 - turn(2 * n));
  if (mode === "reflect") return n > 1 ? Math.min(turn(2 * n - 2), 2 * n - 2 - turn(2 * n - 2)) : 0;
  return k >= 0 && k < n ? k : -1;
}

/** The image with p rows and columns on each side, filled as the mode says. */
export function padWith(A, p, mode) {
  const [rows, columns] = [A.length, A[0].length];
  return table(rows + 2 * p, columns + 2 * p, (R, C) => {
    const [r, c] = [source(R, rows, p, mode), source(C, columns, p, mode)];
    return r < 0 || c < 0 ? 0 : A[r][c];
  });
}

/** An image whose numbers name their places: 32 stands in row 3, column 2. */
export const numbered = (rows, columns) => table(rows, columns, (r, c) => 10 * (r + 1) + c + 1);
