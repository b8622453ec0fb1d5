"""From what a person names as one end of a flow to addresses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.groups import asgs_in_rules, group_member_space, listed_asgs
from nwpolicy.azure.spaces import ANYWHERE, Space, joined, prefix_space
from nwpolicy.azure.subjects import Subject, close_names, endpoint_subject, interface_space, machine_interfaces
from nwpolicy.azure.tagnames import COMPUTED, is_documented
from nwpolicy.azure.terms import Terms
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.avnm import NetworkGroup
from nwpolicy.model.network import NetworkInterface, PrivateEndpoint, Subnet, VirtualMachine, VirtualNetwork
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference, Resource, ResourceId, ServiceTag
from nwpolicy.model.rules import ApplicationSecurityGroup
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.tags import ServiceTagCatalogue

__all__ = ["EndpointError", "resolve_endpoint"]


class EndpointError(ValueError):
    """Nothing in the input, and no address or tag, is called this; or several things are. `candidates` are names
    that would do."""

    def __init__(self, message: str, candidates: tuple[str, ...]) -> None:
        super().__init__(message)
        self.candidates = candidates


@dataclass(frozen=True, slots=True)
class _Named:
    """Something that a name may mean; `label` is a name that means nothing else."""

    label: str
    space: Space


_Finder: TypeAlias = Callable[[Terms, str], Iterator[_Named]]


def resolve_endpoint(
    snapshot: Snapshot,
    subject: Subject,
    text: str,
    assumptions: Assumptions,
    virtual_network: AddressSet | None = None,
) -> Space:
    """The addresses that `text` names, seen from the subject: `*`, an address, prefix or range, a service tag, or the
    name of something in the input. `KIND:NAME` tells apart what has the same name, with a kind such as `subnet`. The
    space's doubts tell which assumptions the meaning of the name rests on.

    Raises EndpointError.
    """
    wanted = text.strip()
    if wanted.lower() in {"*", "any"}:
        return ANYWHERE
    kind, colon, name = wanted.partition(":")
    finder = _FINDERS.get(kind.lower()) if colon else None
    if finder is None and _looks_numeric(wanted):
        return Space(_addresses(wanted))
    terms = Terms(snapshot, subject, assumptions, virtual_network)
    finders = (finder,) if finder is not None else tuple(_FINDERS.values())
    found = [named for find in finders for named in find(terms, name.strip() if finder is not None else wanted)]
    if not found:
        message = f"{wanted!r} is no address, no service tag and nothing in the input"
        raise EndpointError(message, close_names(wanted, _known_names(snapshot)))
    if any(named.space != found[0].space for named in found):
        raise EndpointError(f"{wanted!r} may mean several things", tuple(named.label for named in found))
    return found[0].space


def _looks_numeric(text: str) -> bool:
    """Whether this can only be meant as addresses: no name in Azure starts with four parts or has a colon."""
    return ":" in text or text.split("/", maxsplit=1)[0].split("-", maxsplit=1)[0].replace(".", "").isdigit()


def _addresses(text: str) -> AddressSet:
    try:
        return AddressSet.parse(text)
    except ValueError as error:
        raise EndpointError(str(error), ()) from None


def _machines(terms: Terms, name: str) -> Iterator[_Named]:
    owned = machine_interfaces(terms.snapshot, name)
    if owned:
        yield _Named(f"vm:{name}", joined(interface_space(terms.snapshot, nic) for nic in owned))


def _interfaces(terms: Terms, name: str) -> Iterator[_Named]:
    for nic in terms.snapshot.named(NetworkInterface, name):
        yield _Named(f"nic:{_path(terms, nic)}", interface_space(terms.snapshot, nic))


def _endpoints(terms: Terms, name: str) -> Iterator[_Named]:
    for endpoint in terms.snapshot.named(PrivateEndpoint, name):
        yield _Named(f"private-endpoint:{_path(terms, endpoint)}", endpoint_subject(terms.snapshot, endpoint).space)


def _subnets(terms: Terms, name: str) -> Iterator[_Named]:
    for subnet in terms.snapshot.named(Subnet, name):
        yield _Named(f"subnet:{_path(terms, subnet)}", prefix_space(subnet.address_prefixes))


def _networks(terms: Terms, name: str) -> Iterator[_Named]:
    for network in terms.snapshot.named(VirtualNetwork, name):
        yield _Named(f"vnet:{_path(terms, network)}", prefix_space(network.address_space))


def _network_groups(terms: Terms, name: str) -> Iterator[_Named]:
    for group in terms.snapshot.named(NetworkGroup, name):
        yield _Named(f"group:{_path(terms, group)}", group_member_space(terms.snapshot, group))


def _asgs(terms: Terms, name: str) -> Iterator[_Named]:
    """Application security groups: the input may name them without defining them."""
    mentioned = terms.snapshot.derived(_mentioned_by_name).get(_last_name(name), {})
    found = {target: reference for target, reference in mentioned.items() if _means(reference, name)}
    for group in terms.snapshot.named(ApplicationSecurityGroup, name):
        reference = Reference(group.type, group.id or group.name, group.source)
        found.setdefault(reference.target.lower(), reference)
    for reference in found.values():
        yield _Named(f"asg:{reference.target}", terms.group(reference))


def _mentioned(snapshot: Snapshot) -> Iterator[Reference]:
    yield from listed_asgs(snapshot)
    yield from asgs_in_rules(snapshot)


def _mentioned_by_name(snapshot: Snapshot) -> Mapping[tuple[str, ...], dict[str, Reference]]:
    """The application security groups that the input names, by their last name and what is meant."""
    found: defaultdict[tuple[str, ...], dict[str, Reference]] = defaultdict(dict)
    for reference in _mentioned(snapshot):
        found[reference.id.names[-1:]][reference.target.lower()] = reference
    return found


def _last_name(name: str) -> tuple[str, ...]:
    return ResourceId.parse(name, ApplicationSecurityGroup.type).names[-1:]


def _means(reference: Reference, name: str) -> bool:
    wanted = ResourceId.parse(name, reference.type)
    return reference.id.names[-1:] == wanted.names[-1:] and wanted.scope in {"", reference.id.scope}


def _tags(terms: Terms, name: str) -> Iterator[_Named]:
    listed = any(name.lower() in catalogue.tags for catalogue in terms.snapshot.all(ServiceTagCatalogue))
    if listed or is_documented(name):
        yield _Named(f"tag:{name}", terms.tag(ServiceTag(name, terms.subject.source)))


#: How to find what a name means, by the word that tells kinds apart.
_FINDERS: Final[dict[str, _Finder]] = {
    "vm": _machines,
    "nic": _interfaces,
    "private-endpoint": _endpoints,
    "subnet": _subnets,
    "vnet": _networks,
    "asg": _asgs,
    "group": _network_groups,
    "tag": _tags,
}


def _path(terms: Terms, resource: Resource) -> str:
    """A name by which the resource can be told from others: with what it stands in, or its id."""
    parent = terms.snapshot.parent(resource)
    return resource.id or (f"{parent.name}/{resource.name}" if parent is not None else resource.name)


def _known_names(snapshot: Snapshot) -> Iterator[str]:
    kinds = (VirtualMachine, NetworkInterface, PrivateEndpoint, Subnet, VirtualNetwork, NetworkGroup)
    for kind in kinds:
        yield from (resource.name for resource in snapshot.all(kind))
    yield from (reference.name for reference in _mentioned(snapshot))
    yield from COMPUTED
