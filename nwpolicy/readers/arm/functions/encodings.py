"""The template functions for base64 and URIs.

Source: Microsoft Learn, "String functions for ARM templates".
"""

from __future__ import annotations

from typing import Final

from nwpolicy.readers.arm.functions.function import TEXT, Function, Functions, Undecided, partly
from nwpolicy.readers.arm.functions.strings import json_value
from nwpolicy.readers.arm.values import ExpressionError, Value, shown_text

__all__ = ["ENCODINGS"]

_DATA: Final = "data:"
_CHARACTER_SETS: Final = frozenset({"", "utf8", "utf-8", "us-ascii", "ascii"})


def _base64(text: str) -> str:
    from binascii import b2a_base64

    return b2a_base64(text.encode(), newline=False).decode()


def _base64_to_string(text: str) -> str:
    from binascii import a2b_base64

    try:
        return a2b_base64(text, strict_mode=True).decode()
    except ValueError:
        raise ExpressionError("the text is not base64") from None


def _data_uri(text: str) -> str:
    return f"data:text/plain;charset=utf8;base64,{_base64(text)}"


def _data_uri_to_string(uri: str) -> str:
    """Raises Undecided for a character set that is not told here."""
    head, comma, data = uri.partition(",")
    if not comma or not head.lower().startswith(_DATA):
        raise ExpressionError("the text is no data URI")
    options = [option.strip().lower() for option in head[len(_DATA) :].split(";")]
    charset = next((option.partition("=")[2] for option in options if option.startswith("charset=")), "")
    if charset not in _CHARACTER_SETS:
        raise Undecided
    return _base64_to_string(data) if "base64" in options else _unescaped(data)


def _escaped(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


def _unescaped(text: str) -> str:
    from urllib.parse import unquote

    return unquote(text)


def _uri(base: Value, relative: Value) -> str:
    """A base that ends in a slash keeps all of its path, another one only up to its last slash."""
    if not isinstance(base, str) or not isinstance(relative, str):
        raise Undecided(f"{shown_text(base)}/{shown_text(relative)}")
    scheme, separator, rest = base.partition("://")
    if not separator or not rest.strip("/"):
        raise Undecided(f"{base.rstrip('/')}/{relative.lstrip('/')}")  # no URI, but it may be set to a folder
    host, slash, path = rest.partition("/")
    is_rooted = relative.startswith("//") or (relative.startswith("/") and not base.endswith("/"))
    if is_rooted or "://" in relative or "?" in base or {".", ".."} & {*relative.split("/")}:
        raise Undecided  # such a reference is resolved by rules that the documentation does not spell out
    kept = path[: path.rfind("/") + 1] if slash else ""
    return f"{scheme}://{host}/{kept}{relative.lstrip('/')}"


ENCODINGS: Final[Functions] = {
    "base64": Function(_base64, (TEXT,)),
    "base64tojson": Function(lambda text: json_value(_base64_to_string(text)), (TEXT,)),
    "base64tostring": Function(_base64_to_string, (TEXT,)),
    "datauri": Function(_data_uri, (TEXT,)),
    "datauritostring": Function(_data_uri_to_string, (TEXT,)),
    "uri": partly(_uri, TEXT, TEXT),
    "uricomponent": Function(_escaped, (TEXT,)),
    "uricomponenttostring": Function(_unescaped, (TEXT,)),
}
