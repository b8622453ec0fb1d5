"""A chain seen from one box: the slice that matters there, a solver over it, and examples that were replayed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Final

from nwpolicy.logic.boxes import Asked, Box, boxes_of
from nwpolicy.logic.errors import EngineDisagreement, NoPossibleValue
from nwpolicy.logic.evaluate import NO_ASSIGNMENT, Trace, evaluate
from nwpolicy.logic.slicing import ChainSlice, RuleSlice, slice_chain
from nwpolicy.logic.witness import bounds_of, favourite, pleasant_values, prefer
from nwpolicy.model.addresses import ANY_ADDRESS
from nwpolicy.model.filters import Assignment, Chain, Floating, Layer, Outcome, UnknownValue
from nwpolicy.model.flows import Flow
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown

if TYPE_CHECKING:  # z3 is loaded by the first question, not by whoever names its types
    from nwpolicy.logic.smt import Formula, Session, Values

__all__ = ["Example", "View", "describe", "open_session", "replay", "views_of"]

#: How many rules are tried for a flow to show before the solver's own is taken.
_STARTS: Final = 16


@dataclass(frozen=True, slots=True)
class Example:
    """One flow that shows something, the values of the unknowns under which it does, and its way."""

    flow: Flow
    assignment: Assignment
    trace: Trace


class View:
    """What a chain does to the flows of a box."""

    def __init__(self, chain: Chain, box: Box) -> None:
        self.chain = chain
        self.box = box
        self.part: Final[ChainSlice] = slice_chain(chain, box)

    @cached_property
    def session(self) -> Session:
        return open_session(self.box)

    @cached_property
    def values(self) -> Values:
        return self.session.values()

    @cached_property
    def _sides(self) -> dict[bool, Formula]:
        from nwpolicy.logic.smt import neg

        allowed = self.session.allowed(self.part, self.values)
        return {True: self.session.literal(allowed), False: self.session.literal(neg(allowed))}

    def side(self, allowed: bool) -> Formula:
        """Whether the flow is allowed (or denied)."""
        return self._sides[allowed]

    @cached_property
    def reduced(self) -> Chain:
        """The chain without the rules that cannot matter here: the same to every flow of the box, and quicker. Layers
        with floating rules stay whole, for a rule that matches nothing still takes its rank."""
        layers = zip(self.chain.layers, self.part.layers, strict=True)
        return Chain(tuple(layer if _floats(layer) else _reduce(layer, rules) for layer, rules in layers))

    def find(self, allowed: bool) -> Example | None:
        """A flow of the box that is allowed (or denied) under some values of the unknowns. None iff unsatisfiable."""
        settled = self.part.settled
        if settled is not None:  # a constant is no question for a solver, which takes longer to load than all the rest
            return self._settled() if settled is allowed else None
        if not self.session.check(self._sides[allowed]):
            return None
        flow, assignment = self.session.flow(), self.values.read(self.session.evaluate)
        replay(self.chain, flow, assignment, allowed)
        flow = self.prefer(flow, allowed, lambda other: self._can_be(other, allowed))
        if assignment:
            self.session.check(self._sides[allowed], self.session.at(flow))
            assignment = self._please(flow, self.values.read(self.session.evaluate), allowed)
        return self.example(flow, assignment, allowed)

    def _settled(self) -> Example:
        """An example where all flows of the box fare alike; its replay is the check."""
        allowed = self.part.settled is True
        flow = self.prefer(favourite(self.box), allowed, lambda other: evaluate(self.reduced, other).allowed is allowed)
        return self.example(flow, {}, allowed)

    def _can_be(self, flow: Flow, allowed: bool) -> bool:
        if self.part.unknowns:
            return self.session.check(self._sides[allowed], self.session.at(flow))
        return evaluate(self.reduced, flow).allowed is allowed

    def some_assignment(self) -> Assignment:
        """Values that the unknowns can have together."""
        possible = self._sides and self.session.check()
        return self.values.read(self.session.evaluate) if possible else {}

    def sides(self) -> tuple[Example | None, Example | None]:
        """An allowed and a denied example. Raises NoPossibleValue where there is neither."""
        allowed, denied = self.find(True), self.find(False)
        if not allowed and not denied:
            raise NoPossibleValue("the unknowns exclude one another: " + ", ".join(self.unknown_names()))
        if allowed and denied and self.box.is_single and not self.part.unknowns:
            raise EngineDisagreement("one flow is both allowed and denied", describe(self.chain, allowed.flow, {}))
        return allowed, denied

    def unknown_names(self) -> Iterator[str]:
        return (unknown.name for unknown in self.part.unknowns)

    def prefer(self, found: Flow, allowed: bool, fits: Callable[[Flow], bool]) -> Flow:
        """The flow to show instead of the solver's own."""
        return prefer(self.box, (*islice(self._starts(allowed), _STARTS), found), fits)

    def _please(self, flow: Flow, assignment: Assignment, allowed: bool) -> dict[Unknown, UnknownValue]:
        """The assignment with values that a person recognises, as far as the outcome stays."""
        pleased, bounds = dict(assignment), bounds_of(self.reduced)
        for unknown in assignment:
            for value in pleasant_values(unknown, pleased[unknown], flow, bounds.get(unknown, ANY_ADDRESS)):
                candidate = {**pleased, unknown: value}
                if evaluate(self.reduced, flow, candidate).allowed is allowed:
                    pleased = candidate
                    break
        return pleased

    def example(self, flow: Flow, assignment: Assignment, allowed: bool) -> Example:
        return Example(flow, assignment, replay(self.chain, flow, assignment, allowed))

    def _starts(self, allowed: bool) -> Iterator[Flow]:
        yield favourite(self.box)
        for rules in self.part.layers:
            for rule in rules:
                if (rule.rule.outcome is not Outcome.DENY) is allowed and (box := narrowed(self.box, rule)):
                    yield favourite(box)


