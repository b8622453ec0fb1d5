"""JSON text to plain Python values.

`parse` accepts JSON as RFC 8259 defines it and what Azure Resource Manager takes in templates beyond that: `//` and
`/* */` comments, strings that run over several lines, and a comma after the last element (which Azure PowerShell
deploys and other tools refuse: Azure/azure-powershell, issue 353). It refuses what other readers let pass silently:
keys given twice, of which nobody documents which one counts, NaN and infinite numbers, halves of surrogate pairs.
"""

from __future__ import annotations

import re

from nwpolicy.model.source import Document
from nwpolicy.readers.jsonscan import CONTROL, SURROGATE, scan
from nwpolicy.readers.jsonvalues import decoded
from nwpolicy.readers.places import Fault, input_error, locator
from nwpolicy.readers.tree import Raw

__all__ = ["parse"]

#: What never ends runs to the end of the text: looking for its end from every later quote again would be quadratic.
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
_STRING_OR_COMMENT = re.compile(rf"{_STRING}|(//[^\r\n]*|/\*.*?\*/)|/\*.*\Z", re.DOTALL)
_SPACE = r"[ \t\r\n]*+"
_TRAILING_COMMA = re.compile(rf"((?:{_STRING}|[\w\]}}]){_SPACE}),(?={_SPACE}[\]}}])|{_STRING}", re.DOTALL)
_COMMA_BEFORE_END = re.compile(rf",{_SPACE}[\]}}]")
_NOT_LINE_END = re.compile(r"[^\r\n]")


def parse(path: str, text: str) -> tuple[Raw, Document]:
    """The value of a JSON text and its document; raises InputError where the text cannot be read."""
    plain = text = text.removeprefix("\ufeff")
    try:
        raw = _load(plain)
    except (ValueError, RecursionError):
        plain = _without_trailing_commas(_without_comments(text))
        raw = _load_or_explain(path, text, plain)
    return raw, Document(path, text, locator(text, lambda: scan(plain)[0]))


def _load_or_explain(path: str, text: str, plain: str) -> Raw:
    """The quick reader only says yes or no; the scanner knows what is wrong, and where."""
    try:
        return _load(plain)
    except (ValueError, RecursionError) as error:
        doubt = Fault("invalid-json", f"this is not JSON: {error}", 0, 0)
        raise input_error(path, text, scan(plain)[1] or [doubt]) from None


def _load(text: str) -> Raw:
    """The value, or ValueError or RecursionError for every text that is to be refused."""
    if CONTROL.search(text):
        raise ValueError("control character")
    raw = decoded(text)
    if SURROGATE.search(text) and scan(text)[1]:
        raise ValueError("lone surrogate")
    return raw


def _without_comments(text: str) -> str:
    """The text with its comments blanked in place, so that every offset stays what it was."""
    if "//" not in text and "/*" not in text:
        return text
    return _STRING_OR_COMMENT.sub(
        lambda match: match[0] if match[1] is None else _NOT_LINE_END.sub(" ", match[1]), text
    )


def _without_trailing_commas(text: str) -> str:
    """The text with commas behind the last value of an array or object blanked in place."""
    if _COMMA_BEFORE_END.search(text) is None:
        return text
    return _TRAILING_COMMA.sub(lambda match: match[0] if match[1] is None else f"{match[1]} ", text)
