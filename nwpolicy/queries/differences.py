"""The answers of `diff` and `equivalent`: plain frozen data.

Every class here is one object of the JSON that `schemas/diff.schema.json` and `schemas/equivalent.schema.json`
document; attribute names are the camelCase keys in snake_case.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.answers import AskedFlows, AssumptionUsed, Dependency, PlaceAnswer, RuleAnswer, UnknownValueText
from nwpolicy.queries.proving import Proof

__all__ = [
    "NOT_SHOWN",
    "ChangeAnswer",
    "ChangeKind",
    "ChangedFlows",
    "DefaultChange",
    "DiffVerdict",
    "Difference",
    "EquivalenceAnswer",
    "LonePlace",
    "RenamedPlace",
    "SideAnswer",
    "WayIn",
    "WayInState",
    "Witness",
    "may_be",
]

#: What is said of a way in where nothing of the places is in the input.
NOT_SHOWN: Final = "the input does not show whether a public address leads there"
#: More sets of flows than these are told in short by what holds all of them.
_SETS: Final = 2


class DiffVerdict(StrEnum):
    """Whether any flow fares otherwise than before: none, some, or it depends on what the input does not say."""

    SAME = "Same"
    CHANGED = "Changed"
    MAY_CHANGE = "MayChange"


class ChangeKind(StrEnum):
    """What happens to flows: they are newly allowed, newly denied, it depends on an unknown whether they fare
    otherwise, or only the rule that decides is another."""

    OPENED = "Opened"
    CLOSED = "Closed"
    MAY_CHANGE = "MayChange"
    OTHER_RULE = "OtherRule"


@dataclass(frozen=True, slots=True)
class ChangedFlows:
    """A product of sets that changes as a whole. `text` says it in names, of which `service` is the protocol and ports,
    `source` and `destination` the ends."""

    flows: AskedFlows
    text: str
    service: str
    source: str
    destination: str


@dataclass(frozen=True, slots=True)
class SideAnswer:
    """What became of the flows on one side: `Allow`, `Deny`, `Depends`, or `Absent` where that side lacks the place;
    and the rule that decided. `rule` is None where none applied; with `rule_depends`, because it depends on what is
    unknown which one did."""

    access: str
    rule: RuleAnswer | None
    rule_depends: bool = False


@dataclass(frozen=True, slots=True)
class Witness:
    """One flow that fares otherwise, and the values of unknowns under which it does."""

    text: str
    protocol: str
    source: str
    source_port: int | None
    destination: str
    destination_port: int | None
    values: tuple[UnknownValueText, ...] = ()


class WayInState(StrEnum):
    """Whether a public address leads to some of the places of a change: certainly, if what is unknown says so, to none
    of them; or the input does not show what is there."""

    OPEN = "Open"
    POSSIBLE = "Possible"
    NONE = "None"
    UNSEEN = "Unseen"


@dataclass(frozen=True, slots=True)
class WayIn:
    """How what is sent from the internet gets to the places of a change, on the side that lets it in: to which network
    interfaces, and by what."""

    state: WayInState
    interfaces: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class ChangeAnswer:
    """Flows that fare otherwise in the same way, at all of the places. `summary` is the least product that holds all of
    them, if they are several: what else is in it is left to other rules. `flow_count` is that of the first place.
    `public_sources` is how many public addresses are among the sources; `way_in` tells how what they send gets there,
    None where there are none. `management_ports` are those of the flows by which machines are managed."""

    kind: ChangeKind
    direction: str
    places: tuple[PlaceAnswer, ...]
    place_text: str
    flows: tuple[ChangedFlows, ...]
    summary: ChangedFlows | None
    flow_count: int
    public_sources: int
    management_ports: tuple[int, ...]
    before: SideAnswer
    after: SideAnswer
    way_in: WayIn | None
    witness: Witness
    depends_on: tuple[Dependency, ...]

    @property
    def may_be(self) -> ChangeKind:
        """What happens at most: where it depends on an unknown and one side is known, paths only open, or close."""
        return may_be(self.kind, self.before, self.after)

    @property
    def in_short(self) -> tuple[ChangedFlows, ...]:
        """Up to two sets of the flows, or what holds all of them, with exceptions."""
        return self.flows if self.summary is None or len(self.flows) <= _SETS else (self.summary,)


def may_be(kind: ChangeKind, before: SideAnswer, after: SideAnswer) -> ChangeKind:
    """What happens at most."""
    was, now = before.access, after.access
    if kind is not ChangeKind.MAY_CHANGE or was == now:
        return kind
    return ChangeKind.CLOSED if was == "Allow" or now in ("Deny", "Absent") else ChangeKind.OPENED


@dataclass(frozen=True, slots=True)
class LonePlace:
    """A place that only one side has."""

    place: PlaceAnswer
    location: SourceLocation


@dataclass(frozen=True, slots=True)
class DefaultChange:
    """What opens with new places, or closes with those that are gone, because Azure allows it anywhere: `rule` is the
    name of a default rule, or says what else it is."""

    kind: ChangeKind
    direction: str
    rule: str
    places: tuple[PlaceAnswer, ...]


@dataclass(frozen=True, slots=True)
class RenamedPlace:
    """Places of different names that are compared, because nothing else of either side can be them."""

    before: PlaceAnswer
    after: PlaceAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What changes from one estate to another, the riskiest first. `unreached` are groups whose own meaning changed,
    but that of no network interface or subnet they are attached to."""

    verdict: DiffVerdict
    changes: tuple[ChangeAnswer, ...]
    only_before: tuple[LonePlace, ...]
    only_after: tuple[LonePlace, ...]
    by_default: tuple[DefaultChange, ...]
    """what every place that only one side has is open to, and `changes` does not tell"""
    renamed: tuple[RenamedPlace, ...]
    same: tuple[PlaceAnswer, ...]
    unreached: tuple[PlaceAnswer, ...]
    unknowns: tuple[str, ...]
    """the unknowns that are taken to have one value, before and after"""
    proof: Proof | None
    rests_on: tuple[str, ...]
    assumptions: tuple[AssumptionUsed, ...]
    diagnostics: tuple[Diagnostic, ...]

    def of_kind(self, kind: ChangeKind) -> tuple[ChangeAnswer, ...]:
        return tuple(change for change in self.changes if change.kind is kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class EquivalenceAnswer:
    """Whether two estates treat every flow alike. If not, `witness` is a flow that fares otherwise at `place`."""

    equivalent: bool
    places: tuple[PlaceAnswer, ...]
    renamed: tuple[RenamedPlace, ...]
    place: PlaceAnswer | None
    direction: str | None
    witness: Witness | None
    before: SideAnswer | None
    after: SideAnswer | None
    only_before: tuple[LonePlace, ...]
    only_after: tuple[LonePlace, ...]
    diagnostics: tuple[Diagnostic, ...]
