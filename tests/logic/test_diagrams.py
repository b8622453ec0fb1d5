from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import pytest

from benchmarks import rulesets
from nwpolicy.logic.diagrams import (
    Condition,
    Cube,
    Decisions,
    Fate,
    TooLarge,
    both,
    compare,
    compare_chains,
    either,
    facts,
)
from nwpolicy.model.filters import Chain, Choice, Floating, Outcome
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.unknowns import UnknownKind
from tests.logic.shorthand import ACCEPT, DENY, PASS, asked, chain, flow, match, rule, unknown

ALL_FLOWS = (2 * 65536**2 + 254) * (2**64 + 2**256)


def shown(cubes: Iterable[Cube]) -> list[str]:
    return sorted(f"{cube.flows} {cube.fate.rule.name if cube.fate.rule else cube.fate.allowed}" for cube in cubes)


def fate_at(decisions: Decisions, text: str) -> Fate:
    (found,) = (cube.fate for cube in decisions.cubes() if flow(text) in cube.flows)
    return found


# --- products and counts --------------------------------------------------------------------------------------------


def test_a_chain_without_rules_allows_everything_in_one_product() -> None:
    (cube,) = Decisions.of(Chain(())).cubes()
    assert (cube.flows, cube.fate) == (FlowSet(), Fate(True))


def test_flows_without_ports_count_once_for_two_addresses_and_a_protocol() -> None:
    decisions = Decisions.of(chain(()), asked("icmp", "10.0.0.0/30", "10.0.0.0/31"))
    assert decisions.size == 4 * 2
    assert Decisions.of(chain(())).size == ALL_FLOWS


def test_a_rule_for_a_port_takes_nothing_of_protocols_without_ports() -> None:
    decisions = Decisions.of(chain((rule("web", DENY, 100, match("*", "*", "10.0.0.4", "443")),)))
    assert shown(decisions.cubes(lambda fate: not fate.allowed)) == ["tcp, udp 0.0.0.0/0 → 10.0.0.4:443 web"]
    assert decisions.count(lambda fate: fate.allowed is False) == 2 * 2**32 * 2**16


def test_products_that_differ_in_one_field_are_one() -> None:
    rules = (
        rule("a", PASS, 100, match("tcp", "10.0.0.0/9", "*", "80")),
        rule("b", PASS, 110, match("tcp", "10.128.0.0/9", "*", "80")),
        rule("c", PASS, 120, match("tcp", "10.0.0.0/8", "*", "443")),
        rule("rest", DENY, 200),
    )
    allowed = Decisions.of(chain(rules)).cubes(lambda fate: fate.allowed is True, by_rule=False)
    assert shown(allowed) == ["tcp 10.0.0.0/8 → 0.0.0.0/0:80, 443 True"]


def test_a_flow_that_no_rule_matches_is_allowed_by_none() -> None:
    found = fate_at(Decisions.of(chain((rule("web", DENY, 100, match("tcp", port="80")),))), "tcp 1.1.1.1:1 2.2.2.2:81")
    assert (found.allowed, found.layer, found.position, found.rule) == (True, None, None, None)


def test_the_decisive_rule_is_the_one_that_stops_the_flow_else_the_last_that_passed_it() -> None:
    decisions = Decisions.of(
        chain(
            (rule("through", ACCEPT, 1, match("tcp", port="22")), rule("on", PASS, 2, match("tcp"))),
            (rule("web", PASS, 1, match("tcp", port="443")), rule("ssh", DENY, 2, match("tcp", port="22"))),
            (),
        )
    )
    places = {}
    for port in (22, 443, 80):
        found = fate_at(decisions, f"tcp 1.1.1.1:1 2.2.2.2:{port}")
        places[port] = (found.allowed, found.layer, found.position)
    assert places == {22: (True, 0, 0), 443: (True, 1, 0), 80: (True, 0, 1)}


