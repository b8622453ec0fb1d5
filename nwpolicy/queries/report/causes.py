"""Which changes of text made flows fare otherwise: the rules that decide, or what their words stand for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from nwpolicy.azure.entrances import BY_ENTRANCE
from nwpolicy.azure.tagnames import canonical
from nwpolicy.model.avnm import NetworkGroup, NetworkManager
from nwpolicy.model.network import (
    IpConfiguration,
    LoadBalancer,
    NetworkInterface,
    PrivateEndpoint,
    PublicIpAddress,
    Subnet,
    VirtualNetwork,
    VirtualNetworkPeering,
)
from nwpolicy.model.resource import Reference, Resource, ServiceTag
from nwpolicy.model.routes import Route, RouteTable
from nwpolicy.model.rules import Rule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.coverage import unknowns_in
from nwpolicy.queries.definitions import DefinitionPair
from nwpolicy.queries.differences import ChangeAnswer
from nwpolicy.queries.report.answers import DefinitionChange
from nwpolicy.queries.report.wording import RULES, Reworded, is_renamed

__all__ = ["Causes", "decisive_places"]

#: What the tag VirtualNetwork follows from.
_SPACES = (VirtualNetwork, VirtualNetworkPeering, Subnet, RouteTable, Route, NetworkManager)
_GROUPS = (NetworkGroup,)


def decisive_places(change: ChangeAnswer) -> set[SourceLocation]:
    """Where the rules stand that decide before and after."""
    rules = (change.before.rule, change.after.rule)
    return {rule.location for rule in rules if rule is not None and rule.location is not None}


class Causes:
    """Finds what is behind a change among everything that was reworded."""

    def __init__(self, old: Snapshot, new: Snapshot, found: Sequence[Reworded]) -> None:
        self._snapshots = old, new
        self._found = found

    def of(self, change: ChangeAnswer) -> tuple[DefinitionChange, ...]:
        """The rules that decide, where these say something else now. Else what has become of the names in them; else
        of the places themselves, to which another group may be attached. That a place is new or gone is reason
        enough."""
        at = decisive_places(change)
        said = [self._found[number][1] for number in sorted(self.deciding(change))]
        is_lone = "Absent" in (change.before.access, change.after.access)
        if said or is_lone:
            return tuple(said)
        return tuple(self._ways_in(change) or self._behind_names(at) or self._at_places(change))

    def deciding(self, change: ChangeAnswer) -> set[int]:
        """The rules, by their numbers in what was reworded, that have a part in a change by what they say: they decide
        before or after, or may."""
        at, on = self._told_at, self._told_of
        places = (number for place in decisive_places(change) for number in at.get(place, ()))
        unknowns = (number for unknown in change.depends_on for number in on.get(unknown.name, ()))
        return {*places, *unknowns}

    @cached_property
    def _told_at(self) -> dict[SourceLocation, list[int]]:
        found: defaultdict[SourceLocation, list[int]] = defaultdict(list)
        for number, (pair, told) in enumerate(self._found):
            for place in () if is_renamed(pair) else (told.before, told.after):
                if place is not None:
                    found[place].append(number)
        return found

    @cached_property
    def _told_of(self) -> dict[str, list[int]]:
        """Rules by the names of the unknowns in them."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for number, (pair, _) in enumerate(self._found):
            for one in () if is_renamed(pair) else (pair.old, pair.new):
                for unknown in unknowns_in(one) if isinstance(one, RULES) else ():
                    found[unknown.name].append(number)
        return found

    def _behind_names(self, at: set[SourceLocation]) -> list[DefinitionChange]:
        rules = [rule for place in at for rule in self._rules.get(place, ())]
        names = {term.name.lower() for rule in rules for term in _terms(rule) if isinstance(term, Reference)}
        tags = {canonical(term.name) for rule in rules for term in _terms(rule) if isinstance(term, ServiceTag)}
        tags |= {"VirtualNetwork"} if any(not rule.fields for rule in rules) else set()
        return [told for pair, told in self._found if any(_feeds(one, names, tags) for one in (pair.old, pair.new))]

    def _at_places(self, change: ChangeAnswer) -> list[DefinitionChange]:
        names = {place.name.lower().rpartition("/")[2] for place in change.places}
        holders = (NetworkInterface, Subnet)
        return [told for pair, told in self._found if isinstance(pair.one, holders) and pair.one.name.lower() in names]

    def _ways_in(self, change: ChangeAnswer) -> list[DefinitionChange]:
        """Where it counts what leads to the places: their addresses, and the public addresses and load balancers."""
        rules = (side.rule for side in (change.before, change.after) if side.rule is not None)
        if not any(rule.name in BY_ENTRANCE for rule in rules):
            return []
        places = {place.name.lower() for place in change.places}
        nics = [
            nic for snapshot in self._snapshots for name in places for nic in snapshot.named(NetworkInterface, name)
        ]
        found = (one for nic in nics for one in nic.ip_configurations)
        named = {
            reference.name.lower()
            for one in found
            for reference in (one.public_ip_address, *one.load_balancers)
            if isinstance(reference, Reference)
        }
        return [told for pair, told in self._found if _leads(pair, places, named)]

    @cached_property
    def _rules(self) -> dict[SourceLocation, list[Rule]]:
        found: dict[SourceLocation, list[Rule]] = {}
        for rule in (rule for snapshot in self._snapshots for rule in snapshot.all(Rule)):
            found.setdefault(rule.source.location, []).append(rule)
        return found


def _leads(pair: DefinitionPair, places: set[str], named: set[str]) -> bool:
    """Whether a definition has a part in what leads from the internet to places."""
    match pair.one:
        case IpConfiguration():
            return pair.inside[-1:] != () and pair.inside[-1].lower() in places
        case PublicIpAddress() | LoadBalancer():
            return pair.one.name.lower() in named
        case _:
            return False


def _terms(rule: Rule) -> Iterator[object]:
    yield from (*rule.sources, *rule.destinations)


def _feeds(definition: Resource | None, names: set[str], tags: set[str]) -> bool:
    """Whether a definition has a part in what names of groups, or tags, stand for."""
    match definition:
        case NetworkInterface():
            return any(_listed(configuration, names) for configuration in definition.ip_configurations)
        case IpConfiguration() | PrivateEndpoint():
            return _listed(definition, names)
        case NetworkGroup():
            return definition.name.lower() in names
        case _:
            return isinstance(definition, _SPACES) and "VirtualNetwork" in tags


def _listed(member: IpConfiguration | PrivateEndpoint, names: Iterable[str]) -> bool:
    groups = member.application_security_groups
    return any(isinstance(group, Reference) and group.name.lower() in names for group in groups)
