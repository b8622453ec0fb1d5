"""Encoding and hash functions, and those for file names.

Source: HashiCorp, "Terraform language: Functions", Encoding Functions, Hash and Crypto Functions, Filesystem Functions.
"""

from __future__ import annotations

import base64
import binascii
import json
import posixpath
from typing import Any, Final

from nwpolicy.model.diagnostics import InputError
from nwpolicy.readers.terraform.functions.function import Functions, as_text, function
from nwpolicy.readers.terraform.values import EvaluationError

__all__ = ["ENCODINGS"]


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


def _hashed(name: str, text: Any) -> str:
    import hashlib

    return hashlib.new(name, as_text(text).encode(), usedforsecurity=False).hexdigest()


ENCODINGS: Final[Functions] = {
    "base64decode": function(_base64decode, 1),
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
    "yamldecode": function(_yamldecode, 1),
}
