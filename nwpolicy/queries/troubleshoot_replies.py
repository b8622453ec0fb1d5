"""What the way back does to flows, as chains that a request has to get through: denied is what has no answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nwpolicy.azure.paths import Estate, Reply, ReplyFault, Stop, Way
from nwpolicy.model.filters import Chain, FilterRule, Layer, Match, Outcome, Values
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["reply_chains"]


def reply_chains(estate: Estate, way: Way, back: Sequence[Reply]) -> Iterator[Chain]:
    """Where replies go, and the rules of appliances that see nothing but replies: to them these are flows of their
    own."""
    lost = tuple(_lost(reply, back) for reply in back if reply.breaks or reply.fault is ReplyFault.UNKNOWN)
    yield Chain((Layer("reply", lost),))
    seen = [estate.keeper_of(stop) for stop in way.appliances]
    for reply in back:
        if reply.fault is ReplyFault.ASYMMETRIC and not reply.breaks:
            for stop in reply.way.appliances:
                if not any(one.sees(estate.keeper_of(stop)) for one in seen):
                    yield from _filters(estate, reply, stop, back)


def _lost(reply: Reply, back: Sequence[Reply]) -> FilterRule:
    conditions = () if all(other.breaks for other in _alternatives(reply, back)) else _taken(reply)
    match = Match(source=Values(reply.way.destinations), conditions=conditions)
    return FilterRule(reply.fault or "", match, Outcome.DENY, 0, reply)


def _alternatives(reply: Reply, back: Sequence[Reply]) -> list[Reply]:
    """The ways back of which one is taken, depending on what is not known."""
    return [other for other in back if other.way.destinations & reply.way.destinations]


def _taken(reply: Reply) -> tuple[Unknown, ...]:
    """Whether that way back is taken."""
    return tuple(unknown.of_kind(UnknownKind.CONDITION) for unknown in reply.way.unknowns[:1])


def _filters(estate: Estate, reply: Reply, stop: Stop, back: Sequence[Reply]) -> Iterator[Chain]:
    conditions = _taken(reply) if len(_alternatives(reply, back)) > 1 else ()
    elsewhere = Match(source=Values(~reply.way.destinations))
    others = Layer("other sources", (FilterRule("other sources", elsewhere, Outcome.ACCEPT, 0),))
    for subject, direction in stop.filters:
        layers = estate.chain(subject, direction).chain.layers
        yield Chain((others, *(_turned(layer, conditions) for layer in layers)))


def _turned(layer: Layer, conditions: tuple[Unknown, ...]) -> Layer:
    """The layer as the request has to meet it for the reply to get through: with source and destination exchanged."""
    rules = (replace(rule, match=_exchanged(rule.match, conditions), doubts=()) for rule in layer.rules)
    return Layer(layer.name, tuple(rules), layer.origin)


def _exchanged(match: Match, conditions: tuple[Unknown, ...]) -> Match:
    return Match(
        match.protocol,
        match.destination,
        match.destination_port,
        match.source,
        match.source_port,
        (*match.conditions, *conditions),
    )
