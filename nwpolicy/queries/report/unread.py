"""What was not compared: parameters that nobody applied, submodules, and what has errors on one of the sides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from nwpolicy.azure.checks import check_definitions
from nwpolicy.model.diagnostics import Diagnostic, Severity
from nwpolicy.model.network import NetworkInterface, Subnet
from nwpolicy.model.resource import Reference, Resource
from nwpolicy.model.routes import RouteTable
from nwpolicy.model.rules import NetworkSecurityGroup
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.report.answers import UnreadChange, UnreadError
from nwpolicy.readers.load import PARAMETERS_NOT_APPLIED
from nwpolicy.readers.sides import PassedPart
from nwpolicy.readers.submodules import SUBMODULE_NOT_READ
from nwpolicy.readers.versions import Version, Versions

__all__ = ["comparable", "undefined", "unread_changes"]

#: A kind, and a path as both sides call it.
_Key: TypeAlias = tuple[str, str]
_PARAMETERS: Final = "parameters"
_SUBMODULE: Final = "submodule"
#: What may be the same, and what is, come after what differs.
_LATER: Final = {"unknown": 1, "unchanged": 2}
_KINDS: Final = {PARAMETERS_NOT_APPLIED: _PARAMETERS, SUBMODULE_NOT_READ: _SUBMODULE}


def comparable(versions: Versions) -> Versions:
    """Both versions without what Azure would not take on one side. Raises InputError where they cannot do without."""
    while True:
        before, after = (_errors(side.definitions) for side in (versions.before, versions.after))
        if not before and not after:
            return versions
        versions = versions.without(before, after)


def _errors(snapshot: Snapshot) -> list[Diagnostic]:
    found = (*snapshot.diagnostics, *snapshot.derived(check_definitions))
    return [one for one in found if one.severity is Severity.ERROR]


def undefined(versions: Versions) -> Iterator[str]:
    """What places have that the input does not define: it may be in a file that changed and was not compared."""
    if all(part.what == "unchanged" for part in versions.passed):
        return
    for snapshot in (versions.before.definitions, versions.after.definitions):
        for subnet in snapshot.all(Subnet):
            yield from _missing(snapshot, NetworkSecurityGroup, subnet.network_security_group, "rules")
            yield from _missing(snapshot, RouteTable, subnet.route_table, "routes")
        for nic in snapshot.all(NetworkInterface):
            yield from _missing(snapshot, NetworkSecurityGroup, nic.network_security_group, "rules")


def _missing(snapshot: Snapshot, kind: type[Resource], reference: object, what: str) -> Iterator[str]:
    if isinstance(reference, Reference) and all(one.existing for one in snapshot.find(kind, reference)):
        yield f"{what} of {reference.name}"


def unread_changes(versions: Versions) -> tuple[UnreadChange, ...]:
    """What has errors, what of it differs first, and the files of parameters and submodules that differ."""
    passed = sorted(map(_passed, versions.passed), key=lambda one: _LATER.get(one.what, 0))
    return (*passed, *_not_applied(versions))


def _passed(part: PassedPart) -> UnreadChange:
    sides = ("before", part.before), ("after", part.after)
    errors = tuple(
        UnreadError(side, one.code, one.message, one.help, one.location) for side, found in sides for one in found
    )
    return UnreadChange(part.kind, part.path, part.what, (), errors, errors[-1].location)


def _not_applied(versions: Versions) -> tuple[UnreadChange, ...]:
    """The files of parameters and submodules that differ."""
    before, after = (_unread(versions, side) for side in (versions.before, versions.after))
    found = (_change(versions, key, before.get(key), after.get(key)) for key in sorted({*before, *after}))
    return tuple(one for one in found if one is not None)


def _unread(versions: Versions, side: Version) -> dict[_Key, SourceLocation]:
    """What one side passed over."""
    found = (one for one in side.definitions.diagnostics if one.code in _KINDS)
    return {(_KINDS[one.code], versions.file(one.location.file)): one.location for one in found}


def _change(
    versions: Versions, key: _Key, old: SourceLocation | None, new: SourceLocation | None
) -> UnreadChange | None:
    kind, path = key
    names = tuple(_parameters(versions, old, new)) if kind == _PARAMETERS else ()
    differs = bool(names) if kind == _PARAMETERS else _commit(versions.before, old) != _commit(versions.after, new)
    location = new or old
    if not differs or location is None:
        return None
    what = "added" if old is None else "removed" if new is None else "changed"
    return UnreadChange(kind, path, what, names, (), location)


def _commit(side: Version, location: SourceLocation | None) -> str | None:
    return side.commit(location.file) if location is not None else None


def _parameters(versions: Versions, old: SourceLocation | None, new: SourceLocation | None) -> Iterator[str]:
    """The parameters with other values, as far as the definitions of a side have them."""
    sides = (versions.before, old), (versions.after, new)
    before, after = (side.values(at.file) if at is not None else {} for side, at in sides)
    for name in sorted({*before, *after}):
        is_other = name not in before or name not in after or before[name] != after[name]
        if is_other and any(side.pins.knows(name) for side, _ in sides):
            yield name
