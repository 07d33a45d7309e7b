// Augmentation as cnnlib.data does it, on pictures { rows, columns, channels, pixels } of bytes, channels last.
// Golden vectors made by Python (tests/test_golden_augmentation.py) hold these functions to cnnlib.
import { clamp, table } from "./maths.js";

/** n numbers from 0 to 1 that depend on the seed alone, not on the machine (mulberry32). */
export const uniforms = (seed, n) =>
  Array.from({ length: n }, (_, k) => {
    const s = (seed + Math.imul(0x6d2b79f5, k + 1)) | 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  });

const between = (u, low, high) => low + u * (high - low);
const whole = (u, low, high) => low + Math.floor(u * (high - low + 1));

/** What a step of this kind and strength does this time: its amounts. */
export function drawn(kind, strength, seed, rows, columns) {
  const u = uniforms(seed, 3);
  if (kind === "shift") return [whole(u[0], -strength, strength), whole(u[1], -strength, strength)];
  if (kind === "crop") {
    const [h, w] = [rows, columns].map((n) => Math.max(1, Math.round(between(u[0], strength, 1) * n)));
    return [whole(u[1], 0, rows - h), whole(u[2], 0, columns - w), h, w];
  }
  if (kind === "noise") return [strength, seed];
  if (kind === "flip" || kind === "upside down") return [u[0] < strength ? 1 : 0];
  return [between(u[0], -strength, strength) + (kind === "rotate" || kind === "hue" ? 0 : 1)];
}

/** The least and the most that it may do; of noise, two other draws. */
export function ends(kind, strength, seed, rows, columns) {
  if (kind === "shift") return [-strength, strength].map((p) => [p, p]);
  if (kind === "crop") {
    const [h, w] = [rows, columns].map((n) => Math.max(1, Math.round(strength * n)));
    return [
      [0, 0, h, w],
      [rows - h, columns - w, h, w],
    ];
  }
  if (kind === "noise") return [1, 2].map((k) => [strength, seed + k]);
  if (kind === "flip" || kind === "upside down") return [[strength < 1 ? 0 : 1], [strength > 0 ? 1 : 0]];
  const middle = kind === "rotate" || kind === "hue" ? 0 : 1;
  return [[middle - strength], [middle + strength]];
}

const byte = (x) => clamp(Math.round(x), 0, 255);
const LUMA = [0.299, 0.587, 0.114];

/** A picture whose pixel (r, c) has the channels pixel(r, c). */
function build({ rows, columns, channels }, pixel) {
  const pixels = new Uint8Array(rows * columns * channels);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) pixels.set(pixel(r, c), (r * columns + c) * channels);
  return { rows, columns, channels, pixels };
}

/** Between the four pixels around (y, x), counted from the middle of the first one, rows first; k is the channel. */
function bilinear({ rows, columns, channels, pixels }, y, x, k, rounded = (v) => v) {
  const [r, c] = [Math.floor(y), Math.floor(x)];
  const at = (i, j) =>
    pixels[(clamp(i, 0, rows - 1) * columns + clamp(j, 0, columns - 1)) * channels + k];
  const row = (i) => rounded(at(i, c) + (x - c) * (at(i, c + 1) - at(i, c)));
  return row(r) + (y - r) * (row(r + 1) - row(r));
}

const CHANGES = {
  shift: (at, [down, right]) => (r, c) => at(r - down, c - right),
  flip: (at, [on], { columns }) => (r, c) => at(r, on ? columns - 1 - c : c),
  "upside down": (at, [on], { rows }) => (r, c) => at(on ? rows - 1 - r : r, c),
  crop(at, [top, left, h, w], { rows, columns, channels, pixels }) {
    const part = build({ rows: h, columns: w, channels }, (r, c) => at(top + r, left + c));
    return (r, c) =>
      table(1, channels, (_, k) =>
        byte(bilinear(part, ((r + 0.5) * h) / rows - 0.5, ((c + 0.5) * w) / columns - 0.5, k, byte)),
      )[0];
  },
  rotate(at, [degrees], picture) {
    const { rows, columns, channels } = picture;
    // where the pixel comes from: turned back about the centre, clockwise as rows go down
    const [cos, sin] = [Math.cos, Math.sin].map((f) => Number(f((degrees * Math.PI) / 180).toFixed(15)));
    return (r, c) => {
      const [y, x] = [r + 0.5 - rows / 2, c + 0.5 - columns / 2];
      const [v, u] = [sin * x + cos * y + rows / 2, cos * x - sin * y + columns / 2];
      const inside = v >= 0 && v < rows && u >= 0 && u < columns;
      return table(1, channels, (_, k) =>
        inside ? Math.floor(bilinear(picture, v - 0.5, u - 0.5, k) + 1e-9) : 0,
      )[0];
    };
  },
  noise(at, [sigma, seed], { rows, columns, channels }) {
    const u = uniforms(seed, 2 * rows * columns * channels);
    const normal = (i) => Math.sqrt(-2 * Math.log(1 - u[2 * i])) * Math.cos(2 * Math.PI * u[2 * i + 1]);
    return (r, c) =>
      [...at(r, c)].map((x, k) => byte(x + 255 * sigma * normal((r * columns + c) * channels + k)));
  },
  brightness: (at, [factor]) => (r, c) => at(r, c).map((x) => byte(factor * x)),
  contrast(at, [factor], { rows, columns }) {
    let mean = 0;
    for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) mean += luma(at(r, c)) / rows / columns;
    return (r, c) => at(r, c).map((x) => byte(factor * x + (1 - factor) * mean));
  },
  saturation: (at, [factor]) => (r, c) => {
    const grey = luma(at(r, c));
    return at(r, c).map((x) => byte(factor * x + (1 - factor) * grey));
  },
  hue: (at, [turns]) => (r, c) => {
    const [R, G, B] = at(r, c);
    const V = Math.max(R, G, B);
    const chroma = V - Math.min(R, G, B);
    const [start, difference] = R === V ? [0, G - B] : G === V ? [2, B - R] : [4, R - G];
    const h = start + difference / (chroma || 1) + 6 * turns;
    return [5, 3, 1].map((k) => {
      const q = (((k + h) % 6) + 6) % 6;
      return byte(V - chroma * clamp(Math.min(q, 4 - q), 0, 1));
    });
  },
};

const luma = (pixel) => (pixel.length === 3 ? pixel.reduce((sum, x, k) => sum + LUMA[k] * x, 0) : pixel[0]);

/** The picture, changed by these amounts. */
export function augmented(picture, kind, amounts) {
  const { rows, columns, channels, pixels } = picture;
  const black = new Array(channels).fill(0);
  const at = (r, c) => {
    if (r < 0 || c < 0 || r >= rows || c >= columns) return black;
    const first = (r * columns + c) * channels;
    return Array.from({ length: channels }, (_, k) => pixels[first + k]);
  };
  return build(picture, CHANGES[kind](at, amounts, picture));
}
