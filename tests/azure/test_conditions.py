"""What may or may not be deployed, or is not fully known, never decides an answer silently."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nwpolicy.azure.chains import FilterChain
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.avnm import NetworkGroupMember
from nwpolicy.model.flows import Flow
from nwpolicy.model.network import (
    ApplicationGateway,
    GatewayConnection,
    IpConfiguration,
    LocalNetworkGateway,
    NetworkInterface,
    PublicIpAddress,
    VirtualNetwork,
    VirtualNetworkGateway,
    VirtualNetworkPeering,
)
from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import NextHopType, RouteTable
from nwpolicy.model.rules import AdminRule, EffectiveAdminRules, NetworkSecurityGroup
from nwpolicy.model.unknowns import Unknown, UnknownKind
from tests.asking import ask, build, depends_on, doubts
from tests.builders import (
    ALLOW,
    ALWAYS_ALLOW,
    DENY,
    IN,
    OUT,
    SOURCE,
    admin_rule,
    collection,
    configuration,
    connectivity,
    deployment,
    flow,
    group,
    load_balancer,
    manager,
    nic,
    nsg,
    peering,
    prefixes,
    public_ip,
    reference,
    route,
    route_table,
    routing,
    rule,
    snapshot,
    subnet,
    unknown,
    vnet,
)

DEPLOYED = unknown("deploy", UnknownKind.CONDITION)
OFFICE = flow("tcp", "192.168.3.4", "10.0.0.4:22")
SSH = flow("tcp", "203.0.113.9", "10.0.0.4:22")
SITE = LocalNetworkGateway(name="site", address_prefixes=prefixes(["192.168.0.0/16"]), source=SOURCE)
GATEWAY = VirtualNetworkGateway(name="gw", virtual_network=reference("virtualNetworks", "vnet1"), source=SOURCE)
LINK = GatewayConnection(
    name="link",
    virtual_network_gateway=reference("virtualNetworkGateways", "gw"),
    local_network_gateway=reference("localNetworkGateways", "site"),
    source=SOURCE,
)


def machine(*others: Resource, table: str | None = None) -> tuple[Resource, ...]:
    network = vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24", nsg="n", route_table=table))
    return (network, nic("nic1", "10.0.0.4", "vnet1/s1"), nsg("n"), *others)


def waits_for(asked: Flow, *resources: Resource) -> str | None:
    return depends_on(build(snapshot(*resources), IN, nic="nic1"), asked)


def test_site_behind_a_gateway_is_in_the_tag() -> None:
    assert ask(build(snapshot(*machine(GATEWAY, SITE, LINK)), IN), OFFICE).rule == "AllowVnetInBound"


@pytest.mark.parametrize("maybe", [GATEWAY, SITE, LINK])
def test_gateway_site_or_connection_that_may_not_be_deployed(maybe: Resource) -> None:
    parts = [replace(part, condition=DEPLOYED) if part is maybe else part for part in (GATEWAY, SITE, LINK)]
    assert waits_for(OFFICE, *machine(*parts)) == "deploy"


def test_gateway_of_which_the_network_is_not_known() -> None:
    elsewhere = replace(GATEWAY, virtual_network=unknown("subnetId", UnknownKind.REFERENCE))
    assert waits_for(OFFICE, *machine(elsewhere, SITE, LINK)) == "subnetId"


def test_connection_of_which_the_gateway_is_not_known() -> None:
    open_link = replace(LINK, virtual_network_gateway=unknown("gatewayId", UnknownKind.REFERENCE))
    assert waits_for(OFFICE, *machine(GATEWAY, SITE, LINK, open_link)) is None
    assert waits_for(OFFICE, *machine(replace(GATEWAY, bgp_prefixes=prefixes(["10.9.0.0/16"])), SITE, open_link)) == (
        "gatewayId"
    )


@pytest.mark.parametrize("end", ["virtual_network_gateway", "other_gateway"])
def test_networks_behind_a_connection_of_two_gateways(end: str) -> None:
    """Microsoft Learn, Virtual network service tags: VirtualNetwork holds networks reached through a gateway."""
    ends = dict.fromkeys(("virtual_network_gateway", "other_gateway"), reference("virtualNetworkGateways", "far"))
    ends[end] = reference("virtualNetworkGateways", "gw")
    between = GatewayConnection(
        name="between",
        virtual_network_gateway=ends["virtual_network_gateway"],
        other_gateway=ends["other_gateway"],
        source=SOURCE,
    )
    asked = flow("tcp", "10.77.0.1", "10.0.0.4:22")
    assert waits_for(asked, *machine(GATEWAY, SITE, LINK, between)) == "prefixes behind between"
    assert waits_for(asked, *machine(GATEWAY, SITE, LINK)) is None


@pytest.mark.parametrize("table", [route_table("rt", disable_bgp=True), None])
def test_route_table_that_may_stop_gateway_routes(table: RouteTable | None) -> None:
    """Microsoft Learn, Virtual network traffic routing: a route table may keep routes of gateways out of a subnet."""
    others = () if table is None else (replace(table, condition=DEPLOYED),)
    expected = "gateway routes beside routes of rt" if table is None else "not deploy"
    assert waits_for(OFFICE, *machine(GATEWAY, SITE, LINK, *others, table="rt")) == expected


def test_route_table_that_may_not_be_deployed() -> None:
    table = route_table("rt", route("all", "0.0.0.0/0", NextHopType.VIRTUAL_APPLIANCE, "10.0.9.4"))
    assert ask(build(snapshot(*machine(table, table="rt")), IN), SSH).allowed
    assert waits_for(SSH, *machine(replace(table, condition=DEPLOYED), table="rt")) == "deploy"


def test_peer_that_may_not_be_deployed() -> None:
    hub = replace(vnet("hub", "10.8.0.0/16", peering("vnet1")), condition=DEPLOYED)
    network = vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24", nsg="n"), peering("hub"))
    asked = flow("tcp", "10.8.0.1", "10.0.0.4:22")
    assert waits_for(asked, network, hub, nic("nic1", "10.0.0.4", "vnet1/s1"), nsg("n")) == "deploy"


def test_member_of_an_application_security_group_that_may_not_be_deployed() -> None:
    web = replace(nic("web", "10.0.0.9", "vnet1/s1", asgs=("a",)), condition=DEPLOYED)
    always = nic("always", "10.0.0.8", "vnet1/s1", asgs=("a",))
    shut = nsg("n2", rule("from-web", 100, DENY, "asg:a"))
    target = nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n2")
    network = vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24"))
    assert waits_for(flow("tcp", "10.0.0.9", "10.0.0.4:22"), network, web, always, shut, target) == "deploy"
    assert waits_for(flow("tcp", "10.0.0.8", "10.0.0.4:22"), network, web, always, shut, target) is None


def open_machine(**public: str) -> tuple[Resource, ...]:
    network = vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24"))
    balancers = (public["balancer"],) if "balancer" in public else ()
    own = nic("nic1", "10.0.0.4", "vnet1/s1", public_ip=public.get("address"), load_balancers=balancers)
    return network, own


@pytest.mark.parametrize(
    ("found", "name"),
    [
        (replace(public_ip("p", "Standard"), condition=DEPLOYED), "deploy"),
        (replace(public_ip("p", "Basic"), condition=DEPLOYED), None),
        (replace(public_ip("p", ""), sku=unknown("sku", UnknownKind.TEXT)), "p is of the Standard SKU"),
    ],
)
def test_public_address_of_which_the_sku_is_open(found: PublicIpAddress, name: str | None) -> None:
    assert waits_for(SSH, *open_machine(address="p"), found) == name


def test_load_balancer_of_which_the_sku_is_open() -> None:
    found = load_balancer("lb", "")
    sku = unknown("sku", UnknownKind.TEXT)
    assert waits_for(SSH, *open_machine(balancer="lb"), replace(found, sku=sku)) == "lb is of the Standard SKU"
    assert waits_for(SSH, *open_machine(balancer="lb"), replace(found, sku=sku, is_public=False)) is None


def test_load_balancer_that_may_be_public() -> None:
    public = unknown("frontends", UnknownKind.CONDITION)
    assert waits_for(SSH, *open_machine(balancer="lb"), replace(load_balancer("lb", "Standard"), is_public=public)) == (
        "frontends"
    )
    assert waits_for(SSH, *open_machine(balancer="lb"), replace(load_balancer("lb", "Basic"), is_public=public)) is None


def test_public_address_of_an_interface_of_the_same_name_elsewhere() -> None:
    def interface(resource_group: str) -> NetworkInterface:
        identity = (
            f"/subscriptions/s/resourceGroups/{resource_group}/providers/Microsoft.Network/networkInterfaces/nic1"
        )
        place = reference("subnets", "vnet1/s1")
        own = IpConfiguration(name="ip", id=f"{identity}/ipConfigurations/ip", subnet=place, source=SOURCE)
        return NetworkInterface(name="nic1", id=identity, ip_configurations=(own,), source=SOURCE)

    here, there = interface("here"), interface("there")
    owner = there.ip_configurations[0].id
    assert owner is not None
    address = replace(public_ip("p", "Standard"), ip_configuration=reference("ipConfigurations", owner))
    estate = snapshot(vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24")), here, there, address)
    assert here.id is not None
    assert there.id is not None
    assert depends_on(build(estate, IN, nic=here.id), SSH) is None
    assert ask(build(estate, IN, nic=here.id), SSH).allowed
    assert not ask(build(estate, IN, nic=there.id), SSH).allowed


def managed(*members: Unknown | str, maybe: Unknown | None = None) -> tuple[Resource, ...]:
    deny = admin_rule("DenySsh", 1, DENY, ports="22", protocol="Tcp")
    found = replace(group("g", *members), condition=maybe)
    rules = configuration("c", collection("col", ["g"], deny))
    return (*open_machine(), manager("m", found, rules, deployments=[deployment(["c"], "*")]))


def test_network_group_that_may_not_be_deployed() -> None:
    assert waits_for(SSH, *managed("vnet1")) is None
    assert waits_for(SSH, *managed("vnet1", maybe=DEPLOYED)) == "deploy"


def test_membership_that_may_not_be_deployed() -> None:
    member = NetworkGroupMember(
        name="vnet1",
        parent=reference("networkGroups", "m/g"),
        resource=reference("virtualNetworks", "vnet1"),
        condition=DEPLOYED,
        source=SOURCE,
    )
    assert waits_for(SSH, *managed(), member) == "vnet1 is in g"
    assert waits_for(SSH, *managed(), replace(member, condition=None)) is None
    assert not ask(build(snapshot(*managed(), replace(member, condition=None)), IN), SSH).allowed


def test_application_gateway_that_may_not_be_deployed() -> None:
    """Microsoft Learn, Security admin rules in Azure Virtual Network Manager: subnets of application gateways."""
    gateway = ApplicationGateway(name="agw", subnet=reference("subnets", "vnet1/s1"), source=SOURCE)
    assert ask(build(snapshot(*managed("vnet1"), gateway), IN), SSH).allowed
    assert waits_for(SSH, *managed("vnet1"), replace(gateway, condition=DEPLOYED)) == "not deploy"


def test_option_for_intent_policies_that_is_not_known() -> None:
    """Microsoft Learn, Security admin rules in Azure Virtual Network Manager: None, AllowRulesOnly, All."""
    network, own = open_machine()
    assert isinstance(network, VirtualNetwork)
    instance = subnet("mi", "10.0.7.0/24", delegations=("Microsoft.Sql/managedInstances",))
    deny = admin_rule("DenySsh", 1, DENY, ports="22", protocol="Tcp")
    option = unknown("option", UnknownKind.TEXT)
    rules = replace(
        configuration("c", collection("col", ["g"], deny)), apply_on_network_intent_policy_based_services=(option,)
    )
    avnm = manager("m", group("g", "vnet1"), rules)
    assert waits_for(SSH, network, own, avnm) is None
    with_instance = replace(network, subnets=(*network.subnets, instance))
    assert waits_for(SSH, with_instance, own, avnm) == "option lets Deny rules apply"


def test_a_mesh_of_which_the_members_are_not_known_may_widen_the_tag() -> None:
    """Microsoft Learn, Connectivity configuration in Azure Virtual Network Manager: a mesh connects networks without
    peerings."""
    members = group("all", "vnet1", unknown("by policy", UnknownKind.REFERENCE))
    avnm = manager("m", members, connectivity("mesh", "all"))
    assert waits_for(flow("tcp", "10.7.0.1", "10.0.0.4:22"), *machine(avnm)) == "networks of mesh"


def test_routes_of_network_managers_that_are_not_known_may_widen_the_tag() -> None:
    """Microsoft Learn, User-defined route management in Azure Virtual Network Manager: they are user-defined routes."""
    rules = routing("c", "all", unknown("routes of hub", UnknownKind.RULES))
    avnm = manager("m", group("all", "vnet1"), rules)
    assert waits_for(flow("tcp", "10.7.0.1", "10.0.0.4:22"), *machine(avnm)) == "routes of hub"


def peers(*there: VirtualNetworkPeering, here: VirtualNetworkPeering) -> tuple[Resource, ...]:
    network = vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24", nsg="n"), here)
    return (network, vnet("hub", "10.8.0.0/16", *there), nic("nic1", "10.0.0.4", "vnet1/s1"), nsg("n"))


PEER = flow("tcp", "10.8.0.1", "10.0.0.4:22")


@pytest.mark.parametrize(("choice", "allowed"), [("connected", True), ("disconnected", False)])
def test_peering_of_one_side_is_an_assumption(choice: str, allowed: bool) -> None:
    """Microsoft Learn, Create, change, or delete a virtual network peering: a peering is connected once both networks
    have one."""
    one_sided = snapshot(*peers(here=peering("hub")))
    chain = build(one_sided, IN, chosen={"one-sided-peering": choice})
    assert ask(chain, PEER).allowed is allowed
    assert doubts(chain, PEER) == {"one-sided-peering"}
    both = build(snapshot(*peers(peering("vnet1"), here=peering("hub"))), IN, chosen={"one-sided-peering": choice})
    assert ask(both, PEER).allowed
    assert doubts(both, PEER) == set()
    told = build(snapshot(*peers(here=peering("hub", state="Connected"))), IN)
    assert doubts(told, PEER) == set()


def test_peering_of_some_subnets() -> None:
    """Azure Network REST API, VirtualNetworkPeering: peerCompleteVnets, remoteSubnetNames."""
    some = replace(peering("hub"), peer_complete_vnets=False)
    assert waits_for(PEER, *peers(peering("vnet1"), here=some)) == "subnets peered by to-hub"


def test_routes_for_everything_keep_their_assumption() -> None:
    """Microsoft Learn, Virtual network service tags: which routes feed the tag is not documented, also where they are
    all there is."""
    hops = [route(p, p, NextHopType.VIRTUAL_APPLIANCE, "10.0.9.4") for p in ("0.0.0.0/0", "::/0")]
    chain = build(snapshot(*machine(route_table("rt", *hops), table="rt")), IN)
    assert "virtual-network-udr" in doubts(chain, SSH)
    maybe = replace(route_table("rt", hops[0]), condition=DEPLOYED)
    chain = build(snapshot(*machine(maybe, table="rt")), IN)
    (condition,) = {part for part in _address_unknowns(chain) if part.name == "deploy"}
    assert "virtual-network-udr" in doubts(chain, SSH, {condition: AddressSet.parse("0.0.0.0/0")})


def _address_unknowns(chain: FilterChain) -> set[Unknown]:
    return {part for layer in chain.chain.layers for rule in layer.rules for part in rule.match.source.unknown}


def test_delegation_that_is_not_known() -> None:
    """A managed instance would hold admin rules back."""
    network, own = open_machine()
    assert isinstance(network, VirtualNetwork)
    delegated = replace(subnet("mi", "10.0.7.0/24"), delegations=(unknown("service", UnknownKind.TEXT),))
    avnm = managed("vnet1")[-1]
    assert not ask(build(snapshot(network, own, avnm), IN), SSH).allowed
    wider = replace(network, subnets=(*network.subnets, delegated))
    assert waits_for(SSH, wider, own, avnm) == "service lets Deny rules apply"


def test_group_of_another_resource_group_may_be_the_same() -> None:
    """A template that names a resource group does not know whether it is its own."""

    def asg(resource_group: str) -> str:
        scope = f"/subscriptions/{{subscription}}/resourceGroups/{resource_group}"
        return f"asg:{scope}/providers/Microsoft.Network/applicationSecurityGroups/web"

    def asked(listed: str) -> str | None:
        network = vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24"))
        target = nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n", asgs=(asg("{resourceGroup}")[4:],))
        member = nic("nic2", "10.0.0.9", "vnet1/s1", asgs=(asg(listed)[4:],))
        deny = nsg("n", rule("deny-web", 100, DENY, asg("{resourceGroup}")))
        return waits_for(flow("tcp", "10.0.0.9", "10.0.0.4:22"), network, target, member, deny)

    assert asked("{resourceGroup}") is None
    assert asked("other") == "web of the rule is the web that members list"


def test_definition_that_a_reference_to_a_named_resource_group_may_mean() -> None:
    def of(resource_group: str) -> str:
        scope = f"/subscriptions/{{subscription}}/resourceGroups/{resource_group}"
        return f"{scope}/providers/Microsoft.Network/networkSecurityGroups/n"

    estate = snapshot(nsg("n"))
    assert len(estate.find(NetworkSecurityGroup, reference("networkSecurityGroups", of("{resourceGroup}")))) == 1
    assert estate.find(NetworkSecurityGroup, reference("networkSecurityGroups", of("other"))) == ()
    there = snapshot(nsg("n"), replace(nsg("n", rule("r", 100, DENY)), id=of("other")))
    (found,) = there.find(NetworkSecurityGroup, reference("networkSecurityGroups", of("other")))
    assert found.id == of("other")
    assert there.find(NetworkSecurityGroup, reference("networkSecurityGroups", of("third"))) == ()


def test_standard_address_where_the_internet_is_known_in_part() -> None:
    """A network that uses public addresses itself is not reached by them from the internet."""
    address = public_ip("p", "Standard")
    lacking = vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24"), peering("gone"))
    own = nic("nic1", "10.0.0.4", "vnet1/s1", public_ip="p")
    estate = snapshot(lacking, own, address)
    chain = build(estate, IN)
    assert not ask(chain, SSH).allowed
    assert doubts(chain, SSH) == {"standard-public-ip", "unknown-address-space"}
    wider = build(estate, IN, chosen={"unknown-address-space": "any"})
    assert depends_on(wider, SSH) == "Internet without address space of gone"


def test_internet_leaves_out_what_may_be_the_network_itself() -> None:
    deny = rule("no-internet", 100, DENY, "*", "Internet", direction=OUT)
    lacking = vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24"), peering("gone"))
    estate = snapshot(lacking, nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"), nsg("n", deny))
    asked = flow("tcp", "10.0.0.4", "8.8.8.8:443")
    assert ask(build(estate, OUT), asked).rule == "no-internet"
    assert "unknown-address-space" in doubts(build(estate, OUT), asked)
    wider = build(estate, OUT, chosen={"unknown-address-space": "any"})
    assert depends_on(wider, asked) == "Internet without address space of gone"


def test_reserved_addresses_of_a_peer_that_may_have_no_access() -> None:
    """With the wider reading of the tag Internet, a peer's addresses of RFC 6598 may be in it."""
    access = unknown("access", UnknownKind.TEXT)
    network = vnet("vnet1", "10.0.0.0/16", subnet("s1", "10.0.0.0/24"), peering("hub", "100.64.0.0/16", access=access))
    deny = rule("no-internet", 100, DENY, "*", "Internet", direction=OUT)
    estate = snapshot(network, nic("nic1", "10.0.0.4", "vnet1/s1", nsg="n"), nsg("n", deny))
    wider = build(estate, OUT, chosen={"internet-tag": "private-excluded"})
    assert depends_on(wider, flow("tcp", "10.0.0.4", "100.64.0.9:443")) == "Internet without access"


