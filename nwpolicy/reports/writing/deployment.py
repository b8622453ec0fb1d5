"""Resources that are deployed together: which of them the names in them mean, and which have to be there first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from nwpolicy.model.resource import Resource
from nwpolicy.model.written import NotWritable
from nwpolicy.reports.writing.azure import Deployed, Named, Tree

__all__ = ["Deployment", "home_of", "is_home", "subscription_of"]

#: How a scope begins of which the resource group is not known.
_OPEN: Final = "/subscriptions/{subscription}/resourcegroups/{"
_Key: TypeAlias = "tuple[str, tuple[str, ...]]"


def home_of(resources: Iterable[Resource]) -> str:
    """The scope that all definitions with ids are in, in lower case; empty if there is no such one."""
    scopes = {resource.id.lower().rpartition("/providers/")[0] for resource in resources if resource.id}
    return next(iter(scopes)) if len(scopes) == 1 else ""


def subscription_of(resources: Iterable[Resource]) -> str:
    """The subscription that all definitions with ids are in, in lower case; empty if there is no such one."""
    found = {parts[2] for one in resources if one.id and len(parts := one.id.lower().split("/")) > 2}  # noqa: PLR2004
    return next(iter(found)) if len(found) == 1 else ""


def is_home(scope: str, home: str) -> bool:
    """Whether a scope is the one that everything is deployed to, as far as it is known."""
    lowered = scope.lower()
    return lowered in ("", home, f"{_OPEN}resourcegroup}}", f"{_OPEN}var.resource_group_name}}")


class Deployment:
    """The resources of one template. Raises NotWritable where two of them cannot be told apart in it."""

    def __init__(self, resources: Iterable[Deployed], home: str) -> None:
        self.resources = tuple(resources)
        self._home = home
        self._known: dict[_Key, Deployed] = {}
        for resource in self.resources:
            first = self._known.setdefault(resource.key, resource)
            if first is not resource:
                message = (
                    f"{resource.names[-1]} is defined twice, first at {first.source}: one template cannot have both"
                )
                raise NotWritable(message, resource.source)
        self._needs: dict[_Key, dict[_Key, Deployed]] = {}
        for resource in self.resources:
            wanted = self._needs[resource.key] = {}
            for other in self._named(resource):
                if not self._needs_too(other, resource):
                    wanted[other.key] = other

    def is_local(self, named: Named) -> bool:
        """Whether it is a resource of the scope that everything is deployed to."""
        return is_home(named.scope, self._home)

    def holder(self, named: Named) -> tuple[Deployed, int] | None:
        """The resource here that is meant or that it is a part of, and how many steps further down it is."""
        if not self.is_local(named):
            return None
        provider, *segments = named.type.lower().split("/")
        names = tuple(name.lower() for name in named.names)
        for steps in range(len(segments)):
            depth = len(segments) - steps
            found = self._known.get(("/".join((provider, *segments[:depth])), names[:depth]))
            if found is not None:
                return found, steps
        return None

    def needs(self, resource: Deployed) -> tuple[Deployed, ...]:
        """What has to be there before a resource: what it stands in, and what it names. Circles are cut."""
        return tuple(self._needs[resource.key].values())

    def parent(self, resource: Deployed) -> Deployed | None:
        return self._known.get(resource.parent_key)

    def _named(self, resource: Deployed) -> Iterator[Deployed]:
        parent = self.parent(resource)
        if parent is not None:
            yield parent
        for named in _names_in(resource.properties):
            found = self.holder(named)
            if found is not None and found[0] is not resource:
                yield found[0]

    def _needs_too(self, one: Deployed, other: Deployed) -> bool:
        """Whether one needs the other, through others still."""
        pending, seen = [one], {one.key}
        while pending:
            for needed in self._needs.get(pending.pop().key, {}).values():
                if needed is other:
                    return True
                if needed.key not in seen:
                    seen.add(needed.key)
                    pending.append(needed)
        return False


def _names_in(tree: Tree) -> Iterator[Named]:
    if isinstance(tree, Named):
        yield tree
    elif isinstance(tree, dict):
        for child in tree.values():
            yield from _names_in(child)
    elif isinstance(tree, list):
        for child in tree:
            yield from _names_in(child)
