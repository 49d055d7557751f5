"""How the documentation is built: ``nox -s docs``. The API reference comes from the installed hostmode."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sphinx.errors import ExtensionError

import hostmode

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE: Final = Path(__file__).parent
RESULTS: Final = HERE.parent / "benchmarks" / "results"

project = "hostmode"
author = "hostmode developers"
copyright = "hostmode developers"  # noqa: A001 - Sphinx's name
release = version = hostmode.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_generated/results/*"]
nitpicky = True
# Types of other projects, whose reference is not at hand where the site is built without a network.
nitpick_ignore_regex = [
    ("py:.*", r"(np|npt|numpy|typing|types|collections|asyncio|os)\..*|Buffer"),
    ("py:class", r"ndarray|float32|float64|int16|shape|[kmn]|120"),  # the words of NumPy-style types
]

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
    """Put a report below the heading of the page; links to files, which are not on the site, become text."""
    text = re.sub(r"(?m)^(#{1,5}) ", r"#\1 ", text)
    return re.sub(r"!?\[([^\]]*)\]\((?!https?:|#)[^)]*\)", r"\1", text)


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


def setup(app: Sphinx) -> None:
    """Take part in the build."""
    app.connect("builder-inited", gather_results)
    app.connect("build-finished", refuse_foreign_assets)
