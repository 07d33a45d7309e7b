// Which windows use a pixel, in numbers and in words; golden vectors hold the numbers to cnnlib.
import { plural, ranges, usage } from "./maths.js";

/** How many windows hold each pixel of the padded image: the counts of the two sides multiply. */
export function usageMap(rows, columns, f, s = 1, p = 0) {
  const [down, across] = [usage(rows, f, s, p), usage(columns, f, s, p)];
  return down.map((y) => across.map((x) => y * x));
}

/** "rows 1–2" or "row 1", of the first and the last, counted from 0. */
export const span = ([a, b], word) => (a === b ? `${word} ${a + 1}` : `${word}s ${a + 1}–${b + 1}`);

/** Which outputs use what `name` names: y and x are the first and the last, as users() finds them. */
export function usedBy(name, y, x, count) {
  const times = Math.max(0, y[1] - y[0] + 1) * Math.max(0, x[1] - x[0] + 1);
  if (!times) return `${name} is used by no output: no window reaches it.`;
  return `${name} is used by ${times} of the ${plural(count, "output")}: ${span(y, "row")}, ${span(x, "column")}.`;
}

/**
 * Rows and columns of the image that no window reaches, in words; "" if every pixel is used. `used` has the
 * counts of usage() for the two sides, `look` says how such a pixel is marked.
 */
export function neverReached(rows, columns, p, used, look) {
  const lost = used.map((counts, i) => {
    const n = i ? columns : rows;
    return counts.slice(p, p + n).flatMap((times, q) => (times ? [] : [q + 1]));
  });
  const pixels = rows * columns - (rows - lost[0].length) * (columns - lost[1].length);
  if (!pixels) return "";
  const words = lost.map(
    (which, i) => which.length && `${["row", "column"][i]}${which.length > 1 ? "s" : ""} ${ranges(which)}`,
  );
  const count = plural(pixels, "pixel");
  return `Never reached: ${words.filter(Boolean).join("; ")} of the image (${count}, ${look}).`;
}
