"""Remarks as commands of build systems: workflow commands of GitHub Actions, logging commands of Azure Pipelines.

Sources: GitHub Docs, Workflow commands for GitHub Actions; Microsoft Learn, Azure Pipelines logging commands. Both
show a limited number of them, so the most severe come first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.readers.repository import repository_path
from nwpolicy.reports.remarks import Remark
from nwpolicy.reports.screen import clean

__all__ = ["azure_commands", "github_commands"]

_ORDER: Final = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
_GITHUB: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
#: Azure Pipelines knows no third sort.
_AZURE: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "warning"}


def github_commands(remarks: Iterable[Remark], warnings: Iterable[str], summary: str) -> str:
    """One command a remark, others for what is said of no place, and a notice that counts them."""
    lines = [_github(remark) for remark in _ordered(remarks)]
    lines += [f"::warning title=nwpolicy::{_data(text)}" for text in warnings]
    lines.append(f"::notice title=nwpolicy::{_data(summary)}")
    return "".join(f"{line}\n" for line in lines)


def _ordered(remarks: Iterable[Remark]) -> list[Remark]:
    return sorted(remarks, key=lambda one: (_ORDER.index(one.severity), one.location, one.code, one.sentence))


def _github(remark: Remark) -> str:
    span = remark.location.span
    properties = {
        "file": repository_path(remark.location.file),
        "line": str(span.line),
        "endLine": str(span.end_line),
        "title": f"{remark.code} {remark.name}",
    }
    if span.line == span.end_line:  # columns of several lines are refused
        properties |= {"col": str(span.column), "endColumn": str(max(span.column, span.end_column - 1))}
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_GITHUB[remark.severity]} {written}::{_data(_text(remark))}"


def _text(remark: Remark) -> str:
    """Its lines; what a file's author wrote makes no lines of its own."""
    return "\n".join(clean(part) for part in (remark.sentence, remark.reason, *remark.more) if part)


def _data(text: str) -> str:
    return "%0A".join(clean(line.replace("%", "%25")) for line in text.split("\n"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def azure_commands(remarks: Iterable[Remark], warnings: Iterable[str], summary: str) -> str:
    """One command a remark, each on one line, others for what is said of no place, and a plain line that counts
    them."""
    lines = [_azure(remark) for remark in _ordered(remarks)]
    lines += [f"##vso[task.logissue type=warning]{_azure_data(text)}" for text in warnings]
    lines.append(clean(summary))
    return "".join(f"{line}\n" for line in lines)


def _azure(remark: Remark) -> str:
    span = remark.location.span
    properties = {
        "type": _AZURE[remark.severity],
        "sourcepath": repository_path(remark.location.file),
        "linenumber": str(span.line),
        "columnnumber": str(span.column),
        "code": remark.code,
    }
    written = ";".join(f"{name}={_azure_property(value)}" for name, value in properties.items())
    return f"##vso[task.logissue {written}]{_azure_data(' - '.join(_text(remark).splitlines()))}"


def _azure_data(text: str) -> str:
    return clean(text.replace("%", "%AZP25"))


def _azure_property(text: str) -> str:
    return _azure_data(text).replace("]", "%5D").replace(";", "%3B")
