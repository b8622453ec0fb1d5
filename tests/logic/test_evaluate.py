from __future__ import annotations

import pytest

from nwpolicy.logic.evaluate import MissingValueError, evaluate, failed_fields, matches
from nwpolicy.model.addresses import ANY_IPV4, NO_ADDRESS, AddressSet
from nwpolicy.model.filters import Choice, Floating, Match, RulesValue, Values
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT, parse_ports
from nwpolicy.model.unknowns import UnknownKind
from tests.logic.shorthand import ACCEPT, DENY, PASS, chain, flow, match, rule, unknown

WEB = flow("tcp 203.0.113.9:50000 10.0.0.4:443")
PING = flow("icmp 203.0.113.9 10.0.0.4")
CIDR = unknown("cidr", UnknownKind.ADDRESS)
PORT = unknown("port", UnknownKind.PORT)
EXISTS = unknown("exists", UnknownKind.CONDITION)
RANK = unknown("rank", UnknownKind.PRIORITY)


def test_the_first_rule_that_matches_settles_the_layer() -> None:
    trace = evaluate(chain((rule("a", DENY, 1, match("udp")), rule("b", PASS, 2), rule("c", DENY, 3))), WEB)
    assert trace.allowed
    assert [(step.rule and step.rule.name, step.position, step.outcome) for step in trace.steps] == [("b", 1, PASS)]


def test_a_pass_hands_on_a_deny_stops_and_an_accept_skips_the_rest() -> None:
    deny_all = (rule("deny", DENY, 1),)
    assert not evaluate(chain((rule("pass", PASS, 1),), deny_all), WEB).allowed
    accepted = evaluate(chain((rule("accept", ACCEPT, 1),), deny_all), WEB)
    assert accepted.allowed
    assert len(accepted.steps) == 1
    assert len(evaluate(chain(deny_all, (rule("pass", PASS, 1),)), WEB).steps) == 1


def test_a_layer_in_which_no_rule_matches_hands_on() -> None:
    trace = evaluate(chain((rule("allow", PASS, 1),), (rule("udp", DENY, 1, match("udp")),)), WEB)
    assert trace.allowed
    assert trace.steps[1].rule is None
    assert trace.decisive is trace.steps[0]


def test_nothing_decides_where_no_rule_ever_matches() -> None:
    assert evaluate(chain(()), WEB).decisive is None
    assert evaluate(chain(), WEB).allowed


def test_a_flow_without_ports_meets_the_full_port_range_only() -> None:
    assert matches(match(port="*"), PING)
    assert not matches(match(port="0-65534"), PING)
    assert failed_fields(match(port="443"), PING) == ("destinationPort",)


def test_unknown_ports_that_complete_the_full_range_are_met_by_flows_without_ports() -> None:
    half = Match(destination_port=Values(parse_ports("0-999"), (PORT,), parse_ports("1000-65535")))
    assert matches(half, PING, {PORT: ANY_PORT})
    assert not matches(half, PING, {PORT: parse_ports("1001-65535")})
    out_of_reach = Match(destination_port=Values(parse_ports("0-998"), (PORT,), parse_ports("1000-65535")))
    assert not matches(out_of_reach, PING)


def test_every_field_that_fails_is_named_in_order() -> None:
    strict = match("udp", "10.0.0.0/8", "10.9.0.0/16", "53", (EXISTS,))
    assert failed_fields(strict, WEB, {EXISTS: False}) == (
        "protocol",
        "source",
        "destination",
        "destinationPort",
        "condition",
    )
    assert failed_fields(match("tcp", "203.0.113.0/24"), WEB) == ()


def test_an_unknown_counts_within_its_bound_only() -> None:
    bounded = Match(source=Values(NO_ADDRESS, (CIDR,), AddressSet.parse("203.0.113.0/24")))
    assert matches(bounded, WEB, {CIDR: ANY_IPV4})
    assert not matches(bounded, flow("tcp 198.51.100.1:1 10.0.0.4:443"), {CIDR: ANY_IPV4})


def test_an_unknown_is_looked_up_only_where_it_matters() -> None:
    assert not matches(match("udp", CIDR), WEB)
    assert matches(Match(source=Values(AddressSet.parse("203.0.113.9"), (CIDR,))), WEB)
    with pytest.raises(MissingValueError, match="the unknown 'cidr' \\(address\\) has no value"):
        matches(match("tcp", CIDR), WEB)


def test_a_floating_rule_is_tried_before_rules_of_higher_rank() -> None:
    floating = rule("floating", DENY, Floating(RANK, 100, 300), match("tcp"))
    layers = chain((floating, rule("allow", PASS, 200)))
    assert not evaluate(layers, WEB, {RANK: 150}).allowed
    assert evaluate(layers, WEB, {RANK: 250}).allowed
    assert evaluate(layers, PING).allowed


def test_a_floating_rule_that_stands_behind_can_still_come_first() -> None:
    floating = rule("floating", DENY, Floating(RANK, 100, 300))
    assert not evaluate(chain((rule("allow", PASS, 200), floating)), WEB, {RANK: 150}).allowed


def test_a_floating_rule_of_higher_rank_is_not_looked_up() -> None:
    assert evaluate(chain((rule("allow", PASS, 99), rule("f", DENY, Floating(RANK, 100, 300)))), WEB).allowed


def test_an_unknown_outcome_is_looked_up() -> None:
    access = unknown("access", UnknownKind.ACCESS)
    layers = chain((rule("open", Choice(access, (DENY, PASS)), 1),))
    assert evaluate(layers, WEB, {access: PASS}).allowed
    assert not evaluate(layers, WEB, {access: DENY}).allowed


def test_unknown_rules_do_what_their_value_says() -> None:
    rules = unknown("rules", UnknownKind.RULES)
    opaque = rule("opaque", Choice(rules, (DENY, PASS)), Floating(rules, 100, 300), match(when=(rules,)))
    layers = chain((opaque, rule("allow", PASS, 200)))
    assert not evaluate(layers, WEB, {rules: RulesValue(True, 150, DENY)}).allowed
    assert evaluate(layers, WEB, {rules: RulesValue(True, 250, DENY)}).allowed
    assert evaluate(layers, WEB, {rules: RulesValue(False, 150, DENY)}).allowed


def test_a_value_of_the_wrong_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="is no AddressSet"):
        matches(match("tcp", CIDR), WEB, {CIDR: IntervalSet.full(16)})


def test_a_rule_behind_the_rank_that_settled_the_flow_needs_no_value() -> None:
    """What stands behind cannot decide, so nobody has to know what it is."""
    floating = rule("floating", PASS, Floating(RANK, 100, 300))
    layer = (rule("udp", DENY, 100, match("udp")), floating, rule("maybe", DENY, 200, match(when=(EXISTS,))))
    assert evaluate(chain(layer), WEB, {RANK: 150}).allowed
    with pytest.raises(MissingValueError):
        evaluate(chain(layer), WEB, {RANK: 250})
