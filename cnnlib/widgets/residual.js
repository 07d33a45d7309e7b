// What a signal and its gradient become in a deep chain of small layers. Pure functions, no DOM; golden vectors
// hold them to cnnlib's layers and blocks.

export const GAINS = ["0.25", "0.5", "1", "√2", "2"];

/** The number that a gain's name stands for. */
export const gainOf = (name) => (name === "√2" ? Math.SQRT2 : Number(name));

/** Each activation: its value, and its derivative given z and that value. */
const PSIS = {
  ReLU: [(z) => Math.max(0, z), (z) => (z > 0 ? 1 : 0)],
  tanh: [Math.tanh, (_, a) => 1 - a * a],
  none: [(z) => z, () => 1],
};
export const PSI_NAMES = Object.keys(PSIS);

const norm = (v) => Math.hypot(...v);

/**
 * ‖a[l]‖ and ‖∂J/∂a[l]‖ for l = 0 … depth, where a[l] = ψ(W a[l−1]) or, with the skip, ψ(W a[l−1] + a[l−1]), and W is
 * gain / √n times the numbers given. `numbers`: a[0], ∂J/∂a[depth], then n² for each layer, W[k][j] from k to j.
 */
export function chainNorms(numbers, n, depth, gain, psi, skip) {
  const [value, slope] = PSIS[psi];
  const scale = gain / Math.sqrt(n);
  const weight = (l, k, j) => scale * numbers[(2 + l * n + k) * n + j];
  const units = Array.from({ length: n }, (_, j) => j);
  const total = (term) => units.reduce((sum, k) => sum + term(k), 0);
  let a = units.map((j) => numbers[j]);
  const [signal, slopes] = [[norm(a)], []];
  for (let l = 0; l < depth; l++) {
    const z = units.map((j) => total((k) => a[k] * weight(l, k, j)) + (skip ? a[j] : 0));
    a = z.map(value);
    slopes.push(z.map((x, j) => slope(x, a[j])));
    signal.push(norm(a));
  }
  let d = units.map((j) => numbers[n + j]);
  const gradient = [norm(d)];
  for (let l = depth - 1; l >= 0; l--) {
    const dz = d.map((x, j) => x * slopes[l][j]);
    d = units.map((k) => total((j) => weight(l, k, j) * dz[j]) + (skip ? dz[k] : 0));
    gradient.unshift(norm(d));
  }
  return { signal, gradient };
}
