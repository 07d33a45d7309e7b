// Small repairs to the theme, on every page.
(() => {
  "use strict";
  // Opened from a folder, a page may not fetch another one: results without an excerpt then.
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

  // A formula wider than the screen scrolls: let the keyboard reach it as well.
  const reach = () => {
    for (const formula of document.querySelectorAll("mjx-container[display]")) {
      if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
      else formula.removeAttribute("tabindex");
    }
  };
  for (const event of ["formulas", "resize"]) addEventListener(event, reach); // "formulas": see mathjax.js
})();
