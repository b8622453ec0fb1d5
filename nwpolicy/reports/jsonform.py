"""Answers as JSON: attribute names in camelCase, places as objects, nothing left out. The schemas are in `schemas/`."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.answers import Answer

__all__ = ["SCHEMA_VERSION", "as_json", "camel", "dumps", "json_text", "plain", "versioned"]

#: Raised when a reader of the old form would misread the new one.
SCHEMA_VERSION: Final = 1

#: IP flow verify's own answer stands first.
_FIRST: Final = ("schemaVersion", "access", "ruleName", "ruleId", "verdict")


def json_text(answer: Answer) -> str:
    """One JSON document, indented, with a line end."""
    return f"{dumps(as_json(answer), indent=2)}\n"


def dumps(value: object, indent: int | None = None) -> str:
    """Plain JSON values as text.

    It is the same in every locale and harmless in every log: other characters than ASCII are escaped, and so is what
    Azure Pipelines would take for a command (`##vso[`; Microsoft Learn, Azure Pipelines logging commands).
    """
    text = json.dumps(value, indent=indent)
    return text.replace("##", "#\\u0023").replace("\x7f", "\\u007f")


def as_json(answer: Answer) -> dict[str, Any]:
    """The answer as plain JSON values."""
    values = versioned(answer)
    first: dict[str, Any] = {key: values[key] for key in _FIRST if key in values}
    return {**first, **values}


def versioned(answer: object) -> dict[str, Any]:
    """An answer's values behind the version of their form."""
    return {"schemaVersion": SCHEMA_VERSION, **plain(answer)}


def plain(value: object) -> Any:
    """The value in JSON's own terms."""
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
                "location": plain(value.location),
            }
        case Enum():
            return value.value
        case tuple():
            return [plain(element) for element in value]
        case _ if is_dataclass(value):
            return {camel(item.name): plain(getattr(value, item.name)) for item in fields(value)}
        case _:
            return value


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
