import { attach, block, commit, h, liveLine, phrase, set, setText, watch } from "./core.js";
import { choice, history } from "./controls.js";
import { sumPhrases } from "./convolution.js";
import { clamp, equals, factor, format, grey, plural, signed, table } from "./maths.js";
import { ACTIVATIONS, build, field, forward, partsOf, softmax, unpack } from "./network.js";
import { paint } from "./plots.js";

const PSI = { relu: "ReLU", tanh: "tanh" };
const MOST_SLICES = 32;
const percentage = (p) => `${(100 * p).toFixed(1)} %`;
const limitOf = (maps) => maps.flat(2).reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/** Grey from 0 (black) to the largest (white) if nothing is negative, else blue–white–orange: one scale for all. */
function paintAll(canvases, maps, limit = limitOf(maps)) {
  const isSigned = maps.some((rows) => rows.some((row) => row.some((x) => x < 0)));
  const [low, high] = [isSigned ? -limit : 0, limit || 1];
  const colour = isSigned ? (x) => signed(x, high) : (x) => grey(x, low, high);
  maps.forEach((rows, k) => paint(canvases[k], rows, low, high, colour));
}

/** A map that can be pointed at: a canvas, and a ring around some of its numbers. */
function mapView() {
  const canvas = h("canvas", {});
  const ring = h("div", { class: "cnn-outline", hidden: true });
  return {
    el: h("div", { class: "cnn-map" }, canvas, ring),
    canvas,
    mark(spans, chosen) {
      const sizes = [canvas.height, canvas.width];
      const kept = spans?.map(([a, b], i) => [Math.max(0, a), Math.min(sizes[i] - 1, b)]);
      const shown = kept?.every(([a, b]) => a <= b);
      set(ring, "hidden", !shown);
      if (!shown) return;
      const [[top, bottom], [left, right]] = kept.map(([a, b], i) => [a, b - a + 1].map((v) => (100 * v) / sizes[i]));
      set(ring, "class", `cnn-outline ${chosen ? "cnn-outline-on" : ""}`);
      set(ring, "style", `top: ${top}%; left: ${left}%; height: ${bottom}%; width: ${right}%`);
    },
  };
}

