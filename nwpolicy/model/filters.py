"""Filters: what any packet filter is made of, with everything expanded and in order, ready for the logic.

A *chain* is layers in order, a *layer* rules in order. In a layer the first rule that matches settles the flow:
`DENY` drops it, `ACCEPT` delivers it and skips the layers that follow, `PASS` hands it to the next layer. A layer in
which no rule matches hands it on too. What comes through all layers is allowed.

Nothing here knows where the filters come from: `origin` and `doubts` are carried along for the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar

from nwpolicy.model.addresses import ANY_ADDRESS, AddressSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.protocols import ANY_PROTOCOL
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown

__all__ = [
    "Assignment",
    "Chain",
    "Choice",
    "Doubt",
    "FilterRule",
    "Floating",
    "Layer",
    "Match",
    "Outcome",
    "RulesValue",
    "UnknownValue",
    "Values",
]

S = TypeVar("S", IntervalSet, AddressSet)


class Outcome(StrEnum):
    """What a rule does to a flow that it settles in its layer."""

    DENY = "deny"
    PASS = "pass"
    ACCEPT = "accept"


@dataclass(frozen=True, slots=True)
class Values(Generic[S]):
    """A set that is known in part: `known`, and whatever the unknowns turn out to be *within* `bound`.

    For addresses an unknown is one prefix in each family (for the fate of one flow that is as general as any set),
    for ports one range, for protocols one protocol or all.
    """

    known: S
    unknown: tuple[Unknown, ...] = ()
    bound: S | None = None
    """None: no bound."""


@dataclass(frozen=True, slots=True)
class Match:
    """A product of sets. Ports exist for TCP and UDP only: a flow of another protocol meets a port field if and only
    if that field is the full range. Every one of `conditions` (unknowns of yes or no) must hold too."""

    protocol: Values[IntervalSet] = Values(ANY_PROTOCOL)
    source: Values[AddressSet] = Values(ANY_ADDRESS)
    source_port: Values[IntervalSet] = Values(ANY_PORT)
    destination: Values[AddressSet] = Values(ANY_ADDRESS)
    destination_port: Values[IntervalSet] = Values(ANY_PORT)
    conditions: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """An outcome that is not known: one of `options`."""

    unknown: Unknown
    options: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Floating:
    """A rank that is not known: from `low` to `high`, and no other rule's rank of the same layer."""

    unknown: Unknown
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """Flows on which this rule rests on a named assumption, whether or not it matches them under it."""

    assumption: str
    zone: Match


@dataclass(frozen=True, slots=True)
class FilterRule:
    """A rule. Of two rules with known ranks the one that stands first in the layer is tried first (their ranks never
    fall); a floating one is tried before the rules of higher rank. Several filter rules may have one `origin`."""

    name: str
    match: Match
    outcome: Outcome | Choice
    rank: int | Floating
    origin: object = field(default=None, compare=False)
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Layer:
    """Rules, floating ones at the place of their lowest rank. `origin` is what the rules come from."""

    name: str
    rules: tuple[FilterRule, ...]
    origin: object = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Chain:
    """Layers in the order in which a flow meets them."""

    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class RulesValue:
    """What an unknown number of rules does to one flow: nothing, or the first of them that matches has this rank and
    outcome."""

    matches: bool
    rank: int
    outcome: Outcome


#: A value for an unknown, by its kind: addresses, ports or protocols, an outcome, a rank, yes or no, rules.
UnknownValue: TypeAlias = AddressSet | IntervalSet | Outcome | int | bool | RulesValue

#: A value for every unknown of a chain.
Assignment: TypeAlias = Mapping[Unknown, UnknownValue]
