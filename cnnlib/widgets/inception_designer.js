import { attach, commit, h, liveLine, phrase, set, setText, watch } from "./core.js";
import { history, menu, numberField, toggle } from "./controls.js";
import { IMAGE, RULES, count, times } from "./architecture.js";
import { SIDES, WAYS, WIDTHS, design, largestSaving, wellFormedBlock } from "./inception.js";
import { same } from "./maths.js";

const STATE = ["input_shape", "widths", "reduce", "on"];
const LABELS = ["1×1 filters", "1×1 before 3×3", "3×3 filters", "1×1 before 5×5", "5×5 filters", "1×1 after pool"];
const BRANCHES = [[0], [1, 2], [3, 4], [5]]; // whose widths
const percent = (a, b) => `${10 * a < b ? ((100 * a) / b).toPrecision(2) : count(Math.round((100 * a) / b))} %`;

function render({ model, el, share, built }) {
  const note = liveLine("cnn-note");
  const line = liveLine();
  const now = () => STATE.map((name) => model.get(name));
  const change = (changes) => {
    note.say("");
    commit(model, changes);
  };

  // ---- controls ----
  const presets = model.get("presets");
  const blocks = menu("Block", Object.keys(presets), (name) => change({ ...presets[name], on: [true, true, true, true] }));
  const past = history(model, STATE, share, note.say, built);
  const image = Object.entries(IMAGE).map(([name, rule], i) =>
    numberField(`input ${name}`, rule, (n) => change({ input_shape: model.get("input_shape").with(i, n) }), note.say),
  );
  const reduce = toggle("1×1 reductions before 3×3 and 5×5", (on) => change({ reduce: on }));
  const widths = WIDTHS.map((name, i) =>
    numberField(LABELS[i], RULES.inception[name], (n) => change({ widths: model.get("widths").with(i, n) }), note.say),
  );

  // ---- a card for each branch ----
  const cards = WAYS.map((way, i) => {
    const flip = (on) => {
      const next = model.get("on").with(i, on);
      if (next.includes(true)) return change({ on: next });
      note.say("At least one branch stays on.");
      draw();
    };
    const power = toggle(`${way} branch`, flip);
    const shapes = h("p", { class: "cnn-design-shapes" });
    const counts = h("p", { class: "cnn-design-counts" });
    const [bar, other] = [h("i", {}), h("i", { class: "cnn-design-other" })];
    const card = h(
      "div",
      { role: "group", "aria-label": `${way} branch`, class: "cnn-design-card" },
      power.el,
      h("div", { class: "cnn-design-widths" }, ...BRANCHES[i].map((k) => widths[k].el)),
      shapes,
      counts,
      h("div", { class: "cnn-design-bars", "aria-hidden": "true" }, bar, other),
    );
    const pick = () => model.get("branch") !== i && commit(model, { branch: i });
    card.addEventListener("focusin", pick);
    card.addEventListener("click", pick);
    return { el: card, power, shapes, counts, bar, other };
  });

  // ---- the channels side by side, and the sums ----
  const pieces = WAYS.map(() => h("span", {}));
  const strip = h("div", { class: "cnn-design-strip", role: "img" }, ...pieces);
  const rowOf = (name) => {
    const cells = [0, 1, 2].map(() => h("td", {}));
    return { el: h("tr", {}, h("th", { scope: "row" }, name), ...cells), cells };
  };
  const table = [rowOf("this block"), rowOf("3a, counted alike"), rowOf("quotient")];
  const head = ["block", "channels", "parameters", "multiply-adds"].map((name) => h("th", { scope: "col" }, name));
  const sums = h(
    "table",
    { class: "cnn-design-sums", "aria-label": "The block beside 3a" },
    h("thead", {}, h("tr", {}, ...head)),
    h("tbody", {}, ...table.map((row) => row.el)),
  );

  const root = h(
    "div",
    { class: "cnn cnn-design", onkeydown: past.onKey },
    h("div", { class: "cnn-controls" }, blocks.el, reduce.el, past.el),
    h("div", { class: "cnn-design-image", role: "group", "aria-label": "Input" }, ...image.map((field) => field.el)),
    note.el,
    h("div", { class: "cnn-design-cards" }, ...cards.map((card) => card.el)),
    h("p", { class: "cnn-hint" }, "Bars: multiply-adds; filled as chosen, hollow with the reductions the other way."),
    line.el,
    strip,
    sums,
    h(
      "p",
      { class: "cnn-design-source" },
      "Szegedy et al., table 1, print for 3a: 256 channels, 159 K weights (without biases, K = 1024), 128 M.",
    ),
  );

  /** What the chosen branch costs, as a sum that can be checked. */
  function explain(i, { parts, multiplyAdds, on }, without) {
    const [n_H, n_W, before] = model.get("input_shape");
    const convs = parts.filter(({ part }) => part.op === "conv");
    let n_C = before;
    const products = convs.map(({ part: { f, n_C: n } }) => {
      const product = `${f > 1 ? `${f}²·` : ""}${n_C}·${n}`;
      n_C = n;
      return product;
    });
    const off = on ? "" : " It is off now.";
    const said = [
      `${WAYS[i]} branch: ${products.join(" + ")} products at each of ${n_H}·${n_W} places, ` +
        `${count(multiplyAdds)} multiply-adds.${off}`,
    ];
    if (convs.length > 1) {
      const [r, n] = convs.map(({ part }) => part.n_C);
      const most = largestSaving(before, SIDES[i], n);
      said.push(
        `Without the reduction ${count(without)}: ${percent(multiplyAdds, without)} of the work, ` +
          `and ${r < before ? `${r} of ${before} numbers of a pixel get through.` : "nothing is held back."}`,
      );
      if (r > most) said.push(`Here the reduction costs more than it saves; it saves up to ${most}.`);
    } else if (i === 3) {
      said.push(`The pooling has s = 1 and p = 1, keeps ${times([n_H, n_W, before])}, and takes no products.`);
    } else if (SIDES[i] > 1) {
      said.push(`With ${model.get("widths")[2 * i - 1]} channels between: ${count(without)}.`);
    }
    return said;
  }

  function draw() {
    const [shape, wide, reduced, on] = now();
    const block = design(shape, wide, reduced, on);
    const flipped = design(shape, wide, !reduced, on);
    past.note();
    const known = ({ input_shape, widths: those, reduce: is }) =>
      same([input_shape, those, is], [shape, wide, reduced]) && on.every(Boolean);
    blocks.draw(Object.keys(presets).find((name) => known(presets[name])) ?? "");
    reduce.draw(reduced);
    image.forEach((field, i) => field.draw(shape[i]));
    widths.forEach((field, i) => field.draw(wide[i]));
    for (const i of [1, 3]) set(widths[i].el, "hidden", !reduced);
    const longest = Math.max(...[block, flipped].flatMap((one) => one.branches.map((branch) => branch.multiplyAdds)));
    const chosen = Math.min(model.get("branch"), 3);
    block.branches.forEach((branch, i) => {
      const card = cards[i];
      const other = flipped.branches[i].multiplyAdds;
      card.power.draw(branch.on);
      set(card.el, "class", `cnn-design-card${branch.on ? "" : " cnn-design-off"}${i === chosen ? " cnn-design-chosen" : ""}`);
      const way = branch.parts.filter(({ part }) => part.op !== "relu").map((part) => times(part.shape));
      setText(card.shapes, [times(shape), ...way].join(" → "));
      setText(card.counts, `${count(branch.parameters)} parameters\n${count(branch.multiplyAdds)} multiply-adds`);
      set(card.bar, "style", `--part: ${branch.multiplyAdds / longest}`);
      set(card.other, "style", `--part: ${other / longest}`);
      set(card.other, "hidden", other === branch.multiplyAdds);
      setText(pieces[i], `${branch.channels}`);
      set(pieces[i], "style", `flex-grow: ${branch.channels}`);
      set(pieces[i], "hidden", !branch.on);
    });
    const kept = block.branches.filter((branch) => branch.on);
    const words = kept.map((branch) => `${branch.channels} of ${branch.way}`).join(", ");
    set(strip, "aria-label", `${block.total.channels} channels side by side: ${words}`);
    const paper = design(presets["3a"].input_shape, presets["3a"].widths, true, [true, true, true, true]).total;
    Object.keys(paper).forEach((key, k) => {
      setText(table[0].cells[k], count(block.total[key]));
      setText(table[1].cells[k], count(paper[key]));
      setText(table[2].cells[k], percent(block.total[key], paper[key]));
    });
    const without = flipped.branches[chosen].multiplyAdds;
    line.say(...explain(chosen, block.branches[chosen], without).map((part) => phrase(part)));
  }

  return attach(el, root, watch(model, [...STATE, "branch"], draw));
}

/** Whether a link may ask for this state: the limits are those of the Python traits. */
const validate = ({ input_shape, widths, on, branch }) =>
  wellFormedBlock(input_shape, widths, on) && Number.isInteger(branch) && branch >= 0;

export default { render, validate };
