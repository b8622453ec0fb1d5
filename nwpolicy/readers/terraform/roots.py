"""Configurations: which folders are roots, and the definitions that each holds.

A folder that another one calls as a module is read through its caller. Files of variables that Terraform reads of
itself are read (`terraform.tfvars`, `*.auto.tfvars`).

Source: HashiCorp, "Terraform language: Files and Configuration Structure", "Assign values to input variables".
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from nwpolicy.model.assembly import Fragment
from nwpolicy.model.diagnostics import InputError, Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.snapshot import PassedOver
from nwpolicy.readers.filestore import FileStore
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.recognise import is_automatic
from nwpolicy.readers.resources.dispatch import is_left_out
from nwpolicy.readers.terraform.blocks import Turn
from nwpolicy.readers.terraform.checks import check_rules
from nwpolicy.readers.terraform.declarations import Declarations, Declared, File, parsed
from nwpolicy.readers.terraform.definitions import definitions
from nwpolicy.readers.terraform.folders import Folders, is_configuration
from nwpolicy.readers.terraform.frames import Frame, Reading, TooMuchWork
from nwpolicy.readers.terraform.hcl import syntax
from nwpolicy.readers.terraform.instances import Instance
from nwpolicy.readers.terraform.modules import Module
from nwpolicy.readers.terraform.provider import LOCK_FILE, constraints, locked, newest, with_defaults
from nwpolicy.readers.terraform.resources import instance
from nwpolicy.readers.terraform.sources import Sources, path_of
from nwpolicy.readers.terraform.variables import Given
from nwpolicy.readers.terraform.wanted import is_wanted, passed_over

__all__ = ["Root", "root_of", "roots"]

_VARIABLES: Final = ("terraform.tfvars", "terraform.tfvars.json")
#: What a folder's files must hold somewhere: resources of Azure, or modules that may have some.
_MARKS: Final = ("azurerm_", "azapi_", "module")


@dataclass(frozen=True, slots=True)
class Root:
    """A folder that holds a configuration, and its files."""

    folder: str
    names: tuple[str, ...]
    folders: Folders

    def read(self, pins: Pins) -> Fragment:
        """The definitions of the configuration."""
        reading = Reading()
        try:
            files = self.folders.files(self.names)
            modules = list(_modules(_root(self, files, pins, reading)))
            major = self._provider(modules)
            found = [with_defaults(one, major) for module in modules for one in _instances(module)]
            resources = definitions(found, reading.diagnostics)
        except InputError as error:
            return Fragment(diagnostics=(*reading.diagnostics, *error.diagnostics))
        except TooMuchWork:
            message = "the loops and nested expressions of this configuration take too many steps"
            return _given_up("too-much-work", message, files, reading)
        except RecursionError:
            message = "the expressions of this configuration rest on one another too deeply"
            return _given_up("too-deep", message, files, reading)
        return Fragment(resources, tuple(reading.diagnostics), passed_over=tuple(reading.passed_over))

    def _provider(self, modules: Iterable[Module]) -> int:
        """The major version of the provider."""
        name = self.folders.shown(self.folder, LOCK_FILE)
        try:
            version = locked(parsed(name, self.folders.read(name)))
        except InputError:
            version = None
        wanted = (text for module in modules for text in constraints(module.declarations.settings))
        return newest([version] if version is not None else wanted)


def roots(names: Iterable[str], store: FileStore, base: str) -> list[Root]:
    """The configurations that files (`*.tf`) belong to, without those that others call as modules, and without those
    that cannot hold definitions. `base` is the file or folder that was given."""
    folders = Folders(store, base)
    found: dict[str, list[str]] = {}
    for name in filter(is_configuration, names):
        found.setdefault(os.path.dirname(name), []).append(name)  # noqa: PTH120 - keeps the spelling
    candidates = [
        Root(folder, tuple(files), folders) for folder, files in found.items() if _may_hold_definitions(files, folders)
    ]
    return _uncalled(candidates)


def root_of(name: str, store: FileStore, base: str) -> Root:
    """The configuration that a file is a part of."""
    folders = Folders(store, base)
    folder = os.path.dirname(name)  # noqa: PTH120 - keeps the spelling
    return Root(folder, tuple(other for other in folders.names(folder) if is_configuration(other)), folders)


def _may_hold_definitions(names: Iterable[str], folders: Folders) -> bool:
    """Files that cannot be read may hold anything."""
    for name in names:
        try:
            text = folders.read(name)
        except InputError:
            return True
        if any(mark in text for mark in _MARKS):
            return True
    return False


def _uncalled(candidates: list[Root]) -> list[Root]:
    """The roots that no other one calls. Where folders only call one another, the first is one too."""
    identities = {root.folders.identity(root.folder): root for root in candidates}
    calls = {real: [other for other in _called(root) if other in identities] for real, root in identities.items()}
    called = {other for real, others in calls.items() for other in others if other != real}
    found = [real for real in identities if real not in called]
    reached: set[str] = set()
    pending = [*found]
    while len(reached) < len(identities):
        if not pending:
            first = next(real for real in identities if real not in reached)
            found.append(first)
            pending.append(first)
        real = pending.pop()
        if real not in reached:
            reached.add(real)
            pending += calls[real]
    return [identities[real] for real in found]


def _called(root: Root) -> Iterator[str]:
    """The folders of the modules that a root calls by a path."""
    try:
        files = root.folders.files(root.names)
    except InputError:
        return  # said when the folder is read
    for declared in Declarations.of(root.folder, files).modules.values():
        path = path_of(declared)
        if path is not None and path.startswith("."):
            yield root.folders.identity(root.folders.shown(root.folder, path))


def _given_up(code: str, message: str, files: Sequence[File], reading: Reading) -> Fragment:
    reading.say(Severity.ERROR, code, message, files[0].document.root())
    return Fragment(diagnostics=tuple(reading.diagnostics))


def _root(found: Root, files: Sequence[File], pins: Pins, reading: Reading) -> Module:
    folder, store = found.folder, found.folders
    declarations = Declarations.of(folder, files)
    document = files[0].document
    given = Given({}, pins)
    identity = store.identity(folder)
    sources = Sources(store, reading, folder, store.installed(folder))
    root = Module(declarations, document, reading, sources, given, trail=(identity,))
    pins.know(*declarations.variables)
    values: dict[str, tuple[syntax.Expression, Frame]] = {}
    for name in _variable_files(store.names(folder)):
        for file in store.files((name,), document):
            for key, attribute in file.body.attributes.items():
                values[key] = (attribute.value, Frame(root, file.document))
    root.given = Given(values, pins)
    return root


def _variable_files(names: Sequence[str]) -> list[str]:
    """The files of variables that Terraform reads of itself, the strongest last."""
    automatic = sorted(name for name in names if name.endswith((".auto.tfvars", ".auto.tfvars.json")))
    return [name for fixed in _VARIABLES for name in names if is_automatic(name) and name.endswith(fixed)] + automatic


def _modules(module: Module) -> Iterator[Module]:
    """A module and those that it calls."""
    yield module
    for child in module.children():
        yield from _modules(child)


def _instances(module: Module) -> Iterator[Instance]:
    """The resources of a module."""
    for misplaced in module.declarations.misplaced:
        module.reading.say(Severity.ERROR, misplaced.code, misplaced.message, misplaced.source)
    for (type, name), declared in module.declarations.resources.items():
        if not is_wanted(type):
            module.reading.passed_over.append(PassedOver(type, declared.source))
            continue
        check_rules(declared, module.reading)
        for turn in module.turns(declared):
            found = instance(declared, turn, module.named(f"{type}.{name}"))
            left = passed_over(found)
            if left is not None:
                module.reading.passed_over.append(left)
            if left is None or is_left_out(left.type):
                _warn_of_turns(module, declared, turn)
                yield module.conditioned(found)


def _warn_of_turns(module: Module, declared: Declared, turn: Turn) -> None:
    if turn.stands_for is not None and not turn.is_only:
        address = module.named(".".join(declared.block.labels))
        message = f"{turn.stands_for.name} is not known: one {address} stands for however many there are"
        module.reading.say(Severity.WARNING, "unknown-count", message, declared.source)
