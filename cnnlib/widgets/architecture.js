// A network as a list of layers, and what can be said of it before it computes anything: shapes, parameters,
// multiply-adds, memory, receptive fields, its cnnlib code. Pure functions; tests/test_architecture.py holds them
// to cnnlib.summary, cnnlib.receptive and to the code when it is run.
import { outputSize } from "./maths.js";

const PSI = ["relu", "tanh", "sigmoid", "none"];
const POOL = { f: [1, 11, 2], s: [1, 8, 2], p: [0, 5, 0] };
const FILTERS = (n) => [1, 1024, n];

/** What an entry of a layer may be: [least, largest, default], or the choices, the first by default. */
export const RULES = {
  conv: { n_C: [1, 2048, 16], f: [1, 11, 3], s: [1, 8, 1], p: [0, 7, 0], psi: PSI, bn: [false, true] },
  maxpool: POOL,
  avgpool: POOL,
  gap: {},
  fc: { n: [1, 10000, 10], psi: ["none", "relu", "tanh", "sigmoid"] },
  residual: { n_C: [1, 2048, 64], s: [1, 4, 1], shortcut: ["identity", "projection"] },
  inception: {
    c1: FILTERS(64), r3: FILTERS(96), c3: FILTERS(128), r5: FILTERS(16), c5: FILTERS(32), pool: FILTERS(32),
    reduce: [true, false],
  },
};
export const IMAGE = { n_H: [1, 384, 32], n_W: [1, 384, 32], n_C: [1, 2048, 1] };
export const MOST = 40;

export const allows = (rule, value) =>
  typeof rule[0] === "number"
    ? Number.isInteger(value) && rule[0] <= value && value <= rule[1]
    : rule.includes(value);

/** Whether this is a network as the traits take it; whether its layers fit is another question. */
export function wellFormed(image, layers) {
  const rules = Object.values(IMAGE);
  const good = ({ kind, ...entries }) =>
    Object.keys(entries).length === Object.keys(RULES[kind]).length &&
    Object.entries(RULES[kind]).every(([name, rule]) => allows(rule, entries[name]));
  const fitting = image.length === 3 && image.every((n, i) => allows(rules[i], n));
  return fitting && layers.length <= MOST && layers.every((layer) => Object.hasOwn(RULES, layer.kind) && good(layer));
}

export const times = (shape) => shape.join("×");
export const count = (n) => n.toLocaleString("en");
const product = (numbers) => numbers.reduce((a, b) => a * b, 1);
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const both = ([a, b]) => (a === b ? String(a) : `${a}×${b}`);

/** An amount of memory with three digits, as cnnlib.summary writes it. */
export function bytes(n) {
  if (n < 1024) return `${n} B`;
  const units = ["KiB", "MiB", "GiB"];
  const k = units.findIndex((_, i) => n < 1000 * 1024 ** (i + 1));
  const size = n / 1024 ** (k + 1);
  return `${size.toFixed(2 - Math.trunc(Math.log10(size)))} ${units[k]}`;
}

// ---------------------------------------------------------------------------------------------------------
// A layer is made of parts, as it is in cnnlib: what is counted, and what the code is written from.

const conv = (n_C, f, s = 1, p = 0, bias = true) => ({ op: "conv", n_C, f, s, p, bias });
const psi = (name) => (name === "none" ? [] : [{ op: name }]);
const keeps = (n_C, f) => [conv(n_C, f, 1, (f - 1) / 2), { op: "relu" }];
const bn = { op: "bn" };

