"""Small firewalls whose answers are published, or follow from few rules, as network security groups.

Each says where the rules and the answers are from. What is ours is said to be ours, and worked out beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from nwpolicy.logic.boxes import DESTINATION
from nwpolicy.logic.diagrams import Cube, Decisions, RuleFact, compare_chains, facts
from nwpolicy.model.addresses import ANY_ADDRESS, AddressSet
from nwpolicy.model.filters import Chain, FilterRule, Layer, Match, Outcome, Values
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT, format_ports, parse_ports
from nwpolicy.model.protocols import ANY_PROTOCOL, PORTED, parse_protocol
from nwpolicy.model.rules import Access, SecurityRule
from nwpolicy.queries.question import Ask, pose
from tests.builders import ALLOW, DENY, OUT, nsg, rule, snapshot

TCP = parse_protocol("Tcp")
#: Addresses that no platform rule of Azure speaks of, and a network among them.
OUTSIDE, MALICIOUS = "192.0.0.0/2", "198.51.100.0/24"
MAIL, HOST = "10.0.0.4", "10.0.0.5"


def group(*rules: SecurityRule, direction: str = "Inbound") -> Chain:
    """The chain of a network security group that holds nothing but these rules and Azure's own."""
    return pose(snapshot(nsg("published", *rules)), Ask(nsg="published", direction=direction)).filter_chain.chain


def facts_of(*rules: SecurityRule, direction: str = "Inbound") -> dict[str, RuleFact]:
    """By its name, what is said of each of the rules."""
    chain = group(*rules, direction=direction)
    (layer,) = (n for n, layer in enumerate(chain.layers) if any(one.name == rules[0].name for one in layer.rules))
    names = {one.name for one in rules}
    return {fact.rule.name: fact for fact in facts(chain, layer) if fact.rule.name in names}


def shown(cubes: Iterable[Cube]) -> set[str]:
    return {str(cube.flows) for cube in cubes}


def same(one: Chain, other: Chain, asked: FlowSet) -> bool:
    return not list(compare_chains(one, other, asked, by_rule=False).changes())


# --- Gouda: decision diagrams over two fields -----------------------------------------------------------------------
#
# M. G. Gouda, CS 386S, The University of Texas at Austin, quizzes 9 and 10 with solutions, of spring 2008
# (www.cs.utexas.edu/~gouda/CS386S_S08/quiz9.txt) and of spring 2009 (CS386S_S09/Quiz9-10.txt): firewall decision
# diagrams over two fields of the numbers 0 to 9, and the rules that the method of Gouda and Liu (Firewall design:
# consistency, completeness, and compactness, ICDCS 2004) makes of them. Here the fields are the ports of TCP, and what
# the quizzes say of 9 holds for every port from 9 up.

PORTS = FlowSet(TCP, AddressSet.parse(MALICIOUS), destination=AddressSet.parse(MAIL))


def ports_rule(number: int, access: Access, first: str, second: str) -> SecurityRule:
    return rule(f"r{number}", 100 + number, access, "*", "*", second, protocol="Tcp", source_ports=first)


DIAGRAM_2009 = (
    ports_rule(1, DENY, "1-4", "3-65535"),
    ports_rule(2, ALLOW, "1-4", "0-2"),
    ports_rule(3, DENY, "0,5-65535", "*"),
)
MARKED_E4 = (
    ports_rule(1, DENY, "1-4", "3-65535"),
    ports_rule(2, ALLOW, "1-4", "*"),
    ports_rule(3, DENY, "*", "*"),
)
MARKED_E5 = (
    ports_rule(1, ALLOW, "1-4", "0-2"),
    ports_rule(2, DENY, "1-4", "*"),
    ports_rule(3, DENY, "*", "*"),
)


def test_gouda_2009_a_decision_diagram_and_the_rules_made_of_it_are_the_same() -> None:
    diagram = group(*DIAGRAM_2009)
    assert shown(Decisions.of(diagram, PORTS).cubes(lambda fate: fate.allowed is True)) == {
        f"tcp {MALICIOUS}:1-4 → {MAIL}:0-2"
    }
    assert same(diagram, group(*MARKED_E4), PORTS)
    assert same(diagram, group(*MARKED_E5), PORTS)
    assert same(diagram, group(MARKED_E5[0], MARKED_E5[2]), PORTS)


def test_gouda_2009_one_marking_makes_a_redundant_rule_the_other_does_not() -> None:
    assert not any(fact.redundant for fact in facts_of(*MARKED_E4).values())
    assert {name for name, fact in facts_of(*MARKED_E5).items() if fact.redundant} == {"r2"}


