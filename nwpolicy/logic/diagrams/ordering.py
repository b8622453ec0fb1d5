"""The order of the fields in which a diagram is built with the least work.

No order is best for all rules: the best and the worst of a list of 1,000 can be a hundredfold apart. So a few that are
good for some kind of list each race on a sample of the rules, and the work they take is counted: the same order wins
on every run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, TypeAlias

from nwpolicy.logic.boxes import DESTINATION, DESTINATION_PORT, PROTOCOL, SOURCE, SOURCE_PORT, Asked, Box
from nwpolicy.logic.diagrams.building import WORK, Builder
from nwpolicy.logic.diagrams.spaces import Order, Space, hull, spaces_of
from nwpolicy.logic.diagrams.table import OUTSIDE, Table
from nwpolicy.logic.diagrams.tries import Try, tries_of
from nwpolicy.logic.errors import TooLarge
from nwpolicy.model.filters import Chain, Layer

__all__ = ["best_order", "order_for_few"]

#: The fields in which rules mostly differ come first in one of them each.
_CANDIDATES: Final[tuple[Order, ...]] = (
    (PROTOCOL, DESTINATION_PORT, SOURCE, DESTINATION, SOURCE_PORT),
    (PROTOCOL, DESTINATION_PORT, DESTINATION, SOURCE, SOURCE_PORT),
    (PROTOCOL, DESTINATION_PORT, SOURCE_PORT, DESTINATION, SOURCE),
    (PROTOCOL, DESTINATION, SOURCE, DESTINATION_PORT, SOURCE_PORT),
    (SOURCE, DESTINATION, PROTOCOL, DESTINATION_PORT, SOURCE_PORT),
    (DESTINATION, SOURCE, PROTOCOL, DESTINATION_PORT, SOURCE_PORT),
)
#: The race may take one part in so many of the work that is granted in all.
_SHARE: Final = 16
#: How many rules of a layer race.
_SAMPLE: Final = 200
#: How many rules are no reason for a race.
_FEW: Final = 64

#: A space, the boxes of it that are asked about, and the tries of each layer there.
_Field: TypeAlias = tuple[Space, tuple[Box, ...], tuple[tuple[Try, ...], ...]]


def best_order(chain: Chain, asked: Asked, *, limit: int, by_rule: bool) -> Order:
    """The winner for the asked flows."""
    sample = Chain(tuple(_sampled(layer) for layer in chain.layers))
    fields = [(space, boxes, tries_of(sample, space, hull(boxes))) for space, boxes in spaces_of(asked)]
    best, least = _CANDIDATES[0], limit * WORK // _SHARE
    for order in _CANDIDATES:
        work = _work(fields, order, least, by_rule)
        if work < least:
            best, least = order, work
    return best


def order_for_few(rules: int) -> Order | None:
    """An order that is good enough for so many rules, where a race would take longer than it can win; else None."""
    return _CANDIDATES[0] if rules <= _FEW else None


def _sampled(layer: Layer) -> Layer:
    """Rules at equal distances, and the last."""
    step = -(-len(layer.rules) // _SAMPLE) or 1
    return replace(layer, rules=layer.rules[-1::-step][::-1])


def _work(fields: Iterable[_Field], order: Order, most: int, by_rule: bool) -> int:
    """How much work the diagrams take, or more than what is the most anyone wants to know of."""
    work = 0
    for space, boxes, tries in fields:
        table = Table(tuple(space.sizes[index] for index in order), most)
        builder = Builder(tries, space, boxes, table, order, lambda _: OUTSIDE, by_rule, allowed=most - work)
        try:
            builder.root()
        except TooLarge:
            return most
        work += builder.work
    return work
