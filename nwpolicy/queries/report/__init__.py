"""The reviewer's report: what a change of definitions really does, with everything that a reviewer has to know."""

from __future__ import annotations

from nwpolicy.queries.report.answers import Report, ReportVerdict
from nwpolicy.queries.report.reporting import report

__all__ = ["Report", "ReportVerdict", "report"]
