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
  const draw = async () => {
    await window.cnnbook?.alive;
    await pause();
    start();
    await MathJax.startup.promise;
    const formulas = [...document.querySelectorAll(".math")];
    while (formulas.length) {
      await MathJax.typesetPromise(formulas.splice(0, 8));
      await pause();
    }
    document.documentElement.dataset.formulas = "drawn";
    dispatchEvent(new Event("formulas"));
  };
  draw();
})();
