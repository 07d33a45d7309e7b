// Convolution on volumes, as numpy nests them: volume[x][y][k], weights[i][j][k][n]. Pure functions, no DOM;
// tests/test_golden.py holds them to cnnlib.
import { correlate2d, format, LIMIT, plural, table } from "./maths.js";

/** Channel k of a volume: a matrix. */
export const channelOf = (volume, k) => volume.map((row) => row.map((pixel) => pixel[k]));

/** What filter n lays on channel k: f×f. */
export const sliceOf = (weights, k, n) => weights.map((row) => row.map((taps) => taps[k][n]));

/** The result of each channel before they are added: parts[n][k] is a matrix. */
export const channelParts = (volume, weights, s = 1, p = 0) =>
  weights[0][0][0].map((_, n) =>
    volume[0][0].map((_, k) => correlate2d(channelOf(volume, k), sliceOf(weights, k, n), s, p)),
  );

/** The maps, one for each filter: the sum over the channels, and the bias once. */
export const addChannels = (parts, bias) =>
  parts.map((ofFilter, n) =>
    ofFilter[0].map((row, x) =>
      row.map((_, y) => ofFilter.reduce((sum, part) => sum + part[x][y], 0) + bias[n]),
    ),
  );

/** Step → position (row by row), filter, channel; and back. */
export const placeOf = (step, columns, filters, channels) => {
  const position = Math.floor(step / (filters * channels));
  return {
    x: Math.floor(position / columns),
    y: position % columns,
    n: Math.floor(step / channels) % filters,
    k: step % channels,
  };
};
export const stepOf = ({ x, y, n, k }, columns, filters, channels) =>
  ((x * columns + y) * filters + n) * channels + k;

/** The same filters, but f×f and so many of them: around their middles, new ones with entries of −1, 0 and 1. */
export function refit(weights, f, count) {
  const shift = (weights.length - f) / 2;
  const fresh = (i, j, k, n) => ((i + 2 * j + k + n) % 3) - 1;
  return table(f, f, (i, j) =>
    weights[0][0].map((_, k) =>
      Array.from({ length: count }, (_, n) =>
        n < weights[0][0][0].length ? (weights[i + shift]?.[j + shift]?.[k][n] ?? 0) : fresh(i, j, k, n),
      ),
    ),
  );
}

/** The lengths of nested lists of numbers that the traits take, or null for anything else. */
export function shapeOf(A) {
  if (!Array.isArray(A)) return typeof A === "number" && Math.abs(A) <= LIMIT ? [] : null;
  const inner = A.map(shapeOf);
  const alike = inner.length && inner.every((shape) => shape && String(shape) === String(inner[0]));
  return alike ? [A.length, ...inner[0]] : null;
}

/** What to say to who predicts so many maps. */
export function verdict(answer, channels, filters) {
  const rule = `One filter spans all ${plural(channels, "channel")}: what it gives on each is added to one number. So ${plural(filters, "filter")}, ${plural(filters, "map")}.`;
  if (answer === filters) return `Yes. ${rule}`;
  const why = {
    1: ` That is for one filter; there are ${filters}.`,
    [channels]: " That is the number of channels.",
    [channels * filters]: ` That is ${filters} · ${channels}: every filter on every channel, kept apart.`,
  }[answer];
  return `No, not ${format(answer)}.${why ?? ""} ${rule} Step, and watch the sum.`;
}
