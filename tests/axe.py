"""What axe finds in a page: it looks for what people with a screen reader, a keyboard or weak eyes
cannot use. It takes three quarters of its time for the contrast of each word; here it is asked for
two words of each look (LOOKS), and all the rest of everything.
"""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf8")
# preload fetches the style sheets once more, with wrong addresses
OPTIONS = {"resultTypes": ["violations"], "preload": False}
# the second is off by default in some versions of axe, and the theme broke it
RULES = {"color-contrast": {"enabled": False}, "label-content-name-mismatch": {"enabled": True}}

# Contrast is of a colour, at a size, on all the grounds below it: where these are the same, so is
# the contrast. Two of each, for one may be covered by something, and axe says nothing of it then.
LOOKS = """() => {
  const grounds = new Map();
  const ground = (node) => {
    if (!node) return "";
    if (!grounds.has(node)) {
      const { backgroundColor: colour, backgroundImage: image, opacity } = getComputedStyle(node);
      const clear = colour === "rgba(0, 0, 0, 0)" && image === "none" && opacity === "1";
      const own = clear ? "" : `${colour} ${image} ${opacity};`;
      grounds.set(node, ground(node.parentElement) + own);
    }
    return grounds.get(node);
  };
  const seen = {};
  for (const node of document.querySelectorAll("body *")) {
    node.removeAttribute("data-look");
    const words = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!words || !node.checkVisibility()) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(node);
    const dead = node.closest(":disabled, [aria-disabled=true], [aria-hidden=true]") !== null;
    const look = [color, fontSize, fontWeight, dead, ground(node)].join();
    seen[look] = (seen[look] ?? 0) + 1;
    if (seen[look] <= 2) node.dataset.look = "";
  }
}"""


def violations(page) -> list[str]:
    """Everything but the colours; the first three places of each rule that is broken."""
    return _run(page, [], rules=RULES)


def colours(page, each: bool = False) -> list[str]:
    """Words too faint for what they stand on: two of each look, or ``each`` word."""
    page.evaluate(LOOKS)
    return _run(page, [] if each else ["[data-look]"], runOnly=["color-contrast"])


def _run(page, where: list[str], **options) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate(
        "([where, options]) => axe.run(where.length ? { include: where } : document, options)",
        [where, OPTIONS | options],
    )
    return [
        f"{rule['id']}: {node['target']} {node['html'][:120]}"
        for rule in found["violations"]
        for node in rule["nodes"][:3]
    ]
