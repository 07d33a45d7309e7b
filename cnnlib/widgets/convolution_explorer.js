import {
  block, choice, commit, correlate2d, equals, factor, format, grey, h, history, liveLine, matrix, menu, misfit, outputSize,
  pad2d, phrase, plural, ranges, reach, resizeKernel, same, set, signed, sizeFormula, stepper, table, toggle, usage, users,
  watch, withEntry,
} from "./core.js";

// Pictures of any size: each shows one thing that a kernel does.
const IMAGES = {
  "bright → dark": (r, c, rows, columns) => (c < columns / 2 ? 10 : 0),
  "dark → bright": (r, c, rows, columns) => (c < columns / 2 ? 0 : 10),
  "bright above dark": (r, c, rows) => (r < rows / 2 ? 10 : 0),
  diagonal: (r, c) => (c <= r ? 10 : 0),
  "one bright pixel": (r, c, rows, columns) => (r === rows >> 1 && c === columns >> 1 ? 10 : 0),
  checkerboard: (r, c) => ((r + c) % 2 ? 0 : 10),
  ramp: (r, c) => c,
  "mixed digits": (r, c) => (3 * r * r + 7 * c + r * c) % 10,
};
const SIZES = Array.from({ length: 10 }, (_, i) => String(i + 1));
const STATE = ["image", "kernel", "stride", "padding"];

const picture = (name, rows, columns) => table(rows, columns, (r, c) => IMAGES[name](r, c, rows, columns));
const pictureName = (image) => Object.keys(IMAGES).find((name) => same(picture(name, image.length, image[0].length), image));

/** All that is drawn follows from this. `step` counts outputs in raster order; it stays inside the output. */
function readState(model) {
  const [image, kernel, s, p] = STATE.map((name) => model.get(name));
  const [rows, columns, f] = [image.length, image[0].length, kernel.length];
  const output = misfit(rows, columns, f, p) ? null : correlate2d(image, kernel, s, p);
  const [outRows, outColumns] = [outputSize(rows, f, s, p), outputSize(columns, f, s, p)];
  const count = outRows * outColumns;
  const step = Math.max(0, Math.min(model.get("step"), count - 1));
  const at = (k) => [Math.floor(k / outColumns), k % outColumns];
  const used = [usage(rows, f, s, p), usage(columns, f, s, p)];
  const isPadding = (R, C) => R < p || C < p || R >= rows + p || C >= columns + p;
  return { image, kernel, s, p, rows, columns, f, output, outRows, outColumns, count, step, at, used, isPadding };
}

/** Rows and columns of the image that no window reaches, in words; "" if every pixel is used. */
function neverReached({ rows, columns, p, used, output }) {
  if (!output) return "";
  const lost = used.map((counts, i) => {
    const n = i ? columns : rows;
    return counts.slice(p, p + n).flatMap((times, q) => (times ? [] : [q + 1]));
  });
  const pixels = rows * columns - (rows - lost[0].length) * (columns - lost[1].length);
  if (!pixels) return "";
  const words = lost.map((which, i) => which.length && `${["row", "column"][i]}${which.length > 1 ? "s" : ""} ${ranges(which)}`);
  return `Never reached: ${words.filter(Boolean).join("; ")} of the image (${plural(pixels, "pixel")}, crossed out).`;
}

/** "Output row 1, column 2: 10·1 + 10·0 + … = 30", one phrase for each row of the kernel. */
function sumInWords({ kernel, output, s, p, image, f }, y, x, tap) {
  const padded = pad2d(image, p);
  const numbers = [output[y][x]];
  const phrases = kernel.map((row, i) => {
    const terms = row.map((k, j) => {
      const pixel = padded[y * s + i][x * s + j];
      numbers.push(pixel, k);
      const term = `${factor(pixel)}·${factor(k)}`;
      return tap && tap[0] === i && tap[1] === j ? h("mark", {}, term) : term;
    });
    const spaced = terms.flatMap((term, j) => (j || i ? [" + ", term] : [term]));
    const end = i === f - 1 ? [h("b", {}, ` ${equals(numbers, 3)} ${format(output[y][x])}`)] : [];
    return h("span", { class: "cnn-phrase" }, ...spaced, ...end);
  });
  return [phrase(`Output row ${y + 1}, column ${x + 1}:`, "cnn-lead"), ...phrases];
}

/** Which outputs use the pixel at (R, C) of the padded image. */
function useInWords({ rows, columns, f, s, p, count, isPadding, image }, R, C) {
  const [y, x] = [users(R, rows, f, s, p), users(C, columns, f, s, p)];
  const times = Math.max(0, y[1] - y[0] + 1) * Math.max(0, x[1] - x[0] + 1);
  const name = isPadding(R, C) ? "This zero of the padding" : `Pixel row ${R - p + 1}, column ${C - p + 1} (value ${format(image[R - p][C - p])})`;
  if (!times) return `${name} is used by no output: no window reaches it.`;
  const span = ([a, b], word) => (a === b ? `${word} ${a + 1}` : `${word}s ${a + 1}–${b + 1}`);
  return `${name} is used by ${times} of the ${plural(count, "output")}: ${span(y, "row")}, ${span(x, "column")}.`;
}

