"""The answer of `enumerate`: every asked flow with its fate, as products of sets.

The classes are the objects of the JSON that `schemas/enumerate.schema.json` documents; attribute names are the
camelCase keys in snake_case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field
from enum import StrEnum
from fractions import Fraction
from itertools import islice
from typing import Final

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.records import dataclass
from nwpolicy.queries.answers import AssumptionUsed, Dependency, PlaceAnswer, RuleAnswer, VerdictName
from nwpolicy.queries.naming import Names, SetName
from nwpolicy.queries.proving import Proof

__all__ = ["Amount", "Amounts", "CubeAnswer", "Enumeration", "FateName", "GroupAnswer", "LeftOut", "Listing"]

#: What is left out is counted up to so many.
_COUNTED: Final = 10_000


class FateName(StrEnum):
    """What happens to flows: allowed, denied, or it depends on what the input does not say."""

    ALLOW = "Allow"
    DENY = "Deny"
    DEPENDS = "Depends"


@dataclass(frozen=True, slots=True)
class Amount:
    """How many flows, exactly; and which share that is of the asked flows of the same family."""

    count: int
    share: Fraction


@dataclass(frozen=True, slots=True)
class Amounts:
    """Flows of each family; None where none of that family is asked about. They are kept apart because next to all
    flows of IPv6 those of IPv4 would always be none."""

    ipv4: Amount | None
    ipv6: Amount | None

    @property
    def count(self) -> int:
        return sum(amount.count for amount in (self.ipv4, self.ipv6) if amount is not None)


@dataclass(frozen=True, slots=True)
class GroupAnswer:
    """Flows with one fate, and by one rule where the question is by rules. `rule` is None where no rule applies, where
    several do, or where it depends. `depends_on` are the unknowns that have a say."""

    access: FateName
    rule: RuleAnswer | None
    depends_on: tuple[Dependency, ...]
    flows: Amounts


@dataclass(frozen=True, slots=True)
class CubeAnswer:
    """A product of sets. `group` is the index of its group; `source_name` and `destination_name` are equal to the
    addresses as far as the families of the cube go."""

    group: int
    access: FateName
    set: FlowSet
    source_name: SetName
    destination_name: SetName
    flows: Amounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Enumeration:
    """Iterating it gives the cubes, each time anew and one by one: they are disjoint, and together they are all asked
    flows of the `groups`.

    `select` is the access that was asked for (None: every one); what depends on an unknown is always listed. `verdict`
    is about all asked flows, `Depends` if the fate of any of them does."""

    verdict: VerdictName
    direction: str
    """`Inbound`, `Outbound`, or `Both` from one place to the other"""
    places: tuple[PlaceAnswer, ...]
    asked: FlowSet
    asked_text: str
    source_name: str
    destination_name: str
    select: FateName | None
    by_rule: bool
    totals: tuple[tuple[FateName, Amounts], ...]
    groups: tuple[GroupAnswer, ...]
    rests_on: tuple[str, ...]
    assumptions: tuple[AssumptionUsed, ...]
    notes: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    proof: Proof | None = field(compare=False)
    """that Z3 confirms the decision diagrams which the list comes from, where that was asked for"""
    names: Names = field(repr=False, compare=False)
    """what sets of addresses are called"""
    group_cubes: Callable[[int], Iterator[CubeAnswer]] = field(repr=False, compare=False)
    """the cubes of a group, by its index"""

    def __iter__(self) -> Iterator[CubeAnswer]:
        for index in range(len(self.groups)):
            yield from self.group_cubes(index)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a limited list does not show: `sets` products (None: more than anybody would count) of `flows` flows."""

    sets: int | None
    flows: int


class Listing:
    """The cubes of an answer up to a limit, once; when they have been taken, `left_out` is what there is besides."""

    def __init__(self, answer: Enumeration, limit: int | None = None) -> None:
        self.answer = answer
        self.limit = limit
        self.sets = 0
        self.left_out: LeftOut | None = None

    def __iter__(self) -> Iterator[CubeAnswer]:
        listed = 0
        cubes = iter(self.answer)
        for cube in islice(cubes, self.limit):
            self.sets += 1
            listed += cube.flows.count
            yield cube
        more = sum(1 for _ in islice(cubes, _COUNTED + 1))
        if more:
            flows = sum(group.flows.count for group in self.answer.groups) - listed
            self.left_out = LeftOut(more if more <= _COUNTED else None, flows)
