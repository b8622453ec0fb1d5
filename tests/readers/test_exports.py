from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from nwpolicy.model.addresses import ANY_ADDRESS, Address, AddressSet
from nwpolicy.model.assembly import Fragment, assemble
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import NetworkInterface, PublicIpAddress, Subnet, VirtualMachine, VirtualNetwork
from nwpolicy.model.protocols import ANY_PROTOCOL
from nwpolicy.model.resource import AddressPrefix, PortRange, Reference, Resource, ServiceTag
from nwpolicy.model.routes import EffectiveRoutes
from nwpolicy.model.rules import (
    Access,
    AdminRule,
    Direction,
    EffectiveAdminRules,
    EffectiveSecurityGroups,
    NetworkSecurityGroup,
    SecurityRule,
)
from nwpolicy.model.tags import ServiceTagCatalogue
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers import exports, jsontext
from nwpolicy.readers.load import load

DATA = Path(__file__).parent.parent / "data"
NSG = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/n"
ROW = {"id": NSG, "name": "n", "type": "Microsoft.Network/networkSecurityGroups", "properties": {"securityRules": []}}

R = TypeVar("R", bound=Resource)


def read(text: str, path: str = "export.json") -> Fragment | None:
    return exports.read(*jsontext.parse(path, text))


def read_file(*names: str) -> Fragment:
    path = DATA.joinpath(*names)
    fragment = read(path.read_text(encoding="utf-8"), str(path))
    assert fragment is not None
    return fragment


def fragment_of(text: str) -> Fragment:
    fragment = read(text)
    assert fragment is not None
    return fragment


def said(fragment: Fragment) -> list[str]:
    return [f"{d.severity} {d.code} {d.location} {d.message}" for d in fragment.diagnostics]


def one(kind: type[R], fragment: Fragment) -> R:
    (resource,) = fragment.resources
    assert isinstance(resource, kind)
    return resource


def texts(terms: tuple[object, ...]) -> list[str]:
    return [term.text if isinstance(term, AddressPrefix) else getattr(term, "name", str(term)) for term in terms]


def ports(items: tuple[PortRange | Unknown, ...]) -> list[tuple[int, int]]:
    return [pair for item in items if isinstance(item, PortRange) for pair in item.ports]


# ---- resources -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda row: row,
        lambda row: [row],
        lambda row: {"value": [row]},
        lambda row: {"value": [row], "nextLink": None},
        lambda row: {"count": 1, "data": [row], "skip_token": None, "total_records": 1},
        lambda row: {"totalRecords": 1, "count": 1, "data": [row], "facets": [], "resultTruncated": "false"},
    ],
    ids=["show", "list", "page", "last page", "graph query", "graph answer"],
)
def test_one_resource_in_every_wrapping(wrapped: Callable[[object], object]) -> None:
    fragment = fragment_of(json.dumps(wrapped(ROW)))
    assert said(fragment) == []
    found = one(NetworkSecurityGroup, fragment)
    assert (found.name, found.id, found.security_rules) == ("n", NSG, ())


def test_a_place_in_a_page_is_the_place_in_the_file() -> None:
    fragment = fragment_of('{"value": [\n' + json.dumps(ROW) + "]}")
    assert str(fragment.resources[0].source) == "export.json:2:1"


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "1",
        '"Microsoft.Network/networkSecurityGroups"',
        "{}",
        "[1, 2]",
        '{"value": [{"a": 1}]}',
        '{"name": "package", "type": "module"}',
        '{"$schema": "deploymentTemplate.json#", "id": "/providers/Microsoft.Network/x", "resources": []}',
        '{"nwpolicy": 1}',
        '[{"type": "object"}]',
    ],
)
def test_what_is_no_export_is_none(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    "text", ["[]", '{"value": []}', '[{"type": "Microsoft.Storage/storageAccounts", "name": "x"}]']
)
def test_an_export_without_definitions_says_so(text: str) -> None:
    fragment = fragment_of(text)
    assert fragment.resources == ()
    assert said(fragment) == [
        "note empty-export export.json:1:1 this export holds nothing that filters or routes traffic"
    ]


@pytest.mark.parametrize("key", ["nextLink", "skipToken", "skip_token", "$skipToken"])
def test_a_page_of_a_longer_list_says_so(key: str) -> None:
    fragment = fragment_of(json.dumps({"value": [ROW]})[:-1] + f',\n"{key}": "more"}}')
    place = f"export.json:2:{len(key) + 5}"
    assert said(fragment) == [f"warning incomplete-export {place} this is one page of a longer list"]