function render({ model, el, share }) {
  const note = liveLine("cnn-note");
  const line = liveLine();
  // What is pointed at in this view: ["image" | "output" | "kernel", row, column], or null: then the step is shown.
  let pointed = null;
  const pointing = (what) => (r, c) => {
    pointed = r === null ? null : [what, r, c];
    draw();
  };

  function change(changes) {
    note.say("");
    commit(model, changes);
    const { step } = readState(model);
    if (step !== model.get("step")) commit(model, { step });
  }
  function go(step) {
    pointed = null;
    if (step !== model.get("step")) commit(model, { step });
    draw();
  }

  const imageGrid = matrix("Image", {
    onPoint: pointing("image"),
    onEdit: (R, C, value) => {
      const p = model.get("padding");
      change({ image: withEntry(model.get("image"), R - p, C - p, value) });
    },
    say: note.say,
  });
  const kernelGrid = matrix("Kernel", {
    onPoint: pointing("kernel"),
    onEdit: (r, c, value) => change({ kernel: withEntry(model.get("kernel"), r, c, value) }),
    say: note.say,
  });
  const productGrid = matrix("Products of the window and the kernel", { onPoint: pointing("kernel") });
  const outputGrid = matrix("Output", {
    onPoint: pointing("output"),
    onPick: (y, x) => go(y * readState(model).outColumns + x),
  });

  const presets = model.get("presets");
  const kernelName = (kernel) => Object.keys(presets).find((name) => same(presets[name], kernel));
  const imageMenu = menu("Image", Object.keys(IMAGES), (name) => {
    const { rows, columns } = readState(model);
    change({ image: picture(name, rows, columns) });
  });
  const sizeMenu = menu("Image size", SIZES, (size) => {
    const { image, rows, columns } = readState(model);
    const [n, name] = [Number(size), pictureName(image)];
    const kept = (r, c) => (r < rows && c < columns ? image[r][c] : 0);
    change({ image: name ? picture(name, n, n) : table(n, n, kept) });
  }, "not square");
  const kernelMenu = menu("Kernel", Object.keys(presets), (name) => change({ kernel: presets[name] }));
  const controls = {
    f: choice("Kernel size f", [1, 3, 5], (f) => change({ kernel: resizeKernel(model.get("kernel"), f) })),
    p: choice("Padding p", [0, 1, 2, 3], (padding) => change({ padding })),
    s: choice("Stride s", [1, 2, 3], (stride) => change({ stride })),
  };
  const predict = toggle("Hide the outputs still to come", (on) => change({ predict: on }));
  const past = history(model, STATE, share, note.say);
  const player = stepper("Output", go, { onPlay: line.quiet });

  const imageBlock = block("Image", imageGrid.el);
  const kernelBlock = block("Kernel", kernelGrid.el);
  const sum = h("p", { class: "cnn-sum" });
  const productBlock = block("Products", productGrid.el, sum);
  const outputBlock = block("Output", outputGrid.el);
  const warning = h("p", { class: "cnn-warning", role: "status" });
  const sign = (text) => h("span", { class: "cnn-sign", "aria-hidden": "true" }, text);
  const middle = h("div", { class: "cnn-middle" }, kernelBlock.el, productBlock.el);
  const equalSign = sign("=");
  const stage = h("div", { class: "cnn-stage" }, imageBlock.el, sign("∗"), middle, equalSign, outputBlock.el);
  const formula = h("p", { class: "cnn-formula" });
  const lost = h("p", { class: "cnn-lost", role: "status" });

  const root = h(
    "div",
    { class: "cnn", role: "group", "aria-label": "Convolution explorer", onkeydown: past.onKey },
    h("div", { class: "cnn-controls" }, imageMenu.el, sizeMenu.el, kernelMenu.el, controls.f.el, controls.p.el, controls.s.el),
    stage, warning, player.el, line.el, note.el, formula, lost,
    h("div", { class: "cnn-foot" }, predict.el, past.el),
  );
  el.append(root);

  function drawControls({ image, kernel, rows, columns, f, s, p }) {
    imageMenu.draw(pictureName(image));
    sizeMenu.draw(rows === columns ? String(rows) : undefined);
    kernelMenu.draw(kernelName(kernel));
    controls.f.draw(f);
    controls.p.draw(p);
    controls.s.draw(s);
    predict.draw(model.get("predict"));
  }

  function drawImage(state, y, x, tap) {
    const { image, s, p, f, rows, columns, used, isPadding, output } = state;
    const values = image.flat();
    const [low, high] = [Math.min(0, ...values), Math.max(...values)];
    const cells = pad2d(image, p).map((row, R) => row.map((value, C) => {
      const padding = isPadding(R, C);
      const never = output && !(used[0][R] && used[1][C]);
      const marks = [padding && "cnn-padding", never && "cnn-never", tap && R === y * s + tap[0] && C === x * s + tap[1] && "cnn-tap"];
      const place = padding ? "padding" : `row ${R - p + 1}, column ${C - p + 1}`;
      return {
        text: format(value),
        rgb: never ? null : grey(value, low, high),
        say: `${place}: ${format(value)}${never ? ", never reached" : ""}`,
        mark: marks.filter(Boolean).join(" "),
        locked: padding && "The padding is always 0; change a pixel of the image itself.",
      };
    }));
    imageGrid.draw(cells, output && { r: y * s, c: x * s, h: f, w: f });
    imageBlock.title(`Image ${rows}×${columns}${p ? `, padded ${rows + 2 * p}×${columns + 2 * p}` : ""}`);
  }

  function drawKernel({ kernel, f }, tap) {
    const limit = reach(kernel);
    kernelGrid.draw(kernel.map((row, r) => row.map((value, c) => ({
      text: format(value),
      rgb: signed(value, limit),
      say: `row ${r + 1}, column ${c + 1}: ${format(value)}`,
      mark: tap && tap[0] === r && tap[1] === c ? "cnn-tap" : "",
    }))));
    kernelBlock.title(`Kernel ${f}×${f}`);
  }

  function drawProducts({ image, kernel, output, s, p }, y, x, tap) {
    const padded = pad2d(image, p);
    const products = kernel.map((row, i) => row.map((k, j) => k * padded[y * s + i][x * s + j]));
    const limit = reach(kernel) * reach(image);
    productGrid.draw(products.map((row, i) => row.map((value, j) => ({
      text: format(value),
      rgb: signed(value, limit),
      say: `row ${i + 1}, column ${j + 1}: ${format(value)}`,
      mark: tap && tap[0] === i && tap[1] === j ? "cnn-tap" : "",
    }))));
    sum.textContent = `their sum: ${format(output[y][x])}`;
  }

  function drawOutput({ output, outRows, outColumns, rows, columns, f, s, p, step }, y, x, user) {
    const limit = reach(output);
    const hidden = (Y, X) => model.get("predict") && Y * outColumns + X > step;
    const inside = ([a, b], k) => a <= k && k <= b;
    const uses = user && [users(user[0], rows, f, s, p), users(user[1], columns, f, s, p)];
    const cells = output.map((row, Y) => row.map((value, X) => ({
      text: hidden(Y, X) ? "?" : format(value),
      rgb: hidden(Y, X) ? null : signed(value, limit),
      say: `row ${Y + 1}, column ${X + 1}: ${hidden(Y, X) ? "still to come" : format(value)}`,
      mark: uses && inside(uses[0], Y) && inside(uses[1], X) ? "cnn-used" : hidden(Y, X) ? "cnn-hidden" : "",
    })));
    outputGrid.draw(cells, uses ? null : { r: y, c: x, h: 1, w: 1 });
    outputBlock.title(`Output ${outRows}×${outColumns}`);
  }

  function draw() {
    const state = readState(model);
    const { rows, columns, f, s, p, output, step, count, at, outColumns, isPadding } = state;
    const [what, r, c] = pointed ?? [];
    const ahead = what === "output" && model.get("predict") && r * outColumns + c > step;
    const [y, x] = what === "output" && !ahead && output?.[r]?.[c] !== undefined ? [r, c] : at(step);
    const user = what === "image" && output && r < rows + 2 * p && c < columns + 2 * p ? [r, c] : null;
    const tap = what === "kernel" && output && r < f && c < f ? [r, c] : null;
    past.note();
    drawControls(state);
    drawKernel(state, tap);
    drawImage(state, y, x, tap);
    set(stage, "style", `--columns: ${columns + 2 * p + f + (output?.[0].length ?? 0)}; --widest: ${Math.max(columns + 2 * p, 2 * f + 1, output?.[0].length ?? 0)}`);
    const fits = output !== null;
    for (const part of [productBlock.el, equalSign, outputBlock.el, player.el, line.el]) set(part, "hidden", !fits);
    warning.textContent = misfit(rows, columns, f, p);
    set(warning, "hidden", fits);
    const sizes = rows === columns ? [sizeFormula(rows, f, s, p)] : [`rows ${sizeFormula(rows, f, s, p)}`, `columns ${sizeFormula(columns, f, s, p)}`];
    formula.replaceChildren(phrase("Size: ⌊(n + 2p − f) / s⌋ + 1"), ...(fits ? sizes.map((text) => phrase(rows === columns ? `= ${text}` : text)) : []));
    lost.textContent = neverReached(state);
    set(lost, "hidden", !lost.textContent);
    if (!fits) return player.stop();
    drawProducts(state, y, x, tap);
    drawOutput(state, y, x, user);
    player.draw(step, count, `row ${at(step)[0] + 1}, column ${at(step)[1] + 1}`);
    if (user) line.say(useInWords(state, ...user));
    else line.say(...sumInWords(state, y, x, tap));
  }

  const unwatch = watch(model, [...STATE, "step", "predict"], draw);
  return () => {
    unwatch();
    player.stop();
    root.remove();
  };
}

export default { render };
