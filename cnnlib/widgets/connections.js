// A layer as one matrix: which inputs an output is connected with, and by which weight. Pure functions, no DOM;
// golden vectors hold them to cnnlib's convolution of unit images.
import { outputSize, table } from "./maths.js";

export const KINDS = ["dense", "local", "convolution"];

/** Rows and columns of the output. A single row is not padded above and below, and its kernel is 1×f. */
export const outputGrid = ([rows, columns], f, s, p) => [
  rows === 1 ? 1 : outputSize(rows, f, s, p),
  outputSize(columns, f, s, p),
];

/** Outputs × inputs: the number of the kernel's tap that joins them, counted row by row from 1; 0 for none. */
export function taps(size, f, s, p) {
  const [rows, columns] = size;
  const [outRows, outColumns] = outputGrid(size, f, s, p);
  const [fRows, pRows] = rows === 1 ? [1, 0] : [f, p];
  return table(outRows * outColumns, rows * columns, (o, i) => {
    const r = Math.floor(i / columns) - (Math.floor(o / outColumns) * s - pRows);
    const c = (i % columns) - ((o % outColumns) * s - p);
    return r >= 0 && r < fRows && c >= 0 && c < f ? r * f + c + 1 : 0;
  });
}

/** Outputs × inputs: the number of the weight in each cell, 0 where there is no connection. */
export function weightNumbers(kind, joined) {
  let count = 0;
  if (kind === "dense") return joined.map((row) => row.map(() => ++count));
  return kind === "local" ? joined.map((row) => row.map((tap) => (tap ? ++count : 0))) : joined;
}

/** How many cells hold a weight, how many different ones there are, and how many cells are always 0. */
export function counts(numbers) {
  const used = numbers.flat().filter(Boolean);
  const zeros = numbers.length * numbers[0].length - used.length;
  return { connections: used.length, weights: new Set(used).size, zeros };
}

/** A colour for each weight: nine hues, the nearest ones in other degrees of lightness; the next nine a bit off. */
export function weightColour(number) {
  const hue = ((number - 1) * 200 + Math.floor((number - 1) / 9) * 13) % 360;
  const light = [0.44, 0.6, 0.74][number % 3];
  const chroma = 0.6 * Math.min(light, 1 - light);
  return [0, 8, 4].map((shift) => {
    const k = (shift + hue / 30) % 12;
    return Math.round(255 * (light - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  });
}