def test_a_truncated_graph_answer_says_so() -> None:
    fragment = fragment_of(json.dumps({"data": [ROW], "count": 1})[:-1] + ',\n"resultTruncated": "true"}')
    assert said(fragment) == ["warning incomplete-export export.json:2:20 this is one page of a longer list"]


def test_a_row_of_another_kind_is_an_error() -> None:
    fragment = fragment_of(json.dumps([ROW])[:-1] + ',\n  {"a": 1}, 5]')
    message = "this row is not of the kind that the export's other rows are"
    assert said(fragment) == [
        f"error unexpected-row export.json:2:3 {message}",
        f"error unexpected-row export.json:2:13 {message}",
    ]
    assert len(fragment.resources) == 1


def test_a_group_without_its_rules_is_not_an_empty_group() -> None:
    """`az resource list` prints resources without their properties."""
    row = {key: value for key, value in ROW.items() if key != "properties"}
    fragment = fragment_of(json.dumps([{**row, "properties": None}]))
    assert said(fragment) == [
        "warning incomplete-export export.json:1:2 the export does not list the securityRules of n"
    ]
    (rules,) = one(NetworkSecurityGroup, fragment).security_rules
    assert isinstance(rules, Unknown)
    assert (rules.kind, rules.reason) == (UnknownKind.RULES, "the export does not list the securityRules of n")


# ---- the exports of a real subscription (tests/data/batfish-cloud-azure) ------------------------------------------


@pytest.fixture(scope="module")
def subscription() -> list[Fragment]:
    names = sorted(path.name for path in (DATA / "batfish-cloud-azure").glob("*.json"))
    assert len(names) == 11
    return [read_file("batfish-cloud-azure", name) for name in names]


def test_only_the_nat_gateway_has_something_to_say(subscription: list[Fragment]) -> None:
    found = [(d.code, Path(d.location.file).name, d.location.span.line) for f in subscription for d in f.diagnostics]
    assert found == [("not-modelled", "nat-gateway.json", 2)]


def test_the_groups_of_a_subscription(subscription: list[Fragment]) -> None:
    groups = assemble(subscription).all(NetworkSecurityGroup)
    assert {group.name: [getattr(rule, "name", None) for rule in group.security_rules] for group in groups} == {
        "VM1-nsg": ["SSH", "AllowAnyCustomAnyInbound", "DenyAnyCustomAnyInbound"],
        "VM2-nsg": [],
        "subnet-nsg": [
            "AllowCidrBlockSSHInbound",
            "DenyCidrBlockCustomAnyInbound",
            "AllowAnyCustom8080Outbound",
            "AllowAnyCustomAnyOutbound",
            "DenyAnyCustomAnyOutbound",
        ],
    }
    assert [len(group.default_security_rules or ()) for group in groups] == [6, 6, 6]


def test_a_rule_of_a_subscription(subscription: list[Fragment]) -> None:
    rules = assemble(subscription).all(SecurityRule)
    (rule,) = (rule for rule in rules if rule.name == "AllowCidrBlockSSHInbound")
    assert (rule.priority, rule.access, rule.direction) == (100, Access.ALLOW, Direction.INBOUND)
    assert rule.protocol == IntervalSet.of(8, [(6, 6)])
    assert (texts(rule.sources), texts(rule.destinations)) == (["10.0.0.0/24"], ["*"])
    assert (ports(rule.source_port_ranges), ports(rule.destination_port_ranges)) == (
        [(0, 65535)],
        [(22, 23), (80, 80), (8080, 8080)],
    )


def test_the_network_of_a_subscription(subscription: list[Fragment]) -> None:
    snapshot = assemble(subscription)
    (network,) = snapshot.all(VirtualNetwork)
    assert (network.name, network.location, texts(network.address_space)) == ("VM-vnet", "westeurope", ["10.0.0.0/16"])
    assert [
        (s.name, texts(s.address_prefixes), s.network_security_group and str(s.network_security_group))
        for s in snapshot.all(Subnet)
    ] == [("default", ["10.0.0.0/24"], None), ("private", ["10.0.1.0/24"], "subnet-nsg")]


