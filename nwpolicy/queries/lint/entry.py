"""What is said of a rule of the linter: the same text for `rules`, `explain`, the documentation and SARIF."""

from __future__ import annotations

from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.records import dataclass

__all__ = ["Entry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A rule of the linter. Ids are stable and never used again; `name` says the bad thing, so that "ignore name" reads
    right. `bad` and `good` are complete inputs, `.nwp` unless they begin with `nwpolicy:` (YAML) or `{` (a template):
    of all rules, `bad` has this finding and no other, and `good` has none."""

    id: str
    name: str
    summary: str
    severity: Severity
    rationale: str
    bad: str
    good: str
    reference: str
    mended: str = ""
    """what `--fix` does about it, where that is proved to change nothing"""
    unmended: str = ""
    """why `--fix` leaves it alone, where one might expect otherwise"""
    optional: bool = False
    """whether it is looked for only if it is asked for: what only some want to know"""

    @property
    def group(self) -> str:
        """What the rules of the same hundred have in common."""
        return GROUPS[self.id[3]]


#: By the hundreds of the id.
GROUPS = {
    "0": "rules that do not do what they seem to do",
    "1": "exposure to the internet",
    "2": "service tags and the platform",
    "3": "what network security groups are attached to",
    "4": "how definitions are written",
    "5": "routes and peerings",
    "6": "network managers",
    "9": "comments that suppress findings",
}
