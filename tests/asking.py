"""Asks the whole way from definitions to the fate of one flow, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.chains import FilterChain, filter_chain
from nwpolicy.azure.origins import RuleOrigin
from nwpolicy.azure.subjects import Subject, find_subject
from nwpolicy.logic.evaluate import MissingValueError, Trace, evaluate, matches
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.filters import Assignment, FilterRule
from nwpolicy.model.flows import Flow
from nwpolicy.model.rules import Direction
from nwpolicy.model.snapshot import Snapshot

NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Answer:
    """What happened to a flow: `rule` is the decisive rule's own name, `layers` the names of the layers it reached."""

    allowed: bool
    rule: str | None
    layer: str | None
    layers: tuple[str, ...]
    trace: Trace
    chain: FilterChain

    @property
    def verdict(self) -> tuple[str, str | None]:
        return ("Allow" if self.allowed else "Deny", self.rule)


def build(
    estate: Snapshot,
    direction: Direction,
    *,
    nic: str | None = None,
    nsg: str | None = None,
    private_endpoint: str | None = None,
    chosen: Mapping[str, str] = NOTHING,
    virtual_network: AddressSet | None = None,
) -> FilterChain:
    subject: Subject = find_subject(estate, nic=nic, nsg=nsg, private_endpoint=private_endpoint)
    return filter_chain(estate, subject, direction, Assumptions.of(chosen), virtual_network)


def ask(chain: FilterChain, flow: Flow, assignment: Assignment = MappingProxyType({})) -> Answer:
    trace = evaluate(chain.chain, flow, assignment)
    layers = chain.chain.layers
    decisive = trace.decisive
    rule = decisive.rule if decisive is not None else None
    return Answer(
        trace.allowed,
        _name(rule),
        layers[decisive.layer].name if decisive is not None else None,
        tuple(layers[step.layer].name for step in trace.steps),
        trace,
        chain,
    )


def doubts(chain: FilterChain, flow: Flow, assignment: Assignment = MappingProxyType({})) -> set[str]:
    """The assumptions that the fate of the flow rests on: doubts of the rules tried, up to the one that settled it."""
    found = set(chain.assumptions)
    for step in evaluate(chain.chain, flow, assignment).steps:
        for rule in chain.chain.layers[step.layer].rules:
            found |= {doubt.assumption for doubt in rule.doubts if matches(doubt.zone, flow, assignment)}
            if rule is step.rule:
                break
    return found


def depends_on(chain: FilterChain, flow: Flow) -> str | None:
    """The first unknown that the fate of the flow turns on, None if it turns on none."""
    try:
        evaluate(chain.chain, flow)
    except MissingValueError as missing:
        return missing.unknown.name
    return None


def origin_of(answer: Answer) -> RuleOrigin:
    """Where the decisive rule comes from."""
    step = answer.trace.decisive
    assert step is not None
    assert step.rule is not None
    assert isinstance(step.rule.origin, RuleOrigin)
    return step.rule.origin


def _name(rule: FilterRule | None) -> str | None:
    if rule is None:
        return None
    assert isinstance(rule.origin, RuleOrigin)
    return rule.origin.name
