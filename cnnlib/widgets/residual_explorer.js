import { attach, commit, h, liveLine, phrase, watch } from "./core.js";
import { choice, history, stepper } from "./controls.js";
import { format } from "./maths.js";
import { unpack } from "./network.js";
import { axis, chart } from "./plots.js";
import { chainNorms, gainOf, GAINS, PSI_NAMES } from "./residual.js";

const STATE = ["skip", "depth", "gain", "activation"];
const DEPTHS = [5, 10, 20, 30];
const SWITCH = ["off", "on"];

/** What each layer does to a norm, on average: the root of the quotient of the ends. */
const perLayer = (from, to, depth) =>
  from > 0 && to > 0 ? `× ${format((to / from) ** (1 / depth), 2)} a layer on average` : "nothing is left";

function render({ model, el, share, built }) {
  const numbers = unpack(model.get("numbers"), Float32Array);
  const n = model.get("units");
  const note = liveLine("cnn-note");
  const line = liveLine();
  const change = (changes) => {
    note.say("");
    player.stop();
    commit(model, changes);
  };
  const go = (layer) => layer !== model.get("layer") && commit(model, { layer });
  const skip = choice("Skip connection", SWITCH, (word) => change({ skip: word === "on" }));
  const depth = choice("Layers", DEPTHS, (layers) => change({ depth: layers }));
  const gain = choice("Gain g", GAINS, (name) => change({ gain: name }));
  const psi = choice("Activation ψ", PSI_NAMES, (name) => change({ activation: name }));
  const past = history(model, STATE, share, note.say, built);
  const charts = { signal: chart("", go), gradient: chart("", go) };
  const player = stepper("Layer", go, { onPlay: line.quiet });
  const root = h(
    "div",
    { class: "cnn", role: "group", "aria-label": "Residual explorer", onkeydown: past.onKey },
    h(
      "div",
      { class: "cnn-controls" },
      h("div", { class: "cnn-fields" }, skip.el, depth.el),
      h("div", { class: "cnn-fields" }, gain.el, psi.el),
      past.el,
    ),
    h("div", { class: "cnn-charts" }, charts.signal.el, charts.gradient.el),
    player.el,
    h("p", { class: "cnn-hint" }, "Thick: as set. Dashed: the same layers with the skip switched."),
    note.el,
    line.el,
  );

  function draw() {
    const [on, layers, name, activation] = STATE.map((trait) => model.get(trait));
    const at = Math.min(model.get("layer"), layers);
    const norms = (skips) => chainNorms(numbers, n, layers, gainOf(name), activation, skips);
    const [now, other] = [norms(on), norms(!on)];
    const titles = { signal: "Signal ‖a‖", gradient: "Gradient ‖∂J/∂a‖" };
    for (const [what, { title, curves, cursor }] of Object.entries(charts)) {
      const y = axis([...now[what], ...other[what]]);
      title(`${titles[what]} at each layer${y.log ? " (logarithmic)" : ""}`);
      const ends = `from ${format(now[what][0])} at layer 0 to ${format(now[what].at(-1))} at layer ${layers}`;
      const lines = [{ values: other[what], dashed: true }, { values: now[what], mark: true }];
      curves(lines, y, `${titles[what]}, skip ${SWITCH[+on]}: ${ends}`);
      cursor(at);
    }
    skip.draw(SWITCH[+on]);
    depth.draw(layers);
    gain.draw(name);
    psi.draw(activation);
    past.note();
    player.draw(at, layers + 1, `layer ${at} of ${layers}`, `${at} / ${layers}`);
    const { signal, gradient } = now;
    line.say(
      phrase(`Skip ${SWITCH[+on]}, layer ${at} of ${layers}.`),
      phrase(`‖a‖ = ${format(signal[at])}; forwards ${perLayer(signal[0], signal[layers], layers)}.`),
      phrase(`‖∂J/∂a‖ = ${format(gradient[at])}; backwards ${perLayer(gradient[layers], gradient[0], layers)}.`),
    );
  }

  return attach(el, root, watch(model, [...STATE, "layer"], draw), player.stop);
}

/** Whether the traits would take this state, which may come from a link. */
function validate({ skip, depth, gain, activation, layer }) {
  return (
    typeof skip === "boolean" &&
    DEPTHS.includes(depth) &&
    GAINS.includes(gain) &&
    PSI_NAMES.includes(activation) &&
    Number.isInteger(layer) &&
    layer >= 0
  );
}

export default { render, validate };
