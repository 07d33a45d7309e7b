// What a classifier answers: a bar for each class, and the pictures to choose from.
import { h, set, setText } from "./core.js";
import { choice } from "./controls.js";

export const percentage = (p) => `${(100 * p).toFixed(1)} %`;

/** The probabilities of the classes as bars; the largest is in bold, the right one has a tick. */
export function odds(title, classes) {
  const parts = classes.map((name) => {
    const [word, bar, percent] = [h("span", {}, name), h("i", {}), h("b", {})];
    return { el: h("li", {}, word, h("span", { class: "cnn-odd", "aria-hidden": "true" }, bar), percent), word, bar, percent };
  });
  const name = h("p", { class: "cnn-odds-name" }, title);
  return {
    el: h("div", { class: "cnn-odds" }, name, h("ul", { "aria-label": title }, ...parts.map(({ el }) => el))),
    draw(probabilities, label = -1) {
      const most = probabilities ? Math.max(...probabilities) : 2;
      parts.forEach(({ el, word, bar, percent }, k) => {
        const p = probabilities ? probabilities[k] : 0;
        set(bar, "style", `width: ${100 * p}%`);
        setText(percent, probabilities ? percentage(p) : "–");
        setText(word, `${classes[k]}${k === label ? " ✓" : ""}`);
        set(el, "class", p === most && "cnn-most");
      });
    },
  };
}

/** Radio buttons with pictures: pictures(k) paints the k-th canvas once. */
export function pictures(title, names, paintOne, onPick) {
  const choose = choice(title, names, (name) => onPick(names.indexOf(name)));
  set(choose.el, "class", "cnn-field cnn-thumbnails");
  const labels = [...choose.el.querySelectorAll("label")];
  labels.forEach((label, k) => {
    const canvas = h("canvas", {});
    paintOne(canvas, k);
    set(label.firstChild, "aria-label", names[k]);
    label.lastChild.replaceChildren(canvas);
  });
  return {
    el: choose.el,
    draw(chosen, classOf = () => "") {
      choose.draw(names[chosen]);
      labels.forEach((label, k) => set(label, "class", classOf(k)));
    },
  };
}
