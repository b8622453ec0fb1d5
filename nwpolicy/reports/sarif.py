"""Findings as SARIF, with the edits that mend them.

What is suppressed or known is left out: code scanning takes no notice of `suppressions` and would open an alert for it
(GitHub Docs, SARIF support for code scanning, "result object"). The JSON form has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from nwpolicy.queries.lint.answer import LintAnswer
from nwpolicy.queries.lint.catalogue import CATALOGUE
from nwpolicy.queries.lint.entry import Entry
from nwpolicy.queries.lint.finding import Edit, Finding
from nwpolicy.reports.lintrules import paragraphs
from nwpolicy.reports.sariflog import MAX_RESULTS, ORDER, Json, left_out, location, log, region, related, rule, uri

__all__ = ["omissions", "sarif_text"]

_INDEX: Final = {rule_id: number for number, rule_id in enumerate(CATALOGUE)}


def sarif_text(answer: LintAnswer) -> str:
    """One run, in the order of the input; the most severe results if there are more than are kept."""
    ordered = sorted(answer.findings, key=lambda finding: ORDER.index(finding.severity))
    most = sorted(ordered[:MAX_RESULTS], key=lambda finding: finding.sort_key)
    return log(map(_rule, CATALOGUE.values()), list(map(_result, most)), [*answer.undecided, *omissions(answer)])


def omissions(answer: LintAnswer) -> list[str]:
    """What there was no room for, in words."""
    return left_out(len(answer.findings), "findings")


def _rule(entry: Entry) -> Json:
    source = f"Source: {entry.reference}"
    examples = f"Not like this:\n\n```\n{entry.bad}```\n\nBut like this:\n\n```\n{entry.good}```"
    texts = entry.summary, entry.rationale
    said = "\n\n".join(paragraphs(entry))
    help = f"{said}\n\n{source}", f"{said}\n\n{examples}\n\n{source}"
    return rule(entry.id, entry.name, texts, help, entry.severity, is_security=entry.id.startswith("NWP1"))


def _result(finding: Finding) -> Json:
    result: Json = {
        "ruleId": finding.rule,
        "ruleIndex": _INDEX[finding.rule],
        "level": finding.severity.value,
        **related(_message(finding), ((one.location, one.message) for one in finding.related)),
        "locations": [location(finding.location)],
        "partialFingerprints": {"nwpolicyFinding/v1": finding.fingerprint},
    }
    if finding.fix:
        result["fixes"] = [{"description": {"text": "mend it"}, "artifactChanges": list(_changes(finding.fix))}]
    return result


def _message(finding: Finding) -> Iterator[str]:
    yield finding.message
    if finding.reason:
        yield finding.reason
    if not finding.certain:
        yield "This may be, and is not certain."
    if finding.witness:
        yield f"Example: {finding.witness}"


def _changes(edits: tuple[Edit, ...]) -> Iterator[Json]:
    for path, several in groupby(edits, key=lambda edit: edit.location.file):
        replacements = [
            {"deletedRegion": region(edit.location), "insertedContent": {"text": edit.text}} for edit in several
        ]
        yield {"artifactLocation": {"uri": uri(path)}, "replacements": replacements}
