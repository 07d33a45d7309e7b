// Descent on a surface over two parameters: costs, gradients, batches and update rules. No DOM.
// tests/test_golden_descent.py holds them to cnnlib.widgets.descent_explorer and cnnlib.optim.

/** The parameters that a picture shows, and after how many steps a path ends, or beyond which size. */
export const BOUNDS = [4, 3];
export const STEPS = 120;
export const FAR = 1000;
export const EXAMPLES = 64;

/** J, its gradient, and the lowest points: J is 0 there. */
export const SURFACES = {
  bowl: {
    formula: "J = (x² + 10y²) / 2",
    cost: ([x, y]) => (x * x + 10 * (y * y)) / 2,
    gradient: ([x, y]) => [x, 10 * y],
    minima: [[0, 0]],
  },
  saddle: {
    formula: "J = x²/2 + (y²/4 − 1)²",
    cost([x, y]) {
      const r = (y * y) / 4 - 1;
      return (x * x) / 2 + r * r;
    },
    gradient: ([x, y]) => [x, ((y * y) / 4 - 1) * y],
    minima: [
      [0, 2],
      [0, -2],
    ],
  },
  valley: {
    formula: "J = (x − 2)²/16 + 2(y + 1 − x²/4)²",
    cost([x, y]) {
      const r = y + 1 - (x * x) / 4;
      return ((x - 2) * (x - 2)) / 16 + 2 * (r * r);
    },
    gradient([x, y]) {
      const r = y + 1 - (x * x) / 4;
      return [(x - 2) / 8 - 2 * x * r, 4 * r];
    },
    minima: [[2, 0]],
  },
};

/** A generator of integers below n: mulberry32, the same numbers as in Python. */
function generator(seed) {
  let a = seed >>> 0;
  return (n) => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

/** The examples 0 … 63 in the order of one epoch. */
export function shuffled(seed, epoch) {
  const below = generator(seed * 65536 + epoch);
  const order = Array.from({ length: EXAMPLES }, (_, i) => i);
  for (let i = EXAMPLES - 1; i > 0; i--) {
    const j = below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** What the batch of step t adds to the gradient: the mean tilt of its examples. */
function tiltOf(tilts, size, seed, t) {
  if (size === EXAMPLES) return [0, 0]; // all of them: the tilts cancel
  const each = EXAMPLES / size;
  const first = (t % each) * size;
  const batch = shuffled(seed, Math.floor(t / each)).slice(first, first + size);
  return [0, 1].map((k) => batch.reduce((sum, i) => sum + tilts[i][k], 0) / size);
}

const BETA = { RMSProp: 0.9, Adam: [0.9, 0.999] };
const EPS = 1e-8;

/** One direction d of cnnlib.optim: what is remembered (m or v of it, then v), and what it was made of. */
export function direction(rule, g, [m, v], t, momentum) {
  const blend = (old, keep, add, news) => old.map((x, i) => x * keep + add * news[i]);
  const squares = g.map((x) => x * x);
  if (rule === "SGD") return { d: g, memory: [m, v] };
  if (rule === "Momentum" || rule === "Nesterov") {
    const speed = blend(m, momentum, 1, g);
    return { d: rule === "Momentum" ? speed : blend(speed, momentum, 1, g), memory: [speed, v] };
  }
  if (rule === "RMSProp") {
    const size = blend(v, BETA.RMSProp, 1 - BETA.RMSProp, squares);
    return { d: g.map((x, i) => x / (Math.sqrt(size[i]) + EPS)), memory: [m, size] };
  }
  const [b1, b2] = BETA.Adam;
  const [mean, size] = [blend(m, b1, 1 - b1, g), blend(v, b2, 1 - b2, squares)];
  const hat = mean.map((x) => x / (1 - b1 ** t));
  const root = size.map((x) => Math.sqrt(x / (1 - b2 ** t)));
  return { d: hat.map((x, i) => x / (root[i] + EPS)), memory: [mean, size], hat, root };
}

/**
 * All points from the start on, the costs there, and of each step its gradient and what the rule made of it.
 * The path ends after STEPS steps, or where it has run away.
 */
export function descend({ surface, rule, rate, momentum, batch_size, seed, start }, tilts) {
  const { cost, gradient } = SURFACES[surface];
  let theta = start;
  let memory = [start, start].map(() => [0, 0]);
  const points = [theta];
  const steps = [];
  while (points.length <= STEPS && Math.max(...theta.map(Math.abs)) <= FAR) {
    const tilt = tiltOf(tilts, batch_size, seed, points.length - 1);
    const g = gradient(theta).map((x, k) => x + tilt[k]);
    const made = direction(rule, g, memory, points.length, momentum);
    steps.push({ g, old: memory, ...made });
    memory = made.memory;
    theta = theta.map((x, k) => x - rate * made.d[k]);
    points.push(theta);
  }
  return { points, costs: points.map(cost), steps };
}
