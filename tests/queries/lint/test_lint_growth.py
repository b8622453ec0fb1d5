"""Findings that grow are new, and stay known where they do not: fingerprints, baselines and what changed."""

from __future__ import annotations

import pytest

from nwpolicy.model.assembly import assemble
from nwpolicy.model.diagnostics import Severity
from nwpolicy.queries.lint.answer import LintAnswer, Options
from nwpolicy.queries.lint.baseline import baseline_text, parse_baseline
from nwpolicy.queries.lint.catalogue import CATALOGUE
from nwpolicy.queries.lint.linting import lint
from nwpolicy.queries.report.findings import finding_changes
from nwpolicy.readers.load import read_text

EVERY = frozenset(CATALOGUE)

MANAGER = """\
network-manager m {{
  management-group g
  group all {{ vnet v }}
  configuration c {{ collection k {{ applies-to all; inbound {{ {rules} }} }} }}
  deploy c to *
}}
"""


def estate(rules: str, *nics: str, more: str = "") -> str:
    """Network interfaces with public addresses in a subnet whose group has the rules."""
    network = "vnet v { location westeurope; address 10.0.0.0/16; subnet s { address 10.0.1.0/24; nsg web } }\n"
    interfaces = "".join(
        f"nic {name} {{ ip i {{ address 10.0.1.{number}; subnet v/s; public-ip pip-{name} }} }}\n"
        f"public-ip pip-{name} {{ sku Standard }}\n"
        for number, name in enumerate(nics, 4)
    )
    return f"{network}{interfaces}nsg web {{\n{rules}\n}}\n{more}"


def inbound(*rules: str) -> str:
    return f"  inbound {{ {'; '.join(rules)} }}"


def looked_at(text: str, rule: str, known: dict[str, frozenset[str]] | None = None) -> LintAnswer:
    options = Options(selected=frozenset({rule}), lowest=Severity.NOTE, baseline=known)
    return lint(assemble([read_text("estate.nwp", text)]), options)


def new(rule: str, before: str, after: str) -> list[str]:
    """What is new since a baseline was written."""
    first = looked_at(before, rule)
    assert first.findings
    return [one.message for one in looked_at(after, rule, parse_baseline(baseline_text(first.findings))).findings]


def test_a_port_that_opens_is_new_and_one_that_closes_is_not() -> None:
    one, both = (estate(inbound(f"100 a allow tcp from * to * port {ports}"), "n") for ports in ("3389", "22, 3389"))
    assert new("NWP101", one, both) == ["ports 22, 3389 of n are reachable from the internet"]
    assert new("NWP101", both, one) == []
    (finding,) = looked_at(both, "NWP101", parse_baseline(baseline_text(looked_at(one, "NWP101").findings))).findings
    assert (finding.reason or "").endswith("new: tcp 22 of n")


def test_a_rule_that_comes_to_open_every_port_is_new() -> None:
    management = "22, 3389, 5800, 5900, 5985-5986"
    some, every = (estate(inbound(f"100 a allow tcp from * to * port {ports}"), "n") for ports in (management, "*"))
    assert new("NWP101", some, every) != []
    assert new("NWP101", every, every.replace("100 a", "150 a")) == []


def test_a_port_that_another_definition_no_longer_guards_is_new() -> None:
    rules = inbound("100 a allow tcp from * to * port 22, 3389")
    guarded, other = (
        estate(rules, "n", more=MANAGER.format(rules=f"10 d deny tcp from any to any port {port}"))
        for port in (3389, 3390)
    )
    assert new("NWP101", guarded, other) == ["ports 22, 3389 of n are reachable from the internet"]


def test_an_interface_that_comes_to_be_reachable_is_new() -> None:
    rules = inbound("100 a allow tcp from * to * port 22")
    assert new("NWP101", estate(rules, "one"), estate(rules, "one", "two")) != []
    assert new("NWP101", estate(rules, "one", "two"), estate(rules, "one")) == []


def test_a_port_that_may_be_open_and_then_is_for_certain_is_new() -> None:
    rules = inbound("100 a allow tcp from * to * port 22")
    assert new("NWP101", estate(rules), estate(rules, "n")) != []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("8.0.0.0/6", "*", id="all of it"),
        pytest.param("8.0.0.0/6", "0.0.0.0/1, 128.0.0.0/2", id="most of it"),
    ],
)
def test_more_of_the_internet_is_new(before: str, after: str) -> None:
    one, other = (estate(inbound(f"100 a allow tcp from {source} to * port 22"), "n") for source in (before, after))
    assert new("NWP101", one, other) != []
    assert new("NWP101", other, one) == []


