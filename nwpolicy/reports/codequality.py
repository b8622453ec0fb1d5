"""Remarks as a Code Quality report of GitLab.

Source: GitLab Docs, Code Quality, "Code Quality report format".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.readers.repository import repository_path
from nwpolicy.reports.jsonform import dumps
from nwpolicy.reports.remarks import Remark
from nwpolicy.reports.screen import clean

__all__ = ["code_quality"]

_SEVERITIES: Final = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def code_quality(remarks: Iterable[Remark]) -> str:
    """A list, empty if there is nothing to say."""
    return f"{dumps([_entry(remark) for remark in remarks], indent=2)}\n"


def _entry(remark: Remark) -> dict[str, Any]:
    span = remark.location.span
    reason = f" ({remark.reason})" if remark.reason else ""
    return {
        "description": clean(f"{remark.code} {remark.sentence}{reason}"),
        "check_name": remark.code,
        "fingerprint": remark.fingerprint,
        "severity": _SEVERITIES[remark.severity],
        "location": {
            "path": repository_path(remark.location.file),
            "lines": {"begin": span.line, "end": span.end_line},
        },
    }
