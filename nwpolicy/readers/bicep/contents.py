"""The functions of Bicep that read files: loadTextContent, loadJsonContent, loadYamlContent, loadFileAsBase64.

Source: Microsoft Learn, "File functions for Bicep".
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Final

from nwpolicy.model.diagnostics import InputError
from nwpolicy.readers.bicep import syntax
from nwpolicy.readers.bicep.misuse import Misuse
from nwpolicy.readers.bicep.pieces import literal
from nwpolicy.readers.tree import Raw

__all__ = ["content", "escaped"]

_STEP: Final = "."


def content(call: syntax.Call, read: Callable[[str], tuple[str, str]]) -> Raw:
    """The value of a call. Raises Misuse."""
    given = [argument.plain if isinstance(argument, syntax.Text) else None for argument in call.arguments]
    if not given or given[0] is None or (len(given) > 1 and given[1] is None):
        raise Misuse(f"{call.name} takes the path of a file, as a string without expressions", call)
    try:
        path, text = read(given[0])
        raw = _parsed(call.name, path, text)
    except InputError as error:
        first = error.diagnostics[0]
        raise Misuse(f"cannot read {given[0]}: {first.location}: {first.message}", call) from None
    if call.name in {"loadJsonContent", "loadYamlContent"} and len(given) > 1:
        return _within(raw, (given[1] or "").removeprefix("$").strip(_STEP).split(_STEP), call)
    return raw


def _parsed(function: str, path: str, text: str) -> Raw:
    match function:
        case "loadJsonContent":
            from nwpolicy.readers import jsontext

            return jsontext.parse(path, text)[0]
        case "loadYamlContent":
            from nwpolicy.readers import yamltext

            return yamltext.parse(path, text)[0]
        case "loadFileAsBase64":
            return b64encode(text.encode()).decode()
        case _:
            return text


def _within(raw: Raw, steps: Sequence[str], call: syntax.Call) -> Raw:
    """What a path of names leads to in a file."""
    for step in filter(None, steps):
        if not isinstance(raw, dict) or step not in raw:
            raise Misuse(f"there is no '{step}' in the file", call.arguments[1])
        raw = raw[step]
    return raw


def escaped(raw: Raw) -> Raw:
    """The same in a template, where brackets around a string would make it an expression."""
    match raw:
        case dict():
            return {literal(key): escaped(child) for key, child in raw.items()}
        case list():
            return [escaped(child) for child in raw]
        case str():
            return literal(raw)
        case _:
            return raw
