"""Chains and their evaluation against a deliberately naive reading of the same estate."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.chains import filter_chain
from nwpolicy.azure.origins import EXEMPT, RuleOrigin
from nwpolicy.azure.subjects import find_subject
from nwpolicy.logic.evaluate import evaluate
from nwpolicy.model.rules import Direction
from tests.estates import Estate, directions, estates, some_flows
from tests.naive_azure import evaluate_naively


@given(estates(), directions, st.integers(0, 2**16))
def test_chains_agree_with_the_naive_reading(estate: Estate, direction: Direction, seed: int) -> None:
    subject = find_subject(estate.snapshot, nic="nic1")
    assert subject.nic is not None
    built = filter_chain(estate.snapshot, subject, direction, Assumptions.of())
    for flow in some_flows(seed, direction, 150):
        trace = evaluate(built.chain, flow)
        step = trace.decisive
        origin = step.rule.origin if step is not None and step.rule is not None else None
        name = origin.name if isinstance(origin, RuleOrigin) and origin.rule is not EXEMPT else None
        naive = evaluate_naively(estate.snapshot, subject.nic, direction, flow)
        assert (trace.allowed, name) == (naive.allowed, naive.rule), f"{direction} {flow}"
