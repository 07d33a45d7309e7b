import { attach, block, commit, h, liveLine, phrase, set, setText, watch } from "./core.js";
import { history, menu } from "./controls.js";
import { cellsOf, matrix } from "./matrix.js";
import { convolutionControls, sizeLine, sumPhrases, validConvolution } from "./convolution.js";
import { correlate2d, equals, format, grey, misfit, pad2d, reach, signed, withEntry } from "./maths.js";
import { decode, paint } from "./plots.js";

const STATE = ["kernel", "stride", "padding", "display"];
const DISPLAYS = {
  auto: "automatic",
  signed: "signed colours",
  grey: "grey, 0 to 255",
  absolute: "size only, |value|",
};

/** How the result is shown: the limits of the colours, the colours, and in words. */
function scaleOf(display, kernel, output) {
  const total = kernel.flat().reduce((sum, k) => sum + k, 0);
  const limit = reach(output);
  const how = display === "auto" ? (Math.abs(total - 1) < 1e-9 ? "grey" : "signed") : display;
  return {
    signed: {
      how,
      low: -limit,
      high: limit,
      colour: (x) => signed(x, limit),
      words: "blue below 0, orange above",
    },
    grey: { how, low: 0, high: 255, colour: (x) => grey(x), words: "what is outside is cut off" },
    absolute: {
      how,
      low: -limit,
      high: limit,
      colour: (x) => grey(Math.abs(x), 0, limit),
      words: "the sign is left out",
    },
  }[how];
}

/** A canvas with a ring. onHover and onPress get canvas pixels (or null: gone), onKey a direction. */
function pictureView(label, { onHover, onPress, onKey }) {
  const canvas = h("canvas", {});
  const ring = h("div", { class: "cnn-ring", hidden: true });
  const el = h(
    "div",
    { class: "cnn-picture", role: "application", tabindex: "0", "aria-label": label },
    canvas,
    ring,
  );
  const place = ({ clientX, clientY }) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [((clientY - top) / height) * canvas.height, ((clientX - left) / width) * canvas.width];
  };
  el.addEventListener("pointermove", (event) => {
    if (event.buttons) onPress(...place(event));
    else if (event.pointerType === "mouse") onHover(...place(event));
  });
  el.addEventListener("pointerleave", () => onHover(null));
  el.addEventListener("pointerdown", (event) => onPress(...place(event)));
  el.addEventListener("keydown", (event) => {
    const by = event.shiftKey ? 10 : 1;
    const move = { ArrowUp: [-by, 0], ArrowDown: [by, 0], ArrowLeft: [0, -by], ArrowRight: [0, by] }[
      event.key
    ];
    if (!move) return;
    event.preventDefault();
    onKey(...move);
  });
  return {
    el,
    canvas,
    mark(row, column, size) {
      const [width, height] = [canvas.width, canvas.height].map((n) => 100 / n);
      set(ring, "hidden", false);
      set(
        ring,
        "style",
        `left: ${column * width}%; top: ${row * height}%; width: ${size * width}%; height: ${size * height}%`,
      );
    },
  };
}