function partsOf(layer, shape) {
  const { kind, n_C, f, s, p } = layer;
  if (kind === "conv") return [conv(n_C, f, s, p, !layer.bn), ...(layer.bn ? [bn] : []), ...psi(layer.psi)];
  if (kind === "fc") {
    return [...(shape.length > 1 ? [{ op: "flatten" }] : []), { op: "fc", n: layer.n }, ...psi(layer.psi)];
  }
  if (kind === "residual") {
    const body = [conv(n_C, 3, s, 1, false), bn, { op: "relu" }, conv(n_C, 3, 1, 1, false), bn];
    const changes = n_C !== shape[2] || s > 1;
    const project = changes && layer.shortcut === "projection";
    return [{ op: "add", paths: [body, project ? [conv(n_C, 1, s, 0, false), bn] : []] }, { op: "relu" }];
  }
  if (kind === "inception") {
    const reduced = (r, n, k) => [...(layer.reduce ? keeps(r, 1) : []), ...keeps(n, k)];
    const paths = [
      keeps(layer.c1, 1),
      reduced(layer.r3, layer.c3, 3),
      reduced(layer.r5, layer.c5, 5),
      [{ op: "maxpool", f: 3, s: 1, p: 1 }, ...keeps(layer.pool, 1)],
    ];
    return [{ op: "concat", paths }];
  }
  return [{ op: kind, f, s, p }];
}

const NAMES = {
  conv: ({ f, n_C }) => `CONV ${f}×${f}, ${n_C}`,
  maxpool: ({ f }) => `max-pool ${f}×${f}`,
  avgpool: ({ f }) => `average-pool ${f}×${f}`,
  gap: () => "global average",
  fc: ({ n }) => `FC ${n}`,
  bn: () => "batch norm",
  residual: ({ n_C }) => `ResNet block, ${n_C}`,
  inception: ({ c1, c3, c5, pool }) => `Inception, ${c1 + c3 + c5 + pool}`,
};
export const nameOf = (layer) => NAMES[layer.kind ?? layer.op](layer);

/** A part as a block's list names it; nothing for ψ and the join. */
export const partName = (part) => NAMES[part.op]?.(part);

const WORDS = { relu: "ReLU", tanh: "tanh", sigmoid: "sigmoid" };

/** What the name leaves out: stride, padding, ψ. */
export function detailOf(layer) {
  const { s, p, psi: activation, shortcut, reduce } = layer;
  const words = [];
  if (s > 1) words.push(`s ${s}`);
  if (p > 0) words.push(`p ${p}`);
  if (layer.bn) words.push("batch norm");
  if (activation in WORDS) words.push(WORDS[activation]);
  if (shortcut) words.push(shortcut);
  if (reduce === false) words.push("no reduction");
  return words.join(", ");
}

// ---------------------------------------------------------------------------------------------------------
// The ledger. `seen` = { shape, fields, grid }: along each axis, unit 0 depends on the pixels first … last of the
// image and the next unit on those `jump` further; grid is n_H and n_W, which flatten hides.

class Misfit extends Error {}

const slide = (seen, shape, windows, s = 1, p = 0) => ({
  shape,
  fields: seen.fields.map(([first, last, jump], i) => [
    first - p * jump,
    last + (windows[i] - 1 - p) * jump,
    jump * s,
  ]),
  grid: seen.grid.map((n, i) => outputSize(n, windows[i], s, p)),
});

function through(seen, { op, f, s, p, n_C = seen.shape[2] }) {
  const [n_H, n_W] = seen.shape;
  const n = Math.min(n_H, n_W);
  const what = `A ${f}×${f} window`;
  if (op !== "conv" && p >= f) {
    throw new Misfit(
      `${what} with padding ${p} would in places see nothing but padding. Use padding ${f - 1} or less.`,
    );
  }
  if (f > n + 2 * p) {
    const room = `n + 2p − f = ${n} + ${2 * p} − ${f} = −${f - n - 2 * p}`;
    throw new Misfit(
      `${what} does not fit ${n_H}×${n_W} with padding ${p}: ${room}. ` +
        `Use padding ${Math.ceil((f - n) / 2)} or more, f = ${n + 2 * p} or less, or shrink less above.`,
    );
  }
  return slide(seen, [outputSize(n_H, f, s, p), outputSize(n_W, f, s, p), n_C], [f, f], s, p);
}

