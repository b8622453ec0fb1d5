"""What a rule as written does in a chain: the facts of the filter rules that stem from it, taken together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nwpolicy.azure.origins import origin_of
from nwpolicy.logic.boxes import Asked, boxes_of
from nwpolicy.logic.diagrams import Decisions, Fate, RuleFact
from nwpolicy.logic.diagrams.decisions import EVERYTHING
from nwpolicy.logic.diagrams.fates import endings
from nwpolicy.logic.diagrams.ordering import order_for_few
from nwpolicy.logic.diagrams.tries import reach_of
from nwpolicy.logic.evaluate import MissingValueError, evaluate
from nwpolicy.logic.witness import favourite
from nwpolicy.model.filters import Chain, Choice, FilterRule, Layer, Outcome
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import AdminRule, SecurityRule

__all__ = ["RuleUse", "deciding", "example", "passes", "reached", "without"]


@dataclass(frozen=True, slots=True)
class RuleUse:
    """A rule in one layer of a chain: what can be said of each of the filter rules that it is there."""

    chain: Chain
    index: int
    parts: tuple[RuleFact, ...]

    @property
    def rule(self) -> SecurityRule | AdminRule:
        written = origin_of(self.parts[0].rule).rule
        assert isinstance(written, SecurityRule | AdminRule)
        return written

    @property
    def layer(self) -> Layer:
        return self.chain.layers[self.index]

    @property
    def is_shadowed(self) -> bool:
        return all(part.shadowed for part in self.parts)

    @property
    def matches_nothing(self) -> bool:
        return all(part.shadowed_by == () for part in self.parts)

    @property
    def is_redundant(self) -> bool:
        """Whether the chain allows the same flows without it. Of a rule that is several filter rules this is not told:
        each could go for the sake of the others."""
        return not self.is_shadowed and len(self.parts) == 1 and self.parts[0].redundant

    @property
    def shadowing(self) -> tuple[FilterRule, ...]:
        """Rules before it that together hold all that it matches."""
        rules = self.layer.rules
        places = {at for part in self.parts for at in part.shadowed_by or () if at < part.position}
        return tuple(rules[at] for at in sorted(places))

    @property
    def correlated(self) -> tuple[FilterRule, ...]:
        """Rules behind it that overlap with it and do something else, neither of them holding the other."""
        rules = self.layer.rules
        return tuple(rules[at] for part in self.parts for at in part.correlated if at > part.position)

    @property
    def flows(self) -> tuple[FlowSet, ...] | None:
        """What it decides about in its layer; None if that is too much to list, or depends on unknowns."""
        if any(part.flows is None or part.decides != part.may_decide for part in self.parts):
            return None
        return tuple(flows for part in self.parts for flows in part.flows or ())

    @property
    def asked(self) -> tuple[FlowSet, ...]:
        """The flows that it decides about, or more where these cannot be told."""
        return self.flows or tuple(reach for part in self.parts if (reach := reach_of(part.rule.match)))


def reached(chain: Chain, index: int) -> frozenset[int]:
    """The positions of the rules of a layer that some flow may get to and match, past the layers before. Raises
    TooLarge."""
    before = tuple(_closing(layer) for layer in chain.layers[:index])
    layer = chain.layers[index]
    passing = replace(layer, rules=tuple(replace(rule, outcome=Outcome.PASS) for rule in layer.rules))
    counts = _counts(Chain((*before, passing)))
    ends = {end for fate in counts for end in endings(fate.tree)}
    return frozenset(end.position for end in ends if end.layer == index and end.position is not None)


def _closing(layer: Layer) -> Layer:
    """The layer as those behind it see it: what it accepts for good does not get to them either."""
    return replace(layer, rules=tuple(replace(rule, outcome=_closed(rule.outcome)) for rule in layer.rules))


def _closed(outcome: Outcome | Choice) -> Outcome | Choice:
    if isinstance(outcome, Choice):
        return replace(outcome, options=tuple(dict.fromkeys(_never_accepts(option) for option in outcome.options)))
    return _never_accepts(outcome)


def _never_accepts(outcome: Outcome) -> Outcome:
    return Outcome.DENY if outcome is Outcome.ACCEPT else outcome


def passes(layers: tuple[Layer, ...], flow: Flow) -> bool:
    """Whether a flow gets past the layers whatever the unknowns are, and none of them accepts it for good. Where it
    turns on an unknown, it is not said to."""
    try:
        trace = evaluate(Chain(layers), flow)
    except MissingValueError:
        return False
    return trace.allowed and not any(step.outcome is Outcome.ACCEPT for step in trace.steps)


def deciding(chain: Chain, asked: tuple[FlowSet, ...]) -> tuple[FilterRule, ...]:
    """The rules that decide about some of the flows, in order. Raises TooLarge."""
    ends = {end for fate in _counts(chain, asked) for end in endings(fate.tree)}
    places = sorted({(end.layer, end.position) for end in ends if end.layer is not None and end.position is not None})
    return tuple(chain.layers[layer].rules[position] for layer, position in places)


def _counts(chain: Chain, asked: Asked = EVERYTHING) -> Mapping[Fate, int]:
    """The order of the fields makes no difference to what is counted, so for few rules none is looked for."""
    order = order_for_few(sum(len(layer.rules) for layer in chain.layers))
    return Decisions.of(chain, asked, order=order).counts()


def without(chain: Chain, index: int, rule: FilterRule) -> Chain:
    """The chain without one rule."""
    layers = list(chain.layers)
    layers[index] = replace(layers[index], rules=tuple(one for one in layers[index].rules if one is not rule))
    return Chain(tuple(layers))


def example(flows: FlowSet) -> Flow:
    """The flow of a set that a person recognises best."""
    return favourite(boxes_of(flows)[0])
