from __future__ import annotations

from benchmarks.rulesets import random_boxes
from nwpolicy.logic.partitions import Partition, partition
from nwpolicy.model.filters import Choice
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.unknowns import UnknownKind
from tests.logic.shorthand import DENY, PASS, asked, chain, match, rule, unknown

DENY_ALL = rule("deny", DENY, 65500)


def shown(found: Partition) -> list[tuple[str, bool, list[str] | None]]:
    return [
        (
            part.step.rule.name if part.step and part.step.rule else "none",
            part.allowed,
            None if part.flows is None else [str(flows) for flows in part.flows],
        )
        for part in found.parts
    ]


def test_the_asked_flows_are_divided_by_decisive_rule() -> None:
    rules = (
        rule("web", PASS, 100, match("tcp", port="443")),
        rule("never", PASS, 110, match("tcp", "10.0.0.0/8", port="443")),
        rule("ssh", PASS, 120, match("tcp", "10.0.0.0/8", port="22")),
        DENY_ALL,
    )
    found = partition(chain(rules), asked("tcp", "0.0.0.0/0"))
    assert found.complete
    assert shown(found) == [
        ("web", True, ["tcp 0.0.0.0/0 → 0.0.0.0/0:443"]),
        ("ssh", True, ["tcp 10.0.0.0/8 → 0.0.0.0/0:22"]),
        (
            "deny",
            False,
            [
                "tcp 0.0.0.0/0 → 0.0.0.0/0:0-21, 23-442, 444-65535",
                "tcp 0.0.0.0/5, 8.0.0.0/7, 11.0.0.0-255.255.255.255 → 0.0.0.0/0:22",
            ],
        ),
    ]


def test_the_decisive_rule_is_that_of_the_last_layer_that_has_one() -> None:
    layers = chain((rule("first", PASS, 1),), (rule("second", PASS, 1, match("tcp")),))
    assert shown(partition(layers, FlowSet())) == [
        ("first", True, ["0-5, 7-255 * → *"]),
        ("second", True, ["tcp * → *"]),
    ]


def test_flows_that_no_rule_matches_are_a_part_of_their_own() -> None:
    assert shown(partition(chain((rule("tcp", DENY, 1, match("tcp")),)), asked("udp"))) == [
        ("none", True, ["udp * → *"])
    ]


def test_a_rule_of_unknown_outcome_makes_two_parts() -> None:
    access = unknown("access", UnknownKind.ACCESS)
    found = partition(chain((rule("open", Choice(access, (DENY, PASS)), 1),)), asked("tcp"))
    assert shown(found) == [("open", False, None), ("open", True, None)]
    assert found.complete


def test_the_flows_of_a_part_are_not_told_if_only_some_of_them_rest_on_no_unknown() -> None:
    deployed = unknown("deployed", UnknownKind.CONDITION)
    found = partition(chain((rule("ping", PASS, 1, match("icmp", when=(deployed,))), DENY_ALL)), FlowSet())
    assert shown(found) == [("ping", True, None), ("deny", False, None)]


def test_where_the_diagram_would_be_too_large_the_solver_finds_the_parts() -> None:
    rules = random_boxes(300)
    found = partition(rules, FlowSet(), limit=5)
    assert not found.complete
    assert [part.flows for part in found.parts] == [None] * 5


def test_a_limit_leaves_the_partition_incomplete() -> None:
    rules = tuple(rule(f"r{port}", PASS, port, match("tcp", port=str(port))) for port in range(1, 9))
    assert [part.key for part in partition(chain((*rules, DENY_ALL)), asked("tcp"), limit=3).parts] == [
        (0, 0, True),
        (0, 1, True),
        (0, 2, True),
    ]
    assert not partition(chain((*rules, DENY_ALL)), asked("tcp"), limit=3).complete
    assert partition(chain((*rules, DENY_ALL)), asked("tcp"), limit=9).complete


def test_flows_asked_about_twice_are_in_one_part_once() -> None:
    found = partition(chain((DENY_ALL,)), (asked("tcp", "10.0.0.0/8"), asked("tcp", "10.1.0.0/16")))
    assert shown(found) == [("deny", False, ["tcp 10.0.0.0/8 → 0.0.0.0/0"])]
