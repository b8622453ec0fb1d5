"""What the linter finds and where, and what it leaves alone: cases that looking at single rules gets wrong.

Guillemets in a text mark the value that a finding stands at; without them there has to be none.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.model.assembly import assemble
from nwpolicy.model.diagnostics import Severity
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.lint.linting import LintAnswer, Options, lint
from nwpolicy.readers.load import load, read_text


def linted(text: str, **assume: str) -> LintAnswer:
    ending = "yaml" if text.startswith("nwpolicy:") else "nwp"
    plain = text.replace("«", "").replace("»", "")
    chosen = Assumptions.of({name.replace("_", "-"): value for name, value in assume.items()})
    return lint(assemble([read_text(f"estate.{ending}", plain)]), Options(assumptions=chosen))


def found(rule: str, text: str) -> list[Finding]:
    """The findings of one rule of the linter, which stand at the marked values."""
    answer = linted(text)
    assert (answer.undecided, answer.diagnostics) == ((), ())
    findings = [finding for finding in answer.findings if finding.rule == rule]
    assert [marked(finding) for finding in findings] == marks(text)
    return findings


def marked(finding: Finding) -> tuple[int, int, int, int]:
    span = finding.location.span
    return span.line, span.column, span.end_line, span.end_column


def marks(text: str) -> list[tuple[int, int, int, int]]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        *parts, _ = line.replace("»", "«").split("«")
        column = 1
        for index, part in enumerate(parts):
            if index % 2:
                found.append((number, column, number, column + len(part)))
            column += len(part)
    return found


def nsg(*rules: str, name: str = "web", direction: str = "inbound") -> str:
    lines = "".join(f"    {rule}\n" for rule in rules)
    return f"nsg {name} {{\n  {direction} {{\n{lines}  }}\n}}\n"


def estate(*groups: str, nic: str = "", subnet: str = "", more: str = "") -> str:
    """One network interface in one subnet."""
    network = f"vnet v {{ location westeurope; address 10.0.0.0/16; subnet s {{ address 10.0.1.0/24; {subnet} }} }}\n"
    interface = f"nic n {{ {nic}\n  ip i {{ address 10.0.1.4; subnet v/s; public-ip pip }}\n}}\n"
    return network + interface + "public-ip pip { sku Standard }\n" + "".join(groups) + more


SSH = "100 allow-ssh allow tcp from «*» to * port 22"
PLAIN_SSH = SSH.replace("«", "").replace("»", "")

# --- exposure ---


@pytest.mark.parametrize("source", ["*", "Internet", "0.0.0.0/0", "0.0.0.0/1, 128.0.0.0/1", "8.0.0.0/6"])
def test_the_internet_is_the_internet_however_it_is_written(source: str) -> None:
    """aquasecurity/trivy#11187: a tag gave no finding where 0.0.0.0/0 did."""
    (finding,) = found("NWP101", estate(nsg(f"100 a allow tcp from «{source}» to * port 22"), subnet="nsg web"))
    assert finding.certain
    assert finding.message == "port 22 of n is reachable from the internet"


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param("allow tcp from 203.0.113.0/24, 198.51.100.0/24 to * port 22", id="prefixes: tfsec#1855"),
        pytest.param("allow udp from * to * port 53", id="only port 53: trivy#7681"),
        pytest.param("allow icmp from * to *", id="ICMP with any port: defsec#467"),
        pytest.param("allow tcp from ?adminSource to * port 22", id="a source that is not known"),
        pytest.param("allow tcp from VirtualNetwork to * port 22", id="the virtual network"),
        pytest.param("allow tcp from * to 10.0.2.4 port 22", id="another machine"),
        pytest.param("deny tcp from * to * port 22", id="denied"),
    ],
)
def test_what_does_not_open_a_port_for_administration_to_the_internet(rule: str) -> None:
    found("NWP101", estate(nsg(f"100 a {rule}"), subnet="nsg web"))


