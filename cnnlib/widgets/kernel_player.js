import { attach, block, commit, h, liveLine, set, watch } from "./core.js";
import { linkButton, stepper } from "./controls.js";
import { cellsOf, matrix } from "./matrix.js";
import { format, reach, signed } from "./maths.js";
import { axis, chart } from "./plots.js";

const difference = (A, B) => A.map((row, r) => row.map((x, c) => x - B[r][c]));

/** The entry of largest size: [row, column]. */
function worst(A) {
  const most = reach(A);
  const row = A.findIndex((entries) => entries.some((x) => Math.abs(x) === most));
  return [row, A[row].findIndex((x) => Math.abs(x) === most)];
}

function render({ model, el, share }) {
  const note = liveLine("cnn-note");
  const line = liveLine();
  let drawn, limit; // of which recording the curves are, and its largest entry
  let pointed = null; // the entry under the mouse or the focus, in any of the matrices
  const onPoint = (r, c) => {
    pointed = r === null ? null : [r, c];
    draw();
  };
  const go = (step) => step !== model.get("step") && commit(model, { step });

  const grids = {
    kernel: matrix("Kernel K at this step", { onPoint }),
    target: matrix("Target K*", { onPoint }),
    error: matrix("Error K − K*", { onPoint }),
  };
  const blocks = {
    kernel: block("Kernel K", grids.kernel.el),
    target: block("Target K*", grids.target.el),
    error: block("Error K − K*", grids.error.el),
  };
  const losses = chart("Loss", go);
  const entries = chart("Entries of K", go);
  const player = stepper("Step", go, { onPlay: line.quiet });
  const sign = (text) => h("span", { class: "cnn-sign", "aria-hidden": "true" }, text);
  const towards = h("div", { class: "cnn-pair" }, sign("→"), blocks.target.el);
  const stage = h("div", { class: "cnn-stage cnn-row" }, blocks.kernel.el, towards, blocks.error.el);
  const charts = h("div", { class: "cnn-charts" }, losses.el, entries.el);
  const root = h(
    "div",
    { class: "cnn", role: "group", "aria-label": "Kernel player" },
    stage,
    charts,
    player.el,
    line.el,
    ...(share ? [h("div", { class: "cnn-actions" }, linkButton(share, note.say))] : []),
    note.el,
  );

  /** The curves and the limit of the colours – only if the recording or what is pointed at changed. */
  function drawCharts(kernels, target, loss, count) {
    const now = [kernels, target, loss, count, String(pointed)];
    if (now.every((value, i) => value === drawn?.[i])) return;
    drawn = now;
    limit = Math.max(reach(target), ...kernels.map(reach));
    const paths = kernels[0].flatMap((row, r) =>
      row.map((_, c) => ({ values: kernels.map((K) => K[r][c]) })),
    );
    const goals = target.flat().map((goal) => ({ values: kernels.map(() => goal), dashed: true }));
    const index = pointed && pointed[0] * kernels[0].length + pointed[1];
    for (const curve of [paths[index], goals[index]]) if (curve) curve.mark = true;
    const y = axis([...kernels.flat(2), ...target.flat()], { linear: true });
    entries.curves([...goals, ...paths], y, `Every entry of the kernel over ${count}`);
    set(losses.el, "hidden", !loss.length);
    if (!loss.length) return;
    const height = axis(loss);
    losses.title(height.log ? "Loss (logarithmic scale)" : "Loss");
    const ends = `from ${format(loss[0])} to ${format(loss.at(-1))}`;
    losses.curves([{ values: loss }], height, `The loss over ${count}: ${ends}`);
  }

  function words(K, target, loss, step, where) {
    const parts = loss.length ? [`loss ${format(loss[step])}`] : [];
    if (pointed) {
      const [r, c] = pointed;
      const goal = target.length
        ? `, target ${format(target[r][c])}, error ${format(K[r][c] - target[r][c])}`
        : "";
      parts.push(`row ${r + 1}, column ${c + 1} is ${format(K[r][c])}${goal}`);
    } else if (target.length) {
      const error = difference(K, target);
      const [r, c] = worst(error);
      parts.push(`largest error max |K − K*| = ${format(reach(error))}, at row ${r + 1}, column ${c + 1}`);
    }
    return `Step ${where}${parts.length ? ": " : ""}${parts.join("; ")}.`;
  }

  function draw() {
    const names = ["kernels", "target", "losses", "steps"];
    const [kernels, target, loss, steps] = names.map((name) => model.get(name));
    const last = kernels.length - 1;
    const step = Math.max(0, Math.min(model.get("step"), last));
    const K = kernels[step];
    const f = K.length;
    if (pointed && !(pointed[0] < f && pointed[1] < f)) pointed = null;
    const [now, end] = steps.length ? [steps[step], steps[last]] : [step, last]; // what the steps are called
    const span = `${kernels.length} kernels, one place each, from step ${steps[0]} to step ${end}`;
    drawCharts(kernels, target, loss, steps.length ? span : `${kernels.length} steps`);
    // One scale for all steps: a colour means the same number from the first to the last.
    const colour = (value) => signed(value, limit);
    grids.kernel.draw(cellsOf(K, colour, pointed));
    for (const part of [towards, blocks.error.el]) set(part, "hidden", !target.length);
    if (target.length) {
      grids.target.draw(cellsOf(target, colour, pointed));
      grids.error.draw(cellsOf(difference(K, target), colour, pointed));
    }
    set(stage, "style", `--columns: ${3 * f}; --widest: ${2 * f}`);
    for (const plot of [losses, entries]) plot.cursor(step);
    player.draw(step, kernels.length, `${now} of ${end}`, `${now} / ${end}`);
    line.say(words(K, target, loss, step, `${now} of ${end}`));
  }

  return attach(el, root, watch(model, ["kernels", "target", "losses", "step", "steps"], draw), player.stop);
}

export default { render };