def test_moved_lines_and_reordered_rules_are_not_new() -> None:
    rules = ("100 a allow tcp from * to * port 22", "110 b allow tcp from Internet to * port 3389")
    before, after = estate(inbound(*rules), "n", "m"), "# moved\n\n" + estate(inbound(*reversed(rules)), "n", "m")
    assert new("NWP101", before, after) == []


def test_a_fingerprint_changes_where_a_finding_grows() -> None:
    """Code scanning takes results of one fingerprint for the same."""
    one, both = (estate(inbound(f"100 a allow tcp from * to * port {ports}"), "n") for ports in ("3389", "22, 3389"))
    (first,), (second,) = (looked_at(text, "NWP101").findings for text in (one, both))
    assert first.identity == second.identity
    assert first.fingerprint != second.fingerprint


def test_a_baseline_without_parts_knows_none() -> None:
    """As baselines were written before parts were told apart."""
    text = estate(inbound("100 a allow tcp from * to * port 22"), "n")
    (finding,) = looked_at(text, "NWP101").findings
    assert looked_at(text, "NWP101", {finding.identity: frozenset()}).findings


def test_an_entry_of_which_something_is_gone_is_out_of_date() -> None:
    both, one = (estate(inbound(f"100 a allow tcp from * to * port {ports}"), "n") for ports in ("22, 3389", "22"))
    known = parse_baseline(baseline_text(looked_at(both, "NWP101").findings))
    assert looked_at(both, "NWP101", known).stale == ()
    assert looked_at(one, "NWP101", known).stale == tuple(known)


# --- which ports at which interfaces, by which rules ---


def test_only_ports_that_are_open_at_an_interface_are_said_to_be() -> None:
    other = """\
vnet w { location westeurope; address 10.2.0.0/16; subnet s { address 10.2.1.0/24; nsg web } }
nic other { ip i { address 10.2.1.4; subnet w/s; public-ip pip-other } }
public-ip pip-other { sku Standard }
"""
    guard = MANAGER.format(rules="10 d deny tcp from any to any port 3389")
    (finding,) = looked_at(
        estate(inbound("100 a allow tcp from * to * port 22, 3389"), "n", more=other + guard), "NWP101"
    ).findings
    assert finding.message == "port 22 of n and other, and port 3389 of other are reachable from the internet"
    assert finding.parts == ("tcp 22 of n", "tcp 22 of other", "tcp 3389 of other", "IPv4", "most of IPv4")


def test_rules_that_open_the_internet_bit_by_bit_open_it() -> None:
    eighths = [f"{priority} r{priority} allow tcp from {priority}.0.0.0/8 to * port 22" for priority in range(128, 169)]
    (finding,) = looked_at(estate(inbound(*eighths), "n"), "NWP101").findings
    assert finding.message == "port 22 of n is reachable from the internet by 41 rules together"
    assert (finding.subject, len(finding.related)) == ("web", 40)
    more = [*eighths, "110 more allow tcp from 200.0.0.0/8 to * port 22"]
    assert new("NWP101", estate(inbound(*eighths), "n"), estate(inbound(*more), "n")) == []
    assert looked_at(estate(inbound(eighths[0]), "n"), "NWP101").findings == ()
    (finding,) = looked_at(estate(inbound(*eighths)), "NWP101").findings
    assert finding.message == "41 rules together open port 22 to the internet"


def test_a_part_of_the_internet_beside_all_of_it_is_not_told_again() -> None:
    rules = ("100 a allow tcp from 8.0.0.0/8 to * port 22", "110 b allow tcp from * to * port 22")
    (finding,) = looked_at(estate(inbound(*rules), "n"), "NWP101").findings
    assert finding.subject == "web/b"


# --- the other rules of the linter ---


def test_a_rule_that_comes_to_be_shadowed_by_its_opposite_is_new() -> None:
    alike, opposed = (
        estate(inbound(f"100 a {access} tcp from * to * port 22", "110 b deny tcp from * to * port 22"), "n")
        for access in ("deny", "allow")
    )
    assert new("NWP001", alike, opposed) == ["b never denies anything"]
    assert new("NWP001", opposed, alike) == []


def test_probes_of_another_load_balancer_that_are_denied_are_new() -> None:
    def behind(*balancers: str) -> str:
        text = estate(inbound("100 a deny * from * to *"), *balancers)
        for name in balancers:
            text = text.replace(f"public-ip pip-{name} }}", f"load-balancer lb-{name} }}")
        return text + "".join(f"load-balancer lb-{name} {{ sku Standard; public }}\n" for name in balancers)

    assert new("NWP201", behind("one"), behind("one", "two")) == ["a denies every health probe of lb-one and lb-two"]
    assert new("NWP201", behind("one", "two"), behind("one")) == []


