import { attach, commit, h, liveLine, set, setText, watch } from "./core.js";
import { recall, remember, standing } from "./memory.js";

// Radio buttons need a name of their own per instance.
const own = () => `cnn-${Math.random().toString(36).slice(2)}`;

/** *n_H* is a letter with an index, `x` is code; quick_question.py has the same for pages without scripts. */
function rich(text) {
  const kept = text.replace(/(\*) = (?=[−\d])/g, "$1\u00a0=\u00a0"); // no line ends in the middle of *p* = 2
  return kept.split(/(\*[^*]+\*|`[^\x60]+`)/).map((part) => {
    const inner = part.slice(1, -1);
    if (part.startsWith("\x60")) return h("code", {}, inner);
    if (!part.startsWith("*")) return part;
    const [letter, index] = inner.split("_");
    return h("var", {}, letter, ...(index ? [h("sub", {}, index)] : []));
  });
}

/** An answer in the middle of a sentence. */
const inline = (answer) => rich(print(answer).replace(/\.$/, ""));

const print = (answer) =>
  typeof answer === "string"
    ? answer
    : (Math.abs(answer) < 1e4 ? String(answer) : answer.toLocaleString("en")).replace("-", "−");

/** What was typed as a number: −3 with either sign, 0.25, 1,024; null if it is none. */
function typed(text) {
  const clean = text.replace(/−/g, "-").replace(/\s|,(?=\d{3}\b)/g, "");
  return clean !== "" && Number.isFinite(Number(clean)) ? Number(clean) : null;
}

const same = (a, b) => Math.abs(a - b) < 1e-9 * Math.max(1, Math.abs(a));

function render({ model, el }) {
  const [name, number, variants] = ["name", "number", "variants"].map((trait) => model.get(trait));
  const group = own();
  const legend = h("legend", { class: "cnn-quiz-ask" });
  const choices = h("div", { class: "cnn-quiz-answers", hidden: number });
  const signed = variants.some(({ answers }) => answers.some((a) => a < 0)); // phones' number pads lack the sign
  const input = h("input", { type: "text", inputmode: signed ? "text" : "decimal", autocomplete: "off" });
  const field = h("label", { class: "cnn-quiz-number", hidden: !number }, "Your answer", input);
  const check = h("button", { type: "submit", class: "cnn-quiz-check" }, "Check");
  const tell = h("button", { type: "button", onclick: () => answer("") }, "Tell me");
  const another = h("button", { type: "button", onclick: next }, "Another one");
  const mark = h("span", { class: "cnn-quiz-mark" });
  const line = liveLine("cnn-quiz-verdict");
  const others = h("ul", {});
  const summary = h("summary", { "data-lm-suppress-shortcuts": "true" });
  const fold = h("details", { class: "cnn-quiz-fold" }, summary, others);
  const root = h(
    "form",
    { class: "cnn cnn-quiz", novalidate: true, onsubmit: submit },
    h("p", { class: "cnn-quiz-top" }, "Quick question", mark),
    h("fieldset", {}, legend, choices, h("div", { class: "cnn-quiz-row" }, field, check, another, tell)),
    line.el,
    fold,
  );
  let asked = null; // the variant that is on the page
  let radios = [];
  let known = recall(name);

  const index = () => Math.min(model.get("variant"), variants.length - 1);
  const given = (variant, text) =>
    variant.answers.findIndex((a) => (number ? same(a, Number(text)) : a === text));

  function answer(text) {
    const variant = variants[index()];
    known = remember(name, given(variant, text) === variant.right && text !== "");
    commit(model, { tried: [...(model.get("tried") ?? []), text] });
  }

  function submit(event) {
    event.preventDefault();
    const value = number ? typed(input.value) : radios.find((radio) => radio.checked)?.value;
    set(input, "aria-invalid", number && value === null && "true");
    if (value === null || value === undefined) line.say(number ? "Type a number first." : "Choose an answer first.");
    else answer(String(value));
  }

  function next() {
    commit(model, { variant: (index() + 1) % variants.length, tried: null });
    draw(); // now, so that there is something to go to
    (number ? input : radios[0]).focus({ preventScroll: true });
  }

  function ask(variant) {
    asked = variant;
    legend.replaceChildren(...rich(variant.question));
    input.value = "";
    radios = number ? [] : variant.answers.map((value) => h("input", { type: "radio", name: group, value }));
    choices.replaceChildren(...radios.map((radio) => h("label", {}, radio, h("span", {}, ...rich(radio.value)))));
  }

  function judge(variant, tried) {
    const { answers, reasons, right } = variant;
    const last = tried.at(-1);
    const found = last === "" ? right : given(variant, last);
    const good = found === right;
    const over = tried.includes("") || good;
    const head = last === "" ? ["The answer: ", ...inline(answers[right]), "."] : [good ? "✓ Right." : "✗ Not quite."];
    const reason = found < 0 ? model.get("otherwise") : reasons[found];
    if (last !== undefined) line.say(h("strong", {}, ...head), " ", ...rich(reason));
    else line.say();
    set(line.el, "data-judged", last === undefined ? null : good ? "right" : "wrong");
    setText(summary, number ? "Typical mistakes" : "Why not the others?");
    set(fold, "hidden", !over);
    const rest = answers.map((a, k) => [a, k]).filter(([, k]) => k !== right);
    others.replaceChildren(
      ...rest.map(([a, k]) => h("li", {}, h("b", {}, ...inline(a)), ": ", ...rich(reasons[k]))),
    );
    set(tell, "hidden", over || !tried.length);
    radios.forEach((radio, k) => {
      if (k === found && last !== undefined) radio.checked = true;
      set(radio.parentNode, "data-judged", k === right && over ? "right" : tried.includes(radio.value) && "wrong");
    });
    if (number && last !== undefined) input.value = print(last === "" ? answers[right] : Number(last));
  }

  function draw() {
    const variant = variants[index()];
    if (variant !== asked) {
      ask(variant);
      fold.open = false;
    }
    judge(variant, model.get("tried") ?? []);
    set(another, "hidden", variants.length < 2);
    const [sign, words] = standing(known);
    setText(mark, known ? `${sign} ${words}` : "");
  }

  return attach(el, root, watch(model, ["variant", "tried"], draw));
}

function validate({ variant, variants }) {
  return variant < variants.length;
}

export default { render, validate };
