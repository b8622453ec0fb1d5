from __future__ import annotations

from nwpolicy.logic.doubts import used_doubts
from nwpolicy.model.filters import Chain, Doubt
from nwpolicy.model.flows import FlowSet
from tests.logic.shorthand import ACCEPT, DENY, PASS, asked, chain, match, rule

ZONE = Doubt("the-zone", match(source="10.0.0.0/8"))
DOUBTFUL = rule("doubtful", PASS, 200, match("tcp", "10.0.0.0/16"), (ZONE,))


def used(rules: Chain, question: FlowSet) -> tuple[str, ...]:
    return used_doubts(rules, question)


def test_a_doubt_counts_in_its_zone_whether_or_not_the_rule_matches() -> None:
    layers = chain((DOUBTFUL, rule("deny", DENY, 300)))
    assert used(layers, asked("tcp", "10.0.0.4")) == ("the-zone",)
    assert used(layers, asked("tcp", "10.9.0.4")) == ("the-zone",)
    assert used(layers, asked("tcp", "192.0.2.4")) == ()


def test_a_doubt_does_not_count_behind_a_rule_that_settles_the_flow() -> None:
    layers = chain((rule("first", PASS, 100, match("tcp")), DOUBTFUL))
    assert used(layers, asked("tcp", "10.0.0.4")) == ()
    assert used(layers, asked("udp", "10.0.0.4")) == ("the-zone",)


def test_a_doubt_counts_only_in_layers_that_are_reached() -> None:
    assert used(chain((rule("deny", DENY, 1, match("tcp")),), (DOUBTFUL,)), asked("tcp")) == ()
    assert used(chain((rule("accept", ACCEPT, 1, match("tcp")),), (DOUBTFUL,)), asked("tcp")) == ()
    assert used(chain((rule("pass", PASS, 1, match("tcp")),), (DOUBTFUL,)), asked("tcp")) == ("the-zone",)


def test_assumptions_are_named_once_and_in_order() -> None:
    other = Doubt("another", match())
    layers = chain((rule("a", PASS, 1, match("udp"), (ZONE, other)), rule("b", DENY, 2, match("udp"), (ZONE,))))
    assert used(layers, asked()) == ("another", "the-zone")