def test_rule_that_another_one_of_its_name_may_replace() -> None:
    """A template may write a rule inside its group and again on its own: what is deployed last stays."""
    network, own = open_machine()
    assert isinstance(own, NetworkInterface)
    guarded = replace(own, network_security_group=reference("networkSecurityGroups", "n"))
    inside = nsg("n", rule("ssh", 100, DENY, ports="22"))
    alone = replace(rule("ssh", 100, ALLOW, ports="22"), parent=reference("networkSecurityGroups", "n"))
    assert ask(build(snapshot(network, guarded, inside, alone), IN), SSH).verdict == ("Allow", "ssh")
    maybe = replace(alone, condition=DEPLOYED)
    assert waits_for(SSH, network, guarded, inside, maybe) == "not deploy"


def test_effective_admin_rules_of_which_some_are_not_shown() -> None:
    """Azure Network REST API, listNetworkManagerEffectiveSecurityAdminRules: a skipToken tells of more rules."""

    def at(manager_name: str, shown: AdminRule) -> AdminRule:
        provider = f"/providers/Microsoft.Network/networkManagers/{manager_name}"
        return replace(
            shown, id=f"{provider}/securityAdminConfigurations/c/ruleCollections/k/rules/{shown.name}", name=shown.name
        )

    allow = at("high", admin_rule("AllowWeb", 5, ALWAYS_ALLOW, ports="443", protocol="Tcp"))
    deny = at("low", admin_rule("DenySsh", 5, DENY, ports="22", protocol="Tcp"))
    more = unknown("rules on other pages", UnknownKind.RULES)
    for shown, name in (((deny,), "rules on other pages"), ((allow, deny), "rules on other pages of high")):
        export = EffectiveAdminRules(name="vnet1", rules=(*shown, more), source=SOURCE)
        assert waits_for(SSH, *open_machine(), export) == name
        assert waits_for(SSH, *open_machine(), replace(export, rules=shown)) is None
