"""Findings as commands of build systems: workflow commands of GitHub Actions, logging commands of Azure Pipelines.

Sources: GitHub Docs, Workflow commands for GitHub Actions; Microsoft Learn, Azure Pipelines logging commands. Both
show a limited number of them, so the most severe come first.
"""

from __future__ import annotations

from typing import Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.queries.lint.answer import LintAnswer
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.reports.linting import sentence, summary
from nwpolicy.reports.screen import clean

__all__ = ["azure_text", "github_text"]

_ORDER: Final = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
_GITHUB: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
#: Azure Pipelines knows no third sort.
_AZURE: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "warning"}


def github_text(answer: LintAnswer) -> str:
    """One command a finding, and a notice that counts them."""
    lines = [_github(finding) for finding in _ordered(answer)]
    lines += [f"::warning title=nwpolicy::{_data(f'undecided: {text}')}" for text in answer.undecided]
    lines.append(f"::notice title=nwpolicy::{_data(summary(answer))}")
    return "".join(f"{line}\n" for line in lines)


def _ordered(answer: LintAnswer) -> list[Finding]:
    return sorted(answer.findings, key=lambda finding: (_ORDER.index(finding.severity), finding.sort_key))


def _github(finding: Finding) -> str:
    span = finding.location.span
    properties = {
        "file": finding.location.file.replace("\\", "/").removeprefix("./"),
        "line": str(span.line),
        "endLine": str(span.end_line),
        "title": f"{finding.rule} {finding.name}",
    }
    if span.line == span.end_line:  # columns of several lines are refused
        properties |= {"col": str(span.column), "endColumn": str(max(span.column, span.end_column - 1))}
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_GITHUB[finding.severity]} {written}::{_data(_text(finding))}"


def _text(finding: Finding) -> str:
    """Its lines; what a file's author wrote makes no lines of its own."""
    parts = [sentence(finding), finding.reason or ""]
    parts += [f"example: {finding.witness}" if finding.witness else "", f"help: {finding.help}" if finding.help else ""]
    return "\n".join(clean(part) for part in parts if part)


def _data(text: str) -> str:
    return "%0A".join(clean(line.replace("%", "%25")) for line in text.split("\n"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def azure_text(answer: LintAnswer) -> str:
    """One command a finding, each on one line, and a plain line that counts them."""
    lines = [_azure(finding) for finding in _ordered(answer)]
    lines += [f"##vso[task.logissue type=warning]{_azure_data(f'undecided: {text}')}" for text in answer.undecided]
    lines.append(clean(summary(answer)))
    return "".join(f"{line}\n" for line in lines)


def _azure(finding: Finding) -> str:
    span = finding.location.span
    properties = {
        "type": _AZURE[finding.severity],
        "sourcepath": finding.location.file,
        "linenumber": str(span.line),
        "columnnumber": str(span.column),
        "code": finding.rule,
    }
    written = ";".join(f"{name}={_azure_property(value)}" for name, value in properties.items())
    return f"##vso[task.logissue {written}]{_azure_data(' - '.join(_text(finding).splitlines()))}"


def _azure_data(text: str) -> str:
    return clean(text.replace("%", "%AZP25"))


def _azure_property(text: str) -> str:
    return _azure_data(text).replace("]", "%5D").replace(";", "%3B")