def resolved(fact: RuleFact) -> set[tuple[str, str]]:
    """The ports of the flows that the rule decides: what Gouda calls its resolving predicate."""
    assert fact.flows is not None
    return {(format_ports(flows.source_port), format_ports(flows.destination_port)) for flows in fact.flows}


def test_gouda_2008_what_the_last_rule_resolves_depends_on_the_marking() -> None:
    one = (
        ports_rule(1, ALLOW, "0-1,4-5,8-65535", "*"),
        ports_rule(2, DENY, "*", "3-4"),
        ports_rule(3, ALLOW, "*", "*"),
    )
    other = (
        ports_rule(1, DENY, "2-3,6-7", "3-4"),
        ports_rule(2, ALLOW, "2-3,6-7", "*"),
        ports_rule(3, ALLOW, "*", "*"),
    )
    assert same(group(*one), group(*other), PORTS)
    assert resolved(facts_of(*one)["r3"]) == {("2-3, 6-7", "0-2, 5-65535")}
    assert resolved(facts_of(*other)["r3"]) == {("0-1, 4-5, 8-65535", "*")}


# --- Gouda and Liu: a mail server behind a firewall -----------------------------------------------------------------

ICDCS_INBOUND = (
    rule("r1", 101, ALLOW, "*", MAIL, "25", protocol="Tcp"),
    rule("r2", 102, DENY, "*", MAIL),
    rule("r3", 103, DENY, MALICIOUS),
)
ICDCS_OUTBOUND = (rule("r4", 104, ALLOW, HOST, direction=OUT), rule("r5", 105, ALLOW, direction=OUT))


def test_gouda_and_liu_email_of_malicious_hosts_gets_through_because_of_the_order_of_rules() -> None:
    """The five rules of M. G. Gouda and X.-Y. A. Liu, Firewall design: consistency, completeness, and compactness
    (ICDCS 2004, p. 627), as the slides of J. Fomby and M. Ginley about it give them. The interface is the direction
    here; the addresses of the mail server, of malicious hosts and of one host are ours.

    A. X. Liu, Firewall design and analysis (2011), chapter 2, figure 2.1, of a like firewall: the rules for mail and
    for malicious hosts conflict, the mail of malicious hosts is accepted, and the two should be swapped."""
    mail_of_malicious = FlowSet(TCP, AddressSet.parse(MALICIOUS), destination=AddressSet.parse(MAIL))
    mail, _, malicious = ICDCS_INBOUND
    (cube,) = Decisions.of(group(*ICDCS_INBOUND), mail_of_malicious).cubes(lambda fate: fate.allowed is True)
    assert (str(cube.flows), cube.fate.rule and cube.fate.rule.name) == (f"tcp {MALICIOUS} → {MAIL}:25", "r1")
    assert facts_of(mail, malicious)["r1"].correlated == (facts_of(mail, malicious)["r3"].position,)
    corrected = group(rule("r0", 100, DENY, MALICIOUS), *ICDCS_INBOUND)
    assert Decisions.of(corrected, mail_of_malicious).count(lambda fate: fate.allowed is not False) == 0


def test_gouda_and_liu_a_rule_for_one_host_before_one_for_all_is_redundant() -> None:
    found = facts_of(*ICDCS_OUTBOUND, direction="Outbound")
    assert {name: fact.redundant for name, fact in found.items()} == {"r4": True, "r5": False}


def test_two_versions_of_one_firewall_differ_where_both_are_compared() -> None:
    """A. X. Liu and M. G. Gouda, Diverse firewall design (IEEE TPDS 19(9), 2008): versions of one firewall by several
    teams are compared to find all functional discrepancies. The two versions are ours: the other puts malicious hosts
    before mail, and closes the server to all that is no mail. So two kinds of flows fare otherwise:

    - Mail of malicious hosts: 2^8 addresses, one server, one port, from any of 2^16 ports.
    - No mail, to the server, of hosts that are not malicious: 2^30 - 2^8 addresses, from 2^16 ports, to all but one.
    """
    ours = (
        rule("mail", 100, ALLOW, "*", MAIL, "25", protocol="Tcp"),
        rule("malicious", 110, DENY, MALICIOUS),
        rule("rest", 120, ALLOW),
    )
    theirs = (
        rule("malicious", 100, DENY, MALICIOUS),
        rule("mail", 110, ALLOW, "*", MAIL, "25", protocol="Tcp"),
        rule("server", 120, DENY, "*", MAIL),
        rule("rest", 130, ALLOW),
    )
    everyone = FlowSet(TCP, AddressSet.parse(OUTSIDE))
    found = compare_chains(group(*ours), group(*theirs), everyone, by_rule=False)
    assert {
        (old.rule and old.rule.name, new.rule and new.rule.name): n for (old, new), n in found.counts().items()
    } == {
        ("mail", "malicious"): 2**8 * 2**16,
        ("rest", "server"): (2**30 - 2**8) * 2**16 * (2**16 - 1),
    }


