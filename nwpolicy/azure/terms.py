"""From what a rule names to addresses: prefixes, service tags, application security groups and network groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.groups import Memberships, asg_space, network_group_space
from nwpolicy.azure.platform import KMS_ADDRESSES, METADATA_ADDRESS
from nwpolicy.azure.spaces import (
    ANYWHERE,
    INTERNET,
    INTERNET_WIDE,
    PLATFORM_ADDRESS,
    Space,
    joined,
    union,
)
from nwpolicy.azure.subjects import Subject
from nwpolicy.azure.surroundings import Known, known_of, known_to_all
from nwpolicy.azure.tagnames import canonical, is_documented
from nwpolicy.azure.virtualnetwork import not_internet, tag_without_routes, user_route_space
from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, AddressSet
from nwpolicy.model.resource import AddressPrefix, AddressTerm, Reference, ServiceTag
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.tags import ServiceTagCatalogue
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["Terms"]

_FIXED: Final[Mapping[str, AddressSet]] = MappingProxyType(
    {
        "AzureLoadBalancer": PLATFORM_ADDRESS,
        "AzurePlatformDNS": PLATFORM_ADDRESS,
        "AzurePlatformIMDS": METADATA_ADDRESS,
        "AzurePlatformLKM": KMS_ADDRESSES,
    }
)

#: The tags that routes have a part in.
_FROM_ROUTES: Final = frozenset({"VirtualNetwork", "Internet"})


class Terms:
    """What names mean to one subject. Each name is worked out once; `known` is what subjects share for which all names
    mean the same, `common` what everyone does."""

    def __init__(
        self,
        snapshot: Snapshot,
        subject: Subject,
        assumptions: Assumptions,
        virtual_network: AddressSet | None = None,
        tag_map: Mapping[str, AddressSet] = MappingProxyType({}),
    ) -> None:
        """`virtual_network` replaces what the input says of the virtual network's address space; `tag_map` is what
        Azure itself says that tags stand for here."""
        self.snapshot = snapshot
        self.subject = subject
        self.assumptions = assumptions
        self._tag_map = {canonical(name): addresses for name, addresses in tag_map.items()}
        if virtual_network is not None:
            self._tag_map["VirtualNetwork"] = virtual_network | PLATFORM_ADDRESS
        self.known = Known() if tag_map else known_of(snapshot, subject, assumptions, virtual_network)
        self.common = Known() if tag_map else known_to_all(snapshot, assumptions)
        self._tags: dict[str, Space] = {}
        self._groups: dict[tuple[str, str], Space] = {}

    def with_tag_map(self, tag_map: Mapping[str, AddressSet]) -> Terms:
        """The same, where Azure's own expansions are known."""
        return Terms(self.snapshot, self.subject, self.assumptions, None, {**tag_map, **self._tag_map})

    def space(self, terms: Iterable[AddressTerm]) -> Space:
        """The union of what is named; anything if nothing is."""
        spaces = [self._term(term) for term in terms]
        if len(spaces) == 1:
            return spaces[0]
        return joined(spaces) if spaces else ANYWHERE

    def tag(self, tag: ServiceTag) -> Space:
        """What a service tag stands for."""
        if tag.expansion is not None:
            return Space(tag.expansion)
        name = canonical(tag.name)
        if name not in self._tags:
            self._tags[name] = self._resolved(name, tag)
        return self._tags[name]

    def is_fixed(self, term: AddressTerm) -> bool:
        """Whether something means the same to everyone, wherever it stands."""
        match term:
            case AddressPrefix() | Unknown():
                return True
            case ServiceTag():
                return term.expansion is not None or canonical(term.name) in _FIXED
            case Reference():
                return False

    def used_tags(self) -> tuple[tuple[str, Space], ...]:
        """The tags that depend on the network and were asked for, with what they stand for."""
        return tuple((name, self._tags[name]) for name in ("VirtualNetwork",) if name in self._tags)

    def _term(self, term: AddressTerm) -> Space:
        match term:
            case AddressPrefix():
                return Space(term.addresses)
            case ServiceTag():
                return self.tag(term)
            case Unknown():
                return Space(unknown=((term.of_kind(UnknownKind.ADDRESS), None),))
            case Reference():
                return self.group(term)

    def group(self, reference: Reference) -> Space:
        """The members' addresses of an application security group or a network group."""
        key = (reference.type.lower(), reference.target.lower())
        if key not in self._groups:
            self._groups[key] = self._members(reference)
        return self._groups[key]

    def _members(self, reference: Reference) -> Space:
        if reference.type.lower() == "networkgroups":
            return network_group_space(self.snapshot, reference, self.assumptions)
        return asg_space(self.snapshot, reference, self.assumptions, self.snapshot.derived(Memberships.of))

    def _resolved(self, name: str, tag: ServiceTag) -> Space:
        if name in self._tag_map:
            return Space(self._tag_map[name])
        if name in _FIXED:
            return Space(_FIXED[name])
        if name == "VirtualNetwork":
            return self.known.once(name, self._virtual_network)
        if name == "Internet":
            return self.known.once(name, self._internet)
        return self._published(name, tag)

    def _virtual_network(self) -> Space:
        base = tag_without_routes(self.snapshot, self.subject, self.assumptions)
        chosen, every = self._user_routes()
        doubted = replace(every, doubts=()).reach - base.known
        doubts = (("virtual-network-udr", doubted),) if doubted else ()
        whole = base | chosen
        return replace(whole, doubts=(*doubts, *whole.doubts))

    def _internet(self) -> Space:
        whole = INTERNET_WIDE if self.assumptions["internet-tag"] == "private-excluded" else INTERNET
        own = self._own_space()
        maybe = tuple((part, (ANY_ADDRESS if bound is None else bound) - own.known) for part, bound in own.unknown)
        taken = union((own.known, *(bound for _, bound in maybe)))
        routes = self._user_routes()[0].known - taken
        addresses = whole - taken
        doubts = [("internet-tag", (INTERNET_WIDE - INTERNET) - taken), ("internet-udr", routes & addresses)]
        doubts += [(name, zone & whole) for name, zone in own.doubts]
        if self.assumptions["internet-udr"] == "subtracted":
            addresses -= routes
        left = tuple((_complement(part), bound & whole) for part, bound in maybe if bound & whole)
        return Space(addresses, left, tuple((name, zone) for name, zone in doubts if zone))

    def _own_space(self) -> Space:
        """What is not Internet because it is the network's own."""
        if "VirtualNetwork" not in self._tag_map:
            return not_internet(self.snapshot, self.subject, self.assumptions)
        mapped = self._tag_map["VirtualNetwork"]
        return Space(NO_ADDRESS if mapped.v4.is_full else mapped)

    def _user_routes(self) -> tuple[Space, Space]:
        """The prefixes of user-defined routes that VirtualNetwork holds, and all of them."""
        return self.known.once(
            user_route_space, lambda: user_route_space(self.snapshot, self.subject, self.assumptions, self._route_tag)
        )

    def _route_tag(self, tag: ServiceTag) -> Space:
        """What a service tag stands for as the destination of a route; not known of one that follows from routes."""
        if tag.expansion is not None or canonical(tag.name) not in _FROM_ROUTES:
            return self.tag(tag)
        reason = "what it stands for follows from the routes themselves"
        unknown = Unknown(f"service tag {tag.name} of a route", UnknownKind.ADDRESS, reason, tag.source)
        return Space(unknown=((unknown, None),))

    def _published(self, name: str, tag: ServiceTag) -> Space:
        for catalogue in self.snapshot.all(ServiceTagCatalogue):
            entry = catalogue.tags.get(name.lower())
            if entry is not None:
                return Space(union(map(AddressSet.parse, entry.address_prefixes)))
        known = is_documented(name)
        reason = "no service tag file in the input lists it" if known else "it is no documented service tag"
        unknown = Unknown(f"service tag {name}", UnknownKind.ADDRESS, reason, tag.source)
        if not known:
            return Space(unknown=((unknown, None),))
        bound = INTERNET if self.assumptions["service-tag-addresses"] == "public" else None
        return Space(unknown=((unknown, bound),), doubts=(("service-tag-addresses", ~INTERNET),))


def _complement(part: Unknown) -> Unknown:
    """What is left for Internet of addresses that may belong to the virtual network."""
    return Unknown(f"Internet without {part.name}", UnknownKind.ADDRESS, part.reason, part.source)