function render({ model, el, share, built }) {
  const note = liveLine("cnn-note");
  const line = liveLine();
  let image = null; // rows of numbers, once the PNG is decoded
  let padded, output; // what the last computation used and gave
  let computed = ""; // of which settings
  let hover = null; // the output pixel under the mouse, if any
  let over = false;

  const change = (changes) => {
    note.say("");
    commit(model, changes);
  };
  const inside = (y, x) =>
    [
      [y, output.length],
      [x, output[0].length],
    ].map(([k, n]) => Math.max(0, Math.min(n - 1, k)));
  // From a place on the padded photograph to the output whose window is centred nearest to it.
  const ofPhoto = (r, c) =>
    [r, c].map((v) => Math.round((v - model.get("kernel").length / 2) / model.get("stride")));
  const ofResult = (r, c) => [Math.floor(r), Math.floor(c)];

  const actions = (toOutput) => ({
    onHover: (r, c) => {
      hover = r === null || !output ? null : inside(...toOutput(r, c));
      draw();
    },
    onPress: (r, c) => {
      hover = null;
      if (output) commit(model, { point: inside(...toOutput(r, c)) });
    },
    onKey: (down, right) => {
      hover = null;
      if (!output) return;
      const [y, x] = inside(...model.get("point"));
      commit(model, { point: inside(y + down, x + right) });
    },
  });
  const photo = pictureView(
    "Photograph: the arrow keys move the window, with Shift by ten",
    actions(ofPhoto),
  );
  const result = pictureView("Result: the arrow keys move the pixel, with Shift by ten", actions(ofResult));
  const photoBlock = block("Photograph", photo.el);
  const legend = h("div", { class: "cnn-legend" });
  const resultBlock = block("Result", result.el, legend);
  const pictures = h("div", { class: "cnn-pictures" }, photoBlock.el, resultBlock.el);

  const kernelGrid = matrix("Kernel", {
    onEdit: (r, c, value) => change({ kernel: withEntry(model.get("kernel"), r, c, value) }),
    say: note.say,
  });
  const [windowGrid, productGrid] = [
    matrix("Window of the photograph"),
    matrix("Products of the window and the kernel"),
  ];
  const [windowBlock, kernelBlock] = [block("Window", windowGrid.el), block("Kernel", kernelGrid.el)];
  const productBlock = block("Products", productGrid.el);
  const sign = (text) => h("span", { class: "cnn-sign", "aria-hidden": "true" }, text);
  const total = h("b", {});
  const times = h("div", { class: "cnn-pair" }, windowBlock.el, sign("·"));
  const gives = h("div", { class: "cnn-pair" }, sign("="), productBlock.el, sign("Σ"), total);
  const stage = h("div", { class: "cnn-stage cnn-row" }, times, kernelBlock.el, gives);

  const controls = convolutionControls(model, change);
  const display = menu("Show the result in", Object.values(DISPLAYS), (words) => {
    change({ display: Object.keys(DISPLAYS).find((key) => DISPLAYS[key] === words) });
  });
  const past = history(model, STATE, share, note.say, built);
  const warning = h("p", { class: "cnn-warning", role: "status" });
  const formula = sizeLine();
  const hint =
    "Point at either picture, or use the arrow keys on it, to see how a pixel is computed. " +
    "Click a kernel entry and type to change it.";
  const root = h(
    "div",
    { class: "cnn cnn-lab", role: "group", "aria-label": "Filter lab", onkeydown: past.onKey },
    h(
      "div",
      { class: "cnn-controls" },
      controls.kernel,
      controls.geometry,
      h("div", { class: "cnn-fields" }, display.el),
      past.el,
    ),
    pictures,
    warning,
    stage,
    h("p", { class: "cnn-hint" }, hint),
    note.el,
    line.el,
    formula.el,
  );

  /** Pad the photograph and paint it – only if that changed. */
  function drawPhoto(p) {
    const size = `${image.length}×${image[0].length}`;
    if (padded?.length === image.length + 2 * p) return;
    padded = pad2d(image, p);
    paint(photo.canvas, padded, 0, 255, grey);
    photoBlock.title(`Photograph ${size}${p ? `, padded ${padded.length}×${padded[0].length}` : ""}`);
    set(photo.el, "style", `--width: ${padded[0].length}`);
    set(pictures, "style", `--widest: ${image[0].length + 6}`); // with the largest padding: one scale for all
  }

  /** Convolve and paint – only if a setting changed since the last time. */
  function drawResult([kernel, s, p, shown]) {
    const settings = JSON.stringify([kernel, s, p, shown]);
    if (settings === computed) return;
    computed = settings;
    const fits = !misfit(image.length, image[0].length, kernel.length, p);
    output = fits ? correlate2d(image, kernel, s, p) : null;
    if (!fits) return;
    const scale = scaleOf(shown, kernel, output);
    paint(result.canvas, output, scale.low, scale.high, scale.colour);
    resultBlock.title(`Result ${output.length}×${output[0].length}`);
    set(result.el, "style", `--width: ${output[0].length}`);
    set(legend, "class", `cnn-legend cnn-${scale.how}`);
    const ends = scale.how === "signed" ? [scale.low, 0, scale.high] : [0, scale.high];
    legend.replaceChildren(
      h("div", { class: "cnn-ramp" }),
      h("div", { class: "cnn-ends" }, ...ends.map((x) => h("span", {}, format(x)))),
      h("p", {}, scale.words),
    );
  }

  function drawMagnifier(kernel, s) {
    const f = kernel.length;
    const [y, x] = hover ? inside(...hover) : inside(...model.get("point"));
    const patch = kernel.map((row, i) => row.map((_, j) => padded[y * s + i][x * s + j]));
    const products = kernel.map((row, i) => row.map((k, j) => k * patch[i][j]));
    photo.mark(y * s, x * s, f);
    result.mark(y, x, 1);
    windowGrid.draw(cellsOf(patch, (value) => grey(value)));
    productGrid.draw(cellsOf(products, (value) => signed(value, 255 * reach(kernel))));
    setText(total, `${equals([output[y][x]])} ${format(output[y][x])}`);
    line.say(phrase(`Output row ${y + 1}, column ${x + 1}:`), ...sumPhrases(patch, kernel, output[y][x]));
  }

  function draw() {
    const settings = STATE.map((name) => model.get(name));
    const [kernel, s, p] = settings;
    past.note();
    controls.draw();
    display.draw(DISPLAYS[model.get("display")]);
    kernelGrid.draw(cellsOf(kernel, (value) => signed(value, reach(kernel))));
    if (!image) return;
    drawPhoto(p);
    drawResult(settings);
    set(stage, "style", `--columns: ${3 * kernel.length + 2}; --widest: ${2 * kernel.length}`);
    set(line.el, "style", `--lines: ${kernel.length + 1}`);
    formula.draw(image.length, image[0].length, kernel.length, s, p);
    setText(warning, misfit(image.length, image[0].length, kernel.length, p));
    for (const part of [resultBlock.el, times, gives, line.el]) set(part, "hidden", !output);
    set(warning, "hidden", !!output);
    if (output) drawMagnifier(kernel, s);
  }

  async function load() {
    const url = model.get("photo");
    const pixels = await decode(url);
    if (over || url !== model.get("photo")) return; // gone, or replaced meanwhile
    [image, padded, computed] = [pixels, null, ""];
    draw();
  }

  const stop = () => (over = true);
  return attach(el, root, stop, watch(model, [...STATE, "point"], draw), watch(model, ["photo"], load));
}

/** Whether a link may ask for this state: the limits are those of the Python traits. */
const validate = (state) => validConvolution(state) && Object.keys(DISPLAYS).includes(state.display);

export default { render, validate };
