// A network as boxes, one for each array that an image becomes: as high as n_H, going back as far as n_W, as thick
// as the root of n_C. The projection is that of cnnlib.plots.show_network.
import { h, set } from "./core.js";

const [TALLEST, LEAN, ROOM] = [132, 0.42, 650]; // pixels; how far n_W goes back; the width that is aimed at
const LETTER = 6.9; // pixels of a text, at the most

/** The boxes of these shapes, side by side: those of one shape stand close and share a label. */
export function layout(shapes) {
  const volumes = shapes.filter((shape) => shape.length === 3);
  const largest = Math.max(1, ...volumes.map(([n_H, n_W]) => Math.max(n_H, n_W)));
  const longest = Math.max(1, ...shapes.filter((shape) => shape.length === 1).flat());
  const scale = TALLEST / largest;
  const stretch = Math.min(12, TALLEST / Math.cbrt(longest));
  const sizes = shapes.map((shape) =>
    shape.length === 1
      ? { high: stretch * Math.cbrt(shape[0]), thick: 6, back: 3 }
      : { high: Math.max(scale * shape[0], 3), root: Math.sqrt(shape[2]), back: Math.max(LEAN * scale * shape[1], 2) },
  );
  const runs = [];
  sizes.forEach((box, i) => {
    const name = shapes[i].join("×");
    if (runs.at(-1)?.name !== name) runs.push({ name, boxes: [], first: i });
    runs.at(-1).boxes.push(box);
  });
  let letter = LETTER;
  const place = (unit) => {
    let x = 8;
    for (const run of runs) {
      let width = 0;
      for (const box of run.boxes) {
        box.thick = box.root ? Math.max(2, unit * box.root) : box.thick;
        box.x = width;
        width += box.thick + 4;
      }
      width += run.boxes.at(-1).back - 4;
      const slot = Math.max(width, letter * run.name.length) + 12;
      for (const box of run.boxes) box.x += x + (slot - width) / 2;
      run.middle = x + slot / 2;
      x += slot;
    }
    return x + 8;
  };
  // as thick as the room allows
  let unit = 4;
  const staggered = place(1) > ROOM; // then the labels take turns on two lines
  if (staggered) letter /= 2;
  while (place(unit) > ROOM && unit > 0.6) unit *= 0.93;
  const width = place(unit);
  const high = Math.max(...sizes.map(({ high: tall, back }) => tall + back));
  for (const box of sizes) box.floor = 6 + high - (high - box.high - box.back) / 2; // all boxes have one axis
  return { boxes: sizes, runs, width: Math.ceil(width), height: Math.ceil(high) + (staggered ? 44 : 30), staggered };
}

const faces = ({ x, floor, high, thick, back }) => [
  `M${x} ${floor}h${thick}v${-high}h${-thick}z`,
  `M${x} ${floor - high}h${thick}l${back} ${-back}h${-thick}z`,
  `M${x + thick} ${floor}l${back} ${-back}v${-high}l${-back} ${back}z`,
];
const rounded = (path) => path.replace(/-?\d+\.\d+/g, (number) => Number(number).toFixed(1));

/** draw(rows, names, selected): rows[0] is the image; onPick(row) says which box was clicked. */
export function drawing(onPick) {
  const svg = h("svg", { role: "img" });
  const el = h("div", { class: "cnn-drawing", role: "group", tabindex: "0", "aria-label": "Drawing of the network" }, svg);
  return {
    el,
    draw(rows, names, selected, words) {
      const shapes = rows.map((row) => row.shape);
      const { boxes, runs, width, height, staggered } = layout(shapes);
      set(svg, "viewBox", `0 0 ${width} ${height}`);
      set(svg, "style", `--natural: ${width}px; aspect-ratio: ${width} / ${height}`);
      set(svg, "aria-label", words);
      const drawn = boxes.map((box, i) => {
        const kind = i === 0 ? "image" : shapes[i].length === 1 ? "vector" : "maps";
        const parts = ["front", "top", "side"].map((face, k) =>
          h("path", { class: `cnn-${face}`, d: rounded(faces(box)[k]) }),
        );
        const title = h("title", {}, `${names[i]}: ${shapes[i].join("×")}`);
        const look = `cnn-box cnn-${kind} ${i === selected ? "cnn-chosen" : ""}`;
        return h("g", { class: look, onclick: () => onPick(i) }, title, ...parts);
      });
      const labels = runs.map(({ name, middle, first, boxes: these }, i) => {
        const chosen = selected >= first && selected < first + these.length;
        const y = height - (staggered && i % 2 === 0 ? 20 : 6);
        return h("text", { x: middle.toFixed(1), y, class: chosen ? "cnn-chosen" : null }, name);
      });
      // the far ones first: a box may stand before the back of its neighbour
      svg.replaceChildren(...drawn, ...labels);
    },
  };
}
