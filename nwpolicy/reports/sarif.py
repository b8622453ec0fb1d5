"""Findings as SARIF 2.1.0, within the limits of GitHub code scanning.

Sources: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0; GitHub Docs, SARIF support for code
scanning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from nwpolicy import __version__
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.lint.catalogue import CATALOGUE
from nwpolicy.queries.lint.entry import Entry
from nwpolicy.queries.lint.finding import Finding, Suppressed
from nwpolicy.queries.lint.linting import LintAnswer
from nwpolicy.reports.jsonform import dumps

__all__ = ["sarif_text"]

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
#: Code scanning keeps so many results of a run, and so many characters of a text.
_MAX_RESULTS: Final = 5000
_MAX_TEXT: Final = 1024
_MAX_RELATED: Final = 100
#: How severe, on code scanning's scale, a finding about exposure is; the others are no security alerts.
_SECURITY: Final = {Severity.ERROR: "8.0", Severity.WARNING: "5.5", Severity.NOTE: "2.0"}
_PROBLEM: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
_ORDER: Final = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
#: What a message would take for a link, or for an escape.
_MARKUP: Final = re.compile(r"([\\\[\]])")
#: Characters that may stand in a path of a URI.
_PLAIN: Final = re.compile(r"[^A-Za-z0-9._~/\-]")


def sarif_text(answer: LintAnswer) -> str:
    """One run, the most severe results first if there are more than are kept."""
    ordered = sorted(answer.findings, key=lambda finding: _ORDER.index(finding.severity))
    kept = sorted(ordered[:_MAX_RESULTS], key=lambda finding: finding.sort_key)
    results = [_result(finding) for finding in kept]
    room = _MAX_RESULTS - len(results)
    results += [_suppressed(one) for one in answer.suppressed[:room]]
    notes = [*answer.undecided]
    if len(kept) < len(ordered):
        notes.append(f"{len(ordered) - len(kept)} findings of lower severity are left out: {_MAX_RESULTS} are kept")
    run = {
        "tool": {"driver": _driver()},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": list(map(_notification, notes))}],
        "results": results,
    }
    return f"{dumps({'$schema': _SCHEMA, 'version': '2.1.0', 'runs': [run]}, indent=2)}\n"


def _driver() -> dict[str, Any]:
    return {"name": "nwpolicy", "semanticVersion": __version__, "rules": list(map(_rule, CATALOGUE.values()))}


def _rule(entry: Entry) -> dict[str, Any]:
    severity = {"security-severity": _SECURITY[entry.severity]} if entry.id.startswith("NWP1") else {}
    return {
        "id": entry.id,
        "name": entry.name,
        "shortDescription": {"text": entry.summary[:_MAX_TEXT]},
        "fullDescription": {"text": entry.rationale[:_MAX_TEXT]},
        "help": {"text": f"{entry.rationale}\n\nSource: {entry.reference}", "markdown": _markdown(entry)},
        "defaultConfiguration": {"level": entry.severity.value},
        "properties": {
            "precision": "very-high",
            "problem.severity": _PROBLEM[entry.severity],
            "tags": ["azure", "network", *(["security"] if severity else [])],
            **severity,
        },
    }


def _markdown(entry: Entry) -> str:
    examples = f"Not like this:\n\n```\n{entry.bad}```\n\nBut like this:\n\n```\n{entry.good}```"
    return f"{entry.rationale}\n\n{examples}\n\nSource: {entry.reference}"


def _notification(text: str) -> dict[str, Any]:
    return {"level": "warning", "message": {"text": text}}


def _result(finding: Finding) -> dict[str, Any]:
    related = finding.related[:_MAX_RELATED]
    links = [f"[{_plain(one.message)}]({number})" for number, one in enumerate(related, 1)]
    may = [] if finding.certain else ["This may be, and is not certain."]
    example = [f"Example: {finding.witness}"] if finding.witness else []
    said = [finding.message, *([finding.reason] if finding.reason else []), *may, *example]
    text = "\n".join([*map(_plain, said), *(["See " + ", ".join(links)] if links else [])])
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": list(CATALOGUE).index(finding.rule),
        "level": finding.severity.value,
        "message": {"text": text},
        "locations": [_location(finding.location)],
        "partialFingerprints": {"nwpolicyFinding/v1": finding.fingerprint},
    }
    if related:
        result["relatedLocations"] = [
            {"id": number, **_location(one.location), "message": {"text": _plain(one.message)}}
            for number, one in enumerate(related, 1)
        ]
    return result


def _suppressed(one: Suppressed) -> dict[str, Any]:
    return {**_result(one.finding), "suppressions": [{"kind": one.kind, "justification": one.reason}]}


def _location(location: SourceLocation) -> dict[str, Any]:
    return {
        "physicalLocation": {"artifactLocation": {"uri": _uri(location.file)}, "region": _region(location)},
    }


def _region(location: SourceLocation) -> dict[str, int]:
    span = location.span
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _uri(path: str) -> str:
    parts: Iterable[str] = path.replace("\\", "/").removeprefix("./").split("/")
    return _PLAIN.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), "/".join(parts))


def _plain(text: str) -> str:
    """A text that is no link, whatever a file's author wrote into a name."""
    return _MARKUP.sub(r"\\\1", text)
