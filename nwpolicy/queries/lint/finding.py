"""What the linter found: plain data, rendered elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import SourceLocation

__all__ = ["Edit", "Finding", "Related", "Suppressed", "numbered", "told_apart"]


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that has a part in a finding."""

    location: SourceLocation
    message: str


@dataclass(frozen=True, slots=True)
class Edit:
    """What stands at a place of a file becomes `text`."""

    location: SourceLocation
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One sentence about the value at `location`, why it is so, a flow that shows it, and what to do.

    `subject` names the definition that it is about (`nsg-web/allow-ssh`) and `scope` is where that stands. Of the input
    as it is, the finding holds where `certain`; otherwise it may, as the reason says. `detail` tells findings of one
    rule and subject apart, whatever line they are on. `parts` are what a finding that can grow is made of (ports, the
    network interfaces that they are open at): with one more it is a new finding, with one less it is the same.
    """

    rule: str
    name: str
    severity: Severity
    message: str
    location: SourceLocation
    scope: SourceLocation
    subject: str
    detail: str = ""
    parts: tuple[str, ...] = ()
    reason: str | None = None
    witness: str | None = None
    help: str | None = None
    related: tuple[Related, ...] = ()
    certain: bool = True
    excerpt: str = ""
    fingerprint: str = ""
    fixable: bool = False
    """whether it is of a sort that `--fix` mends, where the file allows it"""
    fix: tuple[Edit, ...] | None = None
    """the edits that mend it, where they were asked for and are proved to be right"""

    @property
    def sort_key(self) -> tuple[SourceLocation, str, str, str]:
        return (self.location, self.rule, self.message, self.detail)

    @property
    def identity(self) -> str:
        """The fingerprint without what the parts add to it."""
        return ":".join(self.fingerprint.split(":")[:2])


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that is not to be reported: by a comment (`inSource`) or a baseline (`external`)."""

    finding: Finding
    kind: str
    reason: str


def numbered(findings: list[Finding]) -> list[Finding]:
    """The findings in order, each with a fingerprint that no other has and that survives moved lines."""
    seen: dict[str, int] = {}
    done = []
    for finding in sorted(findings, key=lambda finding: finding.sort_key):
        text = _digest(finding.rule, finding.location.file.replace("\\", "/"), finding.subject, finding.detail)
        seen[text] = seen.get(text, 0) + 1
        parts = f":{_digest(*sorted(finding.parts))}" if finding.parts else ""
        done.append(replace(finding, fingerprint=f"{text}:{seen[text]}{parts}"))
    return done


def told_apart(findings: Sequence[Finding]) -> list[Finding]:
    """Findings, of which those at the same place name the definition that they are about: a loop makes several."""
    subjects: defaultdict[tuple[str, SourceLocation], set[str]] = defaultdict(set)
    for one in findings:
        subjects[one.rule, one.location].add(one.subject)
    return [_named(one) if len(subjects[one.rule, one.location]) > 1 else one for one in findings]


def _named(finding: Finding) -> Finding:
    holder = finding.subject.rpartition("/")[0] or finding.subject
    return finding if holder in finding.message else replace(finding, message=f"{finding.message}, in {holder}")


def _digest(*words: str) -> str:
    return sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()[:16]