def _floats(layer: Layer) -> bool:
    return any(isinstance(rule.rank, Floating) for rule in layer.rules)


def _reduce(layer: Layer, rules: tuple[RuleSlice, ...]) -> Layer:
    return replace(layer, rules=tuple(rule.rule for rule in rules))


def narrowed(box: Box, rule: RuleSlice) -> Box | None:
    """The part of the box that surely meets the rule's fields, if there is one."""
    for constraint in rule.constraints:
        if not constraint.known or constraint.whole:
            return None
        box = box.with_field(constraint.field, constraint.known)
    return box


def open_session(box: Box) -> Session:
    from nwpolicy.logic.smt import Session

    return Session(box)


def replay(chain: Chain, flow: Flow, assignment: Assignment, allowed: bool) -> Trace:
    """The way of a flow that is claimed to be allowed (or denied). Raises EngineDisagreement if it is not."""
    trace = evaluate(chain, flow, assignment)
    if trace.allowed is not allowed:
        claimed = "allowed" if allowed else "denied"
        raise EngineDisagreement(
            f"the solver has {flow} {claimed}, its replay has not", describe(chain, flow, assignment)
        )
    return trace


def describe(chain: Chain, flow: Flow, assignment: Assignment = NO_ASSIGNMENT) -> str:
    """What is needed to see a disagreement again."""
    rules = "\n".join(
        f"{layer.name} #{position}: {rule.name} rank={rule.rank!r} outcome={rule.outcome!r} match={rule.match!r}"
        for layer in chain.layers
        for position, rule in enumerate(layer.rules)
    )
    return f"flow: {flow!r}\nassignment: {dict(assignment)!r}\nrules:\n{rules}"


def views_of(chain: Chain, asked: Asked) -> list[View]:
    """The chain seen from every box of the asked flows. Raises ValueError if there are none."""
    boxes = boxes_of(asked)
    if not boxes:
        raise ValueError("the asked set of flows is empty")
    return [View(chain, box) for box in boxes]