def test_an_ipv6_internet_reaches_what_has_an_ipv6_address() -> None:
    found("NWP101", nsg("100 a allow tcp from «::/0» to * port 22"))
    found("NWP101", estate(nsg("100 a allow tcp from ::/0 to * port 22"), subnet="nsg web"))


def test_a_variable_hides_nothing() -> None:
    """bridgecrewio/checkov#900: ports that came through a variable passed."""
    found("NWP101", "let ports = 22, 3389\n" + nsg("100 a allow tcp from «*» to * port $ports"))


def test_a_machine_without_a_public_address_is_not_reachable_from_the_internet() -> None:
    text = estate(nsg(PLAIN_SSH), subnet="nsg web").replace("; public-ip pip }", " }")
    found("NWP101", text)


@pytest.mark.parametrize(
    ("subnet", "nic"),
    [
        pytest.param("deny tcp from * to * port 22", PLAIN_SSH, id="the subnet's"),
        pytest.param(
            PLAIN_SSH.removeprefix("100 allow-ssh "), "100 d deny tcp from Internet to * port 22", id="the NIC's"
        ),
    ],
)
def test_another_group_on_the_way_denies_it(subnet: str, nic: str) -> None:
    """Microsoft Learn, How network security groups filter network traffic: both have to allow."""
    groups = nsg(f"100 a {subnet}", name="outer"), nsg(nic, name="inner")
    found("NWP101", estate(*groups, subnet="nsg outer", nic="nsg inner;"))


MANAGER = """\
network-manager m {{
  management-group g
  group all {{ vnet v }}
  configuration c {{
    collection k {{
      applies-to all
      inbound {{
        10 {rule}
      }}
    }}
  }}
  deploy c to *
}}
"""


def test_an_admin_rule_denies_it() -> None:
    """Microsoft Learn, Security admin rules: evaluated before network security groups."""
    manager = MANAGER.format(rule="no-ssh deny tcp from any to any port 22")
    found("NWP101", estate(nsg(PLAIN_SSH), subnet="nsg web", more=manager))


def test_an_admin_rule_that_always_allows_is_what_opens_it() -> None:
    manager = MANAGER.format(rule="ssh always-allow tcp from «Internet» to any port 22")
    found("NWP101", estate(nsg("100 no deny tcp from * to * port 22"), subnet="nsg web", more=manager))


def test_behind_a_public_load_balancer_it_is_reachable_too() -> None:
    text = estate(nsg(SSH), subnet="nsg web", more="load-balancer lb { sku Standard; public }\n")
    (finding,) = found("NWP101", text.replace("public-ip pip }", "load-balancer lb }"))
    assert not finding.certain, "which ports it forwards is not known"


def test_a_basic_public_address_without_any_group_is_open() -> None:
    """Microsoft Learn, Public IP addresses: Basic ones are open by default, Standard ones closed."""
    text = estate().replace("sku Standard", "sku Basic").replace("nic n {", "«nic n» {")
    (finding,) = found("NWP101", text)
    assert finding.message == "ports 22, 3389, 5800, 5900, 5985-5986 of n are reachable from the internet"
    assert finding.reason == "no rule filters it"
    found("NWP101", estate())


def test_a_group_alone_is_looked_at_as_if_attached_and_says_so() -> None:
    (finding,) = found("NWP101", nsg(SSH))
    assert not finding.certain
    assert "as if an interface with a public address were behind it" in (finding.reason or "")


def test_to_a_destination_that_is_not_known_it_may_be_reachable() -> None:
    """A parameter without a value for a subnet's prefix hides nothing, and makes nothing certain."""
    (finding,) = found("NWP101", nsg("100 a allow tcp from «*» to ?subnetPrefix port 22"))
    assert not finding.certain
    assert finding.reason == "a (100) may let it in; it depends on subnetPrefix"


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param("100 a allow tcp from ?adminCidr to * port 22", id="the source is not known"),
        pytest.param("100 a allow tcp from * to * port ?port", id="the port is not known"),
        pytest.param("100 a allow tcp from ?adminCidr to ?subnetPrefix port 22", id="neither source nor destination"),
    ],
)
def test_for_a_source_or_port_that_is_not_known_nothing_is_said(rule: str) -> None:
    found("NWP101", nsg(rule))


