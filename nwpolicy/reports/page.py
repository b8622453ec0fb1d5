"""Answers as one HTML file that needs nothing else: no network, no other file, and no script to be read.

Every text of the input is escaped by Jinja2. The page's policy lets it run and style itself by the very script and
style that it has here, and nothing else, from wherever it is opened.

Sources: W3C, Content Security Policy Level 3, hashes of inline scripts and styles; W3C, WAI-ARIA.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from nwpolicy.reports.screen import clean

__all__ = ["page_text"]

_TEMPLATES: Final = Path(__file__).resolve().parent / "templates"


def page_text(template: str, **given: object) -> str:
    """The page; the same answer gives the same bytes."""
    page: str = _environment().get_template(template).render(**given)
    return f"{page}\n"


def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, finalize=_finalized
    )
    style, script = (_file(name) for name in ("page.css", "page.js"))
    environment.globals.update(style=style, script=script, style_hash=_hash(style), script_hash=_hash(script))
    return environment


def _finalized(value: object) -> object:
    """Text of the input without control characters; what the page itself has made stays as it is."""
    return clean(value) if type(value) is str else value


def _file(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
