import { attach, commit, h, liveLine, phrase, set, setText, watch } from "./core.js";
import { history, menu, numberField } from "./controls.js";
import {
  IMAGE, MOST, RULES, bytes, code, count, detailOf, explain, fieldOf, ledger, nameOf, partName,
  pixelsOf, times, unitAt, wellFormed,
} from "./architecture.js";
import { drawing } from "./network_drawing.js";
import { clamp, plural, same } from "./maths.js";

const STATE = ["input_shape", "layers"];
const KINDS = {
  conv: "CONV", maxpool: "max-pool", avgpool: "average-pool", gap: "global average", fc: "FC",
  residual: "ResNet block", inception: "Inception",
};
const LABELS = {
  n_C: "filters n_C", f: "size f", s: "stride s", p: "padding p", psi: "ψ", bn: "batch norm", n: "outputs",
  shortcut: "shortcut", c1: "1×1", r3: "1×1 before 3×3", c3: "3×3", r5: "1×1 before 5×5", c5: "5×5",
  pool: "1×1 after pool", reduce: "1×1 reduction",
};
const COLUMNS = ["output", "parameters", "products", "sees", "memory"];
const button = (text, act, more = {}) => h("button", { type: "button", onclick: act, ...more }, text);

/** What a button adds: a layer that keeps n_H × n_W, where it can. */
function fresh(kind, shape) {
  const layer = { kind };
  for (const [name, rule] of Object.entries(RULES[kind])) layer[name] = rule[typeof rule[0] === "number" ? 2 : 0];
  if (kind === "conv") Object.assign(layer, { p: 1, n_C: shape[2] > 3 ? shape[2] : 16 });
  if (kind === "residual") layer.n_C = shape[2] ?? 64;
  return layer;
}

function choiceField(label, values, onSet) {
  const words = values.map((value) => ({ true: "yes", false: "no" })[value] ?? value);
  const select = h("select", { onchange: () => onSet(values[select.selectedIndex]) });
  select.append(...words.map((word) => h("option", {}, word)));
  const draw = (value) => (select.selectedIndex = values.indexOf(value));
  return { el: h("label", { class: "cnn-field" }, h("span", {}, label), select), draw };
}