def test_the_interfaces_of_a_subscription_find_what_they_name(subscription: list[Fragment]) -> None:
    snapshot = assemble(subscription)
    found = {}
    for nic in snapshot.all(NetworkInterface):
        (configuration,) = nic.ip_configurations
        references: list[tuple[type[Resource], object]] = [
            (NetworkSecurityGroup, nic.network_security_group),
            (VirtualMachine, nic.virtual_machine),
            (Subnet, configuration.subnet),
            (PublicIpAddress, configuration.public_ip_address),
        ]
        targets = [snapshot.find(kind, wanted) for kind, wanted in references if isinstance(wanted, Reference)]
        found[nic.name] = str(configuration.private_ip_address), [target.name for (target,) in targets]
    assert found == {
        "vm1346": ("10.0.0.4", ["VM1-nsg", "VM1", "default", "VM1-ip"]),
        "vm235": ("10.0.1.4", ["VM2-nsg", "VM2", "private"]),
    }


def test_the_public_addresses_of_a_subscription(subscription: list[Fragment]) -> None:
    found = assemble(subscription).all(PublicIpAddress)
    assert [(p.name, str(p.ip_address), p.sku) for p in found] == [
        ("VM1-ip", "40.91.194.198", "Standard"),
        ("nat-ip", "40.100.200.240", "Standard"),
    ]


# ---- what is in effect -----------------------------------------------------------------------------------------------


def effective() -> EffectiveSecurityGroups:
    return one(EffectiveSecurityGroups, read_file("exports", "effective-nsg.json"))


def test_effective_groups_are_attached_as_azure_says() -> None:
    found = effective()
    assert found.name == "web-0"
    assert [(g.group.name, g.association.type, g.association.name) for g in found.groups] == [
        ("web-subnet", "subnets", "web"),
        ("web-nic", "networkInterfaces", "web-0"),
    ]
    assert found.groups[0].group.id is not None
    assert found.groups[0].group.id.endswith("/networkSecurityGroups/web-subnet")


def test_effective_rules_lose_the_prefix_of_their_names() -> None:
    """Microsoft Learn, Diagnose a virtual machine network traffic filter problem: securityRules/NAME."""
    group = effective().groups[0].group
    assert [(r.name, r.priority, r.is_default) for r in group.security_rules if isinstance(r, SecurityRule)] == [
        ("allow-https", 100, False),
        ("allow-office", 110, False),
        ("deny-storage", 200, False),
    ]
    assert [(r.name, r.priority, r.is_default) for r in group.default_security_rules or ()] == [
        ("AllowVnetInBound", 65000, True),
        ("AllowAzureLoadBalancerInBound", 65001, True),
        ("DenyAllInBound", 65500, True),
        ("AllowVnetOutBound", 65000, True),
        ("AllowInternetOutBound", 65001, True),
        ("DenyAllOutBound", 65500, True),
    ]


def test_effective_values_that_are_written_twice_count_once() -> None:
    https, office, _ = effective().groups[0].group.security_rules
    assert isinstance(https, SecurityRule)
    assert isinstance(office, SecurityRule)
    assert (texts(https.sources), texts(https.destinations)) == (["Internet"], ["10.20.1.0/24"])
    assert (ports(https.source_port_ranges), ports(https.destination_port_ranges)) == ([(0, 65535)], [(443, 443)])
    assert texts(office.sources) == ["203.0.113.0/24", "198.51.100.7/32"]
    assert ports(office.destination_port_ranges) == [(22, 22), (3389, 3390)]


def test_azure_own_expansion_of_a_tag_is_kept() -> None:
    https, _, storage = effective().groups[0].group.security_rules
    assert isinstance(https, SecurityRule)
    assert isinstance(storage, SecurityRule)
    (internet,) = https.sources
    assert isinstance(internet, ServiceTag)
    assert internet.expansion is not None
    assert str(internet.expansion) == "1.0.0.0-9.255.255.255, 11.0.0.0/8"
    (by_map,) = storage.destinations
    assert isinstance(by_map, ServiceTag)
    assert by_map.expansion == AddressSet.parse("20.38.0.0/16")
    assert storage.protocol == ANY_PROTOCOL


def test_the_tag_map_of_an_effective_group() -> None:
    assert {name: str(addresses) for name, addresses in effective().groups[0].tag_map.items()} == {
        "virtualnetwork": "10.20.0.0/16, 10.30.0.0/16, 168.63.129.16",
        "storage": "20.38.0.0/16",
    }


