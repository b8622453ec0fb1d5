"""What the documentation of Azure leaves open, and what is taken for true instead: one named switch for each question.

An answer names every assumption that it rests on, so that a reader who knows better can choose otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from nwpolicy.model.records import dataclass

__all__ = ["ASSUMPTIONS", "DEFAULTS", "Assumption", "Assumptions", "UnknownAssumption"]


@dataclass(frozen=True, slots=True)
class Assumption:
    """A question without a documented answer. The first of `choices` is the default; `statements` says for each
    choice what is then taken for true; `reference` is the public text that comes closest to an answer."""

    name: str
    choices: tuple[str, ...]
    statements: Mapping[str, str]
    reference: str


class UnknownAssumption(ValueError):  # noqa: N818 - names what is wrong with the request
    """No assumption, or no choice of it, has this name. `candidates` are names that do exist, closest first."""

    def __init__(self, message: str, candidates: tuple[str, ...]) -> None:
        super().__init__(message)
        self.candidates = candidates


@dataclass(frozen=True, slots=True)
class Assumptions:
    """One choice for every assumption. Build it with `of`."""

    chosen: tuple[tuple[str, str], ...] = ()
    """Only what differs from the defaults, in the order of the names."""

    @classmethod
    def of(cls, chosen: Mapping[str, str] = MappingProxyType({})) -> Assumptions:
        """The defaults, but for what is chosen. Raises UnknownAssumption."""
        for name, choice in chosen.items():
            if name not in ASSUMPTIONS:
                raise UnknownAssumption(f"there is no assumption {name!r}", _close(name, tuple(ASSUMPTIONS)))
            choices = ASSUMPTIONS[name].choices
            if choice not in choices:
                message = f"assumption {name} knows no choice {choice!r}, only {', '.join(choices)}"
                raise UnknownAssumption(message, _close(choice, choices))
        differing = {name: choice for name, choice in chosen.items() if choice != ASSUMPTIONS[name].choices[0]}
        return cls(tuple(sorted(differing.items())))

    def __getitem__(self, name: str) -> str:
        return next((choice for other, choice in self.chosen if other == name), ASSUMPTIONS[name].choices[0])

    def statement(self, name: str) -> str:
        """What is taken for true."""
        return ASSUMPTIONS[name].statements[self[name]]


def _close(wanted: str, names: tuple[str, ...]) -> tuple[str, ...]:
    from difflib import get_close_matches

    return tuple(get_close_matches(wanted, names, n=3)) or tuple(sorted(names))


def _assumption(name: str, reference: str, **statements: str) -> Assumption:
    by_choice = {choice.replace("_", "-"): statement for choice, statement in statements.items()}
    return Assumption(name, tuple(by_choice), MappingProxyType(by_choice), reference)


_NSG: Final = "Microsoft Learn, Network security groups overview"
_TAGS: Final = "Microsoft Learn, Virtual network service tags"
_ADMIN: Final = "Microsoft Learn, Security admin rules in Azure Virtual Network Manager"
_SCOPE: Final = "Microsoft Learn, Understand and work with Azure Virtual Network Manager scopes"
_ROUTING: Final = "Microsoft Learn, Virtual network traffic routing"
_FLOW_VERIFY: Final = "Microsoft Learn, IP flow verify overview"

#: Every assumption, by name.
ASSUMPTIONS: Final[Mapping[str, Assumption]] = MappingProxyType(
    {
        assumption.name: assumption
        for assumption in (
            _assumption(
                "admin-rule-name",
                _FLOW_VERIFY,
                prefixed="IP flow verify names an admin rule securityAdminRules/<name>",
                bare="IP flow verify names an admin rule by its bare name",
            ),
            _assumption(
                "always-allow-under-allow-rules-only",
                _ADMIN,
                kept="AllowRulesOnly keeps AlwaysAllow rules",
                dropped="AllowRulesOnly drops AlwaysAllow rules",
            ),
            _assumption(
                "any-protocol",
                _NSG,
                every="protocol * of a rule covers every IP protocol",
                tcp_udp_icmp="protocol * of a rule covers TCP, UDP and ICMP only; "
                "the default rules that deny everything still cover every protocol",
            ),
            _assumption(
                "appliance-interface",
                _ROUTING,
                any="an appliance with several network interfaces may send on what it gets by any of them",
                same="an appliance sends on what it gets by the network interface that it came in by",
            ),
            _assumption(
                "appliance-policy",
                _ROUTING,
                forwards="an appliance sends on all that its network security groups let through, with its addresses "
                "unchanged; to the internet under an address of its own",
                unknown="it is not known what an appliance sends on",
            ),
            _assumption(
                "appliance-state",
                "Microsoft Learn, Deploy highly available network virtual appliances",
                stateful="an appliance drops connections of which it does not see both directions",
                stateless="an appliance does not mind connections of which it sees one direction only",
            ),
            _assumption(
                "asg-members",
                "Microsoft Learn, Application security groups",
                input="the interfaces and endpoints of the input that list an application security group are all its "
                "members",
                open="an application security group may have members that the input does not show",
            ),
            _assumption(
                "default-route-reserved-blocks",
                _ROUTING,
                user="a user-defined route to 0.0.0.0/0 takes away the routes of the reserved blocks to nowhere, "
                "whatever its next hop",
                appliance="only a user-defined route to 0.0.0.0/0 by a virtual appliance takes away the routes of the "
                "reserved blocks to nowhere",
                user_and_gateway="a route to 0.0.0.0/0 of the user or of a gateway takes away the routes of the "
                "reserved blocks to nowhere",
            ),
            _assumption(
                "equal-priority-admin",
                _ADMIN,
                deny_first="of admin rules with equal priority Deny comes before Allow, Allow before AlwaysAllow",
                allow_first="of admin rules with equal priority AlwaysAllow comes before Allow, Allow before Deny",
            ),
            _assumption(
                "higher-allow-lower-deny",
                _SCOPE,
                higher_decides="an Allow of the manager with the higher scope hides the rules of lower managers",
                lower_may_deny="the rules of a lower manager apply also to what a higher manager allows",
            ),
            _assumption(
                "icmpv6",
                "Microsoft Learn, Overview of IPv6 for Azure Virtual Network",
                matched_by_any="a rule for protocol * covers ICMPv6, a rule for Icmp does not",
                unfiltered="no rule applies to ICMPv6",
            ),
            _assumption(
                "internet-tag",
                "Microsoft Learn, Diagnose a virtual machine network traffic filter problem",
                reserved_excluded="the tag Internet leaves out all private and reserved address blocks, "
                "and of IPv6 all but 2000::/3",
                private_excluded="the tag Internet leaves out 0.0.0.0/8, the blocks of RFC 1918, 168.63.129.16 "
                "and fc00::/7, no other reserved block",
            ),
            _assumption(
                "internet-udr",
                _TAGS,
                kept="prefixes of user-defined routes stay in the tag Internet",
                subtracted="prefixes of user-defined routes that are in the tag VirtualNetwork are not in Internet",
            ),
            _assumption(
                "kms-addresses",
                "Microsoft Learn, Troubleshoot Azure Windows virtual machine activation problems",
                published="the platform rule for Windows activation covers TCP 1688 to 20.118.99.224, 40.83.235.53 "
                "and 23.102.135.246",
                none="there is no platform rule for Windows activation",
            ),
            _assumption(
                "load-balancer-ports",
                "Microsoft Learn, Azure Load Balancer components",
                every="a load balancer hands on what comes to any port",
                unknown="it is not known which ports a load balancer hands on",
            ),
            _assumption(
                "manager-order",
                _SCOPE,
                as_written="of managers whose scopes the input does not rank, the one written first is the higher",
                reversed="of managers whose scopes the input does not rank, the one written last is the higher",
            ),
            _assumption(
                "next-hop-names",
                "Microsoft Learn, Next hop overview; Azure Network REST API, NextHopType",
                documented="next hop types have the names of the documentation of Next hop",
                api="next hop types have the names of the REST API, in which a peering is HyperNetGateway",
            ),
            _assumption(
                "network-group-members",
                "Microsoft Learn, Use network groups as source and destination in security admin rules",
                current="the addresses of a network group at its last commit are those of its present members",
                unknown="the addresses of a network group at its last commit are unknown",
            ),
            _assumption(
                "one-sided-peering",
                "Microsoft Learn, Create, change, or delete a virtual network peering",
                connected="a peering is connected although the input shows no peering back",
                disconnected="a peering is not connected where the input shows no peering back",
            ),
            _assumption(
                "overridden-system-route",
                _ROUTING,
                keeps_gateway_routes="a system route that a user-defined route of the same prefix replaces does not "
                "come before gateway routes any more",
                hides_gateway_routes="a system route comes before gateway routes within its prefix even where a "
                "user-defined route of the same prefix replaces it",
            ),
            _assumption(
                "portless-ports",
                "GitHub, MicrosoftDocs/azure-docs issues 37413 and 51522",
                full_range_only="a rule covers protocols without ports only if it names no ports",
                ignored="ports of a rule do not matter for protocols without ports",
            ),
            _assumption(
                "private-endpoint-replies",
                "Microsoft Learn, Azure Firewall scenarios to inspect traffic destined to a private endpoint",
                same_way="replies of a private endpoint go back by the appliances that the request came by",
                direct="replies of a private endpoint pass no appliance",
            ),
            _assumption(
                "private-endpoint-udr",
                "Microsoft Learn, Manage network policies for private endpoints",
                longest_prefix="a user-defined route for the very address of a private endpoint comes before the "
                "endpoint's own route, even if the policies of its subnet are disabled",
                policies="no user-defined route comes before the route to a private endpoint unless the policies of "
                "its subnet say so",
            ),
            _assumption(
                "rule-named-on-allow",
                _FLOW_VERIFY,
                last_evaluated="where several groups allow a flow, IP flow verify names the rule evaluated last",
                first_evaluated="where several groups allow a flow, IP flow verify names the rule evaluated first",
            ),
            _assumption(
                "service-endpoint-udr",
                _ROUTING,
                endpoint="the route of a service endpoint comes before user-defined routes, however specific those are",
                longest_prefix="a user-defined route comes before the route of a service endpoint if its prefix is "
                "as long, or longer",
            ),
            _assumption(
                "service-tag-addresses",
                _TAGS,
                public="the documented service tags hold public addresses only",
                any="a service tag may hold any address",
            ),
            _assumption(
                "standard-public-ip",
                "Microsoft Learn, What is Azure Load Balancer, secure by default",
                closed_without_nsg="nothing comes in through a Standard public IP address or load balancer "
                "unless a network security group is attached",
                open="a Standard public IP address or load balancer is open without a network security group",
            ),
            _assumption(
                "uncommitted-configurations",
                "Microsoft Learn, Configuration deployments in Azure Virtual Network Manager",
                committed="configurations of network managers are committed to every region "
                "where the input does not tell",
                ignored="configurations of network managers are not committed where the input does not tell",
            ),
            _assumption(
                "unknown-address-space",
                _TAGS,
                private="what is not known of the tag VirtualNetwork lies in 10.0.0.0/8, 172.16.0.0/12, "
                "192.168.0.0/16, 100.64.0.0/10 or fc00::/7",
                any="what is not known of the tag VirtualNetwork may be any address",
            ),
            _assumption(
                "unknown-route-prefixes",
                _ROUTING,
                private="what is not known of the prefixes of peered networks and behind gateways lies in 10.0.0.0/8, "
                "172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10 or fc00::/7",
                any="what is not known of the prefixes of peered networks and behind gateways may be any address",
            ),
            _assumption(
                "unseen-addresses",
                _ROUTING,
                unused="an address of a network of the input that nothing in the input has is not in use",
                unknown="an address of a network of the input that nothing in the input has may be in use",
            ),
            _assumption(
                "virtual-network-udr",
                _TAGS,
                appliance_gateway_vnet="the tag VirtualNetwork holds the prefixes of the subnet's user-defined routes "
                "to virtual appliances, virtual network gateways and the virtual network",
                every_hop="the tag VirtualNetwork holds the prefixes of all user-defined routes of the subnet",
                none="the tag VirtualNetwork holds no prefixes of user-defined routes",
            ),
        )
    }
)

#: The default choice of every assumption.
DEFAULTS: Final = Assumptions()
