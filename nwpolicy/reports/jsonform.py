"""Answers as JSON: attribute names in camelCase, places as objects, nothing left out. The schemas are in `schemas/`."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.answers import Answer

__all__ = ["SCHEMA_VERSION", "as_json", "json_text"]

#: Raised when a reader of the old form would misread the new one.
SCHEMA_VERSION: Final = 1

#: IP flow verify's own answer stands first.
_FIRST: Final = ("schemaVersion", "access", "ruleName", "ruleId", "verdict")


def json_text(answer: Answer) -> str:
    """One JSON document, indented, with a line end.

    It is the same in every locale and harmless in every log: other characters than ASCII are escaped, and so is what
    Azure Pipelines would take for a command (`##vso[`; Microsoft Learn, Azure Pipelines logging commands).
    """
    text = json.dumps(as_json(answer), indent=2)
    return text.replace("##", "#\\u0023").replace("\x7f", "\\u007f") + "\n"


def as_json(answer: Answer) -> dict[str, Any]:
    """The answer as plain JSON values."""
    values = {"schemaVersion": SCHEMA_VERSION, **_plain(answer)}
    first = {key: values[key] for key in _FIRST if key in values}
    return {**first, **values}


def _plain(value: object) -> Any:
    match value:
        case SourceLocation():
            span = value.span
            place = {"line": span.line, "column": span.column, "endLine": span.end_line, "endColumn": span.end_column}
            return {"file": value.file, **place}
        case Diagnostic():
            return {
                "severity": value.severity.value,
                "code": value.code,
                "message": value.message,
                "help": value.help,
                "location": _plain(value.location),
            }
        case Enum():
            return value.value
        case tuple():
            return [_plain(element) for element in value]
        case _ if is_dataclass(value):
            return {_camel(item.name): _plain(getattr(value, item.name)) for item in fields(value)}
        case _:
            return value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
