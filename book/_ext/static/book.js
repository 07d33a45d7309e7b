// Small repairs to the theme, on every page.
(() => {
  "use strict";
  const root = new URL(document.documentElement.dataset.content_root, location);
  // Opened from a folder, a page may not fetch another one (results without an excerpt then),
  // nor start Python.
  if (location.protocol === "file:") {
    DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
    for (const place of document.querySelectorAll(".run-here, .run-here-page")) place.remove();
  }

  // "Edit and run on this page": its program comes when it is asked for.
  const here = document.querySelector(".run-here-page");
  let failed = 0;
  here?.firstElementChild.addEventListener("click", ({ target }) => {
    const fail = (error) => {
      target.nextSibling?.remove();
      target.after(` It could not start: ${error.message}. You can try again.`);
      target.disabled = false;
    };
    // a browser remembers a program that did not come, and asks no more: by this name
    const come = import(new URL(`_static/here.js${failed ? `?${failed}` : ""}`, root));
    come.catch(() => (failed += 1));
    come.then(({ start }) => start(here)).catch(fail);
    target.disabled = true;
  });

  // On the search page: excerpts of the article, not of the buttons above it.
  if (typeof Search !== "undefined") {
    const textOf = Search.htmlToText;
    Search.htmlToText = (html, anchor) => {
      const article = new DOMParser().parseFromString(html, "text/html").querySelector("article");
      article?.setAttribute("role", "main");
      return textOf(article?.outerHTML ?? html, anchor);
    };
  }

  // A formula wider than the screen scrolls: let the keyboard reach it as well.
  const reach = () => {
    for (const formula of document.querySelectorAll("mjx-container[display]")) {
      if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
      else formula.removeAttribute("tabindex");
    }
  };
  for (const event of ["formulas", "resize"]) addEventListener(event, reach); // "formulas": see mathjax.js
  // The theme does so for code, soon after a resize: while its sidebar still slides, or when that goes
  // without one.
  addEventListener("transitionend", ({ target }) => {
    if (target.matches?.(".bd-sidebar-primary")) dispatchEvent(new Event("resize"));
  });

  // Keep what is visited for a time without a network, where the browser can (it needs https or
  // localhost). This page came before its keeper: the first time, have it pass by once more.
  addEventListener("load", () => {
    const keeper = location.protocol !== "file:" && navigator.serviceWorker;
    if (!keeper) return;
    if (!keeper.controller) {
      keeper.addEventListener("controllerchange", () => {
        const since = performance.now();
        const came = new PerformanceObserver((list) => { // also what is still on its way now
          for (const { name, startTime } of list.getEntries()) {
            if (startTime < since) fetch(name).catch(() => {});
          }
        });
        for (const type of ["navigation", "resource"]) came.observe({ type, buffered: true });
      }, { once: true });
    }
    keeper.register(new URL("offline.js", root)).catch(() => {});
  });
})();
