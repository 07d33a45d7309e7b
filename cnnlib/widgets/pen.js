// A drawing with a round pen, and what MNIST would make of it. Pure functions, no DOM, held to cnnlib by golden
// vectors (tests/test_golden_pen.py).
import { clamp, table } from "./maths.js";

/** How far the point [y, x] is from the straight line between two others. */
function distance(y, x, [r, c], [toR, toC]) {
  const [dr, dc] = [toR - r, toC - c];
  const along = clamp(((y - r) * dr + (x - c) * dc) / (dr * dr + dc * dc || 1), 0, 1);
  return Math.hypot(y - r - along * dr, x - c - along * dc);
}

/**
 * The ink of a drawing, from 0 to 1: full within `radius` of its lines, but for their edge. `strokes` are the points
 * [row, column, begins] that the pen goes through; 1: it was lifted before this one.
 */
export function drawn(strokes, size, radius) {
  const ink = table(size, size, () => 0);
  const reach = Math.ceil(radius + 1);
  strokes.forEach((end, k) => {
    const begin = end[2] || !k ? end : strokes[k - 1];
    const span = (axis) => [
      Math.max(0, Math.min(begin[axis], end[axis]) - reach),
      Math.min(size - 1, Math.max(begin[axis], end[axis]) + reach),
    ];
    const [[top, bottom], [left, right]] = [span(0), span(1)];
    for (let y = top; y <= bottom; y++)
      for (let x = left; x <= right; x++)
        ink[y][x] = Math.max(ink[y][x], clamp(radius + 0.5 - distance(y, x, begin, end), 0, 1));
  });
  return ink;
}

/** Means over `size` equal parts of a row, for parts that cut pixels too. */
function means(row, size) {
  const part = row.length / size;
  return Array.from({ length: size }, (_, i) => {
    const [from, to] = [i * part, (i + 1) * part];
    let sum = 0;
    for (let j = Math.floor(from); j < Math.min(to, row.length); j++)
      sum += row[j] * Math.max(0, Math.min(to, j + 1) - Math.max(from, j));
    return sum / part;
  });
}

const transpose = (A) => A[0].map((_, c) => A.map((row) => row[c]));
const sums = (A) => A.map((row) => row.reduce((a, b) => a + b));

/** First and last row and column with ink, [[top, bottom], [left, right]]; null if there is none. */
export function inkBox(ink) {
  const ends = (A) => {
    const with_ = A.map((row) => row.some((x) => x > 0));
    return [with_.indexOf(true), with_.lastIndexOf(true)];
  };
  const rows = ends(ink);
  return rows[0] < 0 ? null : [rows, ends(transpose(ink))];
}

/** The sides of the box after scaling: the longer one is 20. */
export function scaledSides(box) {
  const sides = box.map(([first, last]) => last - first + 1);
  return sides.map((n) => Math.max(1, Math.floor((20 * n) / Math.max(...sides) + 0.5)));
}

/** Where pixels with this mass begin on 28, so that their mean is as near to 14 as can be; 14.5 of a tie. */
function startOf(mass) {
  const [whole, moment] = [mass.reduce((a, b) => a + b), mass.reduce((a, m, i) => a + m * i, 0)];
  return clamp(Math.floor(14.5 + 1e-9 - moment / whole), 0, 28 - mass.length);
}

/** 28×28: the ink in a box of 20 pixels at most, its centre of mass in the middle; cnnlib.data.as_mnist. */
export function asMnist(ink) {
  const box = inkBox(ink);
  if (!box) return table(28, 28, () => 0);
  const [[top, bottom], [left, right]] = box;
  const [height, width] = scaledSides(box);
  const narrow = ink.slice(top, bottom + 1).map((row) => means(row.slice(left, right + 1), width));
  const digit = transpose(transpose(narrow).map((column) => means(column, height)));
  const [y, x] = [startOf(sums(digit)), startOf(sums(transpose(digit)))];
  return table(28, 28, (r, c) => digit[r - y]?.[c - x] ?? 0);
}