def test_what_a_layer_passes_is_not_allowed_before_the_layers_behind_had_their_say() -> None:
    rules = chain((rule("ssh", DENY, 1, match("tcp", port="22")), rule("on", PASS, 2)), (rule("rest", DENY, 1),))
    for by_rule in (True, False):
        assert Decisions.of(rules, by_rule=by_rule).count(lambda fate: fate.allowed is not False) == 0


def test_the_same_function_is_the_same_diagram() -> None:
    """Reduced: a node that does not matter is not there, however many rules there are."""
    rules = tuple(rule(f"r{n}", PASS, n, match("tcp", f"10.0.{n}.0/24")) for n in range(256))
    assert Decisions.of(chain((*rules, rule("rest", PASS, 300))), by_rule=False).nodes == 0


def test_the_order_can_be_forced_and_changes_nothing_but_the_diagram() -> None:
    rules = rulesets.realistic(40)
    found = [Decisions.of(rules, order=order) for order in ((0, 1, 2, 3, 4), (4, 3, 2, 1, 0))]
    assert found[0].order == (0, 1, 2, 3, 4)
    assert found[0].counts() == found[1].counts()
    assert found[0].nodes != found[1].nodes


def test_products_come_one_by_one() -> None:
    decisions = Decisions.of(rulesets.random_boxes(60), asked("tcp"))
    assert len(list(islice(decisions.cubes(), 10))) == 10


def test_restricting_projecting_and_turning_round() -> None:
    rules = chain((rule("web", PASS, 100, match("tcp", "10.0.0.0/8", "*", "80,443")), rule("rest", DENY, 200)))
    decisions = Decisions.of(rules)
    assert decisions.restrict(asked("tcp", "10.0.0.4", "10.0.0.5", "443")).size == 65536
    ports = decisions.project(1, lambda fate: fate.allowed is True)
    assert [str(list(values)) for values in ports.values() if values] == ["[(80, 80), (443, 443)]"]
    turned = decisions.complement()
    assert turned.count(lambda fate: fate.allowed is True) == decisions.count(lambda fate: fate.allowed is False)


def test_a_diagram_that_blows_up_ends_in_too_large_and_says_what_to_do() -> None:
    with pytest.raises(TooLarge, match="too large, with more than 2,000 distinct") as raised:
        Decisions.of(rulesets.random_boxes(200), limit=2000)
    assert (raised.value.limit, raised.value.help[:20]) == (2000, "narrow the question ")
    assert Decisions.of(rulesets.random_boxes(200), asked("tcp", "10.0.0.4", "*", "443"), limit=2000).size > 0


def test_the_race_finds_an_order_that_a_fixed_one_would_miss() -> None:
    """Filter sets of firewalls and of access lists want different orders (ClassBench)."""
    orders = {name: Decisions.of(rulesets.classbench(name, 1000)).order for name in rulesets.CLASSBENCH}
    assert len(set(orders.values())) > 1


# --- two chains -----------------------------------------------------------------------------------------------------


def test_of_two_ways_what_both_do_is_certain_and_the_rest_turns_on_which_is_taken() -> None:
    web = chain((rule("no-web", DENY, 100, match("tcp", port="80")),))
    none = chain((rule("no-tcp", DENY, 100, match("tcp")),))
    condition = Condition((unknown("way", UnknownKind.CONDITION),), "way")
    decisions = either(Decisions.of(web), Decisions.of(none), condition)
    stopped = fate_at(decisions, "tcp 1.1.1.1:1 2.2.2.2:80")
    assert (stopped.allowed, stopped.rule) == (False, None)
    through = fate_at(decisions, "udp 1.1.1.1:1 2.2.2.2:80")
    assert (through.allowed, through.unknowns) == (True, ())
    open_ = fate_at(decisions, "tcp 1.1.1.1:1 2.2.2.2:81")
    assert (open_.allowed, open_.unknowns) == (None, condition.unknowns)


