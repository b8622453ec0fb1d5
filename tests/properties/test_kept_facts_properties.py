"""Facts that are kept are those that would be worked out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given

from nwpolicy.logic.diagrams import facts
from nwpolicy.model.filters import Chain, Outcome
from nwpolicy.queries.lint.cache import Cache
from nwpolicy.queries.lint.keptfacts import kept_facts
from tests.properties.universe import chains


@given(chains(max_unknowns=2))
def test_kept_facts_are_those_worked_out(chain: Chain) -> None:
    with TemporaryDirectory() as folder:
        for index in range(len(chain.layers)):
            worked_out = facts(chain, index)
            writer, reader = Cache(Path(folder)), Cache(Path(folder))
            assert kept_facts(writer, chain, index) == worked_out
            assert kept_facts(reader, chain, index) == worked_out
            assert not reader.written


@given(chains(max_unknowns=2))
def test_facts_of_other_filters_are_worked_out_anew(chain: Chain) -> None:
    """Every part of a chain counts: here the outcome of one rule."""
    first = next((rule for layer in chain.layers for rule in layer.rules), None)
    if first is None:
        return
    outcome = Outcome.ACCEPT if first.outcome is not Outcome.ACCEPT else Outcome.DENY
    layers = tuple(
        replace(layer, rules=tuple(replace(rule, outcome=outcome) if rule is first else rule for rule in layer.rules))
        for layer in chain.layers
    )
    with TemporaryDirectory() as folder:
        for index in range(len(layers)):
            kept_facts(Cache(Path(folder)), chain, index)
            other = Cache(Path(folder))
            assert kept_facts(other, Chain(layers), index) == facts(Chain(layers), index)
            assert other.written
