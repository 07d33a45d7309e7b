// MathJax for this book. cnnbook.py puts the parts that the book needs in the place marked below.
// It starts when the page's widgets are alive and draws formula by formula, so that nothing that a
// reader does has to wait for it; <html data-formulas="drawn"> and the event "formulas" say when it
// is done.
(() => {
  "use strict";
  const pause = () => new Promise((resolve) => setTimeout(resolve));
  const folder = document.currentScript.src.replace(/\/[^/]*$/, "");
  Object.assign(window.MathJax, { loader: { paths: { mathjax: folder } }, startup: { typeset: false } });

  const start = () => {
    /* parts */
  };
  // A line may break beside a formula, even before a full stop: hold the two together.
  const join = (formula) => {
    const { previousSibling: before, nextSibling: after } = formula;
    const start = before?.data?.match(/[^\s\w–]+$/), end = after?.data?.match(/^[^\s\w–]+/);
    if (!start && !end) return;
    const whole = document.createElement("span");
    whole.style.whiteSpace = "nowrap";
    formula.replaceWith(whole);
    if (start) whole.append(before.splitText(start.index));
    whole.append(formula);
    if (end) {
      after.splitText(end[0].length); // leaves the punctuation in `after`
      whole.append(after);
    }
  };
  const draw = async () => {
    await window.cnnbook?.alive;
    await pause();
    start();
    await MathJax.startup.promise;
    const formulas = [...document.querySelectorAll(".math")];
    while (formulas.length) {
      const next = formulas.splice(0, 8);
      await MathJax.typesetPromise(next);
      next.forEach(join);
      await pause();
    }
    document.documentElement.dataset.formulas = "drawn";
    dispatchEvent(new Event("formulas"));
  };
  draw();
})();