function join(op, ends) {
  const shapes = ends.map(({ shape }) => shape);
  if (op === "add" && times(shapes[0]) !== times(shapes[1])) {
    throw new Misfit(
      `The body gives ${times(shapes[0])} and the shortcut hands on ${times(shapes[1])}, but only equal shapes can ` +
        "be added. Choose the projection, a 1×1 convolution with the body's stride – " +
        `or s = 1 and n_C = ${shapes[1][2]}.`,
    );
  }
  const n_C = op === "add" ? shapes[0][2] : sum(shapes.map((shape) => shape[2]));
  const axis = (i) => ends.map(({ fields }) => fields[i]);
  const union = (all) => [
    Math.min(...all.map(([first]) => first)),
    Math.max(...all.map(([, last]) => last)),
    Math.max(...all.map(([, , jump]) => jump)),
  ];
  return { shape: [...shapes[0].slice(0, 2), n_C], fields: [0, 1].map((i) => union(axis(i))), grid: ends[0].grid };
}

/** [what is seen after the part, its parameters, its multiply-adds], without those of the parts inside it. */
function follow(part, seen, ends) {
  const { shape, grid } = seen;
  const n_C_prev = shape.at(-1);
  if (part.op === "fc") return [slide(seen, [part.n], grid), n_C_prev * part.n + part.n, n_C_prev * part.n];
  if (part.op === "flatten") return [{ ...seen, shape: [product(shape)] }, 0, 0];
  if (part.op === "bn") return [seen, 2 * n_C_prev, 0];
  if (part.op in WORDS) return [seen, 0, 0];
  if (part.op === "gap") return [slide(seen, [n_C_prev], grid), 0, 0];
  if (ends) return [join(part.op, ends), 0, 0];
  const after = through(seen, part);
  if (part.op !== "conv") return [after, 0, 0];
  const weights = part.f ** 2 * n_C_prev;
  return [after, weights * part.n_C + (part.bias ? part.n_C : 0), weights * product(after.shape)];
}

/** The parts one after the other: what is seen at the end, and a line for each part; those in a block are deeper. */
function run(parts, seen, depth = 0, way = "") {
  const lines = [];
  for (const part of parts) {
    const inner = (part.paths ?? []).map((path, i) => {
      const names = part.op === "add" ? ["body", "shortcut"] : ["1×1", "3×3", "5×5", "pool"];
      return run(path, seen, depth + 1, names[i]);
    });
    const [after, parameters, multiplyAdds] = follow(part, seen, part.paths && inner.map((path) => path.seen));
    const memory = part.op === "flatten" ? 0 : 4 * product(after.shape);
    lines.push(...inner.flatMap((path) => path.lines));
    lines.push({ part, way, depth, shape: after.shape, parameters, multiplyAdds, memory });
    seen = after;
  }
  return { seen, lines };
}

/**
 * One row for the image and one for each layer, up to the first that does not fit: { rows, fault, total }.
 * The counts are those of cnnlib.summary: parameters with biases, and γ and β of batch norm; multiply-adds of
 * convolutions and FC for one image, without biases, ψ, pooling and normalisation; bytes of float32 that one image
 * takes in training, every array that a part makes.
 */
export function ledger(image, layers) {
  let seen = { shape: image, fields: [0, 1].map(() => [0, 0, 1]), grid: image.slice(0, 2) };
  const rows = [{ ...seen, parameters: 0, multiplyAdds: 0, memory: 4 * product(image), lines: [] }];
  let fault = null;
  for (const [i, layer] of layers.entries()) {
    try {
      if (seen.shape.length === 1 && layer.kind !== "fc") {
        const where = layers.findIndex(({ kind }) => kind === "fc" || kind === "gap") + 1;
        throw new Misfit(
          `It needs an image n_H×n_W×n_C, but row ${where}, ${nameOf(layers[where - 1])}, left a vector of ` +
            `${seen.shape[0]} numbers, which has no rows and columns. Move it above row ${where}, or use FC.`,
        );
      }
      const { seen: after, lines } = run(partsOf(layer, seen.shape), seen);
      const add = (name) => sum(lines.map((line) => line[name]));
      rows.push({
        ...after, lines,
        parameters: add("parameters"), multiplyAdds: add("multiplyAdds"), memory: add("memory"),
      });
      seen = after;
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      fault = { row: i + 1, why: error.message };
      break;
    }
  }
  const add = (name) => sum(rows.map((row) => row[name]));
  const total = { parameters: add("parameters"), multiplyAdds: add("multiplyAdds"), memory: add("memory") };
  return { rows, fault, total };
}

