import { attach, block, commit, h, liveLine, phrase, set, setText, watch } from "./core.js";
import { choice, history, menu, stepper } from "./controls.js";
import { matrix } from "./matrix.js";
import { plural, ranges, same } from "./maths.js";
import { counts, KINDS, outputGrid, taps, weightColour, weightNumbers } from "./connections.js";

const STATE = ["kind", "size", "kernel_size", "stride", "padding"];
const SIZES = {
  "row of 4": [1, 4],
  "row of 5": [1, 5],
  "row of 6": [1, 6],
  "row of 7": [1, 7],
  "row of 8": [1, 8],
  "3×3": [3, 3],
  "4×4": [4, 4],
};
const NAMES = { dense: "dense", local: "locally connected", convolution: "convolution" };
const WIDE = 340; // of the picture, in its own units

/** How far apart columns can stand, at most `most`. */
const apart = ([rows, columns], most) => Math.min(most, (WIDE - 40 - 14 * (rows - 1)) / Math.max(1, columns - 1));

/** Where the nodes of a grid stand; a square lies aslant, so that its rows do not hide each other. */
function places([rows, columns], top, step) {
  return Array.from({ length: rows * columns }, (_, i) => {
    const [r, c] = [Math.floor(i / columns), i % columns];
    return [WIDE / 2 + (c - (columns - 1) / 2) * step - (r - (rows - 1) / 2) * 14, top + 26 * r];
  });
}

/** All that is drawn follows from this. */
function readState(model) {
  const [kind, size, f, s, p] = STATE.map((name) => model.get(name));
  const joined = taps(size, f, s, p);
  const out = outputGrid(size, f, s, p);
  const unit = Math.min(model.get("unit"), joined.length - 1);
  return { kind, size, f, s, p, out, unit, joined, numbers: weightNumbers(kind, joined) };
}

/** "w1·a1 + w2·a2 + …": the sum that an output is; a long one is cut short. */
function sum(row) {
  const terms = row.flatMap((w, i) => (w ? [`w${w}·a${i + 1}`] : []));
  const cut = terms.length > 9 ? [...terms.slice(0, 4), "…", terms.at(-1)] : terms;
  return terms.length ? cut.join(" + ") : "0: its window lies in the padding alone";
}

/** What the cell of an output and an input says: its weight, and who else uses it. */
function cellInWords(numbers, o, i) {
  const w = numbers[o][i];
  if (!w) return `Input ${i + 1} is not connected with output ${o + 1}: this cell is always 0.`;
  const users = numbers.flatMap((row, k) => (row.includes(w) ? [k + 1] : []));
  const shared = users.length > 1 ? `the outputs ${ranges(users)} share it` : "no other output uses it";
  return `Weight ${w} leads from input ${i + 1} to output ${o + 1}; ${shared}.`;
}

