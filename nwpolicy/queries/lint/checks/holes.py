"""Flows from the internet that get through every layer to a target, by the rule that lets them in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from nwpolicy.azure.spaces import INTERNET
from nwpolicy.logic.diagrams import Decisions
from nwpolicy.logic.diagrams.fates import Ending, endings
from nwpolicy.model.filters import Chain, FilterRule, Match, Values
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import NetworkInterface
from nwpolicy.model.records import dataclass
from nwpolicy.queries.lint.checks.targets import Target, written_rule
from nwpolicy.queries.lint.facts import WrittenRule
from nwpolicy.queries.lint.reporting import label, listed

__all__ = ["Hole", "holes_of"]


@dataclass(frozen=True, slots=True)
class Hole:
    """Flows from the internet that get to a target. `about` is the last rule that lets them in; where no rule that
    anybody wrote does, the network interface. `doubt` is why they may not get there."""

    target: Target
    about: WrittenRule | NetworkInterface
    by: str
    flows: FlowSet
    doubt: str | None


def holes_of(target: Target, ports: Mapping[int, IntervalSet]) -> Iterator[Hole]:
    """What gets to some ports of a target, by protocol. Raises TooLarge."""
    for protocol, wanted in ports.items():
        asked = FlowSet(
            IntervalSet(8, ((protocol, protocol),)),
            source=INTERNET,
            destination=target.addresses,
            destination_port=wanted,
        )
        if asked:
            decisions = Decisions.of(target.chain, asked)
            yield from _certain(target, decisions)
            if any(fate.allowed is None for _, fate in decisions.leaves):
                yield from _possible(target, asked)


def _certain(target: Target, decisions: Decisions) -> Iterator[Hole]:
    for cube in decisions.cubes(lambda fate: fate.allowed is True):
        about = written_rule(cube.fate.rule) or target.nic
        if about is not None:
            yield Hole(target, about, _by(cube.fate.rule), cube.flows, target.doubt)


def _possible(target: Target, asked: FlowSet) -> Iterator[Hole]:
    """What rules for the whole internet and a known port may let in, for example to a destination that is a parameter.
    Unknown sources are taken to hold nobody: a parameter for the addresses of administrators is no hole."""
    chain = _supposed(target.chain)
    for cube in Decisions.of(chain, asked).cubes(lambda fate: fate.allowed is None):
        ends = [end for end in endings(cube.fate.tree) if end.allowed and end.layer is not None]
        for rule in {id(rule): rule for end in ends if (rule := _rule_at(chain, end)) is not None}.values():
            about = written_rule(rule)
            if about is not None:
                names = listed(unknown.name for unknown in cube.fate.unknowns)
                yield Hole(target, about, f"{label(rule)} may let it in", cube.flows, f"it depends on {names}")


def _supposed(chain: Chain) -> Chain:
    """The chain as if unknown sources, protocols and destination ports were none."""
    return Chain(
        tuple(
            replace(layer, rules=tuple(replace(rule, match=_known(rule.match)) for rule in layer.rules))
            for layer in chain.layers
        )
    )


def _known(match: Match) -> Match:
    return replace(
        match,
        protocol=Values(match.protocol.known),
        source=Values(match.source.known),
        destination_port=Values(match.destination_port.known),
    )


def _rule_at(chain: Chain, end: Ending) -> FilterRule | None:
    if end.layer is None or end.position is None:
        return None
    return chain.layers[end.layer].rules[end.position]


def _by(rule: FilterRule | None) -> str:
    return "no rule filters it" if rule is None else f"{label(rule)} lets it in, and no other layer denies it"