/** All maps of a layer, one stop of Tab. onPoint, onPress and onKey get [row, column, channel]; null: gone. */
function layerView(label, [rows, columns, channels], { onPoint, onPress, onKey, onFocus, onRelease }) {
  const maps = Array.from({ length: channels }, mapView);
  const style = `--n: ${columns}; --row: ${columns > 16 ? 4 : 8}`;
  const el = h(
    "div",
    { class: "cnn-layer-maps", role: "application", tabindex: "0", "aria-label": label, style },
    ...maps.map((map) => map.el),
  );
  const place = ({ target, clientX, clientY }) => {
    const n = maps.findIndex((map) => map.el.contains(target));
    if (n < 0) return null;
    const { left, top, width, height } = maps[n].canvas.getBoundingClientRect();
    const at = (v, size, count) => clamp(Math.floor((v / size) * count), 0, count - 1);
    return [at(clientY - top, height, rows), at(clientX - left, width, columns), n];
  };
  const move = (event) => {
    const at = place(event);
    if (at && event.buttons) onPress(at);
    else if (event.pointerType === "mouse") onPoint(at);
  };
  el.addEventListener("pointermove", move);
  el.addEventListener("pointerdown", (event) => place(event) && onPress(place(event)));
  el.addEventListener("pointerup", () => onRelease());
  el.addEventListener("pointerleave", () => {
    onPoint(null);
    onRelease();
  });
  el.addEventListener("focus", () => onFocus());
  el.addEventListener("keydown", (event) => {
    const by = event.shiftKey ? 5 : 1;
    const moves = { ArrowUp: [-by, 0, 0], ArrowDown: [by, 0, 0], ArrowLeft: [0, -by, 0], ArrowRight: [0, by, 0] };
    const step = { ...moves, PageUp: [0, 0, -1], PageDown: [0, 0, 1], " ": [0, 0, 0], Enter: [0, 0, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    onKey(step, event.key === " " || event.key === "Enter");
  });
  return { el, maps };
}

/** The probabilities: one radio button for each class, which chooses its unit. */
function bars(classes, onPick) {
  const choose = choice("Probabilities (✓: its label)", classes, (name) => onPick(classes.indexOf(name)));
  set(choose.el, "class", "cnn-field cnn-bars");
  const parts = [...choose.el.querySelectorAll("label > span")].map((span, k) => {
    const [name, bar, percent] = [h("span", {}, classes[k]), h("i", {}), h("b", {})];
    span.replaceChildren(name, h("span", { class: "cnn-meter", "aria-hidden": "true" }, bar), percent);
    return { name, bar, percent };
  });
  return {
    el: choose.el,
    draw(probabilities, label, chosen) {
      choose.draw(classes[chosen]);
      parts.forEach(({ name, bar, percent }, k) => {
        set(bar, "style", `width: ${100 * probabilities[k]}%`);
        setText(percent, percentage(probabilities[k]));
        setText(name, `${classes[k]}${k === label ? " ✓" : ""}`);
      });
    },
  };
}

/** The image with what was painted on it, from 0 to 1. */
function painted(pixels, [rows, columns], index, strokes) {
  const image = table(rows, columns, (r, c) => pixels[(index * rows + r) * columns + c] / 255);
  for (const [r, c, level] of strokes)
    for (let y = Math.max(0, r - 1); y < Math.min(rows, r + 2); y++)
      for (let x = Math.max(0, c - 1); x < Math.min(columns, c + 2); x++) image[y][x] = level / 255;
  return image;
}

const total = (numbers) => numbers.map((x, i) => (i ? `${x < 0 ? " − " : " + "}${format(Math.abs(x))}` : format(x))).join("");

function render({ model, el, share, built }) {
  const [layers, size, classes, labels] = ["layers", "shape", "classes", "labels"].map((name) => model.get(name));
  const pixels = unpack(model.get("pixels"), Uint8Array);
  const net = build(layers, unpack(model.get("weights"), Float32Array), [...size, 1]);
  const shapes = [[...size, 1], ...net.map((layer) => layer.shape)];
  const [last, count] = [net.length, pixels.length / size[0] / size[1]];
  const titles = ["The image", ...layers.map(({ title }, i) => `${i + 1} ${title}`)];
  const shown = shapes.map((_, l) => l).filter((l) => l < last && layers[l - 1]?.kind !== "flatten");
  let [outputs, computed, hover, dragging] = [null, "", null, false];

  const note = liveLine("cnn-note");
  const line = liveLine();
  const change = (changes) => {
    note.say("");
    hover = null;
    commit(model, changes);
  };
  const choose = (l, [y, x, n]) => {
    const [rows, columns, channels] = shapes[l];
    const point = [clamp(y, 0, rows - 1), clamp(x, 0, columns - 1)];
    change({ layer: l, point, channel: clamp(n, 0, channels - 1) });
  };
  const imageIndex = () => Math.min(model.get("image"), count - 1);
  function unit() {
    if (hover) return hover;
    const l = Math.min(model.get("layer"), last);
    const [rows, columns, channels] = shapes[l];
    const [y, x] = model.get("point");
    return [l, Math.min(y, rows - 1), Math.min(x, columns - 1), Math.min(model.get("channel"), channels - 1)];
  }
  function stroke([y, x]) {
    const next = [y, x, pen === "draw" ? 255 : 0];
    const strokes = model.get("strokes");
    if (String(strokes.at(-1)) === String(next)) return;
    if (strokes.length >= 1000) return note.say("That is enough paint: use Undo or Reset.");
    change({ strokes: [...strokes, next] });
  }

  const views = shown.map((l) => {
    const [rows, columns, channels] = shapes[l];
    const what = `${titles[l]}: ${plural(channels, "map")} of ${rows}×${columns}. Arrow keys move`;
    const keys = channels > 1 ? ", Page Up and Page Down change the map" : l ? "" : ", the space bar paints";
    return layerView(`${what}${keys}.`, shapes[l], {
      onPoint: (at) => {
        hover = at && [l, ...at];
        draw();
      },
      onPress: (at) => {
        if (!l && pen !== "off") {
          dragging = true;
          stroke(at);
        }
        choose(l, at);
      },
      onRelease: () => {
        dragging = false;
        past.note();
      },
      onKey: (step, paints) => {
        hover = null;
        const at = unit().slice(1);
        if (!paints) choose(l, at.map((v, i) => v + step[i]));
        else if (!l && pen !== "off") stroke(at);
        else if (!l) note.say("The pen is off: choose draw or erase.");
      },
      // The same place of the picture, in the maps of this layer
      onFocus: () => {
        const [from, y, x, n] = unit();
        if (from === l && !hover) return;
        hover = null;
        const scale = (v, axis) => Math.floor(((v + 0.5) * shapes[l][axis]) / shapes[from][axis]);
        choose(l, [scale(y, 0), scale(x, 1), n]);
      },
    });
  });
  const thumbs = choice("Test image", [...Array(count).keys()], (k) => change({ image: k, strokes: [] }));
  set(thumbs.el, "class", "cnn-field cnn-thumbs");
  [...thumbs.el.querySelectorAll("label")].forEach((label, k) => {
    const canvas = h("canvas", {});
    paintAll([canvas], [painted(pixels, size, k, [])], 1);
    set(label.firstChild, "aria-label", `${k + 1}${labels.length ? `: ${classes[labels[k]]}` : ""}`);
    label.lastChild.replaceChildren(canvas);
  });
  let pen = "off";
  const pens = choice("Pen", ["off", "draw", "erase"], (value) => {
    pen = value;
    set(views[0].el, "style", `--n: ${size[1]}; touch-action: ${pen === "off" ? "pan-y" : "none"}`);
  });
  pens.draw(pen);
  const probabilities = bars(classes, (k) => choose(last, [0, 0, k]));
  const past = history(model, ["image", "strokes"], share, note.say, built);
  const blocks = views.map((view, i) => {
    const [rows, columns, channels] = shapes[shown[i]];
    return block(`${titles[shown[i]]}: ${rows}×${columns}×${channels}`, view.el);
  });
  const slices = h("div", { class: "cnn-slices" });
  const sliceBlock = block("", slices);
  const root = h(
    "div",
    { class: "cnn cnn-network", role: "group", "aria-label": "Feature maps" },
    h("div", { class: "cnn-controls" }, thumbs.el, pens.el, past.el),
    h("div", { class: "cnn-ends-of-it" }, blocks[0].el, probabilities.el),
    ...blocks.slice(1).map((one) => one.el),
    h(
      "p",
      { class: "cnn-hint" },
      "Point at a number in any map, or move with the arrow keys: rings show what it is computed from. " +
        "Grey: 0 is black; colours: blue below 0, orange above.",
    ),
    note.el,
    h("div", { class: "cnn-how" }, line.el, sliceBlock.el),
  );
  root.addEventListener("keydown", past.onKey);

  /** Compute and paint all maps – only if the image changed. */
  function drawMaps() {
    const [index, strokes] = [imageIndex(), model.get("strokes")];
    const now = JSON.stringify([index, strokes]);
    if (now === computed) return;
    computed = now;
    outputs = forward(net, painted(pixels, size, index, strokes));
    shown.forEach((l, i) => paintAll(views[i].maps.map((map) => map.canvas), outputs[l], l ? undefined : 1));
  }

  /** Outline the unit, and in every layer before what it depends on. */
  function drawRings(l, y, x, n) {
    shown.forEach((j, i) => {
      const spans = j <= l ? [field(net, j, l, 0, y), field(net, j, l, 1, x)] : null;
      const all = net.slice(j, l).some((layer) => layer.W);
      views[i].maps.forEach((map, k) => map.mark(all || k === n ? spans : null, j === l));
    });
  }

  /** Window and filter for each channel that the unit sees, as pictures, with the sum of their products. */
  function drawSlices(parts, below) {
    const few = parts.length <= MOST_SLICES ? parts : [];
    const needed = few.map(({ weights }) => (weights ? 2 : 1)).reduce((a, b) => a + b, 0);
    const titled = few[0]?.weights ? "above: window; below: filter; their sum of products" : "its window";
    sliceBlock.title(few.length ? `From each map that it sees – ${titled}` : "");
    if (slices.querySelectorAll("canvas").length !== needed || slices.children.length !== few.length)
      slices.replaceChildren(
        ...few.map(({ weights }) =>
          h("div", {}, h("canvas", {}), ...(weights ? [h("canvas", {}), h("span", {})] : [])),
        ),
      );
    const limits = [limitOf(below), limitOf(few.map(({ weights }) => weights ?? [[0]]))];
    few.forEach(({ patch, weights, sum }, k) => {
      const [top, bottom] = slices.children[k].querySelectorAll("canvas");
      const finite = patch.map((row) => row.map((v) => (Number.isFinite(v) ? v : 0)));
      paintAll([top], [finite], limits[0]);
      if (weights) {
        paint(bottom, weights, -limits[1], limits[1], (v) => signed(v, limits[1]));
        setText(slices.children[k].lastChild, format(sum, 2));
      }
      for (const canvas of [top, bottom]) if (canvas) set(canvas, "style", `--w: ${patch[0].length}`);
    });
  }

  /** How the number comes about, in words. */
  function story(l, y, x, n, parts) {
    const value = outputs[l][n][y][x];
    const where = shapes[l][0] * shapes[l][1] > 1 ? `, row ${y + 1}, column ${x + 1}` : "";
    const name = l === last ? classes[n] : `map ${n + 1}`;
    if (!l) return [phrase(`Pixel row ${y + 1}, column ${x + 1}: ${format(value)} (0 is black, 1 is white).`)];
    const lead = phrase(`${titles[l]}, ${name}${where}:`);
    const layer = net[l - 1];
    const gives = (text, numbers) => phrase(text, h("b", {}, ` ${equals([...numbers, value])} ${format(value)}`));
    if (layer.kind === "flatten") return [lead, phrase(`handed on: ${format(value)}`)];
    if (layer.kind in ACTIVATIONS) {
      const z = parts[0].patch[0][0];
      return [lead, gives(layer.kind === "relu" ? `max(0, ${format(z)})` : `tanh(${format(z)})`, [z])];
    }
    if (!layer.W) {
      const seen = parts[0].patch.flat();
      const listed = seen.map((v) => (Number.isFinite(v) ? format(v) : "−∞")).join(", ");
      return [lead, gives(`${layer.kind === "max" ? "the largest" : "the mean"} of ${listed}`, seen)];
    }
    const products = layer.fH * layer.fW * parts.length;
    const bias = layer.b[n];
    const sum = parts.reduce((s, part) => s + part.sum, 0);
    const how =
      parts.length === 1 && products <= 25
        ? sumPhrases(parts[0].patch, parts[0].weights, sum)
        : [
            phrase(
              `${plural(products, "product")}, ${format(layer.fH * layer.fW)} in each of ${plural(parts.length, "map")}: `,
              parts.length <= MOST_SLICES ? total(parts.map((part) => part.sum)) : "Σ",
              h("b", {}, ` ≈ ${format(sum)}`),
            ),
          ];
    const end = [lead, ...how, gives(`plus the bias, once: ${format(sum)} + ${factor(bias)}`, [sum, bias])];
    const psi = layers[l]?.kind;
    if (psi in PSI) end.push(phrase(`Then ψ: ${PSI[psi]}(${format(value)}) = ${format(ACTIVATIONS[psi](value))}`));
    if (l === last) {
      const p = softmax(outputs[last].flat(2))[n];
      end.push(phrase(`Then softmax: e^${format(value)} / Σ e^z = ${percentage(p)}`));
    }
    return end;
  }

  function draw() {
    if (!dragging) past.note();
    drawMaps();
    const [l, y, x, n] = unit();
    const p = softmax(outputs[last].flat(2));
    thumbs.draw(imageIndex());
    probabilities.draw(p, labels[imageIndex()], l === last ? n : -1);
    drawRings(l, y, x, n);
    const parts = l && net[l - 1].kind !== "flatten" ? partsOf(net[l - 1], outputs[l - 1], y, x, n) : [];
    const pictured = parts.length && !(layers[l - 1].kind in ACTIVATIONS) ? parts : [];
    drawSlices(pictured, outputs[Math.max(0, l - 1)]);
    const seen = [field(net, 0, l, 0, y), field(net, 0, l, 1, x)].map(([a, b]) => b - a + 1);
    const sees = phrase(`Receptive field in the image: ${seen[0]}×${seen[1]} pixels.`);
    line.say(...story(l, y, x, n, parts), ...(l ? [sees] : []));
  }

  return attach(el, root, watch(model, ["image", "layer", "channel", "point", "strokes"], draw));
}

/** Whether a link may ask for this state: the limits are those of the Python traits. */
const validate = ({ image, layer, channel, point, strokes }) =>
  [image, layer, channel, ...point, ...strokes.flat()].every((k) => Number.isInteger(k) && k >= 0) &&
  point.length === 2 &&
  strokes.length <= 1000 &&
  strokes.every((stroke) => stroke.length === 3 && stroke[2] <= 255);

export default { render, validate };
