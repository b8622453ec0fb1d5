"""What all pictures have in common: lines of text, how wide they are, and the document around everything.

One SVG without scripts, links or fonts of its own. Everything goes through ElementTree, which escapes it, and the same
elements give the same bytes.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Final
from unicodedata import east_asian_width
from xml.etree import ElementTree as ET

from nwpolicy.reports.screen import clean

__all__ = ["add_text", "fitted", "new_svg", "svg_document", "text_width"]

_LOOKS: Final = {"anchor": "text-anchor", "weight": "font-weight", "css": "class"}
#: Widths by the size of the font, generous for any common sans-serif font.
_WIDE, _BROAD, _USUAL, _NARROW, _BOLD = 1.1, 0.9, 0.64, 0.4, 1.12
_NARROW_CHARACTERS: Final = frozenset("iIl.,:;'|!()[]/ fjt-")
_BROAD_CHARACTERS: Final = frozenset("mwMW@%→←↔…")


def new_svg(title: str) -> ET.Element:
    """The outermost element. Without its title first, a picture says nothing to those who do not see it."""
    root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", "font-family": "sans-serif"})
    ET.SubElement(root, "title").text = clean(title)
    return root


def svg_document(root: ET.Element, width: float, height: float) -> str:
    """The picture in its size, as text."""
    root.set("viewBox", f"0 0 {width:.0f} {height:.0f}")
    root.set("width", f"{width:.0f}")
    root.set("height", f"{height:.0f}")
    ET.indent(root, " ")
    return f"{ET.tostring(root, encoding='unicode')}\n"


def add_text(parent: ET.Element, x: float, y: float, text: str, *, size: int = 11, **look: str) -> ET.Element:
    """A line of text; what looks are called in SVG with a hyphen has a short name here."""
    attributes = {_LOOKS.get(name, name): value for name, value in look.items()}
    element = ET.SubElement(parent, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "font-size": f"{size}", **attributes})
    element.text = clean(text)
    return element


def text_width(text: str, size: int = 11, *, bold: bool = False) -> float:
    """About how wide a line of text is, rather too much than too little."""
    return size * sum(map(_character_width, clean(text))) * (_BOLD if bold else 1)


def fitted(text: str, room: float, size: int = 11, *, bold: bool = False) -> str:
    """The text, cut where it would need more room."""
    if text_width(text, size, bold=bold) <= room:
        return text
    room -= text_width("…", size, bold=bold)
    kept = accumulate(text_width(character, size, bold=bold) for character in text)
    return f"{text[: sum(width <= room for width in kept)]}…"


def _character_width(character: str) -> float:
    if character in _NARROW_CHARACTERS:
        return _NARROW
    if character in _BROAD_CHARACTERS or character.isupper():
        return _BROAD
    return _WIDE if east_asian_width(character) in "WF" else _USUAL
