// What the widgets about convolution share: the sum in words, the size formula, the settings.
import { h, phrase, set } from "./core.js";
import { choice, menu } from "./controls.js";
import { equals, factor, format, LIMIT, misfit, outputSize, resizeKernel, same, sizeFormula } from "./maths.js";

/** "10·1 + 10·0 + … = 30", a phrase for each row of the kernel; the term at `tap`, [row, column], is marked. */
export function sumPhrases(patch, kernel, total, tap) {
  const sign = equals([total, ...patch.flat(), ...kernel.flat()]);
  return kernel.map((row, i) => {
    const terms = row.flatMap((k, j) => {
      const term = `${factor(patch[i][j])}·${factor(k)}`;
      const shown = tap?.[0] === i && tap[1] === j ? h("mark", {}, term) : term;
      return i || j ? [" + ", shown] : [shown];
    });
    return phrase(...terms, ...(i === kernel.length - 1 ? [h("b", {}, ` ${sign} ${format(total)}`)] : []));
  });
}

/** "⌊(n + 2p − f)/s⌋ + 1 = ⌊(6 + 2·0 − 3)/1⌋ + 1 = 4", for each side where the sides differ. */
export function sizeLine() {
  const el = h("p", { class: "cnn-formula" });
  const letters = () =>
    ["⌊(", "n", " + 2", "p", " − ", "f", ")/", "s", "⌋ + 1"].map((t, i) => (i % 2 ? h("var", {}, t) : t));
  return {
    el,
    draw(rows, columns, f, s, p) {
      set(el, "hidden", misfit(rows, columns, f, p) !== "");
      const value = (n) => `= ${sizeFormula(n, f, s, p)} = ${outputSize(n, f, s, p)}`;
      const named = (n, word) => `${value(n)} ${outputSize(n, f, s, p) === 1 ? word : `${word}s`}`;
      const sides = rows === columns ? [value(rows)] : [`${named(rows, "row")},`, named(columns, "column")];
      el.replaceChildren(phrase("Size of the output: ", ...letters()), ...sides.map((text) => phrase(text)));
    },
  };
}

/** Whether rows of one length hold only numbers that the traits take. */
export const validEntries = (A) =>
  A.every((row) => row.length === A[0].length && row.every((x) => Math.abs(x) <= LIMIT));

/** Whether kernel, padding and stride are such that the traits take them. */
export const validConvolution = ({ kernel, padding, stride }) =>
  [1, 3, 5].includes(kernel.length) &&
  kernel[0].length === kernel.length &&
  validEntries(kernel) &&
  [0, 1, 2, 3].includes(padding) &&
  [1, 2, 3].includes(stride);

/** The settings of a convolution, for a model with the traits kernel, presets, padding and stride. */
export function convolutionControls(model, change) {
  const presets = model.get("presets");
  const kernels = menu("Kernel", Object.keys(presets), (name) => change({ kernel: presets[name] }));
  const f = choice("Kernel size f", [1, 3, 5], (size) =>
    change({ kernel: resizeKernel(model.get("kernel"), size) }),
  );
  const p = choice("Padding p", [0, 1, 2, 3], (padding) => change({ padding }));
  const s = choice("Stride s", [1, 2, 3], (stride) => change({ stride }));
  return {
    kernel: h("div", { class: "cnn-fields" }, kernels.el, f.el),
    geometry: h("div", { class: "cnn-fields" }, p.el, s.el),
    draw() {
      const kernel = model.get("kernel");
      kernels.draw(Object.keys(presets).find((name) => same(presets[name], kernel)));
      f.draw(kernel.length);
      p.draw(model.get("padding"));
      s.draw(model.get("stride"));
    },
  };
}
