"""The build half of the static widget host: ``static/host.js`` is the other half.

A notebook that has run leaves the state of its widgets in the page. This Sphinx extension keeps
what can live without a kernel – anywidget front ends, boxes around them, ``jslink``s between them –
and writes it for ``host.js``: one small JSON text per page, and each front end's program and style
once for the whole site. Whatever needs a kernel would be a dead control: it becomes a warning,
which ``sphinx-build -W`` turns into an error.
"""

from __future__ import annotations

import hashlib
import json
from html import escape
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

VIEW = "application/vnd.jupyter.widget-view+json"
REFERENCE = "IPY_MODEL_"
BOXES = {"BoxModel": "row", "HBoxModel": "row", "VBoxModel": "column", "GridBoxModel": "grid"}
LINKS = {"LinkModel": "both", "DirectionalLinkModel": "forward"}
# A classic script, because that also loads from file://. It begins to compile while the page is
# still being read; what goes wrong, host.js says in the widget's place.
PROGRAM = """\
(() => {{
  const url = URL.createObjectURL(new Blob([{text}], {{ type: "text/javascript" }}));
  const program = import(url).finally(() => URL.revokeObjectURL(url));
  program.catch(() => {{}});
  (window.cnnbook ??= {{}})[{key}] = program;
}})();
"""
STATIC = Path(__file__).parent / "static"
DEAD = {"type": "widget_host", "subtype": "dead_control"}
log = logging.getLogger(__name__)


class Widgets:
    """The widgets of one page, under short names that are the same in every build."""

    def __init__(self, env, docname: str):
        # The one place that touches a myst-nb internal; tests/site/test_host.py holds it.
        _, script = NbMetadataCollector.get_js_files(env, docname).get(
            "ipywidgets_state", (None, {"body": "{}"})
        )
        self.models: dict[str, dict] = json.loads(script["body"]).get("state", {})
        self.names: dict[str, str] = {}
        count: dict[str, int] = {}
        for key, model in self.models.items():  # in the order in which the notebook made them
            # e.g. cnnlib.widgets.convolution_explorer.ConvolutionExplorer, or HBoxModel
            name = model["state"].get("_anywidget_id", model["model_name"]).rpartition(".")[2]
            name = name.removesuffix("Model")
            count[name] = count.get(name, 0) + 1
            self.names[key] = name if count[name] == 1 else f"{name}-{count[name]}"

    def page_state(self) -> tuple[dict, list[str]]:
        """What host.js needs to know, and complaints about what cannot live on a static page."""
        models: dict[str, dict] = {}
        links = []
        complaints = []
        for key, model in self.models.items():
            module, kind = model["model_module"], model["model_name"]
            traits, name = model["state"], self.names[key]
            if module == "@jupyter-widgets/base" or kind.endswith("StyleModel"):
                continue  # layouts are read where they are used, styles belong to controls
            if module == "anywidget":
                complaints += [f"{name} {why}" for why in _unspeakable(model)]
                models[name] = {
                    "module": fingerprint(traits["_esm"]),
                    "style": self._layout(traits),
                    "state": _own_traits(traits),
                }
            elif kind in BOXES:
                children = [self._name(child) for child in traits["children"]]
                style = self._layout(traits)
                models[name] = {"box": BOXES[kind], "style": style, "children": children}
            elif kind in LINKS:
                ends = [[self._name(end), trait] for end, trait in _ends(traits)]
                links.append([*ends, LINKS[kind]])
            else:
                complaints.append(
                    f"{name} ({module}.{kind}) needs a kernel and would be a dead control: use a "
                    "widget of cnnlib.widgets, a box or a jslink"
                )
        for source, target, _ in links:
            for name, trait in (source, target):
                if "module" not in models.get(name, {}):
                    complaints.append(f"a jslink joins {name}.{trait}, which has no front end here")
        return {"models": models, "links": links}, complaints

    def programs(self) -> set[tuple[str, str, str]]:
        """(name, program, style) of each front end on this page."""
        return {
            (
                self.names[key].partition("-")[0],
                model["state"]["_esm"],
                model["state"].get("_css") or "",
            )
            for key, model in self.models.items()
            if model["model_module"] == "anywidget"
        }

    def _name(self, reference: str) -> str:
        return self.names[reference.removeprefix(REFERENCE)]

    def _layout(self, traits: dict) -> dict[str, str]:
        """The CSS that a widget's ``layout`` asks for."""
        layout = self.models.get((traits.get("layout") or "").removeprefix(REFERENCE))
        return {
            trait.replace("_", "-"): value
            for trait, value in (layout["state"] if layout else {}).items()
            if trait[0] != "_" and value is not None
        }


