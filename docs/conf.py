"""How the documentation is built: ``nox -s docs``. The API reference comes from the installed hostmode."""

from __future__ import annotations

import inspect
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sphinx.errors import ExtensionError

import hostmode

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE: Final = Path(__file__).parent
RESULTS: Final = HERE.parent / "benchmarks" / "results"

NATIVE_TYPES: Final = (
    (r"self: [\w.]+(, )?", ""),
    (r"(typing\.)?SupportsFloat \| (typing\.)?SupportsIndex", "float"),
    (r"(typing\.)?SupportsInt \| (typing\.)?SupportsIndex", "int"),
    (r"collections\.abc\.", ""),
    (r"hostmode\._core\.", ""),
)

project = "hostmode"
author = "hostmode developers"
copyright = "hostmode developers"  # noqa: A001 - Sphinx's name
release = version = hostmode.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_generated"]  # included by pages
nitpicky = True
# Types of other projects, whose reference is not at hand where the site is built without a network.
nitpick_ignore_regex = [
    ("py:.*", r"(np|npt|numpy|typing|types|collections|asyncio|os)\..*|Buffer"),
    # The words of NumPy-style types.
    (
        "py:class",
        r"\"\w+\"|Fraction|Path|ndarray|float32|float64|u?int\d+|shape|callable|[kmn]|\d+|vertices|triangles|balls|eye|height|width|start",
    ),
]

# Reports of benchmarks may skip levels of headings, or have none.
suppress_warnings = ["myst.header"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_class_signature = "mixed"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_param = False  # types are words for people, not links
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"hostmode {release}"
html_static_path = ["_static"]
html_css_files = ["hostmode.css"]
html_show_sphinx = False
html_copy_source = False
highlight_language = "text"  # figures in a block without a language are no program
pygments_style = "friendly"
pygments_dark_style = "github-dark"


def gather_results(app: Sphinx) -> None:
    """Copy what the benchmarks wrote, and make one page fragment of it: none is there before they have run."""
    target = HERE / "_generated"
    target.mkdir(exist_ok=True)
    reports = sorted(path for path in RESULTS.glob("*.md") if path.name != "README.md")
    parts = [demoted(path.read_text(encoding="utf-8")) for path in reports]
    if not parts:
        parts = ["*No results are stored in this checkout. `nox -s bench` writes them to `benchmarks/results`.*"]
    text = "\n\n".join(parts) + "\n"
    fragment = target / "results.md"
    if not fragment.exists() or fragment.read_text(encoding="utf-8") != text:
        fragment.write_text(text, encoding="utf-8")


def demoted(text: str) -> str:
    """Put a report below the heading of the page; links to files become text, as these are not on the site."""
    text = re.sub(r"(?m)^(#{1,4}) ", r"##\1 ", text)
    return re.sub(r"!?\[([^\]]*)\]\((?!https?:)[^)]*\)", r"\1", text)


class Fetches(HTMLParser):
    """Collect what a browser would load from elsewhere to show a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = {"script": "src", "img": "src", "link": "href", "iframe": "src"}.get(tag)
        address = dict(attrs).get(name) if name else None
        if address and re.match(r"(https?:)?//", address):
            self.found.append(address)


def refuse_foreign_assets(app: Sphinx, error: Exception | None) -> None:
    """Fail where a page is not self-contained: it must be readable offline and tell nobody that it is read."""
    if error is not None or app.builder.format != "html":
        return
    for path in Path(app.outdir).rglob("*.html"):
        page = Fetches()
        page.feed(path.read_text(encoding="utf-8"))
        if page.found:
            raise ExtensionError(f"{path}: loads {page.found[0]}")
    for path in Path(app.outdir).rglob("*.css"):
        if match := re.search(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//[^)'\"]*", path.read_text(encoding="utf-8")):
            raise ExtensionError(f"{path}: loads {match[0]}")


def readable_signature(
    app: Sphinx, what: str, name: str, obj: Any, options: object, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """Show the signatures that pybind11 generates as a person would write them; docstrings have the types."""
    return (without_noise(signature) if signature else signature, without_noise(returns) if returns else returns)


def without_noise(signature: str) -> str:
    """Leave out what pybind11 adds: the first parameter, the module, and every type that becomes a number."""
    for pattern, replacement in NATIVE_TYPES:
        signature = re.sub(pattern, replacement, signature)
    return signature


def give_native_classes_their_signature() -> None:
    """Tell autodoc how native classes are made, which pybind11 writes into the docstring of `__init__`."""
    for native in (hostmode.Player, hostmode.PlayerConfig, hostmode.Event):
        described = re.match(r"__init__(\(.*\)) -> None", native.__init__.__doc__ or "")
        assert described is not None, native
        scope: dict[str, Any] = {}
        exec(f"from __future__ import annotations\ndef made{without_noise(described[1])}: ...", scope)
        native.__signature__ = inspect.signature(scope["made"])  # type: ignore[attr-defined]


def one_function(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Leave out of a docstring that pybind11 assembled from overloads how it was assembled."""
    lines[:] = [
        line
        for line in lines
        if not re.match(r"\w+\(\*args, \*\*kwargs\)$|Overloaded function\.|\d+\. \w+\(self: ", line)
    ]


def setup(app: Sphinx) -> None:
    """Take part in the build."""
    give_native_classes_their_signature()
    app.connect("autodoc-process-signature", readable_signature)
    app.connect("autodoc-process-docstring", one_function, priority=400)  # before Napoleon
    app.connect("builder-inited", gather_results)
    app.connect("build-finished", refuse_foreign_assets)
