import { attach, block, commit, h, liveLine, phrase, set, setText, watch } from "./core.js";
import { choice, history, menu, stepper } from "./controls.js";
import { clamp, format, grey, plural, table } from "./maths.js";
import { axis, chart, paint } from "./plots.js";
import { BOUNDS, EXAMPLES, FAR, STEPS, SURFACES, descend } from "./descent.js";

const RULES = ["SGD", "Momentum", "Nesterov", "RMSProp", "Adam"];
const SPEEDS = [0, 0.5, 0.8, 0.9, 0.99];
const SIZES = [64, 16, 4, 1];
const RATES = [0.001, 0.01, 0.1, 1].flatMap((p) => [1, 1.5, 2, 3, 5, 7].map((k) => Number((k * p).toFixed(4))));
const SETTINGS = ["surface", "rule", "rate", "momentum", "batch_size", "seed", "start"];
const [WIDE, HIGH] = BOUNDS;

const pair = (v) => `(${v.map((x) => format(x)).join(", ")})`;
const inside = ([x, y]) => Math.abs(x) <= WIDE && Math.abs(y) <= HIGH;

/** The heights as bands of grey, dark where it is low; an edge between two bands is a line of equal cost. */
function heights({ cost }, rows = 240, columns = 320) {
  const at = (k, n, limit) => (2 * (k + 0.5) * limit) / n - limit;
  return table(rows, columns, (r, c) =>
    Math.floor(3.2 * Math.log(1 + 4 * cost([at(c, columns, WIDE), -at(r, rows, HIGH)]))),
  );
}

/** The picture from above: where the start is chosen, and the path. */
function map(onStart) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const lines = ["cnn-lowest cnn-halo", "cnn-lowest", "cnn-halo", "cnn-trail", "cnn-dots"].map((name) =>
    h("path", { class: name }),
  );
  const here = h("circle", { r: 0.11 });
  const svg = h(
    "svg",
    { viewBox: `${-WIDE} ${-HIGH} ${2 * WIDE} ${2 * HIGH}`, "aria-hidden": "true" },
    ...lines,
    here,
  );
  const el = h("div", { class: "cnn-surface", role: "application", tabindex: "0" }, canvas, svg);
  const place = ({ clientX, clientY }) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [(2 * (clientX - left)) / width - 1, 1 - (2 * (clientY - top)) / height];
  };
  const pick = (event, last) => {
    const [x, y] = place(event);
    onStart([x * WIDE, y * HIGH], last);
  };
  el.addEventListener("pointerdown", (event) => {
    el.setPointerCapture(event.pointerId);
    pick(event, false);
  });
  el.addEventListener("pointermove", (event) => el.hasPointerCapture(event.pointerId) && pick(event, false));
  el.addEventListener("pointerup", (event) => pick(event, true));
  const arrows = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  let start;
  el.addEventListener("keydown", (event) => {
    const move = arrows[event.key];
    if (!move) return;
    event.preventDefault();
    const by = event.shiftKey ? 1 : 0.1;
    onStart(
      start.map((x, k) => x + by * move[k]),
      true,
    );
  });
  let painted;
  return {
    el,
    draw(surface, points, from, words) {
      start = from;
      set(el, "aria-label", words);
      if (painted !== surface) {
        const A = heights(SURFACES[surface]);
        const [low, high] = [-2, Math.max(...A.map((row) => Math.max(...row))) + 1];
        paint(canvas, A, low, high, (x) => grey(x, low, high));
        const cross = ([x, y]) => `M${x - 0.1} ${-y}h0.2M${x} ${-y - 0.1}v0.2`;
        for (const line of lines.slice(0, 2)) set(line, "d", SURFACES[surface].minima.map(cross).join(""));
        painted = surface;
      }
      const trail = `M${points.map(([x, y]) => `${x} ${-y}`).join("L")}`;
      for (const line of lines.slice(2, 4)) set(line, "d", trail);
      set(lines[4], "d", points.map(([x, y]) => `M${x} ${-y}h0`).join(""));
      const [x, y] = points.at(-1);
      set(here, "cx", x);
      set(here, "cy", -y);
    },
  };
}

/** What the rule makes of the gradient, with its numbers. */
function ruleInWords({ rule, momentum }, { g, old, memory, d, hat, root }) {
  if (rule === "SGD") return `d = g.`;
  if (rule === "Adam") return `m̂ = ${pair(hat)}, √v̂ = ${pair(root)}; d = m̂/√v̂ = ${pair(d)}.`;
  if (rule === "RMSProp") return `√v = ${pair(memory[1].map(Math.sqrt))}; d = g/√v = ${pair(d)}.`;
  const speed = `v ← μv + g = ${format(momentum)}·${pair(old[0])} + ${pair(g)} = ${pair(memory[0])}`;
  return rule === "Momentum" ? `${speed}; d = v.` : `${speed}; d = g + μv = ${pair(d)}.`;
}

function runaway({ surface, rule, rate }, points) {
  const words = `It diverges: after step ${points.length - 1}, θ = ${pair(points.at(-1))}, far from every minimum. `;
  const factor = 1 - 10 * rate;
  if (surface !== "bowl" || rule !== "SGD" || factor >= -1) return `${words}Use a smaller learning rate.`;
  return (
    `${words}Each step multiplies y by 1 − 10η = ${format(factor)}, whose size is above 1. ` +
    `Use a learning rate below 2/10.`
  );
}

