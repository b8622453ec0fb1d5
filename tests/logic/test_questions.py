from __future__ import annotations

import subprocess
import sys

import pytest

from nwpolicy.logic.errors import EngineDisagreement, NoPossibleValue, Undecided
from nwpolicy.logic.questions import Decision, Verdict, can_be, decide
from nwpolicy.logic.smt import session
from nwpolicy.logic.views import replay
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.filters import Chain, Choice, Floating
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.unknowns import UnknownKind
from tests.logic.shorthand import ACCEPT, DENY, PASS, asked, chain, flow, match, rule, unknown

CIDR = unknown("adminCidr", UnknownKind.ADDRESS)
PORT = unknown("port", UnknownKind.PORT)
ACCESS = unknown("access", UnknownKind.ACCESS)
RANK = unknown("priority", UnknownKind.PRIORITY)
EXISTS = unknown("exists", UnknownKind.CONDITION)
RULES = unknown("rules", UnknownKind.RULES)
ONE = asked("tcp", "203.0.113.9", "10.0.0.4", "22", "50000")
DENY_ALL = rule("deny", DENY, 65500)


def shown(decision: Decision) -> list[str]:
    return [str(example.flow) for example in (decision.allowed, decision.denied) if example]


def test_one_flow_is_allowed_or_denied() -> None:
    ssh = chain((rule("ssh", PASS, 100, match("tcp", port="22")), DENY_ALL))
    decision = decide(ssh, ONE)
    assert decision.verdict is Verdict.ALLOW
    assert decision.allowed is not None
    assert decision.allowed.trace.decisive is not None
    assert decision.allowed.trace.decisive.rule == ssh.layers[0].rules[0]
    assert decide(ssh, asked("tcp", "203.0.113.9", "10.0.0.4", "23", "50000")).verdict is Verdict.DENY


def test_a_set_with_both_sides_is_mixed_and_shows_one_of_each() -> None:
    decision = decide(chain((rule("ssh", PASS, 100, match("tcp", "10.0.0.0/8", port="22")), DENY_ALL)), asked("tcp"))
    assert decision.verdict is Verdict.MIXED
    assert shown(decision) == [
        "tcp 10.0.0.4:50000 → 198.51.100.4:22",
        "tcp 203.0.113.4:50000 → 198.51.100.4:443",
    ]


def test_the_sides_may_be_in_different_families() -> None:
    decision = decide(chain((rule("v6", DENY, 1, match(source="::/0")),)), asked())
    assert decision.verdict is Verdict.MIXED
    assert shown(decision) == [
        "tcp 203.0.113.4:50000 → 198.51.100.4:443",
        "tcp [2001:db8::4]:50000 → [2001:db8:1::4]:443",
    ]


def test_the_sides_may_be_flows_with_and_without_ports() -> None:
    decision = decide(chain((rule("ports", PASS, 1, match(port="0-65534")), DENY_ALL)), asked(destination="10.0.0.4"))
    assert decision.verdict is Verdict.MIXED
    ping = decide(chain((rule("ports", PASS, 1, match(port="0-65534")), DENY_ALL)), asked("icmp"))
    assert ping.verdict is Verdict.DENY
    assert shown(ping) == ["icmp 203.0.113.4 → 198.51.100.4"]


def test_an_accept_skips_the_layers_that_follow() -> None:
    layers = chain((rule("always", ACCEPT, 1, match("tcp")),), (DENY_ALL,))
    assert decide(layers, asked("tcp")).verdict is Verdict.ALLOW
    assert decide(layers, asked("udp")).verdict is Verdict.DENY


def test_an_unknown_that_cannot_matter_is_not_named() -> None:
    layers = chain((rule("web", PASS, 100, match("tcp", CIDR, port="443")), DENY_ALL))
    decision = decide(layers, ONE)
    assert decision.verdict is Verdict.DENY
    assert decision.unknowns == ()


def test_whatever_the_unknown_is_the_answer_may_be_the_same() -> None:
    layers = chain((rule("ssh", PASS, 100, match("tcp", CIDR, port="22")), rule("any", PASS, 200)))
    assert decide(layers, ONE).verdict is Verdict.ALLOW


