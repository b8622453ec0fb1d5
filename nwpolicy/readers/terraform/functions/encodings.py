"""Encoding and hash functions, and those for file names.

Source: HashiCorp, "Terraform language: Functions", Encoding Functions, Hash and Crypto Functions, Filesystem Functions.
"""

from __future__ import annotations

import base64
import binascii
import json
import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus

from nwpolicy.model.diagnostics import InputError
from nwpolicy.readers.terraform.functions.function import Functions, as_text, function
from nwpolicy.readers.terraform.values import EvaluationError, Undecided

if TYPE_CHECKING:
    import hashlib

__all__ = ["ENCODINGS"]

_NAMESPACES: Final = ("dns", "oid", "url", "x500")


def _base64decode(text: Any) -> str:
    try:
        return base64.b64decode(as_text(text), validate=True).decode()
    except (binascii.Error, ValueError):
        raise EvaluationError("the text is no UTF-8 in base 64") from None


def _jsondecode(text: Any) -> Any:
    from nwpolicy.readers import jsontext

    try:
        return jsontext.parse("", as_text(text))[0]
    except InputError as error:
        raise EvaluationError(f"the text is not JSON: {error.diagnostics[0].message}") from None


def _yamldecode(text: Any) -> Any:
    from nwpolicy.readers import yamltext

    try:
        return yamltext.parse("", as_text(text))[0]
    except InputError as error:
        raise EvaluationError(f"the text is not YAML: {error.diagnostics[0].message}") from None


def _csvdecode(text: Any) -> list[dict[str, str]]:
    import csv

    try:
        rows = list(csv.DictReader(as_text(text).splitlines(), strict=True))
    except csv.Error as error:
        raise EvaluationError(f"the text is not CSV: {error}") from None
    if any(None in row or None in row.values() for row in rows):
        raise EvaluationError("the rows of the CSV are not all of one length")
    return rows


def _jsonencode(value: Any) -> str:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    return text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")


def _yamlencode(value: Any) -> str:
    return "".join(f"{line}\n" for line in _yaml_lines(value))


def _yaml_lines(value: Any) -> Iterator[str]:
    """YAML with every string in quotes, as Terraform writes it."""
    match value:
        case dict() if value:
            for key, inner in sorted(value.items()):
                first, *rest = _yaml_lines(inner)
                is_short = not isinstance(inner, dict | list) or not inner
                yield from (f"{json.dumps(key)}: {first}",) if is_short else (f"{json.dumps(key)}:",)
                indent = "  " if isinstance(inner, dict) else ""
                yield from () if is_short else (f"{indent}{line}" for line in (first, *rest))
        case list() if value:
            for inner in value:
                first, *rest = _yaml_lines(inner)
                yield f"- {first}"
                yield from (f"  {line}" for line in rest)
        case str() if "\n" in value:
            raise Undecided  # Terraform writes it in lines, in one of several ways
        case _:
            yield json.dumps(value, ensure_ascii=False)


def _digest(name: str, text: Any) -> hashlib._Hash:
    import hashlib

    return hashlib.new(name, as_text(text).encode(), usedforsecurity=False)


def _hashed(name: str, text: Any) -> str:
    return _digest(name, text).hexdigest()


def _base64_hashed(name: str, text: Any) -> str:
    return base64.b64encode(_digest(name, text).digest()).decode()


def _uuidv5(namespace: Any, name: Any) -> str:
    import uuid

    written = as_text(namespace)
    try:
        space = getattr(uuid, f"NAMESPACE_{written.upper()}") if written in _NAMESPACES else uuid.UUID(written)
    except ValueError:
        raise EvaluationError(f"{written!r} is no namespace") from None
    return str(uuid.uuid5(space, as_text(name)))


ENCODINGS: Final[Functions] = {
    "base64decode": function(_base64decode, 1),
    "base64sha256": function(lambda text: _base64_hashed("sha256", text), 1),
    "base64sha512": function(lambda text: _base64_hashed("sha512", text), 1),
    "base64encode": function(lambda text: base64.b64encode(as_text(text).encode()).decode(), 1),
    "basename": function(lambda path: posixpath.basename(as_text(path)), 1),
    "csvdecode": function(_csvdecode, 1),
    "dirname": function(lambda path: posixpath.dirname(as_text(path)) or ".", 1),
    "jsondecode": function(_jsondecode, 1),
    "jsonencode": function(_jsonencode, 1),
    "md5": function(lambda text: _hashed("md5", text), 1),
    "sha1": function(lambda text: _hashed("sha1", text), 1),
    "sha256": function(lambda text: _hashed("sha256", text), 1),
    "sha512": function(lambda text: _hashed("sha512", text), 1),
    "urlencode": function(lambda text: quote_plus(as_text(text)), 1),
    "uuidv5": function(_uuidv5, 2),
    "yamldecode": function(_yamldecode, 1),
    "yamlencode": function(_yamlencode, 1),
}
