"""The book's own Sphinx extension: a site that needs no other host, and no more than it uses."""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path

STATIC = Path(__file__).parent / "static"

# One file instead of the package's ready-made bundle: without the menu (and what the menu loads)
# MathJax is 160 KB gzip instead of 260, and still writes hidden MathML for screen readers.
MATHJAX = [
    "startup.js",
    "core.js",
    "input/tex.js",
    "output/chtml.js",
    "output/chtml/fonts/tex.js",
    "a11y/assistive-mml.js",
]
PRELOADED = [
    "startup", "core", "input/tex", "input/tex-base", "[tex]/ams", "[tex]/newcommand",
    "[tex]/noundefined", "[tex]/require", "[tex]/autoload", "[tex]/configmacros",
    "output/chtml", "output/chtml/fonts/tex.js", "a11y/assistive-mml",
]  # fmt: skip
MATHJAX_FOLDERS = ["output/chtml/fonts/woff-v2", "input/tex/extensions"]  # asked for when needed

# What the theme puts on every page and the book does not use there: the script that draws icons (the
# icon font draws them too) and the search index (the search page brings its own).
UNUSED = re.compile(
    r'\s*<(script|link)[^>]*(?:src|href)="[^"]*'
    r'(?:fontawesome|searchtools|language_data|searchindex)[^"]*\.(?:js|css)[^"]*"[^>]*>'
    r"(?:</script>)?"
)
UNUSED_FILES = ["scripts/*.map", "styles/*.map", "scripts/fontawesome*", "**/*.ttf"]


def without_unused(html: str) -> str:
    """What templates/layout.html makes of the theme's blocks."""
    return UNUSED.sub("", html)


def add_context(app, pagename, templatename, context, doctree):
    context["without_unused"] = without_unused


def drop_thebe(app, config):
    """jupyter-book always adds sphinx-thebe, which puts a CDN's address and a failing script on each page."""
    for listeners in list(app.events.listeners.values()):
        for listener in list(listeners):
            if listener.handler.__module__ == "sphinx_thebe":
                app.disconnect(listener.id)
    app.registry.css_files = [f for f in app.registry.css_files if f[0] != "sphinx-thebe.css"]


def copy_mathjax(app):
    if app.builder.format != "html":
        return
    package = importlib.util.find_spec("sphinx-mathjax-offline")
    source = Path(package.submodule_search_locations[0], "static", "mathjax")
    target = Path(app.outdir, "_static", "mathjax")
    target.mkdir(parents=True, exist_ok=True)
    parts = [(source / name).read_text(encoding="utf8") for name in MATHJAX]
    parts.insert(1, f"MathJax.loader.preLoad(...{PRELOADED});")
    (target / "mathjax.js").write_text("\n".join(parts), encoding="utf8")
    for folder in MATHJAX_FOLDERS:
        shutil.copytree(source / folder, target / folder, dirs_exist_ok=True)


def tidy(app, exception):
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    for pattern in UNUSED_FILES:
        for path in static.glob(pattern):
            path.unlink()


def setup(app):
    app.connect("config-inited", drop_thebe)
    app.connect("config-inited", lambda app, config: config.html_static_path.append(str(STATIC)))
    app.connect("builder-inited", copy_mathjax)
    app.connect("html-page-context", add_context)
    app.connect("build-finished", tidy)
    app.add_css_file("book.css", priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
