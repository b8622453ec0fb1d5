"""NWP9xx: comments that suppress findings."""

from __future__ import annotations

from typing import Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.queries.lint.catalogue.sources import PROJECT
from nwpolicy.queries.lint.entry import Entry

__all__ = ["COMMENTS"]


def _example(comment: str, source: str = "198.51.100.0/24") -> str:
    return f"""\
nsg nsg-web {{
  inbound {{
    100 allow-ssh allow tcp from {source} to * port 22  # nwpolicy: ignore{comment}
  }}
}}
"""


COMMENTS: Final = (
    Entry(
        id="NWP901",
        name="unused-suppression",
        summary="a comment suppresses a finding that is not there",
        severity=Severity.WARNING,
        rationale="What the comment was written for is mended, or it stands in the wrong place. Left alone it would "
        "hide the next finding of that kind.",
        bad=_example("[NWP101] behind the bastion"),
        good=_example("[NWP101] behind the bastion", "*"),
        mended="the comment goes, if it names no other rule of the linter",
        reference=PROJECT,
    ),
    Entry(
        id="NWP902",
        name="invalid-suppression",
        summary="a comment that should suppress findings does not",
        severity=Severity.WARNING,
        rationale="A suppression names rules of the linter by id and gives a reason: `# nwpolicy: ignore[NWP101] "
        "reason`. There is none for all rules at once, and one with `until=YYYY-MM-DD` ends with that day.",
        bad=_example("[NWP999] behind the bastion"),
        good=_example("[NWP101] until=2999-12-31 behind the bastion", "*"),
        reference=PROJECT,
    ),
)
