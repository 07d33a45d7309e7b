"""The book's own Sphinx extension: a site that needs no other host and carries what it uses.

The theme, MathJax and the icon font come from packages on this machine. What a page does not use is
left out, and what axe (the accessibility checker) finds in the theme's markup is mended.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path

import site_icons
from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

HERE = Path(__file__).parent
STATIC = HERE / "static"

# The parts of MathJax that go into mathjax.js. Without the menu and what the menu loads they are
# 160 KB gzip instead of 260, and still write hidden MathML for screen readers.
MATHJAX = [
    *("startup.js", "core.js", "input/tex.js", "output/chtml.js", "output/chtml/fonts/tex.js"),
    "a11y/assistive-mml.js",
]
MATHJAX_LOADED = [
    *("startup", "core", "input/tex", "input/tex-base", "[tex]/ams", "[tex]/newcommand"),
    *("[tex]/noundefined", "[tex]/require", "[tex]/autoload", "[tex]/configmacros"),
    *("output/chtml", "output/chtml/fonts/tex.js", "a11y/assistive-mml"),
]
MATHJAX_FOLDERS = ["output/chtml/fonts/woff-v2", "input/tex/extensions"]  # fetched when needed

# Scripts and styles that only some pages use, and what such a page has in its text.
WHERE_USED = {
    "mathjax": 'class="math',  # Sphinx counts the formulas of the chapters below a page, too
    "toggle": "toggle|dropdown",
    "design-tabs": "sd-tab-set",
    "sphinx-design": 'class="sd-| sd-',
    "clipboard|copybutton": "<pre",
    "mystnb": "cell_|glue",
}

# On every page the theme loads a script that draws icons (the icon font draws them too) and the
# search index (the search page brings its own).
UNUSED = re.compile(
    r'\s*<script[^>]*src="[^"]*(?:fontawesome|searchtools|language_data|searchindex)\.js[^>]*></script>'
)
UNUSED_FILES = [
    *("scripts/*.map", "styles/*.map", "scripts/fontawesome*", "vendor/fontawesome/**/*.ttf"),
    *("vendor/fontawesome/**/*.woff2", "*webpack-macros.html", "images/logo_*"),
]

# what axe finds in markup that comes with jupyter-book
MENDED = {
    '<div role="list" class="citation-list">': '<div class="citation-list">',  # no list items
    ' role="doc-biblioentry"': "",  # deprecated
    ' aria-label="Toggle hidden content"': "",  # hides the words that are there
}

HOME = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<link rel="icon" href="_static/favicon.svg">
<meta http-equiv="refresh" content="0; url={url}">
<title>{title}</title>
<main><h1>{title}</h1><p><a href="{url}">Begin here</a></p></main>
</html>
"""


class WholeStreams(SphinxPostTransform):
    """Put together what one cell printed.

    It arrives in pieces, and where one ends depends on the clock; myst-nb's ``nb_merge_streams``
    starts a new line with each piece.
    """

    default_priority = 10

    def run(self, **kwargs):
        for cell in self.document.findall(nodes.container):
            if cell.get("nb_element") != "cell_code_output":
                continue
            for piece in cell.children[1:]:
                before = cell.children[cell.index(piece) - 1]
                if "stream" in piece.get("classes", ()) and piece["classes"] == before["classes"]:
                    before.rawsource = before.astext() + piece.astext()
                    before.children = [nodes.Text(before.rawsource)]
                    cell.remove(piece)


def drop_thebe(app, config):
    """Without sphinx-thebe: jupyter-book adds it, and it puts a CDN's address on each page."""
    for listeners in list(app.events.listeners.values()):
        for listener in list(listeners):
            if listener.handler.__module__ == "sphinx_thebe":
                app.disconnect(listener.id)
    app.registry.css_files = [f for f in app.registry.css_files if f[0] != "sphinx-thebe.css"]


def add_static(app, config):
    config.html_static_path.append(str(STATIC))


def copy_mathjax(app):
    if app.builder.format != "html":
        return
    package = importlib.util.find_spec("sphinx-mathjax-offline")
    source = Path(package.submodule_search_locations[0], "static", "mathjax")
    target = Path(app.outdir, "_static", "mathjax")
    target.mkdir(parents=True, exist_ok=True)
    parts = [(source / name).read_text(encoding="utf8") for name in MATHJAX]
    parts.insert(1, f"MathJax.loader.preLoad(...{MATHJAX_LOADED});")
    own = (HERE / "mathjax.js").read_text(encoding="utf8")
    script = own.replace("/* parts */", "\n".join(parts))
    (target / "mathjax.js").write_text(script, encoding="utf8")
    for folder in MATHJAX_FOLDERS:
        shutil.copytree(source / folder, target / folder, dirs_exist_ok=True)


def mend_page(app, pagename, templatename, context, doctree):
    context["without_unused"] = lambda html: UNUSED.sub("", html)  # for templates/layout.html
    body = context.get("body", "")
    for old, new in MENDED.items():
        body = body.replace(old, new)
    context["body"] = body
    unused = [asset for asset, text in WHERE_USED.items() if not re.search(text, body)]
    if unused:
        asset = re.compile("|".join(unused), re.IGNORECASE)
        for files in (context["script_files"], context["css_files"]):
            files[:] = [f for f in files if not asset.search(_text(f))]


def _text(file) -> str:
    return f"{file.filename or ''} {file.attributes.get('body', '')}"


def finish(app, exception):
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    url = app.builder.get_target_uri(app.config.root_doc)
    if not (out / "index.html").exists():
        (out / "index.html").write_text(HOME.format(url=url, title=app.config.html_title))
    for page in out.rglob("*.html"):  # scripts choose the theme; without them the page is light
        html = page.read_text(encoding="utf8")
        page.write_text(html.replace('data-theme="auto"', 'data-theme="light"', 1), encoding="utf8")
    shutil.copy(HERE / "offline.js", out)  # a worker serves the folder that it lies in
    site_icons.cut_down(out)
    for pattern in UNUSED_FILES:
        for path in (out / "_static").glob(pattern):
            path.unlink()


def setup(app):
    app.add_post_transform(WholeStreams)
    app.connect("config-inited", drop_thebe)
    app.connect("config-inited", add_static)
    app.connect("builder-inited", copy_mathjax)
    app.connect("html-page-context", mend_page, priority=900)  # after all who add scripts
    app.connect("build-finished", finish, priority=400)  # before those who would add an index.html
    app.add_css_file("book.css", priority=900)
    app.add_js_file("book.js", loading_method="defer", priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