function render({ model, el, share, built }) {
  const note = liveLine("cnn-note");
  const line = liveLine("cnn-line cnn-sums");
  let [rows, fault, total] = [[], null, null];
  let picture = null; // the photograph, once it is decoded
  let over = false;

  const layersNow = () => model.get("layers");
  const selected = () => Math.min(model.get("row"), layersNow().length);
  const change = (changes) => {
    note.say("");
    commit(model, changes);
  };
  const pick = (row) => {
    const next = clamp(row, 0, layersNow().length);
    if (next !== model.get("row")) change({ row: next, unit: [] });
  };

  // ---- the commands ----
  const put = (layers, row) => change({ layers, row, unit: [] });
  function add(kind) {
    const [layers, at] = [layersNow(), selected()];
    if (layers.length === MOST) return note.say(`A network has at most ${MOST} layers here.`);
    const before = rows[Math.min(at, rows.length - 1)].shape;
    put(layers.toSpliced(at, 0, fresh(kind, before)), at + 1);
  }
  function remove() {
    const at = selected();
    if (!at) return note.say("The image stays: choose a layer to remove.");
    put(layersNow().toSpliced(at - 1, 1), Math.min(at, layersNow().length - 1));
  }
  function move(by) {
    const [layers, at] = [layersNow(), selected()];
    const to = at + by;
    if (!at || to < 1 || to > layers.length) return note.say(at ? "It is at the end already." : "The image stays first.");
    put(layers.toSpliced(at - 1, 1).toSpliced(to - 1, 0, layers[at - 1]), to);
  }
  const edit = (name, value) => {
    const at = selected();
    if (at) change({ layers: layersNow().with(at - 1, { ...layersNow()[at - 1], [name]: value }) });
    else change({ input_shape: model.get("input_shape").with(Object.keys(IMAGE).indexOf(name), value) });
  };

  // ---- controls ----
  const presets = model.get("presets");
  const network = menu("Network", Object.keys(presets), (name) => {
    const { input_shape, layers } = presets[name];
    change({ input_shape, layers, row: Math.min(3, layers.length), unit: [] });
  });
  const past = history(model, STATE, share, note.say, built);
  const source = h("p", { class: "cnn-source" });
  // ---- the selected layer ----
  const forms = {};
  const formOf = (kind) => {
    const rules = kind === "image" ? IMAGE : RULES[kind];
    const label = (name) => (kind === "image" ? name : LABELS[name]);
    forms[kind] ??= Object.entries(rules).map(([name, rule]) => {
      const make = typeof rule[0] === "number" ? numberField : choiceField;
      return [name, make(label(name), rule, (value) => edit(name, value), note.say)];
    });
    return forms[kind];
  };
  const [upButton, downButton, removeButton] = [
    button("↑ up", () => move(-1), { "aria-label": "Move up", title: "Alt+↑" }),
    button("↓ down", () => move(1), { "aria-label": "Move down", title: "Alt+↓" }),
    button("Remove", remove, { title: "Delete" }),
  ];
  const acts = (label, ...buttons) =>
    h(
      "div",
      { class: "cnn-acts", role: "group", "aria-label": label },
      h("span", { "aria-hidden": "true" }, label),
      ...buttons,
    );
  const adding = Object.entries(KINDS).map(([kind, name]) =>
    button(name, () => add(kind), { "aria-label": `Add ${name}` }),
  );
  const editor = h(
    "tr",
    { role: "row", class: "cnn-open" },
    h(
      "td",
      { role: "cell", colspan: 6 },
      h("div", { role: "group", "aria-label": "Its entries", class: "cnn-entries" }),
      h("ul", { class: "cnn-parts", "aria-label": "Its parts" }),
      acts("This layer:", upButton, downButton, removeButton),
      acts("Add below:", ...adding),
    ),
  );
  const [fields, inside, own] = editor.firstChild.children;

  // ---- the ledger ----
  const cell = (name, ...content) => h("td", { role: "cell", class: `cnn-${name}` }, ...content);
  const body = h("tbody", { role: "rowgroup" });
  const foot = h("tfoot", { role: "rowgroup" });
  const head = (...names) =>
    names.map((name, i) => h("th", { role: "columnheader", scope: "col", class: i ? null : "cnn-layer" }, name));
  const ledgerTable = h(
    "table",
    { role: "table", class: "cnn-ledger", "aria-label": "Ledger: one row for each layer" },
    h(
      "thead",
      { role: "rowgroup" },
      h("tr", { role: "row" }, ...head("layer", "output", "parameters", "multiply-adds", "receptive field", "memory")),
    ),
    body,
    foot,
  );
  const bar = () => h("i", { class: "cnn-bar" });
  const rowHead = (content) => h("th", { role: "rowheader", scope: "row", class: "cnn-layer" }, content);
  const makeRow = () => {
    const name = h("span", {});
    const detail = h("small", {});
    const handle = h("button", { type: "button", class: "cnn-handle" }, name, detail);
    const texts = {};
    for (const key of COLUMNS) texts[key] = h("span", {});
    const pace = h("small", {});
    const bars = { parameters: bar(), products: bar(), sees: pace };
    const cells = Object.entries(texts).map(([key, text]) => cell(key, text, ...(bars[key] ? [bars[key]] : [])));
    const tr = h("tr", { role: "row" }, rowHead(handle), ...cells);
    handle.addEventListener("click", () => {
      pick(index(tr));
      handle.focus();
    });
    return Object.assign(tr, { parts: { name, detail, handle, texts, bars, pace } });
  };
  const index = (tr) => [...body.children].filter((row) => row.parts).indexOf(tr);
  const handleOf = (row) => [...body.children].filter((tr) => tr.parts)[row]?.parts.handle;
  const faultCell = h("td", { role: "cell", colspan: 6 });
  const faultRow = h("tr", { role: "row", class: "cnn-fault" }, faultCell);
  body.addEventListener("keydown", (event) => {
    if (!event.target.classList.contains("cnn-handle")) return;
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (by && event.altKey) move(by);
    else if (by) pick(selected() + by);
    else if (event.key === "Home") pick(0);
    else if (event.key === "End") pick(layersNow().length);
    else if (event.key === "Delete" || event.key === "Backspace") remove();
    else return;
    event.preventDefault();
    follow = true;
  });
  let follow = false; // the focus goes with the selection

  const drawn = drawing(pick);
  const shares = h("p", { class: "cnn-shares" });

  // ---- the receptive field ----
  const canvas = h("canvas", {});
  const ring = h("div", { class: "cnn-seen" });
  const photo = h(
    "div",
    {
      class: "cnn-photo", role: "application", tabindex: "0",
      "aria-label": "Receptive field on the image: the arrow keys choose the unit, with Shift by ten",
    },
    canvas,
    ring,
  );
  const seen = liveLine("cnn-seeing");
  const unitNow = (row) => {
    const unit = model.get("unit");
    return row.grid.map((n, i) => (unit.length ? Math.min(unit[i], n - 1) : n >> 1));
  };
  const point = (event) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const at = [(event.clientY - top) / height, (event.clientX - left) / width];
    const row = rows[Math.min(selected(), rows.length - 1)];
    const size = model.get("input_shape");
    const unit = at.map((x, i) => unitAt(row.fields[i], Math.floor(x * size[i]), row.grid[i]));
    if (!same(unit, model.get("unit"))) change({ unit });
  };
  photo.addEventListener("pointerdown", point);
  photo.addEventListener("pointermove", (event) => event.buttons && point(event));
  photo.addEventListener("keydown", (event) => {
    const by = event.shiftKey ? 10 : 1;
    const step = { ArrowUp: [-by, 0], ArrowDown: [by, 0], ArrowLeft: [0, -by], ArrowRight: [0, by] }[event.key];
    if (!step) return;
    event.preventDefault();
    const row = rows[Math.min(selected(), rows.length - 1)];
    change({ unit: unitNow(row).map((k, i) => clamp(k + step[i], 0, row.grid[i] - 1)) });
  });

  // ---- the code ----
  const text = h("pre", { tabindex: "0", role: "region", "aria-label": "cnnlib code" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      note.say("The code is on the clipboard.");
    } catch {
      note.say("The clipboard is closed to this page: select the code and copy it.");
      text.focus();
    }
  };
  const codeBox = h(
    "details",
    { class: "cnn-code" },
    h("summary", {}, "cnnlib code for this network"),
    button("Copy code", copy),
    text,
  );

  const hint =
    "In the ledger, ↑ and ↓ choose a row, Alt+↑ and Alt+↓ move the layer, Delete removes it. " +
    "On the image, click or use the arrow keys to choose the unit.";
  const convention =
    "Parameters count biases, and γ and β of batch norm. Multiply-adds are the products of CONV and FC for one " +
    "image, without biases, ψ, pooling and batch norm. Memory is what one image takes in training, in float32: each " +
    "layer's sums, and again what batch norm and ψ make of them. The bars are shares of the totals.";
  const root = h(
    "div",
    { class: "cnn cnn-architecture", role: "group", "aria-label": "Architecture builder", onkeydown: past.onKey },
    h("div", { class: "cnn-controls" }, network.el, past.el),
    source,
    drawn.el,
    ledgerTable,
    h("p", { class: "cnn-hint" }, hint),
    note.el,
    shares,
    h("div", { class: "cnn-below" }, h("figure", {}, photo), h("div", {}, seen.el, line.el)),
    codeBox,
    h("p", { class: "cnn-source" }, convention),
  );

  function drawEditor(at) {
    const layer = layersNow()[at - 1];
    const kind = layer?.kind ?? "image";
    const form = formOf(kind);
    const image = Object.fromEntries(Object.keys(IMAGE).map((name, i) => [name, model.get("input_shape")[i]]));
    if (fields.firstChild !== (form[0]?.[1].el ?? null)) fields.replaceChildren(...form.map(([, field]) => field.el));
    for (const [name, field] of form) field.draw((layer ?? image)[name]);
    set(own, "hidden", !at);
    const parts = ["residual", "inception"].includes(kind) ? (rows[at]?.lines ?? []) : [];
    set(inside, "hidden", !parts.length);
    inside.replaceChildren(
      ...parts
        .filter(({ part }) => partName(part))
        .map(({ part, way, shape, parameters, multiplyAdds }) => {
          const counted = parameters ? `${count(parameters)} parameters` : "";
          const products = multiplyAdds ? `, ${count(multiplyAdds)} multiply-adds` : "";
          const made = ` ${partName(part)} → ${times(shape)} `;
          return h("li", {}, h("span", {}, way), made, h("small", {}, counted + products));
        }),
    );
    set(upButton, "aria-disabled", at <= 1 && "true");
    set(downButton, "aria-disabled", (at === 0 || at === layersNow().length) && "true");
    set(removeButton, "aria-disabled", at === 0 && "true");
  }

  function drawLedger(at) {
    const layers = layersNow();
    const lines = [...body.children].filter((tr) => tr.parts);
    while (lines.length > layers.length + 1) lines.pop().remove();
    while (lines.length < layers.length + 1) {
      lines.push(makeRow());
      body.append(lines.at(-1));
    }
    const part = (row, key) => (total[key] ? row[key] / total[key] : 0);
    const longest = Math.max(1e-9, ...rows.flatMap((row) => [part(row, "parameters"), part(row, "multiplyAdds")]));
    lines.forEach((tr, i) => {
      const { name, detail, handle, texts, bars, pace } = tr.parts;
      const row = rows[i];
      const { r, jump } = row ? fieldOf(row) : {};
      setText(name, i ? `${i} ${nameOf(layers[i - 1])}` : "0 image");
      setText(detail, i ? detailOf(layers[i - 1]) : "");
      set(handle, "aria-pressed", String(i === at));
      set(handle, "tabindex", i === at ? "0" : "-1");
      set(tr, "class", `${i === at ? "cnn-chosen" : ""} ${row ? "" : "cnn-unknown"}`);
      setText(texts.output, row ? times(row.shape) : "–");
      setText(texts.parameters, row && i ? count(row.parameters) : "");
      setText(texts.products, row && i ? count(row.multiplyAdds) : "");
      setText(texts.sees, row ? times(r) : "");
      setText(pace, row ? ` jump ${jump[0] === jump[1] ? jump[0] : times(jump)}` : "");
      setText(texts.memory, row?.memory ? bytes(row.memory) : "");
      set(bars.parameters, "style", `--part: ${row ? part(row, "parameters") / longest : 0}`);
      set(bars.products, "style", `--part: ${row ? part(row, "multiplyAdds") / longest : 0}`);
    });
    if (fault) {
      setText(faultCell, `Row ${fault.row} does not fit. ${fault.why}`);
      if (lines[fault.row].previousSibling !== faultRow) lines[fault.row].before(faultRow);
    } else faultRow.remove();
    if (lines[at].nextSibling !== editor) {
      // What is moved loses the focus.
      const focused = editor.contains(root.ownerDocument.activeElement) && root.ownerDocument.activeElement;
      lines[at].after(editor);
      if (focused) focused.focus();
    }
    const totals = ["", count(total.parameters), count(total.multiplyAdds), "", bytes(total.memory)];
    const cells = totals.map((value, i) => cell(COLUMNS[i], h("span", {}, value)));
    foot.replaceChildren(h("tr", { role: "row" }, rowHead(fault ? "so far" : "total"), ...cells));
  }

  /** More parameters are not more compute: the two largest rows. */
  function drawShares() {
    const top = (key) => rows.reduce((best, row, i) => (row[key] > rows[best][key] ? i : best), 0);
    const [a, b] = [top("parameters"), top("multiplyAdds")];
    const percent = (row, key) => {
      const share = (100 * rows[row][key]) / total[key];
      return `${share >= 9.95 ? Math.round(share) : share.toPrecision(2)} %`;
    };
    const of = (row) => `row ${row} (${nameOf(layersNow()[row - 1])})`;
    const words = !total.multiplyAdds
      ? ""
      : a === b
        ? `Most parameters and most multiply-adds are in ${of(a)}: ${percent(a, "parameters")} and ${percent(a, "multiplyAdds")}.`
        : `More parameters are not more compute: ${of(a)} has ${percent(a, "parameters")} of the parameters and ` +
          `${percent(a, "multiplyAdds")} of the multiply-adds; ${of(b)} has ${percent(b, "multiplyAdds")} of the ` +
          `multiply-adds and ${percent(b, "parameters")} of the parameters.`;
    setText(shares, words);
  }

  function drawField(at) {
    const known = at < rows.length;
    set(ring, "hidden", !known);
    const [n_H, n_W] = model.get("input_shape");
    set(photo, "style", `--ratio: ${n_W / n_H}`);
    if (!known) return seen.say(`Nothing reaches row ${at} yet.`);
    const row = rows[at];
    const unit = unitNow(row);
    const spans = [n_H, n_W].map((n, i) => pixelsOf(row.fields[i], unit[i], n));
    const [y, x] = spans;
    const place = (span, n) => [(100 * span.from) / n, (100 * (span.to - span.from + 1)) / n];
    const [[top, high], [left, wide]] = [place(y, n_H), place(x, n_W)];
    const empty = spans.some(({ from, to }) => to < from);
    set(ring, "hidden", empty);
    set(ring, "style", `top: ${top}%; height: ${high}%; left: ${left}%; width: ${wide}%`);
    const name = row.shape.length === 3 ? `Unit (${unit[0] + 1}, ${unit[1] + 1})` : "Each unit";
    const size = times(spans.map(({ first, last }) => last - first + 1));
    const cut = spans.some(({ first, last, from, to }) => first < from || last > to);
    const span = ({ from, to }) => (from === to ? `${from + 1}` : `${from + 1}–${to + 1}`);
    const where = `rows ${span(y)}, columns ${span(x)} of the image`;
    const rest = cut ? "; the rest is padding" : "";
    seen.say(`${name} of row ${at} sees ${size} pixels: ${empty ? "padding only" : where + rest}.`);
  }

  /** The photograph in as many pixels as the image has. */
  function drawPhoto() {
    if (!picture) return;
    const [n_H, n_W] = model.get("input_shape");
    if (canvas.width === n_W && canvas.height === n_H && canvas.drawn) return;
    Object.assign(canvas, { width: n_W, height: n_H, drawn: true });
    const { naturalWidth: w, naturalHeight: k } = picture;
    const zoom = Math.min(w / n_W, k / n_H);
    const [cut, tall] = [n_W * zoom, n_H * zoom];
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, (w - cut) / 2, (k - tall) / 2, cut, tall, 0, 0, n_W, n_H);
  }

  function draw() {
    const [image, layers] = STATE.map((name) => model.get(name));
    const focused = root.matches(":focus-within");
    ({ rows, fault, total } = ledger(image, layers));
    const at = selected();
    past.note();
    const now = [image, layers];
    const name = Object.keys(presets).find((key) => same(now, STATE.map((trait) => presets[key][trait])));
    network.draw(name ?? "");
    setText(source, name ? presets[name].source : `Your own: ${plural(layers.length, "layer")}.`);
    drawEditor(at);
    drawLedger(at);
    drawShares();
    const names = rows.map((_, i) => (i ? `${i} ${nameOf(layers[i - 1])}` : "image"));
    const words = rows.map(({ shape }, i) => `${names[i]} ${times(shape)}`).join(", then ");
    drawn.draw(rows, names, at, `Boxes: ${words}`);
    drawField(at);
    drawPhoto();
    const sums = at && at < rows.length ? explain(layers[at - 1], rows[at - 1], rows[at]) : [];
    if (fault?.row === at) sums.push(fault.why);
    line.say(...sums.map((part) => phrase(part)));
    setText(text, code(image, layers));
    // What had the focus may be gone, after an undo for instance.
    if (follow || (focused && !root.matches(":focus-within"))) handleOf(at).focus();
    follow = false;
  }

  async function load() {
    const next = new Image();
    next.src = model.get("photo");
    await next.decode();
    if (over) return;
    picture = next;
    canvas.drawn = false;
    drawPhoto();
  }

  const stop = () => (over = true);
  return attach(el, root, stop, watch(model, [...STATE, "row", "unit"], draw), watch(model, ["photo"], load));
}

/** Whether a link may ask for this state: the limits are those of the Python traits. */
const validate = ({ input_shape, layers, row, unit }) =>
  wellFormed(input_shape, layers) &&
  [row, ...unit].every((k) => Number.isInteger(k) && k >= 0) &&
  [0, 2].includes(unit.length);

export default { render, validate };