// ---------------------------------------------------------------------------------------------------------
// Receptive fields.

/** r along both axes, and the jump. */
export const fieldOf = ({ fields }) => ({
  r: fields.map(([first, last]) => last - first + 1),
  jump: fields.map(([, , jump]) => jump),
});

/** The pixels that a unit of a row depends on, along one axis: all of them, and those inside the n of the image. */
export function pixelsOf([first, last, jump], unit, n) {
  const [a, b] = [first + unit * jump, last + unit * jump];
  return { first: a, last: b, from: Math.max(0, a), to: Math.min(n - 1, b) };
}

/** The unit whose receptive field is centred nearest to a pixel. */
export const unitAt = ([first, last, jump], pixel, n) =>
  Math.max(0, Math.min(n - 1, Math.round((pixel - (first + last) / 2) / jump)));

// ---------------------------------------------------------------------------------------------------------
// In words.

const size = (n, { f, s, p }) => `⌊(${n} + 2·${p} − ${f})/${s}⌋ + 1`;

/** How the numbers of a row come about: [its size, its parameters, its multiply-adds, its receptive field]. */
export function explain(layer, before, row) {
  const { kind, f, s, p, n_C } = layer;
  const [n_H, n_W, m_C] = before.shape;
  const { r, jump } = fieldOf(row);
  const old = fieldOf(before);
  const slides = f !== undefined;
  const sums = [];
  if (slides) {
    const side = (name, n, i) => `${name} = ${size(n, layer)} = ${row.shape[i]}`;
    const sides = n_H === n_W ? side("n_H = n_W", n_H, 0) : `${side("n_H", n_H, 0)}, ${side("n_W", n_W, 1)}`;
    const channels = kind === "conv" ? "one map for each filter" : "every channel by itself";
    sums.push(`${sides}; n_C = ${row.shape[2]}, ${channels}.`);
  } else if (kind === "fc") {
    const flat = before.shape.length > 1 ? `Flatten: ${before.shape.join("·")} = ` : "";
    sums.push(`${flat}${product(before.shape)} numbers; each of the ${layer.n} outputs is a sum over all of them.`);
  } else if (kind === "gap") {
    sums.push(`One number for each of the ${m_C} channels: the mean of its ${n_H}·${n_W} entries.`);
  } else if (kind === "residual") {
    const identity = n_C === m_C && s === 1;
    const way = identity ? "the input itself" : `a 1×1 convolution of the input with stride ${s}`;
    sums.push(`Two 3×3 convolutions with batch norm; ${way} is added to their result, then ReLU.`);
  } else {
    const each = [layer.c1, layer.c3, layer.c5, layer.pool].join(" + ");
    const other = run(partsOf({ ...layer, reduce: !layer.reduce }, before.shape), before).lines;
    const products = count(sum(other.map(({ multiplyAdds }) => multiplyAdds)));
    sums.push(
      `Four branches see the same ${times(before.shape)}; their maps are laid side by side: ${each} = ${row.shape[2]}.`,
      `${layer.reduce ? "Without" : "With"} the 1×1 convolutions before 3×3 and 5×5: ${products} multiply-adds.`,
    );
  }
  const weights = kind === "conv" ? `${f}·${f}·${m_C}` : `${product(before.shape)}`;
  const how = {
    conv: `(${weights})·${n_C} + ${layer.bn ? `2·${n_C} (γ and β; no bias)` : n_C} = `,
    fc: `${weights}·${layer.n} + ${layer.n} = `,
  }[kind];
  sums.push(row.parameters ? `Parameters: ${how ?? ""}${count(row.parameters)}.` : "Nothing is learned: 0 parameters.");
  const products = { conv: `${row.shape.join("·")} outputs · ${weights} = `, fc: `${weights}·${layer.n} = ` }[kind];
  if (row.multiplyAdds) sums.push(`Multiply-adds: ${products ?? ""}${count(row.multiplyAdds)}.`);
  // each window widens the field by (f − 1)·jump
  const steps = { residual: [[3, s], [3, 1]], inception: [[5, 1]] }[kind] ?? (slides ? [[f, s]] : []);
  let [grown, step] = [both(old.r), old.jump];
  for (const [width, stride] of steps) {
    grown += ` + (${width} − 1)·${both(step)}`;
    step = step.map((n) => n * stride);
  }
  if (steps.length) {
    sums.push(`Receptive field: ${grown} = ${both(r)}; jump ${both(old.jump)}·${s ?? 1} = ${both(jump)}.`);
  }
  return sums;
}