def test_a_zero_prefix_in_effective_rules_is_any() -> None:
    """Microsoft Learn, Diagnose a virtual machine network traffic filter problem: `*` is printed as 0.0.0.0/0."""
    fragment = read_file("exports", "effective-nsg.json")
    (deny,) = (r for r in effective().groups[1].group.default_security_rules or () if r.name == "DenyAllInBound")
    assert [term.addresses for term in deny.sources if isinstance(term, AddressPrefix)] == [ANY_ADDRESS]
    assert [(d.severity, d.code, d.location.span.line) for d in fragment.diagnostics] == [("note", "any-address", 47)]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            ('"protocol": "Tcp"', '"protocol": "X"'),
            "error bad-protocol 'X' is no protocol (Tcp, Udp, Icmp, Esp, Ah or *)",
        ),
        (('"443-443"', '"443-70000"'), "error bad-port port 70000 is above 65535"),
        (('"priority": 100', '"priority": "high"'), "error wrong-type expected a whole number, found 'high'"),
        (('"20.38.0.0/16"', '"20.38.0.0/99"'), "error bad-prefix '99' is no prefix length (0 to 32)"),
        (('"subnet": {', '"subnets": {'), "error missing-field this row needs 'association'"),
        (('"networkSecurityGroup": {', '"nsg": {'), "error missing-field this row needs 'networkSecurityGroup'"),
    ],
)
def test_a_fault_in_an_effective_group(change: tuple[str, str], expected: str) -> None:
    text = (DATA / "exports" / "effective-nsg.json").read_text(encoding="utf-8").replace(*change, 1)
    errors = [d for d in fragment_of(text).diagnostics if d.severity == "error"]
    assert f"{errors[0].severity} {errors[0].code} {errors[0].message}" == expected


def test_effective_admin_rules() -> None:
    fragment = read_file("exports", "effective-admin-rules.json")
    assert said(fragment) == []
    found = one(EffectiveAdminRules, fragment)
    assert found.name == "effective-admin-rules"
    (rule,) = found.rules
    assert isinstance(rule, AdminRule)
    assert (rule.name, rule.priority, rule.access, rule.direction) == ("deny-ssh", 10, Access.DENY, Direction.INBOUND)
    assert rule.id is not None
    assert rule.id.endswith("/ruleCollections/ports/rules/deny-ssh")
    assert (texts(rule.sources), texts(rule.destinations)) == (["Internet"], ["*"])
    assert ports(rule.destination_port_ranges) == [(22, 22)]


def test_effective_admin_rules_on_another_page_are_unknown() -> None:
    raw = json.loads((DATA / "exports" / "effective-admin-rules.json").read_text(encoding="utf-8"))
    found = one(EffectiveAdminRules, fragment_of(json.dumps({**raw, "skipToken": "more"})))
    shown, more = found.rules
    assert isinstance(shown, AdminRule)
    assert isinstance(more, Unknown)
    assert (more.name, more.kind) == ("rules on other pages", UnknownKind.RULES)


def test_active_rules_are_not_taken_for_effective_ones() -> None:
    raw = json.loads((DATA / "exports" / "effective-admin-rules.json").read_text(encoding="utf-8"))
    raw["value"][0].update(commitTime="2025-01-01T00:00:00Z", region="westeurope")
    fragment = fragment_of(json.dumps(raw))
    assert fragment.resources == ()
    assert [(d.severity, d.code) for d in fragment.diagnostics] == [("warning", "not-modelled")]


def test_what_is_deployed_where_is_left_out_with_a_warning() -> None:
    row = {
        "region": "westeurope",
        "deploymentStatus": "Deployed",
        "deploymentType": "SecurityAdmin",
        "configurationIds": [],
    }
    fragment = fragment_of(json.dumps({"value": [row]}))
    assert [(d.severity, d.code) for d in fragment.diagnostics] == [("warning", "not-modelled")]