def test_one_flow_depends_on_an_address() -> None:
    decision = decide(chain((rule("ssh", PASS, 100, match("tcp", CIDR, port="22")), DENY_ALL)), ONE)
    assert decision.verdict is Verdict.DEPENDS
    assert decision.unknowns == (CIDR,)
    assert decision.allowed is not None
    assert decision.denied is not None
    assert decision.allowed.assignment == {CIDR: AddressSet.parse("203.0.113.9")}
    assert decision.denied.assignment == {CIDR: AddressSet.parse("192.0.2.0/24")}
    assert decision.allowed.flow == decision.denied.flow == flow("tcp 203.0.113.9:50000 10.0.0.4:22")


@pytest.mark.parametrize(
    "layers",
    [
        pytest.param(chain((rule("a", PASS, 1, match("tcp", port=PORT)), DENY_ALL)), id="port"),
        pytest.param(chain((rule("a", PASS, 1, match(unknown("p", UnknownKind.PROTOCOL))), DENY_ALL)), id="protocol"),
        pytest.param(chain((rule("a", Choice(ACCESS, (DENY, PASS)), 1), DENY_ALL)), id="access"),
        pytest.param(chain((rule("a", PASS, Floating(RANK, 100, 300)), rule("b", DENY, 200), DENY_ALL)), id="priority"),
        pytest.param(chain((rule("a", PASS, 1, match(when=(EXISTS,))), DENY_ALL)), id="condition"),
        pytest.param(
            chain((rule("a", Choice(RULES, (DENY, PASS)), Floating(RULES, 1, 9), match(when=(RULES,))), DENY_ALL)),
            id="rules",
        ),
    ],
)
def test_one_flow_depends_on_an_unknown_of_every_kind(layers: Chain) -> None:
    decision = decide(layers, ONE)
    assert decision.verdict is Verdict.DEPENDS
    assert len(decision.unknowns) == 1


def test_both_of_two_unknowns_decide_where_each_can_tip_the_scales() -> None:
    both = chain((rule("ssh", PASS, 100, match("tcp", CIDR, port=PORT)), DENY_ALL))
    assert decide(both, ONE).unknowns == (CIDR, PORT)


def test_an_unknown_that_tips_nothing_is_not_among_those_that_decide() -> None:
    layers = chain(
        (rule("all", PASS, 100, match("tcp", CIDR)), rule("same", DENY, 200, match("tcp", port=PORT)), DENY_ALL)
    )
    assert decide(layers, ONE).unknowns == (CIDR,)


def test_a_priority_does_not_matter_if_every_place_left_is_behind_the_deny() -> None:
    rules = tuple(rule(f"deny {rank}", DENY, rank) for rank in (100, 101))
    layers = chain((rule("late", PASS, Floating(RANK, 100, 4096)), *rules))
    assert decide(layers, ONE).verdict is Verdict.DENY


def test_a_set_is_mixed_whatever_the_unknown_is_if_each_side_has_a_flow_that_does_not_depend_on_it() -> None:
    rules = (rule("web", PASS, 100, match("tcp", port="443")), rule("ssh", PASS, 110, match("tcp", CIDR, port="22")))
    decision = decide(chain((*rules, DENY_ALL)), asked("tcp"))
    assert decision.verdict is Verdict.MIXED
    assert decision.unknowns == ()


def test_a_set_depends_if_some_value_allows_all_of_it() -> None:
    decision = decide(chain((rule("ssh", PASS, 100, match("tcp", CIDR, port="22")), DENY_ALL)), asked("tcp", port="22"))
    assert decision.verdict is Verdict.DEPENDS
    assert decision.unknowns == (CIDR,)


def test_no_single_prefix_allows_two_families_and_denies_between_them() -> None:
    """Neither side can be made whole: one flow is allowed and one denied by rules without unknowns."""
    rules = (
        rule("known", PASS, 100, match("tcp", "10.0.0.1")),
        rule("known too", DENY, 110, match("tcp", "10.0.0.2")),
        rule("open", PASS, 120, match("tcp", CIDR)),
    )
    layers = chain((*rules, DENY_ALL))
    assert decide(layers, asked("tcp", "10.0.0.0/29")).verdict is Verdict.MIXED
    assert decide(layers, asked("tcp", "10.0.0.2-10.0.0.7")).verdict is Verdict.DEPENDS


