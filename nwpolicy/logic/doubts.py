"""Which assumptions the answer about some flows rests on."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from nwpolicy.logic.boxes import Asked, Box, boxes_of
from nwpolicy.logic.evaluate import evaluate
from nwpolicy.logic.slicing import outer, slice_chain
from nwpolicy.logic.views import open_session
from nwpolicy.logic.witness import favourite
from nwpolicy.model.filters import Chain, Doubt, Outcome

__all__ = ["used_doubts"]

_PROBE = 1


def used_doubts(chain: Chain, asked: Asked, besides: Set[str] = frozenset()) -> tuple[str, ...]:
    """The assumptions on which the fate of asked flows rests: under some assignment a flow gets as far as a rule and
    is in the zone of one of its doubts. In the order of their names; nothing is asked about those in `besides`."""
    boxes = boxes_of(asked)
    used: set[str] = {*besides}
    for index, layer in enumerate(chain.layers):
        for position, rule in enumerate(layer.rules):
            for doubt in rule.doubts:
                if doubt.assumption not in used and _is_reached(chain, index, position, doubt, boxes):
                    used.add(doubt.assumption)
    return tuple(sorted(used - besides))


def _is_reached(chain: Chain, layer: int, position: int, doubt: Doubt, boxes: tuple[Box, ...]) -> bool:
    zones = [zone for box in boxes if (zone := outer(doubt.zone, box))]
    return any(_settles(_with_probe(chain, layer, position, doubt), layer, position, zone) for zone in zones)


def _with_probe(chain: Chain, index: int, position: int, doubt: Doubt) -> Chain:
    """The chain up to a layer, with a rule put before the doubtful one that settles all that is in the doubt's zone."""
    layer = chain.layers[index]
    probe = replace(layer.rules[position], name=doubt.assumption, match=doubt.zone, outcome=Outcome.DENY, doubts=())
    rules = (*layer.rules[:position], probe, *layer.rules[position:])
    return Chain((*chain.layers[:index], replace(layer, rules=rules)))


def _settles(chain: Chain, layer: int, position: int, box: Box) -> bool:
    """Whether the rule is decisive for any flow of the box."""
    part = slice_chain(chain, box)
    if not any(rule.position == position for rule in part.layers[layer]):
        return False
    if box.is_single and not part.unknowns:
        step = evaluate(chain, favourite(box)).decisive
        return step is not None and (step.layer, step.position) == (layer, position)
    from nwpolicy.logic.smt import equal

    session = open_session(box)
    number = session.decisive(part, session.values(), lambda *place: _PROBE if place == (layer, position) else 0)
    session.require(equal(number, _PROBE))
    return session.check()