def test_effective_routes() -> None:
    fragment = read_file("exports", "effective-routes.json")
    assert said(fragment) == []
    found = one(EffectiveRoutes, fragment)
    assert found.name == "effective-routes"
    assert [
        (
            r.name,
            r.source_type,
            r.state,
            texts(r.address_prefixes),
            r.next_hop_type,
            list(map(str, r.next_hop_ip_addresses)),
        )
        for r in found.routes
    ] == [
        (None, "Default", "Active", ["10.20.0.0/16"], "VnetLocal", []),
        (None, "Default", "Active", ["10.30.0.0/16"], "VNetPeering", []),
        (None, "Default", "Invalid", ["0.0.0.0/0"], "Internet", []),
        ("to-firewall", "User", "Active", ["0.0.0.0/0"], "VirtualAppliance", ["10.30.0.4"]),
        (
            None,
            "VirtualNetworkGateway",
            "Active",
            ["192.168.0.0/16", "192.0.2.0/24"],
            "VirtualNetworkGateway",
            ["203.0.113.1"],
        ),
    ]
    assert found.routes[3].next_hop_ip_addresses == (Address.parse("10.30.0.4"),)


def test_faults_in_effective_routes() -> None:
    row = '{"source": "User", "state": "Active", "nextHopType": null, "addressPrefix": ["10.0.0.0/40"]}'
    assert said(fragment_of(f'{{"value": [{row}]}}')) == [
        "error bad-prefix export.json:1:89 '40' is no prefix length (0 to 32)",
        "error missing-field export.json:1:12 this row needs 'nextHopType'",
    ]


def test_service_tags_are_recognised() -> None:
    found = one(ServiceTagCatalogue, read_file("exports", "ServiceTags_Public_20250106.json"))
    assert list(found.tags) == ["actiongroup", "storage.westeurope"]


# Azure CLI, `az graph query`; Azure Resource Graph REST API, "Resources"; Microsoft Learn, "Working with large Azure
# resource data sets" (paging, table and object format)


def graph(count: int, first: int = 0, **more: object) -> dict[str, object]:
    rows = [{**ROW, "id": f"{NSG}{number}", "name": f"n{number}"} for number in range(first, first + count)]
    return {"count": count, "data": rows, **more}


def loaded(folder: Path, **files: object) -> tuple[list[str], list[str]]:
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    snapshot = load(str(folder))
    return [found.name for found in snapshot.resources], [found.message for found in snapshot.diagnostics]


def test_pages_of_one_answer_in_a_folder_are_whole(tmp_path: Path) -> None:
    one = graph(2, skip_token="x", total_records=3)
    names, messages = loaded(tmp_path, one=one, two=graph(1, 2, skip_token=None, total_records=3))
    assert (names, messages) == (["n0", "n1", "n2"], [])


@pytest.mark.parametrize(("rows", "token"), [(2, "x"), (1, None)])
def test_a_page_without_the_others_is_said(tmp_path: Path, rows: int, token: str | None) -> None:
    _, messages = loaded(tmp_path, one=graph(rows, skip_token=token, total_records=3))
    assert messages == [f"this answer holds {rows} of 3 rows, and the files beside it do not hold the others"]


def test_pages_of_two_answers_are_not_taken_for_one(tmp_path: Path) -> None:
    pages = {name: graph(2, first, total_records=3) for name, first in (("one", 0), ("other", 10))}
    _, messages = loaded(tmp_path, **pages)
    assert len(messages) == 2


def test_the_answer_of_the_rest_api_counts_too(tmp_path: Path) -> None:
    _, messages = loaded(tmp_path, one={**graph(1), "totalRecords": 2, "resultTruncated": "false", "$skipToken": "x"})
    assert len(messages) == 1


def test_rows_as_a_table() -> None:
    columns = [{"name": name, "type": "string"} for name in ("id", "name", "type", "properties")]
    table = {"columns": columns, "rows": [[*ROW.values()], [NSG + "2", "n2", ROW["type"], ROW["properties"]]]}
    fragment = fragment_of(json.dumps({"totalRecords": 2, "count": 2, "data": table}, indent=1))
    assert [found.name for found in fragment.resources] == ["n", "n2"]
    assert fragment.resources[1].source.route == ("data", "rows", 1)
    assert said(fragment) == []


def test_rows_as_powershell_writes_them() -> None:
    fragment = fragment_of(json.dumps({"Count": 1, "Data": [ROW], "SkipToken": None}))
    assert [found.name for found in fragment.resources] == ["n"]


def test_types_of_rows_are_in_lower_case() -> None:
    fragment = fragment_of(json.dumps([{**ROW, "type": ROW["type"].lower()}]))  # type: ignore[attr-defined]
    assert isinstance(fragment.resources[0], NetworkSecurityGroup)