def _ends(traits: dict) -> tuple:
    return traits["source"], traits["target"]


def _own_traits(traits: dict) -> dict:
    """Without what only Jupyter reads."""
    jupyter = ("layout", "tabbable", "tooltip")
    return {name: v for name, v in traits.items() if name[0] != "_" and name not in jupyter}


def _unspeakable(model: dict):
    """Why the state of a model cannot be written as JSON."""
    if model.get("buffers"):
        paths = ", ".join(".".join(map(str, buffer["path"])) for buffer in model["buffers"])
        yield f"has binary traits ({paths}): use lists or a data URL"
    for name, value in _own_traits(model["state"]).items():
        try:
            json.dumps(value, allow_nan=False)
        except ValueError:
            yield f"has a number in {name} that JSON does not know: nan or inf"


def fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def script_json(value) -> str:
    """JSON that may stand inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("</", "<\\/").replace("<!--", "<\\u0021--")


class Placeholders(SphinxPostTransform):
    """A place for the host in each widget's output, with words for readers without JavaScript."""

    default_priority = 3  # before myst-nb selects one mime type and forgets the text
    formats = ("html",)

    def run(self, **kwargs):
        names = Widgets(self.env, self.env.docname).names
        seen = set()
        for bundle in self.document.findall(nodes.container):
            outputs = {child.get("mime_type"): child for child in bundle.children}
            if bundle.get("nb_element") != "mime_bundle" or VIEW not in outputs:
                continue
            # the notebook's words for it, and its anchor: only the first view can have that
            script = outputs[VIEW].children[0].astext()
            view = json.loads(script.partition(">")[2].rpartition("<")[0])
            name = names.get(view["model_id"])
            if name is None:
                log.warning(
                    "shows a widget without its state: execute the notebook when you build",
                    location=self.env.docname,
                    **DEAD,
                )
                continue
            text = outputs["text/plain"].astext() if "text/plain" in outputs else name
            anchor = "" if name in seen else f' id="{name}"'
            seen.add(name)
            if "text/html" in outputs:  # the widget has a form that needs no script
                fallback = outputs["text/html"].astext()
            else:
                fallback = (
                    f'<div class="host-fallback"><code>{escape(text)}</code>'
                    "<noscript> – an interactive figure; it needs JavaScript.</noscript></div>"
                )
            html = f'<div class="host-widget"{anchor} data-model="{name}">{fallback}</div>'
            outputs[VIEW].children = [nodes.raw("", html, format="html")]


def add_page(app, pagename, templatename, context, doctree):
    """Bring the page its widgets' state and programs instead of the CDN's widget manager."""
    if doctree is None or app.builder.format != "html":
        return
    widgets = Widgets(app.env, pagename)
    if not widgets.models:
        return
    NbMetadataCollector.get_js_files(app.env, pagename).pop("ipywidgets_state")
    state, complaints = widgets.page_state()
    for complaint in complaints:
        log.warning(complaint, location=pagename, **DEAD)
    folder = Path(app.outdir, "_static", "widgets")
    folder.mkdir(parents=True, exist_ok=True)
    for name, program, style in sorted(widgets.programs()):
        key = fingerprint(program)
        script = PROGRAM.format(key=json.dumps(key), text=script_json(program))
        (folder / f"{name}-{key}.js").write_text(script, encoding="utf8")
        app.add_js_file(f"widgets/{name}-{key}.js", priority=300)  # not deferred: it starts early
        if style:
            sheet = f"{name}-{fingerprint(style)}.css"
            (folder / sheet).write_text(style, encoding="utf8")
            app.add_css_file(f"widgets/{sheet}")
    body = script_json(state)
    for key, name in widgets.names.items():  # a trait may hold a reference to another widget
        body = body.replace(key, name)
    app.add_js_file(None, body=body, type="application/json", id="cnnbook-state", priority=300)
    app.add_js_file("host.js", priority=301)  # not deferred: see showAll
    app.add_css_file("host.css")


def no_cdn(app, config):
    config.nb_ipywidgets_js = {}
    config.html_static_path.append(str(STATIC))


def setup(app):
    app.connect("config-inited", no_cdn)
    app.add_post_transform(Placeholders)
    app.connect("html-page-context", add_page, priority=400)  # before myst-nb's own, at 500
    return {"parallel_read_safe": True, "parallel_write_safe": True}