# --- Al-Shaer and Hamed: anomalies ----------------------------------------------------------------------------------


def test_al_shaer_and_hamed_anomalies_of_a_firewall() -> None:
    """The rules that come with github.com/martimy/firewall_policy_analyzer, which looks for the anomalies of E. S.
    Al-Shaer and H. H. Hamed, Modeling and management of firewall policies (IEEE eTNSM 1(1), 2004). By hand:

    - 2 holds all of 4, and 6 all of 7, and they come first. What is hidden could go.
    - 10 holds all of 9, does the same, and nothing that does otherwise stands between them: 9 could go.
    - 1 and 3 do different things and meet in the web traffic of one host to one server; so do 5 and 7 at port 21. No
      other rule meets 1, or 5, without holding all of it.
    """
    net, server = "140.192.37.0/24", "161.120.33.40"
    table = [
        ("Tcp", "140.192.37.20", "*", "80", DENY),
        ("Tcp", net, "*", "80", ALLOW),
        ("Tcp", "*", server, "80", ALLOW),
        ("Tcp", net, server, "80", DENY),
        ("Tcp", "140.192.37.30", "*", "21", DENY),
        ("Tcp", net, "*", "21", ALLOW),
        ("Tcp", net, server, "21", ALLOW),
        ("Tcp", "*", "*", "*", DENY),
        ("Udp", net, server, "53", ALLOW),
        ("Udp", "*", server, "53", ALLOW),
        ("Udp", "140.192.38.0/24", "161.120.35.0/24", "*", ALLOW),
        ("Udp", "*", "*", "*", DENY),
    ]
    rules = (
        rule(str(n), 100 + n, access, source, destination, port, protocol=protocol)
        for n, (protocol, source, destination, port, access) in enumerate(table, 1)
    )
    found = {int(name): fact for name, fact in facts_of(*rules).items()}
    assert {n for n, fact in found.items() if fact.shadowed} == {4, 7}
    assert [found[n].shadowed_by for n in (4, 7)] == [(found[2].position,), (found[6].position,)]
    assert [found[n].correlated for n in (1, 5)] == [(found[3].position,), (found[7].position,)]
    assert {n for n, fact in found.items() if fact.redundant} == {4, 7, 9}


# --- SecGuru and Labyrinth: an edge list ----------------------------------------------------------------------------
#
# SecGuru checks what a policy permits, and compares two for a semantic difference (K. Jayaraman, N. Bjørner,
# G. Outhred, C. Kaufman, Automated analysis and debugging of network connectivity policies, MSR-TR-2014-102). So does
# Labyrinth (github.com/MikeHopcroft/labyrinth): the policy below and the answers are those of its documentation, pages
# "A small example", "Contract validation" and "Detecting redundant rules". It knows lists in which the first rule that
# applies decides, and lists in which later rules override, which are read from the end here.

PRIVATE, WITHOUT_BLOCKS, WITH_BLOCKS = "10.0.0.0/8", "171.64.64.0/20", "128.30.0.0/15"
#: TCP for what has ports and ICMP for what has none, from addresses inside and outside.
EDGE = FlowSet(
    TCP | parse_protocol("Icmp"),
    AddressSet.parse(PRIVATE) | AddressSet.parse(OUTSIDE),
    destination=AddressSet.parse("0.0.0.0/0"),
)


def labyrinth(*more: SecurityRule, without_blocks: str = WITHOUT_BLOCKS) -> tuple[SecurityRule, ...]:
    """The policy, as a list of which the first rule decides."""
    return (
        rule("private", 110, DENY, PRIVATE),
        rule("without-blocks", 120, ALLOW, "*", without_blocks),
        rule("tcp-445", 130, DENY, ports="445", protocol="Tcp"),
        rule("udp-445", 140, DENY, ports="445", protocol="Udp"),
        *more,
        rule("with-blocks", 160, ALLOW, "*", WITH_BLOCKS),
        rule("rest", 4096, DENY),
    )