def test_the_first_that_denies_decides_about_both_else_the_second() -> None:
    out = chain((rule("out", DENY, 1, match("tcp", port="22")), rule("else", PASS, 2)))
    into = chain((rule("in", DENY, 1, match("tcp", port="22-23")), rule("open", PASS, 2)))
    decisions = both(Decisions.of(out), Decisions.of(into))
    places = [
        (found.allowed, found.layer, found.position, found.rule and found.rule.name)
        for found in (fate_at(decisions, f"tcp 1.1.1.1:1 2.2.2.2:{port}") for port in (22, 23, 24))
    ]
    assert places == [(False, 0, 0, "out"), (False, 1, 0, "in"), (True, 1, 1, "open")]


def test_renaming_reordering_splitting_and_merging_rules_is_no_change_in_meaning() -> None:
    old = chain(
        (
            rule("web", PASS, 100, match("tcp", "10.0.0.0/8", "*", "80,443")),
            rule("dns", PASS, 110, match("udp", "*", "*", "53")),
            rule("rest", DENY, 200),
        )
    )
    new = chain(
        (
            rule("names", PASS, 90, match("udp", "*", "*", "53")),
            rule("low", PASS, 100, match("tcp", "10.0.0.0/9", "*", "80,443")),
            rule("high-80", PASS, 110, match("tcp", "10.128.0.0/9", "*", "80")),
            rule("high-443", PASS, 120, match("tcp", "10.128.0.0/9", "*", "443")),
            rule("rest", DENY, 200),
        )
    )
    assert not compare(Decisions.of(old), Decisions.of(new), by_rule=False).counts()
    assert not compare_chains(old, new, by_rule=False).counts()
    by_rule = compare_chains(old, new, by_rule=True)
    assert {(before.rule and before.rule.name) for before, _ in by_rule.counts()} == {"web", "dns"}


def test_what_makes_a_rule_the_same_can_be_said() -> None:
    old = chain((rule("a", PASS, 1, match("tcp")), rule("rest", DENY, 2)))
    new = chain((rule("b", PASS, 1, match("tcp")), rule("rest", DENY, 2)))
    assert compare_chains(old, new, by_rule=True).counts()
    assert not compare_chains(old, new, by_rule=True, identify=lambda layer, one: (layer, one.rank)).counts()


# --- unknowns -------------------------------------------------------------------------------------------------------

ADMIN = unknown("adminCidr", UnknownKind.ADDRESS)
DEPLOYED = unknown("deployed", UnknownKind.CONDITION)


def test_a_flow_whose_fate_depends_on_an_unknown_prefix_is_open_and_names_it() -> None:
    decisions = Decisions.of(
        chain((rule("admin", PASS, 100, match("tcp", ADMIN, "*", "22")), rule("rest", DENY, 200))),
        asked("tcp", "10.0.0.0/8", "10.0.0.4"),
    )
    open_, closed = (fate_at(decisions, f"tcp 10.0.0.5:1 10.0.0.4:{port}") for port in (22, 23))
    assert (open_.allowed, open_.rule, open_.unknowns) == (None, None, (ADMIN,))
    assert (closed.allowed, closed.certain) == (False, True)


def test_an_unknown_that_changes_the_rule_but_not_the_verdict_leaves_the_verdict() -> None:
    decisions = Decisions.of(chain((rule("admin", PASS, 100, match("tcp", ADMIN)), rule("rest", PASS, 200))))
    found = fate_at(decisions, "tcp 10.0.0.5:1 10.0.0.4:22")
    assert (found.allowed, found.rule, found.unknowns) == (True, None, (ADMIN,))


def test_rules_that_exist_together_are_not_taken_apart() -> None:
    """Two rules on one condition: the second never decides about what the first matches."""
    rules = (
        rule("allow", PASS, 100, match("tcp", when=(DEPLOYED,))),
        rule("deny", DENY, 110, match("tcp", when=(DEPLOYED,))),
        rule("rest", PASS, 200),
    )
    found = fate_at(Decisions.of(chain(rules)), "tcp 10.0.0.5:1 10.0.0.4:22")
    assert (found.allowed, found.unknowns) == (True, (DEPLOYED,))


