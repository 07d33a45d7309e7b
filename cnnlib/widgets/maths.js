// The mathematics behind the widgets, their colours, and numbers in words: pure functions, no DOM.
// Golden vectors made by Python (tests/test_golden.py) hold them to cnnlib.

/** ⌊(n + 2p − f)/s⌋ + 1, and 0 where the kernel does not fit (there cnnlib raises). */
export const outputSize = (n, f, s = 1, p = 0) => Math.max(0, Math.floor((n + 2 * p - f) / s) + 1);

export function pad2d(A, p, value = 0) {
  const width = A[0].length + 2 * p;
  const edge = () => Array.from({ length: p }, () => new Array(width).fill(value));
  const side = new Array(p).fill(value);
  return [...edge(), ...A.map((row) => [...side, ...row, ...side]), ...edge()];
}

/** Z[x][y] = Σ K[i][j] · Ĩ[x·s + i][y·s + j], x the row, with Ĩ the padded image; one tap at a time along a row. */
export function correlate2d(I, K, s = 1, p = 0) {
  const padded = pad2d(I, p);
  const rows = outputSize(I.length, K.length, s, p);
  const columns = outputSize(I[0].length, K[0].length, s, p);
  return Array.from({ length: rows }, (_, x) => {
    const Z = new Array(columns).fill(0);
    K.forEach((taps, i) => {
      const row = padded[x * s + i];
      taps.forEach((tap, j) => {
        for (let y = 0, q = j; y < columns; y++, q += s) Z[y] += tap * row[q];
      });
    });
    return Z;
  });
}

/** First and last output (along one side) whose window holds the padded position q; last < first: none does. */
export function users(q, n, f, s = 1, p = 0) {
  return [Math.max(0, Math.ceil((q - f + 1) / s)), Math.min(outputSize(n, f, s, p) - 1, Math.floor(q / s))];
}

/** How many windows hold each position of one padded side. In two dimensions the counts multiply. */
export function usage(n, f, s = 1, p = 0) {
  return Array.from({ length: n + 2 * p }, (_, q) => {
    const [first, last] = users(q, n, f, s, p);
    return Math.max(0, last - first + 1);
  });
}

/** The kernel with zeros put around it, or cut down to its middle. */
export function resizeKernel(K, f) {
  const shift = (K.length - f) / 2;
  return table(f, f, (i, j) => K[i + shift]?.[j + shift] ?? 0);
}

export const table = (rows, columns, entry) =>
  Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (_, c) => entry(r, c)));

export const same = (A, B) => JSON.stringify(A) === JSON.stringify(B);

/** A copy of A with one entry changed: what a model holds is never changed in place. */
export const withEntry = (A, r, c, value) => A.map((row, i) => (i === r ? row.with(c, value) : row));

/** The largest |entry|: the limit of a signed colour map. */
export const reach = (A) => A.reduce((most, row) => row.reduce((m, x) => Math.max(m, Math.abs(x)), most), 0);

// ---------------------------------------------------------------------------------------------------------
// Colours. Data colours do not change with the theme: the same number has the same colour everywhere.

export const [NEGATIVE, ZERO, POSITIVE] = [
  [32, 102, 168],
  [255, 255, 255],
  [200, 87, 12],
];

export const clamp = (x, low, high) => Math.min(high, Math.max(low, x));

/** Blue below 0, white at 0, orange above; ±limit are the ends. */
export function signed(x, limit) {
  const t = limit > 0 ? clamp(x / limit, -1, 1) : 0;
  const end = t < 0 ? NEGATIVE : POSITIVE;
  return ZERO.map((zero, i) => Math.round(zero + Math.abs(t) * (end[i] - zero)));
}

export function grey(x, low = 0, high = 255) {
  const level = Math.round(255 * clamp((x - low) / (high - low || 1), 0, 1));
  return [level, level, level];
}

/** Black or white, whichever stands out more on this colour (never below 4.5 : 1). */
export function ink(rgb) {
  const [r, g, b] = rgb.map((v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
}

// ---------------------------------------------------------------------------------------------------------
// Numbers and words.

/** 3 → "3", −0.1111 → "−0.111", 25000000 → "2.5e7": short enough for a cell. */
export function format(x, digits = 3) {
  let text = String(Math.abs(x));
  if (Math.abs(x) >= 1e6 || (x !== 0 && Math.abs(x) < 1e-4)) {
    text = Math.abs(x).toExponential(1).replace(".0e", "e").replace("e+", "e").replace("e-", "e−");
  } else if (!Number.isInteger(x)) {
    const power = Math.floor(Math.log10(Math.abs(x))); // fewer decimals above 10, more where all would be 0
    text = String(
      Number(Math.abs(x).toFixed(Math.max(0, power < 0 ? Math.max(digits, -power) : digits - power))),
    );
  }
  return x < 0 ? `−${text}` : text;
}

/** "=" if every number can be read off exactly as it is shown, else "≈". */
export const equals = (numbers) => (numbers.every((x) => parse(format(x)) === x) ? "=" : "≈");

export const factor = (x) => (x < 0 ? `(${format(x)})` : format(x));

/** A number as people write it: −1, 0.5, 0,5, 1/9. Anything else is NaN. */
export function parse(text) {
  const found = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?:\/(\d+))?$/i.exec(
    text.trim().replaceAll("−", "-").replace(",", "."),
  );
  return found ? Number(found[1]) / Number(found[2] ?? 1) + 0 : NaN;
}

export const LIMIT = 1000;

/** Why this entry cannot be taken, or "" if it can. */
export function refusal(text) {
  if (!text.trim()) return "Nothing was entered.";
  const value = parse(text);
  if (Number.isNaN(value)) return `“${text.trim().slice(0, 20)}” is not a number.`;
  return Math.abs(value) <= LIMIT ? "" : `${text.trim().slice(0, 20)} is outside −${LIMIT} … ${LIMIT}.`;
}

export const plural = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

/** [1, 2, 3, 6] → "1–3 and 6" */
export function ranges(numbers) {
  const runs = [];
  for (const n of numbers) {
    if (runs.at(-1)?.[1] === n - 1) runs.at(-1)[1] = n;
    else runs.push([n, n]);
  }
  const words = runs.flatMap(([a, b]) => (b > a + 1 ? [`${a}–${b}`] : b > a ? [`${a}`, `${b}`] : [`${a}`]));
  return words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words.join("");
}

/** The formula with its numbers put in; in letters: sizeFormula("n", "f", "s", "p"). */
export const sizeFormula = (n, f, s, p) => `⌊(${n} + 2·${p} − ${f})/${s}⌋ + 1`;

/** What does not fit, why, and the fix; "" if the kernel fits. */
export function misfit(rows, columns, f, p) {
  const n = Math.min(rows, columns);
  if (f <= n + 2 * p) return "";
  return (
    `A ${f}×${f} kernel does not fit a ${rows}×${columns} image with padding ${p}: ` +
    `n + 2p − f = ${n} + ${2 * p} − ${f} = ${format(n + 2 * p - f)}. ` +
    `Use padding ${Math.ceil((f - n) / 2)} or more, a smaller kernel or a larger image.`
  );
}