def turned(*rules: SecurityRule) -> tuple[SecurityRule, ...]:
    """The list of which the last rule decides; the rule for what no other names stays the last."""
    *named, rest = rules
    return (*(replace(one, priority=priority) for priority, one in enumerate(reversed(named), 100)), rest)


def backwards(*rules: SecurityRule) -> Chain:
    return group(*turned(*rules))


def allows(chain: Chain, *published: FlowSet) -> bool:
    """Whether these flows, which may overlap, are those that the chain allows."""
    rules = [FilterRule("published", _match(flows), Outcome.PASS, rank) for rank, flows in enumerate(published)]
    return same(chain, Chain((Layer("", (*rules, FilterRule("rest", Match(), Outcome.DENY, 4096))),)), EDGE)


def _match(flows: FlowSet) -> Match:
    return Match(
        Values(flows.protocol),
        Values(flows.source),
        Values(flows.source_port),
        Values(flows.destination),
        Values(flows.destination_port),
    )


def to(
    network: str,
    port: IntervalSet = ANY_PORT,
    *,
    protocol: IntervalSet = ANY_PROTOCOL,
    source: AddressSet = ANY_ADDRESS,
) -> FlowSet:
    return FlowSet(protocol, source, destination=AddressSet.parse(network), destination_port=port)


def test_labyrinth_what_is_allowed_where_the_first_rule_decides() -> None:
    chain, public = group(*labyrinth()), ~AddressSet.parse(PRIVATE)
    assert allows(
        chain,
        to(WITHOUT_BLOCKS, source=public),
        to(WITH_BLOCKS, source=public, protocol=~PORTED),
        to(WITH_BLOCKS, ~parse_ports("445"), source=public),
    )
    reached = AddressSet.parse(WITH_BLOCKS) | AddressSet.parse(WITHOUT_BLOCKS)
    found = Decisions.of(chain, EDGE).project(DESTINATION, lambda fate: fate.allowed is True)
    assert set(found.values()) == {reached.v4}


def test_labyrinth_what_is_allowed_where_a_later_rule_overrides() -> None:
    assert allows(
        backwards(*labyrinth()),
        to(WITH_BLOCKS),
        to(WITHOUT_BLOCKS, protocol=~PORTED),
        to(WITHOUT_BLOCKS, ~parse_ports("445")),
    )


def changed(old: Chain, new: Chain) -> set[tuple[str, bool | None]]:
    """The flows that fare otherwise, from anywhere alike, and whether they are allowed now."""
    found = compare_chains(old, new, EDGE, by_rule=False).changes()
    return {(str(replace(change.flows, source=AddressSet.parse(OUTSIDE))), change.after.allowed) for change in found}


def test_labyrinth_a_contract_with_a_wider_network_allows_more() -> None:
    """Published: to 171.64.80.0-171.64.127.255 with a protocol except TCP and UDP, or at a port except 445."""
    more = "171.64.80.0/20, 171.64.96.0/19"
    assert changed(backwards(*labyrinth()), backwards(*labyrinth(without_blocks="171.64.64.0/18"))) == {
        (f"icmp {OUTSIDE} → {more}", True),
        (f"tcp {OUTSIDE} → {more}:0-444, 446-65535", True),
    }


def test_labyrinth_a_contract_that_blocks_another_port() -> None:
    """Published: nothing more, and less to 171.64.64.0/18 by TCP and UDP at port 593."""
    blocked = tuple(
        rule(f"{name}-593", 150 + n, DENY, ports="593", protocol=name) for n, name in enumerate(("Tcp", "Udp"))
    )
    wide = "171.64.64.0/18"
    old, new = (backwards(*labyrinth(*more, without_blocks=wide)) for more in ((), blocked))
    assert changed(old, new) == {(f"tcp {OUTSIDE} → {wide}:593", False)}


def test_labyrinth_two_redundant_rules_were_added() -> None:
    """Published: redundant are the two that were added; and where a later rule overrides, the first as well."""
    added = (
        rule("narrower", 125, ALLOW, "*", "171.64.64.0/21"),
        rule("one-address", 150, DENY, "*", "171.64.64.1", "445", protocol="Tcp"),
    )
    rules = tuple(sorted(labyrinth(*added), key=lambda one: str(one.priority)))
    names = {"narrower", "one-address"}
    assert {name for name, fact in facts_of(*rules).items() if fact.redundant} == names
    assert {name for name, fact in facts_of(*turned(*rules)).items() if fact.redundant} == names | {"private"}