def test_a_group_that_a_name_may_mean_is_looked_at_as_if_attached() -> None:
    text = estate(nsg(PLAIN_SSH), nsg(PLAIN_SSH), subnet="nsg web")
    assert [finding.rule for finding in linted(text).findings if finding.rule == "NWP101"] == ["NWP101", "NWP101"]


def test_what_is_certain_and_what_may_be_are_told_apart() -> None:
    text = nsg("100 a allow tcp from * to 10.0.0.4 port 22", "110 b allow tcp from * to ?other port 22, 3389")
    text = estate(text, subnet="nsg web").replace("10.0.1.4;", "10.0.0.4;").replace("10.0.1.0/24", "10.0.0.0/24")
    findings = [finding for finding in linted(text).findings if finding.rule == "NWP101"]
    assert [(finding.message, finding.certain) for finding in findings] == [
        ("port 22 of n is reachable from the internet", True),
        ("port 3389 of n is reachable from the internet", False),
    ]


def test_everything_from_everywhere_is_said_only_where_another_layer_leaves_it_something() -> None:
    admin = """\
network-manager vnm {
  management-group contoso
  group all { vnet v }
  configuration c { collection r { applies-to all; inbound { 10 deny-net deny ACCESS from Internet to any PORT } } }
  deploy c to westeurope
}
"""
    everything = nsg("100 all allow * from «*» to *")
    found("NWP103", estate(everything, subnet="nsg web", more=admin.replace("ACCESS", "tcp").replace("PORT", "port *")))
    found(
        "NWP103",
        estate(
            everything.replace("«", "").replace("»", ""),
            subnet="nsg web",
            more=admin.replace("ACCESS", "*").replace("PORT", ""),
        ),
    )


@pytest.mark.parametrize(
    ("rule", "nic"),
    [
        pytest.param("100 a allow tcp from * to «10.0.2.4» port 443", "", id="another subnet's"),
        pytest.param("100 a allow tcp from * to 10.0.2.4, 10.0.1.9 port 443", "", id="one of the subnet's among them"),
        pytest.param("100 a allow tcp from * to 198.51.100.4 port 443", "", id="a load balancer's public one"),
        pytest.param("100 a allow tcp from * to ?app port 443", "", id="not known"),
        pytest.param("100 a allow tcp from * to 10.0.2.4 port 443", "ip-forwarding;", id="behind an appliance"),
    ],
)
def test_a_rule_for_addresses_that_nothing_there_has(rule: str, nic: str) -> None:
    found("NWP306", estate(nsg(rule), subnet="nsg web", nic=nic))


def test_an_outbound_rule_for_addresses_that_nothing_there_has() -> None:
    (finding,) = found(
        "NWP306", estate(nsg("100 a deny * from «10.9.0.0/16» to Internet", direction="outbound"), subnet="nsg web")
    )
    assert finding.certain


def test_one_finding_for_a_rule_and_all_its_machines() -> None:
    text = estate(nsg(SSH), subnet="nsg web")
    text += "".join(
        f"nic n{n} {{ ip i {{ address 10.0.1.{n}; subnet v/s; public-ip p{n} }} }}\npublic-ip p{n} {{ sku Standard }}\n"
        for n in range(5, 8)
    )
    (finding,) = found("NWP101", text)
    assert finding.message == "port 22 of 4 network interfaces is reachable from the internet"