function render({ model, el, share, built }) {
  const note = liveLine("cnn-note");
  const line = liveLine("cnn-line cnn-update");
  const warning = liveLine("cnn-warning");
  const pick = (name) => (value) => commit(model, { [name]: value, step: 0 });
  const go = (step) => step !== model.get("step") && commit(model, { step });
  let dragging = false;
  const onStart = (point, last) => {
    dragging = !last;
    const start = point.map((x, k) => Number(clamp(x, -BOUNDS[k], BOUNDS[k]).toFixed(2)));
    commit(model, { start, step: 0 });
    if (last) draw(); // one drag is one step of Undo
  };

  const surface = menu("Surface", Object.keys(SURFACES), pick("surface"));
  const rule = menu("Rule", RULES, pick("rule"));
  const rateName = h("span", {});
  const rateInput = h("input", {
    type: "range",
    min: 0,
    max: RATES.length - 1,
    oninput: () => pick("rate")(RATES[Number(rateInput.value)]),
  });
  const rate = h("label", { class: "cnn-field cnn-rate" }, rateName, rateInput);
  const momentum = choice("Momentum μ", SPEEDS, pick("momentum"));
  const size = choice("Batch size", SIZES, pick("batch_size"));
  const anew = () => pick("seed")((model.get("seed") + 1) % 1000);
  const shuffle = h("button", { type: "button", onclick: anew }, "Shuffle anew");
  const past = history(model, SETTINGS, share, note.say, built);
  const picture = map(onStart);
  const seen = block("The cost from above", picture.el);
  const curve = chart("Cost J", go);
  const player = stepper("Step", go, { onPlay: line.quiet });
  const root = h(
    "div",
    { class: "cnn cnn-descent", role: "group", "aria-label": "Descent explorer", onkeydown: past.onKey },
    h("div", { class: "cnn-controls" }, h("div", { class: "cnn-fields" }, surface.el, rule.el), rate),
    h("div", { class: "cnn-controls" }, size.el, shuffle, momentum.el, past.el),
    h("div", { class: "cnn-charts" }, seen.el, curve.el),
    player.el,
    line.el,
    warning.el,
    note.el,
  );

  let [drawn, run] = [null, null];

  function words(state, k) {
    const { surface: name, rate: eta, batch_size: B } = state;
    const { points, costs, steps } = run;
    if (k === 0) {
      const noise = B < EXAMPLES ? ` Each step sees ${plural(B, "example")} of ${EXAMPLES}.` : "";
      return [phrase(`Start: θ = ${pair(points[0])}, J = ${format(costs[0])}.${noise}`)];
    }
    const step = steps[k - 1];
    const of = B < EXAMPLES ? `gradient of the batch g` : `gradient g`;
    const away = inside(points[k]) ? "" : " (outside of the picture)";
    const fell = costs[k] < costs[k - 1] ? "fell" : costs[k] > costs[k - 1] ? "rose" : "stayed";
    const change = `J ${fell} from ${format(costs[k - 1])} to ${format(costs[k])}`;
    return [
      phrase(`Step ${k}: ${of} = ${pair(step.g)}; ${ruleInWords(state, step)}`),
      phrase(
        `θ ← θ − η·d = ${pair(points[k - 1])} − ${format(eta, 4)}·${pair(step.d)} = ${pair(points[k])}${away}.`,
      ),
      phrase(`${change}${name === "saddle" && Math.hypot(...step.g) < 1e-3 ? "; it is flat here" : ""}.`),
    ];
  }

  function draw() {
    const state = Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));
    const now = JSON.stringify(state);
    if (now !== drawn) {
      drawn = now;
      run = descend(state, model.get("tilts"));
      const y = axis(run.costs);
      curve.title(y.log ? "Cost J (logarithmic scale)" : "Cost J");
      const ends = `from ${format(run.costs[0])} to ${format(run.costs.at(-1))}`;
      curve.curves([{ values: run.costs, mark: true }], y, `J over ${run.steps.length} steps: ${ends}`);
    }
    const last = run.points.length - 1;
    const k = clamp(model.get("step"), 0, last);
    surface.draw(state.surface);
    rule.draw(state.rule);
    momentum.draw(state.momentum);
    size.draw(state.batch_size);
    set(momentum.el, "hidden", !["Momentum", "Nesterov"].includes(state.rule));
    set(shuffle, "hidden", state.batch_size === EXAMPLES);
    const nearest = RATES.reduce((a, b) => (Math.abs(b - state.rate) < Math.abs(a - state.rate) ? b : a));
    rateInput.value = RATES.indexOf(nearest);
    set(rateInput, "aria-valuetext", format(state.rate, 4));
    setText(rateName, `Learning rate η = ${format(state.rate, 4)}`);
    seen.title(SURFACES[state.surface].formula);
    picture.draw(
      state.surface,
      run.points.slice(0, k + 1),
      state.start,
      `The ${state.surface} from above, dark where the cost is low. Start ${pair(state.start)}: ` +
        `the arrow keys move it`,
    );
    curve.cursor(k);
    player.draw(k, last + 1, `${k} of ${last}`, `${k} / ${last}`);
    line.say(...words(state, k));
    const away = run.points[last].some((x) => Math.abs(x) > FAR);
    warning.say(away ? runaway(state, run.points) : "");
    if (!dragging) past.note();
  }

  return attach(el, root, watch(model, [...SETTINGS, "step", "tilts"], draw), player.stop);
}

const whole = (x, most) => Number.isInteger(x) && x >= 0 && x <= most;
const validate = ({ surface, rule, rate, momentum, batch_size: size, seed, start, step }) =>
  Object.keys(SURFACES).includes(surface) &&
  RULES.includes(rule) &&
  rate > 0 &&
  rate <= 10 &&
  SPEEDS.includes(momentum) &&
  SIZES.includes(size) &&
  whole(seed, 999) &&
  whole(step, 10 * STEPS) &&
  start.length === 2 &&
  start.every((x, k) => typeof x === "number" && Math.abs(x) <= BOUNDS[k]);

export default { render, validate };
