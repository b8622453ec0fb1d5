"""The answer of `nwpolicy report`: plain frozen data, the JSON of `schemas/report.schema.json`."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.answers import AssumptionUsed, Dependency, PlaceAnswer
from nwpolicy.queries.check.answers import CheckState, ResultAnswer
from nwpolicy.queries.coverage import PropertyCoverage, TypeCoverage
from nwpolicy.queries.differences import ChangeAnswer, DefaultChange, LonePlace, RenamedPlace
from nwpolicy.queries.lint.finding import Finding, Suppressed
from nwpolicy.queries.lint.linting import LintAnswer
from nwpolicy.queries.nexthop import HopAnswer, TakenRoute

__all__ = [
    "AssertionChange",
    "DefinitionChange",
    "OpenQuestion",
    "PolicyChange",
    "PolicyText",
    "Report",
    "ReportVerdict",
    "Risk",
    "RouteChange",
    "RouteEffect",
    "RouteSide",
    "RuleChange",
    "Totals",
    "UnreadChange",
]


class ReportVerdict(StrEnum):
    """Whether anything fares otherwise than before: nothing, something, or it depends on what is unknown."""

    SAME = "Same"
    CHANGED = "Changed"
    MAY_CHANGE = "MayChange"


class Risk(StrEnum):
    """What makes a newly opened path worth looking at first."""

    INTERNET = "Internet"
    """public addresses reach the place"""
    MANAGEMENT = "Management"
    """it is open on a port by which machines are managed"""
    ISOLATION = "Isolation"
    """it connects the place with private addresses outside of its virtual network"""
    NOT_PUBLIC = "NotPublic"
    """it is open to public addresses, but none of the input leads to the place"""
    EGRESS = "Egress"
    """the place reaches public addresses"""
    NONE = "None"


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """A definition whose text differs: `what` is `added`, `removed`, `renamed` or `changed`. `name` tells what it
    stands in, too; `old_name` is set where it is renamed."""

    type: str
    name: str
    what: str
    old_name: str | None
    before: SourceLocation | None
    after: SourceLocation | None


@dataclass(frozen=True, slots=True)
class RuleChange:
    """Flows that fare otherwise. `because` are the definitions whose text made it so, as far as that is known."""

    number: int
    risk: Risk
    change: ChangeAnswer
    because: tuple[DefinitionChange, ...]


class RouteEffect(StrEnum):
    """What happens to packets: they leave by another next hop, find a way that they did not have, are dropped now, or
    it depends on what is unknown."""

    CUT_OFF = "CutOff"
    REDIRECTED = "Redirected"
    CONNECTED = "Connected"
    MAY_CHANGE = "MayChange"


@dataclass(frozen=True, slots=True)
class RouteSide:
    """Where packets leave by; several hops where it depends on what is unknown. `lost` says why what has the address of
    the hop does not send them on, or may not."""

    hops: tuple[HopAnswer, ...]
    routes: tuple[TakenRoute, ...]
    lost: str | None


@dataclass(frozen=True, slots=True)
class RouteChange:
    """Destinations to which the packets of places take another way. `example` is one of the addresses."""

    number: int
    effect: RouteEffect
    places: tuple[PlaceAnswer, ...]
    place_text: str
    destinations: tuple[str, ...]
    example: str
    before: RouteSide
    after: RouteSide
    depends_on: tuple[Dependency, ...]


@dataclass(frozen=True, slots=True)
class PolicyText:
    """The lines that a part of the policy is written in, or the first of them."""

    location: SourceLocation
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """An assertion, test case, exception or environment that says something else: `what` is `removed`, `changed`,
    `added`, or `renamed` where it says the same under another name than `old_name`."""

    kind: str
    name: str
    what: str
    old_name: str | None
    before: PolicyText | None
    after: PolicyText | None

    @property
    def may_loosen(self) -> bool:
        """Whether less may be asserted than before."""
        return self.what in ("removed", "changed") or (self.kind == "exception" and self.what == "added")


@dataclass(frozen=True, slots=True)
class AssertionChange:
    """What became of an assertion, or test case, in one environment; None on the side that does not have it. `result`
    is the newer one. `is_other`: it, an exception from it or the environment says something else than before."""

    before: CheckState | None
    after: CheckState | None
    result: ResultAnswer
    is_other: bool = False


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """Something that is not known, and the numbers of the changes that depend on it."""

    unknown: Dependency
    changes: tuple[int, ...]


#: So many reasons why something cannot be read are told.
_REASONS: Final = 2


@dataclass(frozen=True, slots=True)
class UnreadError:
    """Why something cannot be read on a side, `before` or `after`."""

    side: str
    code: str
    message: str
    help: str | None
    location: SourceLocation


@dataclass(frozen=True, slots=True)
class UnreadChange:
    """Something that was not compared: a file of `parameters` that was not applied, with the names of those that have
    other values; a `submodule`; or, with errors, a `file` with what it brings in, a `folder` or a `configuration` of
    Terraform. `what` is `added`, `removed` or `changed`; where there are errors, it may be `unchanged` or `unknown`."""

    kind: str
    path: str
    what: str
    parameters: tuple[str, ...]
    errors: tuple[UnreadError, ...]
    location: SourceLocation

    @property
    def differs(self) -> bool:
        """Whether it is another one, or may be."""
        return self.what != "unchanged"

    @property
    def verdict(self) -> str:
        """What there is to say of something with errors: `infra/web.json cannot be read before`."""
        of_folder = "the configuration in " if self.kind == "configuration" else ""
        sides = {error.side for error in self.errors}
        when = "" if len(sides) > 1 else " before" if "before" in sides else " now"
        told = {
            "added": "is new and cannot be read",
            "removed": "is gone and could not be read",
            "unchanged": "cannot be read and did not change",
            "unknown": "cannot be read and may have changed",
            "changed": f"cannot be read{when}" + ("" if when else " and changed"),
        }
        return f"{of_folder}{self.path} {told[self.what]}"

    @property
    def text(self) -> str:
        """What was not compared, and what to do about it."""
        if self.errors:
            return f"{self.verdict}: {'; '.join(self._reasons())}"
        if self.kind == "submodule":
            return f"submodule {self.path} {self.what}, whose files are not read: compare them in their own repository"
        names = ", ".join(self.parameters)
        return f"parameters {self.what} in {self.path} ({names}), which was not applied: name it with --param-file"

    def _reasons(self) -> Iterator[str]:
        """The first errors, those of both sides once."""
        found = {(error.code, error.location.span): error for error in self.errors}
        first = list(found.values())[:_REASONS]
        yield from (f"{error.location}: {error.message}" for error in first)
        if len(found) > len(first):
            yield f"and {len(found) - len(first):,} more"


@dataclass(frozen=True, slots=True)
class Totals:
    """How much of everything there is."""

    opened: int
    closed: int
    may_change: int
    rerouted: int
    places_added: int
    places_removed: int
    groups_added: int
    """groups attached to nothing"""
    groups_removed: int
    reworded_rules: int
    places_same: int
    newly_violated: int
    newly_unproved: int
    newly_excepted: int
    mended: int
    still_violated: int
    policy_changes: int
    violated_removed: int
    new_findings: int
    mended_findings: int
    silenced_findings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that a reviewer has to know of a change, in the order in which it is read."""

    verdict: ReportVerdict
    sentence: str
    before: str
    after: str
    totals: Totals
    changes: tuple[RuleChange, ...]
    route_changes: tuple[RouteChange, ...]
    only_before: tuple[LonePlace, ...]
    only_after: tuple[LonePlace, ...]
    by_default: tuple[DefaultChange, ...]
    """what places of one side only are open to by default, which no row tells"""
    renamed: tuple[RenamedPlace, ...]
    reworded: tuple[DefinitionChange, ...]
    """rules and routes that say it in other words, or say what makes no difference"""
    other_definitions: tuple[DefinitionChange, ...]
    """what else has another text"""
    unreached: tuple[PlaceAnswer, ...]
    same: tuple[PlaceAnswer, ...]
    policy_changes: tuple[PolicyChange, ...]
    assertions: tuple[AssertionChange, ...]
    new_findings: tuple[Finding, ...]
    mended_findings: tuple[Finding, ...]
    silenced_findings: tuple[Suppressed, ...]
    """what comments silence now that was found, or not there, before"""
    open_questions: tuple[OpenQuestion, ...]
    assumed_equal: tuple[str, ...]
    """definitions of another name that are taken to be the same, and unknowns that are taken to have one value"""
    unread: tuple[UnreadChange, ...]
    """what was not compared: what differs, and what has errors"""
    undecided: tuple[str, ...]
    """what could not be settled"""
    not_understood: tuple[TypeCoverage | PropertyCoverage, ...]
    rests_on: tuple[str, ...]
    assumptions: tuple[AssumptionUsed, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def is_worse(self) -> bool:
        """Whether something is newly wrong."""
        return bool(self.totals.newly_violated or self.totals.newly_unproved or self.totals.new_findings)

    @property
    def is_loosened(self) -> bool:
        """Whether less may be asserted, or reported, than before."""
        totals = self.totals
        return bool(totals.policy_changes or totals.newly_excepted or totals.silenced_findings)

    @property
    def linted(self) -> LintAnswer:
        """The new findings, as the linter would report them."""
        return LintAnswer(
            findings=self.new_findings,
            suppressed=(),
            hidden=0,
            stale=(),
            undecided=(*self.undecided, *(one.text for one in self.unread)),
            diagnostics=(),
            files=tuple(dict.fromkeys(finding.location.file for finding in self.new_findings)),
        )