def test_a_port_is_exposed_though_routes_lead_all_replies_astray() -> None:
    """Virtual network traffic routing, "0.0.0.0/0 address prefix": packets still come to the public address."""
    nva = "nic nva { ip-forwarding; ip i { address 10.0.2.4; subnet v/t } }\n"
    table = "route-table rt { route out 0.0.0.0/0 via appliance 10.0.2.4 }\n"
    plain = estate(nsg(SSH, "200 rest deny * from * to *"), nic="nsg web", subnet="route-table rt", more=nva + table)
    text = plain.replace(
        "10.0.1.0/24; route-table rt }", "10.0.1.0/24; route-table rt }; subnet t { address 10.0.2.0/24 }"
    )
    (finding,) = found("NWP101", text)
    assert "packets arrive, but replies leave by nva" in (finding.reason or "")
    (finding,) = found("NWP101", text.replace("0.0.0.0/0 via appliance 10.0.2.4", "0.0.0.0/0 via internet"))
    assert "replies" not in (finding.reason or "")


def test_memcached_over_udp_is_on_the_list_of_high_risk_ports() -> None:
    """Microsoft Learn, Protect high-risk network ports with security admin rules."""
    found("NWP102", nsg("100 cache allow udp from «*» to * port 11211"))


# --- superfluous rules ---


def test_a_rule_is_shadowed_by_a_union_and_the_rules_are_named() -> None:
    text = nsg(
        "100 low  deny  tcp from * to * port 0-1023",
        "110 high deny  tcp from * to * port 1024-65535",
        "120 «web»  allow tcp from * to * port 80-8080",
    )
    (finding,) = found("NWP001", text)
    assert finding.reason == "shadowed by the union of low (100) and high (110), which do the opposite"
    assert [related.message for related in finding.related] == ["low comes first", "high comes first"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("allow tcp from * to * port 80", "allow udp from * to * port 80", id="another protocol"),
        pytest.param("deny tcp from * to * port 0-79", "allow tcp from * to * port 80-90", id="other ports"),
        pytest.param(
            "deny tcp from ?one to * port 80", "allow tcp from * to * port 80", id="a source that is not known"
        ),
        pytest.param(
            "deny tcp from * to * port 80 if ?there", "allow tcp from * to * port 80", id="an unknown condition"
        ),
    ],
)
def test_a_rule_of_which_something_is_left_is_not_shadowed(first: str, second: str) -> None:
    found("NWP001", nsg(f"100 a {first}", f"110 b {second}"))


def test_whatever_an_unknown_is_two_rules_together_shadow_a_third() -> None:
    """The second rule takes what the first one, of which the source is not known, leaves."""
    text = nsg(
        "100 some deny  tcp from ?one to * port 80",
        "110 rest allow tcp from *    to * port 80",
        "120 «late» allow tcp from *  to * port 80",
    )
    found("NWP001", text)


def test_a_rule_of_a_group_that_an_admin_rule_makes_useless_wherever_it_is_attached() -> None:
    manager = MANAGER.format(rule="no-ssh deny tcp from any to any port 22")
    text = estate(nsg("100 «allow-ssh» allow tcp from * to * port 22"), subnet="nsg web", more=manager)
    (finding,) = found("NWP001", text)
    assert finding.message == "allow-ssh never allows anything where it is attached"
    assert finding.reason == "admin rule no-ssh (10) settles all that it matches before it is asked, at n"
    other = "vnet w { location westeurope; address 10.1.0.0/16; subnet t { address 10.1.1.0/24; nsg web } }\n"
    found("NWP001", text.replace("«", "").replace("»", "") + other)


def test_a_rule_that_repeats_defaults_is_told_from_one_that_repeats_others() -> None:
    rules = "100 «a» allow tcp from * to Internet port 443", "200 b allow tcp from * to 203.0.113.0/24"
    (finding,) = found("NWP004", nsg(rules[0], direction="outbound"))
    assert finding.message == "a only repeats AllowInternetOutBound (65001)"
    found("NWP002", nsg(rules[0].replace("Internet", "203.0.113.4"), rules[1] + " port *", direction="outbound"))


def test_rules_that_another_rule_between_them_keeps_apart_cannot_be_merged() -> None:
    between = "110 no deny tcp from 203.0.113.0/24 to * port 443"
    first, last = "100 a allow tcp from * to * port 80", "120 «b» allow tcp from * to * port 443"
    found("NWP006", nsg(first, last))
    found("NWP006", nsg(first, between, last.replace("«", "").replace("»", "")))