def test_an_unknown_outcome_and_an_unknown_rank_leave_the_verdict_open() -> None:
    access, priority = unknown("access", UnknownKind.ACCESS), unknown("priority", UnknownKind.PRIORITY)
    chosen = rule("chosen", Choice(access, (Outcome.DENY, Outcome.PASS)), 100, match("tcp", port="22"))
    ranked = rule("ranked", DENY, Floating(priority, 100, 300), match("tcp", port="23"))
    decisions = Decisions.of(chain((ranked, chosen, rule("rest", PASS, 200))))
    found = {port: fate_at(decisions, f"tcp 10.0.0.5:1 10.0.0.4:{port}") for port in (22, 23, 24)}
    assert [(one.allowed, one.unknowns) for one in found.values()] == [
        (None, (access,)),
        (None, (priority,)),
        (True, ()),
    ]


def test_many_unknowns_at_once_are_open_without_all_combinations_being_tried() -> None:
    unknowns = [unknown(f"u{n}", UnknownKind.ADDRESS) for n in range(24)]
    rules = [
        rule(f"r{n}", PASS if n % 2 else DENY, n, match("tcp", left, right))
        for n, (left, right) in enumerate(zip(unknowns[:12], unknowns[12:], strict=True))
    ]
    found = fate_at(Decisions.of(chain((*rules, rule("rest", DENY, 99)))), "tcp 10.0.0.5:1 10.0.0.4:22")
    assert (found.allowed, set(found.unknowns)) == (None, set(unknowns))


def test_what_is_open_in_one_direction_is_open_in_both_if_the_other_allows_it() -> None:
    admin = chain((rule("admin", PASS, 100, match("tcp", ADMIN)), rule("rest", DENY, 200)))
    web = chain((rule("web", PASS, 100, match("tcp", port="443")), rule("rest", DENY, 200)))
    for decisions in (
        both(Decisions.of(admin), Decisions.of(web)),
        both(Decisions.of(web), Decisions.of(admin)),
    ):
        found = [fate_at(decisions, f"tcp 10.0.0.5:1 10.0.0.4:{port}").allowed for port in (443, 80)]
        assert found == [None, False]


def test_one_condition_is_the_same_in_both_directions() -> None:
    """Allowed out only where it holds and in only where it does not: never through both."""
    out = chain((rule("out", PASS, 100, match("tcp", when=(DEPLOYED,))), rule("rest", DENY, 200)))
    into = chain((rule("in", DENY, 100, match("tcp", when=(DEPLOYED,))), rule("rest", PASS, 200)))
    found = fate_at(both(Decisions.of(out), Decisions.of(into)), "tcp 10.0.0.5:1 10.0.0.4:443")
    assert (found.allowed, found.unknowns) == (False, (DEPLOYED,))


def test_a_rule_that_leaves_makes_room_for_an_unknown_rank() -> None:
    """The change is in flows that the rule which left never matched."""
    floating = rule("floating", DENY, Floating(unknown("priority", UnknownKind.PRIORITY), 100, 102), match("tcp"))
    first, second = rule("first", PASS, 100, match("udp")), rule("second", PASS, 101, match("tcp"))
    old, new = (chain((*rules, floating)) for rules in ((first, second), (second,)))
    whole = compare(Decisions.of(old), Decisions.of(new), by_rule=False)
    assert whole.counts()
    assert compare_chains(old, new, by_rule=False).counts() == whole.counts()


# --- facts of rules -------------------------------------------------------------------------------------------------


def test_a_rule_hidden_by_several_names_as_few_as_hide_it() -> None:
    rules = (
        rule("low", PASS, 1, match("tcp", "10.0.0.0/9")),
        rule("odd", PASS, 2, match("tcp", "10.64.0.0/10")),
        rule("high", PASS, 3, match("tcp", "10.128.0.0/9")),
        rule("hidden", DENY, 4, match("tcp", "10.0.0.0/8", port="22")),
    )
    assert facts(chain(rules), 0)[3].shadowed_by == (0, 2)
