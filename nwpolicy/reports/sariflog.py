"""Logs in SARIF 2.1.0, within the limits of GitHub code scanning: what the linter's and the assertions' have in common.

Sources: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0; GitHub Docs, SARIF support for code
scanning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, Final, TypeAlias

from nwpolicy import __version__
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.source import SourceLocation
from nwpolicy.readers.repository import repository_path
from nwpolicy.reports.jsonform import dumps
from nwpolicy.reports.screen import clean

__all__ = [
    "MAX_RESULTS",
    "ORDER",
    "Json",
    "left_out",
    "location",
    "log",
    "plain",
    "region",
    "related",
    "rule",
    "uri",
]

Json: TypeAlias = dict[str, Any]

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
#: Code scanning keeps so many results of a run, places of a result, and characters of a text. Of other things that it
#: limits a log has few: one run, some sixty rules with three tags each (10 are kept), and no thread flows.
MAX_RESULTS: Final = 5_000
_MAX_RELATED: Final = 100
_MAX_TEXT: Final = 1024
#: From the most severe on.
ORDER: Final = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
#: How severe, on code scanning's scale, what concerns security is; the others are no security alerts.
_SECURITY: Final = {Severity.ERROR: "8.0", Severity.WARNING: "5.5", Severity.NOTE: "2.0"}
_PROBLEM: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
#: What a message would take for a link, or for an escape.
_MARKUP: Final = re.compile(r"([\\\[\]])")
#: Characters that may stand in a path of a URI.
_PLAIN: Final = re.compile(r"[^A-Za-z0-9._~/\-]")


def log(rules: Iterable[Json], results: Sequence[Json], notes: Iterable[str]) -> str:
    """One run."""
    driver = {"name": "nwpolicy", "semanticVersion": __version__, "rules": list(rules)}
    notifications = [{"level": "warning", "message": {"text": plain(note)}} for note in notes]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notifications}],
        "results": results,
    }
    return f"{dumps({'$schema': _SCHEMA, 'version': '2.1.0', 'runs': [run]}, indent=2)}\n"


def left_out(count: int, what: str) -> list[str]:
    """What to say of so many results if there is no room for all of them."""
    if count <= MAX_RESULTS:
        return []
    most = f"code scanning keeps the {MAX_RESULTS:,} most severe results of a run"
    return [f"{count - MAX_RESULTS:,} of {count:,} {what} are left out: {most}"]


def rule(
    rule_id: str, name: str, texts: tuple[str, str], help: tuple[str, str], severity: Severity, *, is_security: bool
) -> Json:
    """What is said of results of one sort: a short and a full description, help as plain text and as Markdown."""
    security = {"security-severity": _SECURITY[severity]} if is_security else {}
    return {
        "id": rule_id,
        "name": name,
        "shortDescription": {"text": texts[0][:_MAX_TEXT]},
        "fullDescription": {"text": texts[1][:_MAX_TEXT]},
        "help": {"text": help[0], "markdown": help[1]},
        "defaultConfiguration": {"level": severity.value},
        "properties": {
            "precision": "very-high",
            "problem.severity": _PROBLEM[severity],
            "tags": ["azure", "network", *(["security"] if is_security else [])],
            **security,
        },
    }


def related(message: Iterable[str], places: Iterable[tuple[SourceLocation, str]]) -> Json:
    """The lines of a message, with links to other places that have a part in it."""
    every = iter(places)
    known = tuple(islice(every, _MAX_RELATED))
    links = [f"[{plain(text)}]({number})" for number, (_, text) in enumerate(known, 1)]
    more = f" and {count:,} more" if (count := sum(1 for _ in every)) else ""
    lines = [*map(plain, message), *([f"See {', '.join(links)}{more}"] if links else [])]
    found: Json = {"message": {"text": "\n".join(lines)}}
    if known:
        found["relatedLocations"] = [
            {"id": number, **location(place), "message": {"text": plain(text)}}
            for number, (place, text) in enumerate(known, 1)
        ]
    return found


def location(place: SourceLocation) -> Json:
    return {"physicalLocation": {"artifactLocation": {"uri": uri(place.file)}, "region": region(place)}}


def region(place: SourceLocation) -> dict[str, int]:
    span = place.span
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def uri(path: str) -> str:
    """Code scanning takes a path for one from the root of the repository."""
    return _PLAIN.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), repository_path(path))


def plain(text: str) -> str:
    """A line of text that is no link, whatever a file's author wrote into a name."""
    return _MARKUP.sub(r"\\\1", clean(text))