def test_rules_that_azure_bastion_requires_are_not_superfluous() -> None:
    """Microsoft Learn, Working with NSG access and Azure Bastion."""
    rules = "100 https allow tcp from * to * port 443", "110 {} allow tcp from GatewayManager to * port 443"
    network = "vnet v {{ address 10.0.0.0/16; subnet {} {{ address 10.0.1.0/26; nsg web }} }}\n"
    found("NWP001", network.format("AzureBastionSubnet") + nsg(rules[0], rules[1].format("manager")))
    found("NWP001", network.format("other") + nsg(rules[0], rules[1].format("«manager»")))


# --- platform ---


PROBED = """\
load-balancer lb { sku Standard; public }
nic m { ip i { address 10.0.1.5; subnet v/s; load-balancer lb } }
"""


def test_a_rule_that_denies_the_virtual_network_denies_probes() -> None:
    """Microsoft Learn, Virtual network service tags: VirtualNetwork holds 168.63.129.16."""
    found("NWP201", estate(nsg("100 «no» deny * from VirtualNetwork to *"), subnet="nsg web", more=PROBED))


@pytest.mark.parametrize("rule", ["tcp from AzureLoadBalancer to * port 80", "tcp from 168.63.129.16 to * port *"])
def test_where_a_probe_may_get_through_nothing_is_said(rule: str) -> None:
    """Which port is probed is not in the input."""
    found("NWP201", estate(nsg(f"100 p allow {rule}", "200 no deny * from * to *"), subnet="nsg web", more=PROBED))


def test_without_a_load_balancer_there_is_no_probe() -> None:
    found("NWP201", estate(nsg("200 no deny * from * to *"), subnet="nsg web"))


# --- attachments ---


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(nsg(PLAIN_SSH), id="a group alone"),
        pytest.param(estate(nsg(PLAIN_SSH), subnet="nsg ?which"), id="a subnet whose group is not known"),
        pytest.param(estate(nsg(PLAIN_SSH), nic="nsg web;"), id="attached to an interface"),
    ],
)
def test_a_group_that_may_be_attached_is_left_alone(text: str) -> None:
    found("NWP301", text)


@pytest.mark.parametrize("name", ["GatewaySubnet", "AzureFirewallSubnet", "AzureBastionSubnet", "RouteServerSubnet"])
def test_subnets_of_services_need_no_group(name: str) -> None:
    found("NWP302", f"vnet v {{ address 10.0.0.0/16; subnet {name} {{ address 10.0.1.0/24 }} }}\n")


def test_a_subnet_whose_interfaces_have_groups_needs_none() -> None:
    found("NWP302", estate(nsg(PLAIN_SSH), nic="nsg web;"))
    found("NWP302", estate().replace("subnet s {", "«subnet s» {"))


# --- network managers ---


@pytest.mark.parametrize(
    ("group", "behind", "expected"),
    [
        ("100 no deny tcp from 10.9.0.0/24 to * port 8443", "", True),
        ("100 no deny tcp from 10.9.0.0/24 to * port 8443", "; 20 rest deny tcp from any to any port 8443", True),
        ("100 no deny tcp from 10.8.0.0/24 to * port 8443", "", True),
        ("100 no deny tcp from 10.9.0.0/24 to 10.0.1.9 port 8443", "", True),
        ("100 no deny tcp from 10.8.0.0/24 to * port 8443", "; 20 rest deny tcp from any to any port 22", True),
        ("100 no deny tcp from 10.8.0.0/24 to * port 8443", "; 20 rest deny tcp from any to any port 8443", False),
        ("100 no deny tcp from 10.8.0.0/24 to * port 8443", "; 20 rest always-allow tcp from any to any port *", False),
        ("100 yes allow tcp from 10.9.0.0/28 to * port 8443", "", False),
    ],
)
def test_allow_is_not_enough_where_groups_deny_all_of_it_unless_it_may_be_an_exception(
    group: str, behind: str, expected: bool
) -> None:
    """Microsoft Learn, Security admin rules: Allow leaves the decision to network security groups."""
    access = "«allow»" if expected else "allow"
    manager = MANAGER.format(rule=f"scan {access} tcp from 10.9.0.10 to any port 8443{behind}")
    found("NWP601", estate(nsg(group), subnet="nsg web", more=manager))


