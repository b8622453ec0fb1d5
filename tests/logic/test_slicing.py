from __future__ import annotations

from nwpolicy.logic.boxes import boxes_of
from nwpolicy.logic.slicing import ChainSlice, outer, slice_chain
from nwpolicy.model.addresses import NO_ADDRESS, AddressSet
from nwpolicy.model.filters import Chain, FilterRule, Floating, Match, Values
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.ports import parse_ports
from nwpolicy.model.unknowns import UnknownKind
from tests.logic.shorthand import DENY, PASS, asked, chain, match, rule, unknown

CIDR = unknown("cidr", UnknownKind.ADDRESS)
RANK = unknown("rank", UnknownKind.PRIORITY)
WEB = asked("tcp", "10.0.0.0/8", "10.1.0.0/16", "443")


def sliced(rules: Chain, question: FlowSet = WEB) -> ChainSlice:
    (box,) = boxes_of(question)
    return slice_chain(rules, box)


def names(part: ChainSlice) -> list[list[str]]:
    return [[one.rule.name for one in layer] for layer in part.layers]


def kept(rules: tuple[FilterRule, ...]) -> list[str]:
    return names(sliced(chain(rules)))[0]


def test_rules_that_no_asked_flow_can_match_are_dropped() -> None:
    rules = (
        rule("udp", DENY, 1, match("udp")),
        rule("elsewhere", DENY, 2, match(source="192.168.0.0/16")),
        rule("other port", DENY, 3, match(port="80")),
        rule("other family", DENY, 4, match(source="::/0")),
        rule("this", PASS, 5, match("tcp")),
    )
    assert kept(rules) == ["this"]


def test_what_stands_behind_a_rule_that_all_asked_flows_match_is_cut_off() -> None:
    assert kept((rule("all", PASS, 1, match("tcp", port="443")), rule("never", DENY, 2))) == ["all"]


def test_a_floating_rule_survives_the_cut_if_it_can_come_first() -> None:
    rules = (
        rule("early", DENY, Floating(RANK, 1, 300)),
        rule("all", PASS, 100),
        rule("behind", DENY, Floating(unknown("other", UnknownKind.PRIORITY), 101, 300)),
    )
    assert kept(rules) == ["early", "all"]


def test_layers_behind_a_layer_that_denies_everything_are_empty() -> None:
    assert names(sliced(chain((rule("deny", DENY, 1),), (rule("never", DENY, 1, match("tcp")),)))) == [["deny"], []]


def test_only_fields_that_tell_asked_flows_apart_are_constraints() -> None:
    part = sliced(chain((rule("a", DENY, 1, match("tcp", "10.2.0.0/16", "10.0.0.0/8", "443")),)))
    (constraint,) = part.layers[0][0].constraints
    assert constraint.known == AddressSet.parse("10.2.0.0/16").v4


def test_an_unknown_that_can_add_nothing_is_none() -> None:
    known = Values(AddressSet.parse("10.0.0.0/8"), (CIDR,))
    elsewhere = Values(AddressSet.parse("10.2.0.0/16"), (CIDR,), AddressSet.parse("192.168.0.0/16"))
    within = Values(AddressSet.parse("10.2.0.0/16"), (CIDR,), AddressSet.parse("10.3.0.0/16"))
    assert sliced(chain((rule("a", DENY, 1, Match(source=known)),))).unknowns == ()
    assert sliced(chain((rule("a", DENY, 1, Match(source=elsewhere)),))).unknowns == ()
    assert sliced(chain((rule("a", DENY, 1, Match(source=within)),))).unknowns == (CIDR,)


def test_a_port_field_counts_for_flows_without_ports_only_if_it_can_be_the_full_range() -> None:
    ping = asked("icmp", "10.0.0.0/8")
    port = unknown("port", UnknownKind.PORT)
    full = Match(destination_port=Values(parse_ports("0-99"), (port,)))
    never = Match(destination_port=Values(parse_ports("0-99"), (port,), parse_ports("0-65534")))
    assert sliced(chain((rule("a", DENY, 1, full),)), ping).unknowns == (port,)
    assert names(sliced(chain((rule("a", DENY, 1, never),)), ping)) == [[]]


def test_the_outer_box_is_what_can_meet_a_match() -> None:
    (box,) = boxes_of(WEB)
    reach = outer(Match(source=Values(NO_ADDRESS, (CIDR,), AddressSet.parse("10.4.0.0/16"))), box)
    assert reach is not None
    assert boxes_of(asked("tcp", "10.4.0.0/16", "10.1.0.0/16", "443")) == (reach,)
    assert outer(match("udp"), box) is None
