"""Flows that two versions of a layer treat otherwise, against trying everything."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import assume, given

from nwpolicy.logic.layers import flows_treated_otherwise
from nwpolicy.model.filters import Chain, Layer, Outcome
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.unknowns import Unknown, UnknownKind
from tests.properties.universe import assignments, chains, fate, flows_of, questions

#: What layers can rest on whose rules have one outcome at one place each.
KINDS = (UnknownKind.ADDRESS, UnknownKind.PORT, UnknownKind.PROTOCOL, UnknownKind.CONDITION)


def settled(layer: Layer, flow: Flow, values: Mapping[Unknown, object]) -> object:
    decisive = fate(Chain((layer,)), flow, values).decisive  # type: ignore[arg-type]
    return Outcome.PASS if decisive is None else layer.rules[decisive[1]].outcome


def differs(chain: Chain, flow: Flow) -> bool:
    """Whether the first two layers may settle the flow otherwise."""
    old, new = chain.layers
    return any(
        settled(old, flow, values) is not settled(new, flow, values) for values in assignments(chain, [flow.family])
    )


@given(chains(max_unknowns=1, kinds=KINDS), questions(max_flows=24))
def test_whatever_may_be_settled_otherwise_is_told(chain: Chain, asked: tuple[FlowSet, ...]) -> None:
    assume(len(chain.layers) == 2)
    told = flows_treated_otherwise(*chain.layers)
    assert told is not None
    for flow in flows_of(*asked):
        assert not differs(chain, flow) or any(flow in flows for flows in told)


@given(chains(), questions(max_flows=24))
def test_without_unknowns_nothing_else_is_told(chain: Chain, asked: tuple[FlowSet, ...]) -> None:
    assume(len(chain.layers) == 2)
    told = flows_treated_otherwise(*chain.layers)
    assert told is not None
    for flow in flows_of(*asked):
        assert differs(chain, flow) is any(flow in flows for flows in told)
