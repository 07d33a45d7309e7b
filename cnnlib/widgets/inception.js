// An inception block counted branch by branch, from the ledger of architecture.js. Pure functions;
// tests/test_inception_designer.py holds them to cnnlib's Concat.
import { IMAGE, RULES, allows, ledger } from "./architecture.js";

export const WAYS = ["1×1", "3×3", "5×5", "pool"];
/** The widths in their order, and whose branch they belong to. */
export const WIDTHS = ["c1", "r3", "c3", "r5", "c5", "pool"];
export const SIDES = [1, 3, 5, 1];

const addUp = (parts, key) => parts.reduce((total, part) => total + part[key], 0);

/** Whether the traits would take it. */
export const wellFormedBlock = (image, widths, on) =>
  image.length === 3 &&
  Object.values(IMAGE).every((rule, i) => allows(rule, image[i])) &&
  widths.length === 6 &&
  WIDTHS.every((name, i) => allows(RULES.inception[name], widths[i])) &&
  on.length === 4 &&
  on.every((is) => typeof is === "boolean") &&
  on.includes(true);

/** The four branches with their parts and counts, and the sums over those that are on. */
export function design(image, widths, reduce, on) {
  const layer = { kind: "inception", reduce };
  WIDTHS.forEach((name, i) => (layer[name] = widths[i]));
  const { lines } = ledger(image, [layer]).rows[1];
  const branches = WAYS.map((way, i) => {
    const parts = lines.filter((line) => line.depth === 1 && line.way === way);
    const [parameters, multiplyAdds] = [addUp(parts, "parameters"), addUp(parts, "multiplyAdds")];
    return { way, on: on[i], parts, channels: parts.at(-1).shape[2], parameters, multiplyAdds };
  });
  const kept = branches.filter((branch) => branch.on);
  const total = {};
  for (const key of ["channels", "parameters", "multiplyAdds"]) total[key] = addUp(kept, key);
  return { branches, total };
}

/** The largest reduction that costs less than none: r (n_C_prev + f² n_C) < f² n_C_prev n_C. */
export const largestSaving = (before, f, n_C) => Math.ceil((f * f * before * n_C) / (before + f * f * n_C)) - 1;
