from __future__ import annotations

from dataclasses import replace

import pytest

from nwpolicy.logic.diagrams import Decisions, Order
from nwpolicy.logic.errors import EngineDisagreement
from nwpolicy.logic.proof import prove
from nwpolicy.model.filters import Chain, Choice, Floating
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.unknowns import UnknownKind
from tests.logic.shorthand import ACCEPT, DENY, PASS, asked, chain, match, rule, unknown

DENY_ALL = rule("deny", DENY, 65500)
ADMIN = (
    rule("block", DENY, 1, match("tcp", port="22-23")),
    rule("monitor", ACCEPT, 2, match("udp", "10.0.0.0/8,2001:db8::/32", port="161")),
    rule("web", PASS, 3, match("tcp", port="443")),
)
GROUP = (
    rule("bastion", PASS, 100, match("tcp", "10.1.0.0/16", "10.2.0.0/24", "22,3389")),
    rule("all", PASS, 110, match("*", "10.0.0.0/9")),
    rule("ping", PASS, 120, match("icmp")),
    DENY_ALL,
)
CHAIN = chain(ADMIN, GROUP)
CIDR = unknown("adminCidr", UnknownKind.ADDRESS)
WITH_UNKNOWNS = chain(
    (rule("any", Choice(unknown("access", UnknownKind.ACCESS), (DENY, PASS)), 1, match("udp", port="53")),),
    (
        rule("admin", PASS, 100, match("tcp", CIDR, port="22")),
        rule("floating", DENY, Floating(unknown("priority", UnknownKind.PRIORITY), 100, 300), match("tcp", port="80")),
        rule("web", PASS, 200, match("tcp", port="80-81")),
        rule("debug", PASS, 210, match("tcp", port="9229", when=(unknown("debug", UnknownKind.CONDITION),))),
        DENY_ALL,
    ),
)


@pytest.mark.parametrize("order", [None, (2, 3, 1, 0, 4), (4, 3, 2, 1, 0), (3, 4, 0, 2, 1)])
@pytest.mark.parametrize("rules", [CHAIN, WITH_UNKNOWNS, chain(), chain((), GROUP)])
@pytest.mark.parametrize(
    "question", [FlowSet(), asked("tcp", port="20-30"), (asked("tcp", port="22"), asked("udp", "10.0.0.0/7"))]
)
def test_a_diagram_is_proved(rules: Chain, question: FlowSet | tuple[FlowSet, ...], order: Order | None) -> None:
    assert prove(rules, question, Decisions.of(rules, question, order=order)) > 0


@pytest.mark.parametrize("rules", [CHAIN, WITH_UNKNOWNS])
def test_a_diagram_of_which_any_leaf_says_something_else_is_caught(rules: Chain) -> None:
    decisions = Decisions.of(rules)
    changed = 0
    for part in decisions.parts:
        for index in part.table.reachable(part.root):
            level, highs, kids = part.table.nodes[index]
            for number, leaf in enumerate(kids):
                if leaf < 0 and decisions.leaves.fate(leaf).allowed is not None:
                    changed += 1
                    other = _another(decisions, leaf)
                    part.table.nodes[index] = level, highs, (*kids[:number], other, *kids[number + 1 :])
                    with pytest.raises(EngineDisagreement):
                        prove(rules, FlowSet(), decisions)
                    part.table.nodes[index] = level, highs, kids
    assert changed > 10
    assert prove(rules, FlowSet(), decisions)


@pytest.mark.parametrize("rules", [CHAIN, WITH_UNKNOWNS])
def test_a_diagram_of_which_any_interval_is_off_by_one_is_caught(rules: Chain) -> None:
    decisions = Decisions.of(rules)
    changed = 0
    for part in decisions.parts:
        for index in part.table.reachable(part.root):
            level, highs, kids = part.table.nodes[index]
            for number in range(len(highs) - 1):
                if kids[number] >= 0 or kids[number + 1] >= 0 or _open(decisions, kids[number : number + 2]):
                    continue
                changed += 1
                part.table.nodes[index] = level, (*highs[:number], highs[number] - 1, *highs[number + 1 :]), kids
                with pytest.raises(EngineDisagreement):
                    prove(rules, FlowSet(), decisions)
                part.table.nodes[index] = level, highs, kids
    assert changed > 1


def test_a_diagram_of_other_rules_is_caught_and_says_what_it_has() -> None:
    other = chain(ADMIN, (*GROUP[:2], replace(GROUP[2], outcome=DENY), DENY_ALL))
    with pytest.raises(EngineDisagreement, match=r"the diagram has icmp .* allowed by ping, the solver has it denied"):
        prove(other, FlowSet(), Decisions.of(CHAIN))


def test_a_diagram_that_names_another_rule_for_the_same_verdict_is_caught() -> None:
    swapped = chain(
        (rule("a", PASS, 100, match("tcp", port="80-90")), rule("b", PASS, 101, match("tcp", port="85-95")))
    )
    other = chain((rule("b", PASS, 100, match("tcp", port="85-95")), rule("a", PASS, 101, match("tcp", port="80-90"))))
    assert prove(swapped, FlowSet(), Decisions.of(swapped))
    with pytest.raises(EngineDisagreement):
        prove(other, FlowSet(), Decisions.of(swapped))


def test_a_diagram_that_leaves_asked_flows_out_is_caught() -> None:
    with pytest.raises(EngineDisagreement, match="left out"):
        prove(CHAIN, asked("tcp", port="20-30"), Decisions.of(CHAIN, asked("tcp", port="20-29")))


def _another(decisions: Decisions, leaf: int) -> int:
    """A leaf with another verdict."""
    mine = decisions.leaves.fate(leaf).allowed
    return next(other for other, fate in decisions.leaves if fate.allowed is (not mine))


def _open(decisions: Decisions, leaves: tuple[int, ...]) -> bool:
    """Whether a fate claims less than a verdict and a rule: it may then hold of other flows too."""
    return not all(decisions.leaves.fate(leaf).certain for leaf in leaves)
