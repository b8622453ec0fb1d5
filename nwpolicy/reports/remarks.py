"""What is said of places in files, for people who see it beside the file."""

from __future__ import annotations

from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import SourceLocation

__all__ = ["Remark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One sentence about a place, why it is so, and what else there is to say. `code` and `name` are those of the rule
    that it comes from."""

    code: str
    name: str
    severity: Severity
    sentence: str
    reason: str | None
    more: tuple[str, ...]
    location: SourceLocation
    fingerprint: str
