// A small network in the page: its forward pass, and what one unit of it sees. Pure functions, no DOM.
// What a layer makes is a list of channels, each rows of numbers; a vector is channels of 1×1.
import { correlate2d, outputSize, pad2d, table } from "./maths.js";
import { pool2d } from "./pooling.js";

/** Base64 of little-endian numbers → a typed array, e.g. unpack(text, Float32Array). */
export const unpack = (text, Numbers) =>
  new Numbers(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);

/**
 * Layers as Python lists them → layers with their windows, shapes and weights: W[n][k] is the slice of filter n
 * for channel k, b[n] its bias. A fully connected layer is a convolution whose window is all of its input.
 */
export function build(layers, weights, [rows, columns, channels]) {
  let [shape, at] = [[rows, columns, channels], 0];
  return layers.map(({ kind, f, s = 1, p = 0, n }) => {
    const [fH, fW] = kind === "dense" ? shape : [f ?? 1, f ?? 1];
    const C = shape[2];
    const layer = { kind, fH, fW, s, p };
    if (n) {
      const W = (filter, k) => table(fH, fW, (i, j) => weights[at + ((i * fW + j) * C + k) * n + filter]);
      layer.W = Array.from({ length: n }, (_, filter) => Array.from({ length: C }, (_, k) => W(filter, k)));
      at += fH * fW * C * n;
      layer.b = Array.from(weights.subarray(at, (at += n)));
    }
    shape = [outputSize(shape[0], fH, s, p), outputSize(shape[1], fW, s, p), n ?? C];
    return { ...layer, shape };
  });
}

export const ACTIVATIONS = { relu: (z) => Math.max(0, z), tanh: Math.tanh };

const add = (A, B) => A.map((row, r) => row.map((x, c) => x + B[r][c]));
const cut = (A, y, x, { fH, fW, s }) => table(fH, fW, (i, j) => A[y * s + i][x * s + j]);

/** The channels that a layer makes of channels A. */
export function applyLayer(layer, A) {
  const { kind, s, p, shape, W, b } = layer;
  if (W) {
    const bias = (n) => table(shape[0], shape[1], () => b[n]);
    return W.map((slices, n) => slices.reduce((Z, K, k) => add(Z, correlate2d(A[k], K, s, p)), bias(n)));
  }
  if (kind === "flatten") return A; // a vector is what it was: the window of the next layer is all of it
  if (kind in ACTIVATIONS) return A.map((rows) => rows.map((row) => row.map(ACTIVATIONS[kind])));
  return A.map((rows) => pool2d(rows, { kind, f: layer.fH, s, p, counted: true }));
}

/** What comes out of each layer for one image, the image itself first. */
export const forward = (net, image) =>
  net.reduce((outputs, layer) => [...outputs, applyLayer(layer, outputs.at(-1))], [[image]]);

/** What unit (y, x) of channel n of a layer is computed from: window, weights and sum of each channel it sees. */
export function partsOf(layer, A, y, x, n) {
  const edge = layer.kind === "max" ? -Infinity : 0;
  const seen = layer.W ? A : [A[n]];
  return seen.map((rows, k) => {
    const patch = cut(pad2d(rows, layer.p, edge), y, x, layer);
    const weights = layer.W?.[n][k];
    return { patch, weights, sum: weights && correlate2d(patch, weights)[0][0] };
  });
}

/**
 * Which rows (axis 0) or columns (axis 1) of layer `from` the unit at place i of layer `to` depends on, [first,
 * last], both layers counted from 0, the image; what is beyond the edge is padding.
 */
export function field(net, from, to, axis, i) {
  let [first, last] = [i, i];
  for (const { fH, fW, s, p } of net.slice(from, to).reverse())
    [first, last] = [first * s - p, last * s - p + (axis ? fW : fH) - 1];
  return [first, last];
}

export function softmax(z) {
  const most = Math.max(...z);
  const powers = z.map((x) => Math.exp(x - most));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((x) => x / sum);
}