// ---------------------------------------------------------------------------------------------------------
// The cnnlib code.

const CLASSES = {
  relu: "ReLU", tanh: "Tanh", sigmoid: "Sigmoid", maxpool: "MaxPool2D", avgpool: "AvgPool2D",
  gap: "GlobalAvgPool2D", flatten: "Flatten", conv: "Conv2D", fc: "Dense", bn: "BatchNorm2D", concat: "Concat",
};

/** A part as a call; n_C is how many channels reach it. */
function call(part, n_C, use) {
  const { op, f, s, p } = part;
  use(op === "concat" ? "blocks" : "layers", CLASSES[op]);
  const extra = [`${s === 1 ? "" : `, stride=${s}`}`, `${p ? `, padding=${p}` : ""}`].join("");
  const given = {
    conv: () => `${n_C}, ${part.n_C}, kernel_size=${f}${extra}${part.bias ? "" : ", bias=False"}, rng=rng`,
    fc: () => `${n_C}, ${part.n}, rng=rng`,
    bn: () => n_C,
    maxpool: () => `${f}${s === f ? "" : `, stride=${s}`}${p ? `, padding=${p}` : ""}`,
    concat: () => `\n${part.paths.map((path) => `        Sequential(${calls(path, n_C, use)}),\n`).join("")}    `,
  };
  given.avgpool = given.maxpool;
  return `${CLASSES[op]}(${given[op]?.() ?? ""})`;
}

function calls(parts, n_C, use) {
  return parts
    .map((part) => {
      const text = call(part, n_C, use);
      n_C = part.n_C ?? part.n ?? n_C;
      return text;
    })
    .join(", ");
}

/** Python that builds the network – up to the first layer that does not fit – and prints its summary. */
export function code(image, layers) {
  const { rows, fault } = ledger(image, layers);
  const names = { blocks: new Set(["Sequential"]), layers: new Set(), models: new Set() };
  const use = (module, name) => names[module].add(name);
  const lines = layers.slice(0, rows.length - 1).map((layer, i) => {
    const { shape } = rows[i];
    const n_C = shape.at(-1);
    let text;
    if (layer.kind === "residual") {
      use("models", "residual_block");
      if (layer.shortcut === "projection") use("models", "project_shortcut");
      const stride = layer.s > 1 ? `, stride=${layer.s}` : "";
      const more = stride + (layer.shortcut === "projection" ? ", shortcut=project_shortcut" : "");
      text = `residual_block(${n_C}, ${layer.n_C}${more}, rng=rng)`;
    } else if (layer.kind === "inception" && layer.reduce) {
      use("models", "inception_block");
      const { c1, r3, c3, r5, c5, pool } = layer;
      text = `inception_block(${n_C}, ${c1}, (${r3}, ${c3}), (${r5}, ${c5}), ${pool}, rng=rng)`;
    } else {
      // Dense takes what Flatten makes of the shape
      const parts = partsOf(layer, shape).filter(({ op }) => op !== "flatten");
      const flat = layer.kind === "fc" && shape.length > 1;
      text = (flat ? `${call({ op: "flatten" }, 0, use)}, ` : "") + calls(parts, flat ? product(shape) : n_C, use);
    }
    return `    ${text},  # ${times(rows[i + 1].shape)}`;
  });
  const imports = Object.entries(names)
    .filter(([, set]) => set.size)
    .map(([module, set]) => `from cnnlib.${module} import ${[...set].sort().join(", ")}`);
  if (fault) lines.push(`    # left out from layer ${fault.row} on: it does not fit`);
  return [
    "import numpy as np", "", ...imports, "", "rng = np.random.default_rng(0)", "network = Sequential(", ...lines, ")",
    `network.summary((${image.join(", ")}))`,
  ].join("\n");
}
