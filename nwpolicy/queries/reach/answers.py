"""The answer of `nwpolicy reach`: plain frozen data, the JSON of `schemas/reach.schema.json`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field
from enum import StrEnum

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.records import dataclass
from nwpolicy.queries.answers import AssumptionUsed, Dependency, RuleAnswer, UnknownValueText

__all__ = [
    "ChainAnswer",
    "Conclusion",
    "EntryAnswer",
    "ExampleAnswer",
    "FlowsAnswer",
    "MemberAnswer",
    "PartyAnswer",
    "PartyKind",
    "ReachAnswer",
    "ReachState",
    "ReplyAnswer",
    "ReplyState",
    "TotalsAnswer",
]


class PartyKind(StrEnum):
    """What starts or receives flows."""

    NETWORK_INTERFACE = "networkInterface"
    PRIVATE_ENDPOINT = "privateEndpoint"
    INTERNET = "internet"
    ON_PREMISES = "onPremises"


class ReachState(StrEnum):
    """Whether flows get through."""

    REACHES = "Reaches"
    NO_REPLY = "NoReply"
    """they arrive, and replies do not come back the way that connections need"""
    MAY_REACH = "MayReach"
    """it depends on what the input does not say"""


class ReplyState(StrEnum):
    """What becomes of replies."""

    RETURNS = "Returns"
    LOST = "Lost"
    ASYMMETRIC = "Asymmetric"
    DEPENDS = "Depends"


@dataclass(frozen=True, slots=True)
class MemberAnswer:
    """One of a party's interfaces or endpoints; `address` is None where it is not known."""

    name: str
    id: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class PartyAnswer:
    """Who sends or receives: addresses that no rule and no route tells apart, the internet, or what lies behind a
    gateway."""

    id: str
    kind: PartyKind
    name: str
    subnet: str | None
    virtual_network: str | None
    members: tuple[MemberAnswer, ...]
    addresses: str


@dataclass(frozen=True, slots=True)
class FlowsAnswer:
    """Flows that get through, as a product. `source` and `destination` are given where only some addresses of a party
    are meant. `depends_on`: they do only for some values of these."""

    protocol: str
    source_port: str
    destination_port: str
    source: str | None
    destination: str | None
    depends_on: tuple[Dependency, ...]


@dataclass(frozen=True, slots=True)
class ReplyAnswer:
    """How replies fare."""

    state: ReplyState
    reason: str
    depends_on: tuple[Dependency, ...]


@dataclass(frozen=True, slots=True)
class ChainAnswer:
    """What one filter on the way does to the example, layer by layer: the rules that let it through."""

    place: str
    direction: str
    rules: tuple[RuleAnswer, ...]


@dataclass(frozen=True, slots=True)
class ExampleAnswer:
    """A flow that gets through, and the rules that let it."""

    text: str
    chains: tuple[ChainAnswer, ...]
    values: tuple[UnknownValueText, ...]
    """values of unknowns for which the rules let it through"""


@dataclass(frozen=True, slots=True)
class EntryAnswer:
    """One party and those that it reaches in the same way; parties by their ids. `pairs` counts pairs of members."""

    source: str
    destinations: tuple[str, ...]
    pairs: int
    state: ReachState
    flows: tuple[FlowsAnswer, ...]
    in_short: tuple[FlowsAnswer, ...]
    """the same with less distinction: what Azure carries nowhere is not left out"""
    via: tuple[str, ...]
    """the appliances that flows pass, in order"""
    reply: ReplyAnswer
    example: ExampleAnswer | None = None


@dataclass(frozen=True, slots=True)
class TotalsAnswer:
    """How many pairs of a member that sends and another that receives there are, and how many of these are in which
    state; the internet and what lies behind a gateway count as one member."""

    pairs: int
    reaches: int
    no_reply: int
    may_reach: int


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What is known when all entries were read. `reason` says why there is none."""

    totals: TotalsAnswer
    reason: str | None
    assumptions: tuple[AssumptionUsed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachAnswer:
    """The matrix. Iterating it gives the entries, each worked out when its turn comes."""

    source_name: str | None
    destination_name: str | None
    protocol: str
    port: str
    parties: tuple[PartyAnswer, ...]
    notes: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    entries: Callable[[], Iterator[EntryAnswer]] = field(repr=False, compare=False)
    close: Callable[[], Conclusion] = field(repr=False, compare=False)
    """what is to be said behind the entries"""

    def __iter__(self) -> Iterator[EntryAnswer]:
        return self.entries()