@pytest.mark.parametrize("tag", ["AzureDataLake", "KustoAnalytics", "SerialConsole", "Storage.WestEurope"])
def test_documented_service_tags_are_known(tag: str) -> None:
    """Microsoft Learn, Virtual network service tags, "Available service tags"."""
    found("NWP205", nsg(f"100 a allow tcp from * to {tag} port 443", direction="outbound"))


def test_a_description_is_not_too_long_for_azure() -> None:
    """REST API, Security Rules and Admin Rules: a description is restricted to 140 characters."""
    rule = '{} allow tcp from 203.0.113.0/24 to * port {} description "{}"'
    rules = rule.format("100 fits", 443, "x" * 140), rule.format("110 «long»", 8443, "x" * 141)
    (finding,) = found("NWP408", nsg(*rules))
    assert finding.message == "the description of long has 141 characters, Azure accepts 140"


# --- identity ---


def test_fingerprints_survive_moved_lines_and_tell_equal_findings_apart() -> None:
    text = nsg(PLAIN_SSH, "200 rdp allow tcp from * to * port 3389")
    before, after = (linted(prefix + text).findings for prefix in ("", "# moved\n\n"))
    assert [finding.fingerprint for finding in before] == [finding.fingerprint for finding in after]
    assert len({finding.fingerprint for finding in before}) == len(before) == 3


def test_findings_are_in_the_order_of_the_input_and_the_same_every_time() -> None:
    text = estate(nsg(PLAIN_SSH, "200 b allow tcp from 10.1.2.3/8 to * port 22"), subnet="nsg web")
    answer = linted(text)
    assert answer == linted(text)
    assert list(answer.findings) == sorted(answer.findings, key=lambda finding: finding.sort_key)


# --- what is not listed ---


def test_what_is_not_listed_may_be_left_out_but_comments_about_it_are_judged_all_the_same() -> None:
    rules = ("100 a allow tcp from Internet port 22", "110 b allow tcp from 203.0.113.4 port 22")
    stale = "120 c deny tcp from * port 23  # nwpolicy: ignore[NWP002] a test"
    kept = "110 d allow tcp from 203.0.113.4 port 24  # nwpolicy: ignore[NWP001] a test"
    for text in (nsg(*rules), nsg(rules[0], stale), nsg(rules[0], kept), nsg(stale)):
        snapshot = assemble([read_text("estate.nwp", text)])
        whole, part = (lint(snapshot, Options(lowest=Severity.WARNING, listed_only=only)) for only in (False, True))
        assert part.findings == whole.findings != ()
        assert part.hidden <= whole.hidden


# --- what a loop makes ---


def test_of_what_a_loop_makes_the_instance_is_named(tmp_path: Path) -> None:
    rule = """\
  security_rule {{
    name                       = "{name}"
    priority                   = {priority}
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_port_range          = "*"
    destination_port_range     = "443"
    source_address_prefix      = "{source}"
    destination_address_prefix = "*"
  }}
"""
    rules = rule.format(name="wide", priority=100, source="*") + rule.format(
        name="dead", priority=110, source="10.0.0.4"
    )
    group = 'name = "nsg-${each.key}"\n  location = "westeurope"\n  resource_group_name = "rg"\n'
    text = f'resource "azurerm_network_security_group" "w" {{\n  for_each = toset(["a", "b"])\n  {group}{rules}}}\n'
    (tmp_path / "main.tf").write_text(text)
    findings = lint(load(str(tmp_path))).findings
    said = [(one.subject, one.message) for one in findings if one.rule == "NWP001"]
    assert said == [(f"nsg-{key}/dead", f"dead never allows anything, in nsg-{key}") for key in "ab"]
