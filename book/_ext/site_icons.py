"""Font Awesome cut down to the icons that the site shows: 4 KB of font instead of 156."""

from __future__ import annotations

import re
from pathlib import Path

from fontTools import subset

# .fa-bars:before,.fa-navicon:before{content:"\\f0c9"}
RULE = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"[^"]*"\}')
# src:url(…/fa-solid-900.woff2) format("woff2"),url(…/fa-solid-900.ttf) format("truetype")
SOURCE = re.compile(
    r'url\(([^)]*/webfonts/[^)]*)\.woff2\) format\("woff2"\),url\([^)]*\) format\("truetype"\)'
)
# a sheet names an icon by its code or has the character itself (Font Awesome: U+E000 to U+F8FF)
CODE = re.compile(r"\\([ef][0-9a-f]{3})|([\ue000-\uf8ff])")


def cut_down(out: Path) -> None:
    """Rewrite the theme's style sheet and icon fonts in the built site ``out``."""
    static = out / "_static"
    sheet = static / "styles" / "pydata-sphinx-theme.css"
    if not sheet.exists():  # another theme
        return
    users = [*out.rglob("*.html"), *(static / "scripts").glob("*-theme.js")]
    shown = {name for path in users for name in _icon_names(path.read_text(encoding="utf8"))}
    css = sheet.read_text(encoding="utf8")
    css = RULE.sub(lambda rule: rule[0] if shown & _icon_names(rule[1]) else "", css)
    sheet.write_text(SOURCE.sub(r'url(\1.woff) format("woff")', css), encoding="utf8")

    sheets = "".join(path.read_text(encoding="utf8") for path in static.rglob("*.css"))
    codes = [int(code, 16) if code else ord(char) for code, char in CODE.findall(sheets)]
    for font in (static / "vendor" / "fontawesome" / "webfonts").glob("*.ttf"):
        options = subset.Options(flavor="woff", layout_features=[], glyph_names=False)
        face = subset.load_font(str(font), options)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=codes)
        cutter.subset(face)
        subset.save_font(face, str(font.with_suffix(".woff")), options)


def _icon_names(text: str) -> set[str]:
    return set(re.findall(r"fa-[\w-]+", text))
