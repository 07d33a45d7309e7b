import { attach, commit, h, liveLine, set, setText, watch } from "./core.js";
import { forget, recall, REMEMBERED, restore, standing } from "./memory.js";

// the places of a page's questions: book/_ext/widget_host.py names them so
const anchor = (k) => (k ? `QuickQuestion-${k + 1}` : "QuickQuestion");

function render({ model, el, share }) {
  const chapters = model.get("chapters");
  const line = liveLine("cnn-progress-line");
  let forgotten = []; // what Undo brings back, as long as this page is open
  // only on the static page is a link's address known
  const link = (page, attributes, ...content) =>
    h(share ? "a" : "span", share ? { ...attributes, href: page } : attributes, ...content);
  const rows = chapters.map(({ title, page, questions }) => {
    const marks = questions.map((name, k) => {
      const sign = h("span", { "aria-hidden": "true" });
      const words = h("span", { class: "cnn-progress-words" });
      const place = link(`${page}.html#${anchor(k)}`, { class: "cnn-progress-mark" }, sign, words);
      return { name, k, sign, words, place };
    });
    const count = h("span", { class: "cnn-progress-count" });
    const row = h(
      "li",
      {},
      link(`${page}.html`, { class: "cnn-progress-title" }, title),
      h("span", { class: "cnn-progress-marks" }, ...marks.map(({ place }) => place)),
      count,
    );
    return { row, marks, count, number: title.split(" ")[0] };
  });
  const button = h("button", { type: "button", onclick: forgetOrUndo }, "Forget it all");
  const bar = h("progress", { max: 1, value: 0, "aria-hidden": "true" });
  const root = h(
    "div",
    { class: "cnn cnn-progress", role: "group", "aria-label": "Your quick questions" },
    line.el,
    bar,
    h("ul", { class: "cnn-progress-list" }, ...rows.map(({ row }) => row)),
    h("div", { class: "cnn-progress-actions" }, button, h("span", {}, "Kept in this browser only.")),
  );

  function forgetOrUndo() {
    if (forgotten.length) {
      restore(forgotten);
      forgotten = [];
    } else forgotten = forget();
    draw();
  }

  function draw() {
    let [all, answered, first] = [0, 0, 0];
    for (const { marks, count, number } of rows) {
      let done = 0;
      for (const { name, k, sign, words, place } of marks) {
        const known = recall(name);
        const [symbol, text] = standing(known);
        setText(sign, symbol || String(k + 1));
        setText(words, `${number}, question ${k + 1}: ${text}`);
        set(place, "data-standing", !known ? "none" : known.first ? "first" : known.right ? "right" : "wrong");
        all += 1;
        done += Boolean(known);
        first += Boolean(known?.first);
      }
      answered += done;
      setText(count, `${done} of ${marks.length}`);
    }
    if (answered) forgotten = []; // there is something new: Undo would overwrite it
    bar.value = all ? answered / all : 0;
    const said = `${answered} of ${all} questions answered, ${first} right at the first try.`;
    line.say(forgotten.length ? `${said} All is forgotten; Undo brings it back as long as you stay on this page.` : said);
    setText(button, forgotten.length ? "Undo" : "Forget it all");
    set(button, "aria-disabled", !answered && !forgotten.length && "true");
    if (model.get("answered") !== answered) commit(model, { answered });
  }

  // this page, another tab, or a page that comes back from the browser's memory
  const news = [REMEMBERED, "storage", "pageshow"];
  for (const event of news) addEventListener(event, draw);
  const stop = () => news.forEach((event) => removeEventListener(event, draw));
  return attach(el, root, watch(model, ["chapters"], draw), stop);
}

export default { render };
