"""A snapshot in another format. What was written is read back and has to say the same, or it is refused."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeAlias

from nwpolicy.model.assembly import Fragment, assemble
from nwpolicy.model.assertions import AssertionException
from nwpolicy.model.diagnostics import Diagnostic, InputError, Severity
from nwpolicy.model.opennames import pieces
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference, Resource
from nwpolicy.model.snapshot import Snapshot, walk
from nwpolicy.model.source import Document, Source, Span
from nwpolicy.model.unknowns import Unknown, unknowns_in
from nwpolicy.model.written import NotWritable
from nwpolicy.readers.inputs import Input, loaded
from nwpolicy.reports.writing.azure import FullNames, full_names
from nwpolicy.reports.writing.carrying import carried
from nwpolicy.reports.writing.deployment import home_of, subscription_of
from nwpolicy.reports.writing.meaning import difference, meaning

__all__ = ["FORMATS", "Converted", "NotTheSame", "convert"]


@dataclass(frozen=True, slots=True)
class Converted:
    """The text, and what is to be said of it: `not-carried` is what the format has no room for."""

    text: str
    diagnostics: tuple[Diagnostic, ...]


class NotTheSame(Exception):  # noqa: N818 - an answer, not a fault
    """What was written does not say what was to be said; with an example of what it says instead."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A text and what it calls the unknowns, and pieces of names that are not known. `told` makes this name of what
    the reader calls an unknown."""

    text: str
    unknown: Callable[[Unknown], str]
    piece: Callable[[str], str]
    told: Callable[[str], str] = str


#: Where everything is deployed to, which is one place.
_PLACES: Final = frozenset({"subscription", "resourcegroup"})
_Write: TypeAlias = Callable[[Snapshot], _Written]
_Read: TypeAlias = Callable[[str], Fragment]


def convert(estate: Input, form: str) -> Converted:
    """The definitions in another format. Raises NotWritable, NotTheSame."""
    snapshot = loaded(estate)
    write, read = FORMATS[form]
    _check_pieces(snapshot.resources)
    resources, said = carried(_one_name_each(snapshot.resources), form)
    whole = Snapshot.of(resources)
    written = write(whole)
    _prove(whole, written, read)
    return Converted(written.text, said)


def _prove(whole: Snapshot, written: _Written, read: _Read) -> None:
    try:
        fragment = read(written.text)
    except InputError as error:
        raise NotTheSame("; ".join(f"{one.location}: {one.message}" for one in error.diagnostics)) from None
    back = assemble([fragment])
    wrong = [found for found in back.diagnostics if found.severity is Severity.ERROR]
    if wrong:
        raise NotTheSame(f"{wrong[0].location}: {wrong[0].message}")
    home = subscription_of(whole.resources)
    ours = meaning(whole, written.unknown, written.piece, home)
    theirs = meaning(back, lambda unknown: written.told(unknown.name), str, home)
    found = difference(ours, theirs)
    if found is not None:
        raise NotTheSame(f"{found[0].lstrip('/')}: {found[1]} is written, {found[2]} is read")


def _check_pieces(resources: Iterable[Resource]) -> None:
    """A piece of a name that is not known is the same in one deployment only. Raises NotWritable where several have
    one: in one file, it would be the same in all."""
    seen: dict[str, Source] = {}
    for text, source in _open_names(tuple(resources)):
        for piece in (piece.lower() for piece, is_open in pieces(text) if is_open):
            first = seen.setdefault(piece, source)
            if first.document.whole is not source.document.whole and piece not in _PLACES:
                message = f"{{{piece}}} in names may be another value at {first}, and would be the same in one file"
                raise NotWritable(message, source)


def _open_names(value: Any) -> Iterator[tuple[str, Source]]:
    """Names and ids of which a part is not known."""
    if isinstance(value, Reference) and "{" in value.target:
        yield value.target, value.source
    elif isinstance(value, tuple):
        for element in value:
            yield from _open_names(element)
    elif is_dataclass(value) and not isinstance(value, Source | Document | Unknown):
        if isinstance(value, Resource) and "{" in value.name:
            yield value.name, value.source
        for item in fields(value):
            yield from _open_names(getattr(value, item.name))


def _one_name_each(resources: Iterable[Resource]) -> tuple[Resource, ...]:
    """Unknowns of several files that share a name without being the same get names of their own."""
    found = tuple(resources)
    scopes: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for unknown in unknowns_in(found):
        scopes[unknown.name][unknown.scope] = None
    shared = {name: [*own] for name, own in scopes.items() if len(own) > 1}
    return tuple(_renamed(one, shared) for one in found) if shared else found


def _renamed(value: Any, shared: Mapping[str, list[str]]) -> Any:
    if isinstance(value, Unknown):
        number = shared.get(value.name, [value.scope]).index(value.scope)
        return replace(value, name=f"{value.name} of {value.scope or 'elsewhere'}") if number else value
    if isinstance(value, tuple):
        return tuple(_renamed(element, shared) for element in value)
    if is_dataclass(value) and not isinstance(value, Source | Document | type):
        changes = {item.name: _renamed(getattr(value, item.name), shared) for item in fields(value)}
        return replace(value, **changes)
    return value


def _nwp(snapshot: Snapshot) -> _Written:
    from nwpolicy.readers.nwp import format_text, to_nwp

    _check_names(snapshot.resources)
    return _by_own_names(format_text("converted.nwp", to_nwp(snapshot.resources)))


def _check_names(resources: Iterable[Resource]) -> None:
    """A .nwp file has one definition of a name, as far as ids do not tell several apart."""
    seen: dict[object, Resource] = {}
    for resource in resources:
        first = seen.setdefault((resource.type, resource.name.lower(), (resource.id or "").lower()), resource)
        if first is not resource and not isinstance(resource, AssertionException):
            message = f"{resource.name} is defined twice, first at {first.source}: a .nwp file cannot have both"
            raise NotWritable(message, resource.source)


def _yaml(snapshot: Snapshot) -> _Written:
    from nwpolicy.reports.writing.yamlform import yaml_text

    return _by_own_names(yaml_text(snapshot.resources))


def _by_own_names(text: str) -> _Written:
    return _Written(text, lambda unknown: unknown.name, lambda piece: piece)


def _arm(snapshot: Snapshot) -> _Written:
    from nwpolicy.reports.writing.arm import arm_template

    text, parameters = arm_template(snapshot.resources, _names(snapshot), home_of(snapshot.resources))
    return _Written(text, parameters.shown, parameters.shown_piece)


def _bicep(snapshot: Snapshot) -> _Written:
    from nwpolicy.reports.writing.bicep import bicep_text

    text, parameters = bicep_text(snapshot.resources, _names(snapshot), home_of(snapshot.resources))
    return _Written(text, parameters.shown, parameters.shown_piece)


def _terraform(snapshot: Snapshot) -> _Written:
    from nwpolicy.reports.writing.terraform import terraform_text

    text, parameters = terraform_text(snapshot.resources, _names(snapshot), home_of(snapshot.resources))
    return _Written(
        text,
        lambda unknown: f"var.{parameters.shown(unknown)}",
        lambda piece: f"var.{parameters.shown_piece(piece)}",
        lambda name: name.removeprefix("not !"),
    )


def _names(snapshot: Snapshot) -> FullNames:
    return full_names((entry.resource.type, entry.names) for entry in walk(snapshot.resources))


def _reading(path: str) -> _Read:
    def read(text: str) -> Fragment:
        from nwpolicy.readers.load import read_text

        return read_text(path, text)

    return read


def _read_terraform(text: str) -> Fragment:
    """A configuration is read by the folder."""
    from nwpolicy.readers.pins import Pins
    from nwpolicy.readers.terraform import root_of

    return root_of("main.tf", _Single("main.tf", text), ".").read(Pins())


class _Single:
    """A file store with a single file in it."""

    def __init__(self, name: str, text: str) -> None:
        self._name, self._text = name, text

    def shown(self, path: str) -> str:
        return posixpath.normpath(path)

    def identity(self, path: str) -> str:
        return posixpath.normpath(path)

    def is_folder(self, path: str) -> bool:
        return posixpath.normpath(path) == "."

    def encloses(self, base: str, path: str) -> bool:  # noqa: ARG002 - the protocol's
        return posixpath.normpath(path) == self._name

    def read(self, path: str, limit: int) -> bytes:  # noqa: ARG002 - the protocol's
        if self.shown(path) != self._name:
            place = Document(path, "", lambda _: Span(1, 1, 1, 1)).root()
            raise InputError(Diagnostic.error("unreadable-file", "there is no such file", place))
        return self._text.encode()

    def walk(self, path: str, faults: list[OSError]) -> Iterator[str]:  # noqa: ARG002 - the protocol's
        yield self._name


#: How each format is written and read.
FORMATS: Final[Mapping[str, tuple[_Write, _Read]]] = {
    "nwp": (_nwp, _reading("converted.nwp")),
    "yaml": (_yaml, _reading("converted.yaml")),
    "bicep": (_bicep, _reading("converted.bicep")),
    "terraform": (_terraform, _read_terraform),
    "arm": (_arm, _reading("converted.json")),
}