def test_unknown_rules_can_treat_every_flow_differently() -> None:
    """Together they can deny all, allow all, or anything between: no single value has to fit every flow."""
    opaque = rule("opaque", Choice(RULES, (DENY, PASS)), Floating(RULES, 1, 9), match(when=(RULES,)))
    rules = (opaque, rule("even", PASS, 100, match(source="10.0.0.0")), DENY_ALL)
    decision = decide(chain(rules), asked("tcp", "10.0.0.0/31"))
    assert decision.verdict is Verdict.DEPENDS
    assert decision.unknowns == (RULES,)


def test_ranks_that_exclude_one_another_are_an_answer_of_their_own() -> None:
    layers = chain((rule("a", PASS, Floating(RANK, 100, 100)), rule("b", DENY, 100)))
    with pytest.raises(NoPossibleValue, match="priority"):
        decide(layers, ONE)


def test_nothing_asked_is_refused() -> None:
    with pytest.raises(ValueError, match="the asked set of flows is empty"):
        decide(chain((DENY_ALL,)), FlowSet(source=AddressSet.parse("10.0.0.0/8"), destination=AddressSet.parse("::/0")))


def test_a_solver_that_gives_up_is_neither_yes_nor_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "RLIMIT", 1)
    rules = tuple(
        rule(f"r{i}", PASS, i, match("tcp", f"10.{i}.0.0/16", f"10.{(i * 7) % 200}.0.0/16", f"{i * 31}-{i * 37 + 9}"))
        for i in range(1, 200)
    )
    with pytest.raises(Undecided):
        decide(chain((*rules, DENY_ALL)), asked())


def test_a_claim_that_its_replay_does_not_bear_out_is_a_defect_with_a_reproducer() -> None:
    layers = chain((rule("ssh", PASS, 100, match("tcp", port="22")), DENY_ALL))
    with pytest.raises(EngineDisagreement, match="its replay has not") as caught:
        replay(layers, flow("tcp 203.0.113.9:50000 10.0.0.4:23"), {}, True)
    assert "layer 0 #0: ssh rank=100" in caught.value.reproducer
    assert "destination_port=23" in caught.value.reproducer


def test_the_same_question_has_the_same_answer_every_time() -> None:
    layers = chain(
        (rule("ssh", PASS, 100, match("tcp", CIDR, port=PORT)), rule("web", PASS, 110, match("tcp")), DENY_ALL)
    )
    assert decide(layers, asked()) == decide(layers, asked())


def test_can_be_finds_a_flow_under_some_value_or_proves_that_there_is_none() -> None:
    layers = chain((rule("ssh", PASS, 100, match("tcp", CIDR, port="22")), DENY_ALL))
    example = can_be(layers, asked("tcp", port="22"), True)
    assert example is not None
    assert example.trace.allowed
    assert can_be(layers, asked("tcp", port="23"), True) is None


def test_naming_the_types_of_answers_does_not_load_the_solver() -> None:
    code = "import nwpolicy.logic.questions, sys; sys.exit('z3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_outcome_of_two_rules_is_an_option_of_both() -> None:
    layers = chain((rule("a", Choice(ACCESS, (DENY, PASS, ACCEPT)), 1),), (rule("b", DENY, 1, match("udp")),))
    shared = chain((*layers.layers[0].rules, rule("never", Choice(ACCESS, (DENY, PASS)), 2)), layers.layers[1].rules)
    question = asked("udp", "203.0.113.9", "10.0.0.4", "53", "50000")
    assert decide(layers, question).verdict is Verdict.DEPENDS
    assert decide(shared, question).verdict is Verdict.DENY


def test_a_set_depends_if_one_side_is_settled_and_the_other_takes_too_long() -> None:
    other = unknown("other", UnknownKind.PORT)
    rules = (
        rule("open", PASS, 1, match("tcp", port=PORT)),
        rule("shut", DENY, 2, match("tcp", port=other)),
        rule("known", PASS, 3, match("tcp", port="100-200,300-400")),
    )
    assert decide(chain((*rules, DENY_ALL)), asked("tcp", "10.0.0.0/8")).verdict is Verdict.DEPENDS


def test_ranks_may_be_below_zero() -> None:
    layers = chain((rule("f", PASS, Floating(RANK, -100, 100)), rule("b", DENY, -50), DENY_ALL))
    assert decide(layers, ONE).verdict is Verdict.DEPENDS
