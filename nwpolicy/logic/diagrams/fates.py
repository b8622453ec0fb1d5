"""What becomes of a flow, and by which rule: the leaves of a decision diagram.

Where unknowns have a say, a fate says so, with the *cases*: what has to hold for which ending. A condition of a case
is an unknown in one place (`adminCidr` holds the flow's source), and every combination of conditions is taken to be
possible. That is exact, but where conditions are tied to one another by more than their unknown and place: one unknown
set of addresses in the source and the destination of rules, one unknown range for both ports, ranks that exclude one
another, values that the author of an unknown rules out; and where flows meet so many conditions that not all
combinations are looked at. There a fate can be marked as open that is not. One that is not marked is the same whatever
the unknowns are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from typing import TypeAlias

from nwpolicy.model.filters import FilterRule
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = [
    "UNMATCHED",
    "Cases",
    "Condition",
    "Cube",
    "Ending",
    "Fate",
    "OneOf",
    "Turn",
    "can_end",
    "endings",
    "fate_of",
    "follow",
    "turn",
    "turns",
    "verdicts",
]


@dataclass(frozen=True, slots=True)
class OneOf:
    """The place of a condition that holds if this one of several alternatives is the case, of which one always is."""

    index: int


@dataclass(frozen=True, slots=True)
class Condition:
    """Something about an unknown that decides: for a set, whether it holds the flow's number in the `place`."""

    unknowns: tuple[Unknown, ...]
    place: object


@dataclass(frozen=True, slots=True)
class Ending:
    """One way in which a flow can end; layer and position of the decisive rule, none where no rule matched."""

    allowed: bool
    layer: int | None
    position: int | None


@dataclass(frozen=True, slots=True)
class Turn:
    """How a flow ends turns on a condition; at least two of the options lead to different cases."""

    condition: Condition
    options: tuple[tuple[object, Cases], ...]


Cases: TypeAlias = Ending | Turn


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a flow. Without unknowns it is certain.

    `allowed` is None where it is allowed for some values of the unknowns and denied for others. The rule is the one
    that decides whatever the unknowns are, and None where none matches or where it depends on them."""

    allowed: bool | None
    layer: int | None = None
    position: int | None = None
    rule: FilterRule | None = field(default=None, compare=False)
    unknowns: tuple[Unknown, ...] = ()
    cases: Cases | None = field(default=None, repr=False)
    """how it depends on the unknowns; None where it does not"""

    @property
    def certain(self) -> bool:
        """Whether verdict and decisive rule are the same whatever the unknowns are."""
        return not self.unknowns

    @property
    def tree(self) -> Cases:
        """The cases, of which a certain fate has one."""
        return self.cases or Ending(self.allowed is True, self.layer, self.position)


#: The fate of a flow that no rule matches.
UNMATCHED = Fate(True)


@dataclass(frozen=True, slots=True)
class Cube:
    """A product of sets of flows that share a fate."""

    flows: FlowSet
    fate: Fate


def endings(cases: Cases) -> Iterator[Ending]:
    """Every way in which the cases can end, some more than once."""
    if isinstance(cases, Ending):
        yield cases
    else:
        for _, behind in cases.options:
            yield from endings(behind)


def turns(cases: Cases) -> Iterator[Condition]:
    """The conditions on which the cases turn, some more than once."""
    if isinstance(cases, Turn):
        yield cases.condition
        for _, behind in cases.options:
            yield from turns(behind)


def can_end(cases: Cases, allowed: bool) -> bool:
    """Whether some values of the unknowns are sure to lead to such an ending: they are where no two conditions on the
    way have to do with one another. If not, there may be such values all the same, as long as the cases have such an
    ending."""

    def search(here: Cases, met: Mapping[object, type]) -> bool:
        if isinstance(here, Ending):
            return here.allowed is allowed
        kind, settled = type(here.condition.place), _settles(here.condition)
        if settled is None or any(one in met and not met[one] is kind is OneOf for one in settled):
            return False
        more = {**met, **dict.fromkeys(settled, kind)}
        return any(search(behind, more) for _, behind in here.options)

    return search(cases, {})


def _settles(condition: Condition) -> tuple[object, ...] | None:
    """What a condition says something about; None where that is more than can be told apart."""
    match condition.place:
        case ("before", _):
            return ("rank",)  # two ranks exclude one another
        case "first" | "several":
            return None
        case tuple() if len(condition.unknowns) > 1 or condition.unknowns[0].domain is not None:
            return None  # a range that has to be full
    return tuple(
        (unknown, condition.place) if unknown.kind is UnknownKind.RULES else unknown for unknown in condition.unknowns
    )


def follow(cases: Cases, behind: Callable[[Ending], Cases]) -> Cases:
    """The cases with more behind each ending (or another in its place)."""

    def visit(here: Cases, settled: Mapping[Condition, object]) -> Cases:
        if isinstance(here, Ending):
            return _settled(behind(here), settled)
        condition = here.condition
        return turn(condition, ((one, visit(then, {**settled, condition: one})) for one, then in here.options))

    return visit(cases, {})


def verdicts(cases: Cases) -> Cases:
    """The cases without the rules that decide."""
    return follow(cases, lambda end: Ending(end.allowed, None, None))


def _settled(cases: Cases, settled: Mapping[Condition, object]) -> Cases:
    """The cases where some conditions are settled."""
    if isinstance(cases, Ending):
        return cases
    options = dict(cases.options)
    chosen = settled.get(cases.condition)
    if chosen in options:
        return _settled(options[chosen], settled)
    return turn(cases.condition, ((one, _settled(then, settled)) for one, then in cases.options))


def turn(condition: Condition, options: Iterable[tuple[object, Cases]]) -> Cases:
    """The cases behind a condition; where all options are alike it does not matter."""
    found = tuple(options)
    first = found[0][1]
    return first if all(cases == first for _, cases in found) else Turn(condition, found)


def fate_of(cases: Cases, rules: tuple[tuple[FilterRule, ...], ...]) -> Fate:
    """The fate that the cases come to; `rules` are those of each layer."""
    ends = set(endings(cases))
    verdicts = {end.allowed for end in ends}
    places = {(end.layer, end.position) for end in ends}
    allowed = verdicts.pop() if len(verdicts) == 1 else None
    layer, position = places.pop() if len(places) == 1 else (None, None)
    rule = None if layer is None or position is None else rules[layer][position]
    unknowns = dict.fromkeys(unknown for condition in turns(cases) for unknown in condition.unknowns)
    return Fate(allowed, layer, position, rule, tuple(unknowns), cases if unknowns else None)
