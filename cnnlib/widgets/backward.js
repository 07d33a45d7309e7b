// The gradients of a convolution of one channel, three times over: output by output, as convolutions, and by
// differences of the forward pass. Pure functions, no DOM, held to cnnlib by golden vectors
// (tests/test_golden_backward.py). `how` = { s, p }, the stride and the padding.
import { correlate2d, pad2d, table, withEntry } from "./maths.js";

const zeros = (rows, columns) => table(rows, columns, () => 0);

/** The entries of dZ, s apart, with zeros between them. */
export function dilate(dZ, s) {
  const entry = (r, c) => (r % s || c % s ? 0 : dZ[r / s][c / s]);
  return table((dZ.length - 1) * s + 1, (dZ[0].length - 1) * s + 1, entry);
}

export const flipped = (K) => K.map((row) => row.toReversed()).toReversed();

/** The dilated dZ with f − 1 zeros around it, and below and to the right one for each row and column that no window reaches. */
export function surrounded(dZ, f, rows, columns, s) {
  const D = dilate(dZ, s);
  return table(rows + f - 1, columns + f - 1, (r, c) => D[r - f + 1]?.[c - f + 1] ?? 0);
}

/** What the first `count` outputs, row by row, give: dA with the padding still around it, and dK. */
export function scatter(dZ, A, K, { s, p }, count = Infinity) {
  const padded = pad2d(A, p);
  const dA = zeros(padded.length, padded[0].length);
  const dK = zeros(K.length, K[0].length);
  let k = 0;
  dZ.forEach((row, y) =>
    row.forEach((dz, x) => {
      if (k++ >= count) return;
      K.forEach((taps, i) =>
        taps.forEach((tap, j) => {
          dA[y * s + i][x * s + j] += dz * tap;
          dK[i][j] += dz * padded[y * s + i][x * s + j];
        }),
      );
    }),
  );
  return { dA, dK };
}

/** The same as convolutions: dK with the dilated dZ as the kernel, dA (with the padding) with K flipped. */
export function asConvolutions(dZ, A, K, { s, p }) {
  const padded = pad2d(A, p);
  const f = K.length;
  const dK = correlate2d(padded, dilate(dZ, s)).slice(0, f);
  const dA = correlate2d(surrounded(dZ, f, padded.length, padded[0].length, s), flipped(K));
  return { dA, dK: dK.map((row) => row.slice(0, f)) };
}

/** J = Σ dZ·Z, the cost whose gradient at the output is dZ. */
export function cost(dZ, A, K, { s, p }) {
  const Z = correlate2d(A, K, s, p);
  return dZ.reduce((sum, row, y) => row.reduce((part, dz, x) => part + dz * Z[y][x], sum), 0);
}

/** Each entry of A and K moved by ±eps: (J(+) − J(−)) / 2·eps; dA is without padding here. */
export function differences(dZ, A, K, how, eps) {
  const slope = (J, X) =>
    X.map((row, r) =>
      row.map((x, c) => (J(withEntry(X, r, c, x + eps)) - J(withEntry(X, r, c, x - eps))) / (2 * eps)),
    );
  return { dA: slope((X) => cost(dZ, X, K, how), A), dK: slope((X) => cost(dZ, A, X, how), K) };
}