@pytest.mark.parametrize(
    ("rule", "direction", "before", "after"),
    [
        ("NWP106", "inbound", "from Internet to * port 443", "from Internet to * port 443, 8443"),
        ("NWP106", "inbound", "from Internet to * port 443", "from Internet to * port *"),
        ("NWP107", "outbound", "from * to Internet port 443", "from * to Internet port 80, 443"),
    ],
)
def test_more_ports_through_all_layers_are_new(rule: str, direction: str, before: str, after: str) -> None:
    rest = "; 200 rest deny * from * to *"
    one, other = (estate(f"  {direction} {{ 100 a allow tcp {text}{rest} }}", "n") for text in (before, after))
    assert new(rule, one, other) != []


def test_a_route_that_leads_nowhere_for_another_subnet_is_new() -> None:
    def routed(*subnets: str) -> str:
        within = "".join(
            f"  subnet {name} {{ address 10.0.{number}.0/24; route-table rt }}\n" for number, name in enumerate(subnets)
        )
        route = "route-table rt { route all 0.0.0.0/0 via appliance 10.0.9.9 }\n"
        return f"vnet v {{ location westeurope; address 10.0.0.0/16\n{within}}}\n{route}"

    assert new("NWP501", routed("one"), routed("one", "two")) != []
    assert new("NWP501", routed("one", "two"), routed("two")) == []


def test_one_rule_too_many_is_as_bad_as_two() -> None:
    def rules(count: int) -> str:
        return estate(
            inbound(*(f"{100 + n} r{n} allow tcp from 10.0.0.0/8 to * port {n}" for n in range(1, count + 1)))
        )

    assert new("NWP408", rules(1001), rules(1002)) == []


# --- in a report of what changed ---


def test_a_report_tells_what_grew_and_what_is_gone() -> None:
    one, both, other = (
        looked_at(estate(inbound(f"100 a allow tcp from * to * port {ports}"), "n"), "NWP101").findings
        for ports in ("22", "22, 3389", "3389")
    )
    told = [
        finding_changes(before, after, str) for before, after in ((one, both), (both, one), (one, other), (one, one))
    ]
    assert [(len(changes.new), len(changes.mended)) for changes in told] == [(1, 0), (0, 1), (1, 1), (0, 0)]


def test_a_port_that_an_earlier_rule_no_longer_guards_is_new_though_every_port_was_said_to_be_open() -> None:
    every, guard = "110 a allow tcp from * to * port *", "100 g deny tcp from * to * port {}"
    one, other = (estate(inbound(guard.format(port), every), "n") for port in ("445, 1433", "445"))
    assert new("NWP101", one, other) != []
    assert new("NWP101", other, one) == []


def test_a_wider_destination_is_new_where_no_interface_is_shown() -> None:
    one, both, every = (
        f"nsg web {{ inbound {{ 100 a allow tcp from * to {destination} port 22 }} }}"
        for destination in ("10.0.0.4", "10.0.0.4, 10.0.0.5", "*")
    )
    assert new("NWP101", one, both) != []
    assert new("NWP101", both, every) != []
    assert new("NWP101", both, one) == []


def test_what_may_be_and_what_is_certain_are_known_apart() -> None:
    empty = "vnet w { location westeurope; address 10.2.0.0/16; subnet s { address 10.2.1.0/24; nsg web } }\n"
    guard = MANAGER.format(rules="10 d deny tcp from any to any port 3389")
    rules = inbound("100 a allow tcp from * to * port 22, 3389")
    one, both = (estate(rules, "n", more=guard + more) for more in ("", empty))
    assert new("NWP101", one, both) == ["a opens port 3389 to the internet"]
    assert new("NWP101", both, one) == []


@pytest.mark.parametrize("rule", ["NWP103", "NWP106"])
def test_everything_to_more_destinations_is_new(rule: str) -> None:
    one, other = (
        f"nsg web {{ inbound {{ 100 a allow * from * to {destination} }} }}" for destination in ("10.0.0.4", "*")
    )
    assert new(rule, one, other) != []
    assert new(rule, one, f"# moved\n{one}") == []


@pytest.mark.parametrize(("rule", "direction"), [("NWP106", "inbound"), ("NWP107", "outbound")])
def test_rules_that_open_all_ways_bit_by_bit_open_them(rule: str, direction: str) -> None:
    ends = "from {}.0.0.0/8 to *" if direction == "inbound" else "from * to {}.0.0.0/8"
    lines = [f"{number} r{number} allow tcp {ends.format(number)} port 443" for number in range(128, 132)]
    text = estate(f"  {direction} {{ {'; '.join((*lines, '200 rest deny * from * to *'))} }}", "n")
    (finding,) = looked_at(text, rule).findings
    way = "in flows from" if direction == "inbound" else "out flows to"
    assert finding.message == f"r128 (128) and 3 more rules together let {way} the internet"
    assert looked_at(text.replace(lines[0], "").replace(lines[1], "").replace(lines[2], ""), rule).findings == ()