function render({ model, el, share, built }) {
  const note = liveLine("cnn-note");
  const line = liveLine();
  let pointed = null; // [output or null, input or null], in the matrix or in the picture
  let drawn = null; // for which sizes the picture has its nodes
  let [edges, nodes] = [[], []];

  function change(changes) {
    note.say("");
    player.stop();
    commit(model, changes);
  }
  const point = (at) => {
    pointed = at;
    draw();
  };
  const pick = (unit) => unit !== model.get("unit") && commit(model, { unit });

  const grid = matrix("Matrix: a row for each output, a column for each input", {
    onPoint: (r, c) => point(r === null ? null : [r, c]),
    onPick: (r) => {
      player.stop();
      pick(r);
    },
  });
  const picture = h("svg", { class: "cnn-net", role: "img" });
  const kinds = choice("Layer", KINDS, (kind) => change({ kind }));
  const input = menu("Input", Object.keys(SIZES), (name) => change({ size: SIZES[name] }));
  const f = choice("Kernel size f", [1, 2, 3], (size) => change({ kernel_size: size }));
  const s = choice("Stride s", [1, 2, 3], (stride) => change({ stride }));
  const p = choice("Padding p", [0, 1], (padding) => change({ padding }));
  const past = history(model, STATE, share, note.say, built);
  const go = (k) => KINDS[k] !== model.get("kind") && commit(model, { kind: KINDS[k] });
  const player = stepper("From dense to convolution", go, { onPlay: line.quiet });

  const cellOf = (tag, ...words) => h(tag, {}, ...words);
  const head = ["layer", "connections", "weights", "zeros"].map((name) =>
    h("th", { scope: "col" }, name),
  );
  const rows = KINDS.map((kind) =>
    h("tr", {}, h("th", { scope: "row" }, NAMES[kind]), cellOf("td"), cellOf("td"), cellOf("td")),
  );
  const ledger = h(
    "table",
    { class: "cnn-counts" },
    h("thead", {}, h("tr", {}, ...head)),
    h("tbody", {}, ...rows),
  );
  const net = block("Connections", picture);
  const table = block("Matrix", grid.el);
  const stage = h("div", { class: "cnn-stage cnn-morph" }, net.el, table.el);
  const root = h(
    "div",
    { class: "cnn", role: "group", "aria-label": "Connectivity morph", onkeydown: past.onKey },
    h(
      "div",
      { class: "cnn-controls" },
      kinds.el,
      h("div", { class: "cnn-fields" }, input.el),
      h("div", { class: "cnn-fields" }, f.el, s.el, p.el),
      past.el,
    ),
    player.el,
    stage,
    h(
      "p",
      { class: "cnn-hint" },
      "Same number and colour: the same weight. Point at a cell or a node, or use the arrow keys in the matrix.",
    ),
    note.el,
    line.el,
    ledger,
  );

  /** Lines and nodes for these sizes: only new sizes need new ones, all else is patched. */
  function build({ size, out, s, joined }) {
    const key = String([size, out, s]);
    if (key === drawn) return;
    drawn = key;
    const step = apart(size, 66);
    const above = places(size, 16, step);
    const below = places(out, 16 + 26 * (size[0] - 1) + 150, apart(out, step * s));
    edges = below.map(([x2, y2]) => above.map(([x1, y1]) => h("line", { x1, y1, x2, y2 })));
    const node = (what, at) => ([x, y], k) =>
      h(
        "g",
        {
          class: `cnn-node cnn-${what}`,
          onpointerenter: (event) => event.pointerType === "mouse" && point(at(k)),
          onpointerleave: () => point(null),
          onclick: () => what === "out" && pick(k),
        },
        h("circle", { cx: x, cy: y, r: 10 }),
        h("text", { x, y: y + 3.5 }, String(k + 1)),
      );
    nodes = [above.map(node("in", (i) => [null, i])), below.map(node("out", (o) => [o, null]))];
    const high = below.at(-1)[1] + 16;
    set(picture, "viewBox", `0 0 ${WIDE} ${high}`);
    set(stage, "style", `--columns: ${size[0] * size[1] + 15}; --widest: ${size[0] * size[1]}`);
    picture.replaceChildren(...edges.flat(), ...nodes.flat());
    if (pointed && !(joined[pointed[0] ?? 0]?.length > (pointed[1] ?? 0))) pointed = null;
  }

  function drawPicture({ kind, numbers, size, out }, o, i) {
    const lit = (r, c) => (o === null ? c === i : r === o);
    numbers.forEach((row, r) =>
      row.forEach((w, c) => {
        const looks = w ? (lit(r, c) ? (r === o && c === i ? "this" : "lit") : "faint") : "none";
        set(edges[r][c], "class", `cnn-edge cnn-${looks}`);
        // without a connection it keeps its colour, so that it fades and does not flash
        if (w) set(edges[r][c], "style", `stroke: rgb(${weightColour(w)})`);
      }),
    );
    nodes[0].forEach((node, c) => {
      const seen = o === null ? c === i : numbers[o][c] > 0;
      set(node, "class", `cnn-node cnn-in${seen ? " cnn-on" : ""}`);
    });
    nodes[1].forEach((node, r) => {
      const seen = o === null ? numbers[r][i] > 0 : r === o;
      set(node, "class", `cnn-node cnn-out${seen ? " cnn-on" : ""}`);
    });
    const side = ([a, b]) => (a === 1 ? `${b}` : `${a}×${b}`);
    const { connections } = counts(numbers);
    net.title(`${side(size)} inputs above, ${side(out)} outputs below`);
    set(
      picture,
      "aria-label",
      `${NAMES[kind]}: ${side(size)} inputs, ${side(out)} outputs, ${plural(connections, "connection")}`,
    );
  }

  function drawMatrix({ numbers }, o, i) {
    const cells = numbers.map((row, r) =>
      row.map((w, c) => ({
        value: w,
        text: w ? String(w) : "",
        rgb: w ? weightColour(w) : null,
        say: `output ${r + 1}, input ${c + 1}: ${w ? `weight ${w}` : "0"}`,
        mark: o !== null && r === o && c === i ? "cnn-tap" : "",
      })),
    );
    const [high, wide] = [numbers.length, numbers[0].length];
    grid.draw(cells, o === null ? { r: 0, c: i, h: high, w: 1 } : { r: o, c: 0, h: 1, w: wide });
    table.title(`Matrix ${high}×${wide}: outputs × inputs`);
  }

  function words({ kind, numbers }, o, i) {
    if (o === null) {
      const users = numbers.flatMap((row, r) => (row[i] ? [r + 1] : []));
      const who = users.length
        ? `${plural(users.length, "output")}: ${ranges(users)}`
        : "no output: no window reaches it";
      return [phrase(`Input ${i + 1} is used by ${who}.`)];
    }
    const first = phrase(`${NAMES[kind]}, output ${o + 1}: z${o + 1} = ${sum(numbers[o])}`);
    return i === null ? [first] : [first, phrase(cellInWords(numbers, o, i))];
  }

  function draw() {
    const state = readState(model);
    build(state);
    const [o, i] = pointed && pointed[0] < state.numbers.length ? pointed : [state.unit, null];
    past.note();
    kinds.draw(state.kind);
    input.draw(Object.keys(SIZES).find((name) => same(SIZES[name], state.size)));
    f.draw(state.f);
    s.draw(state.s);
    p.draw(state.p);
    const k = KINDS.indexOf(state.kind);
    player.draw(k, KINDS.length, NAMES[state.kind]);
    drawPicture(state, o, i);
    drawMatrix(state, o, i);
    KINDS.forEach((kind, row) => {
      const { connections, weights, zeros } = counts(weightNumbers(kind, state.joined));
      const values = [connections, weights, zeros];
      [...rows[row].children].slice(1).forEach((cell, n) => setText(cell, String(values[n])));
      set(rows[row], "class", row === k && "cnn-now");
      set(rows[row], "aria-current", row === k && "true");
    });
    line.say(...words(state, o, i));
  }

  return attach(el, root, watch(model, [...STATE, "unit"], draw), player.stop);
}

/** Whether the traits would take this state, which may come from a link. */
function validate({ kind, size: [rows, columns], kernel_size, stride, padding, unit }) {
  return (
    KINDS.includes(kind) &&
    [1, 3, 4].includes(rows) &&
    [3, 4, 5, 6, 7, 8].includes(columns) &&
    rows * columns <= 16 &&
    [1, 2, 3].includes(kernel_size) &&
    [1, 2, 3].includes(stride) &&
    [0, 1].includes(padding) &&
    Number.isInteger(unit) &&
    unit >= 0
  );
}

export default { render, validate };
