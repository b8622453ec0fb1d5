"""Configurations: which folders are roots, and the definitions that each holds.

A folder that another one calls as a module is read through its caller. Files of variables that Terraform reads of
itself are read (`terraform.tfvars`, `*.auto.tfvars`).

Source: HashiCorp, "Terraform language: Files and Configuration Structure", "Assign values to input variables".
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from nwpolicy.model.assembly import Fragment
from nwpolicy.model.diagnostics import InputError, Severity
from nwpolicy.model.source import Document
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.terraform.declarations import Declarations, File
from nwpolicy.readers.terraform.definitions import definitions
from nwpolicy.readers.terraform.folders import Folders
from nwpolicy.readers.terraform.frames import Frame, Reading, TooMuchWork
from nwpolicy.readers.terraform.hcl import syntax
from nwpolicy.readers.terraform.instances import Instance
from nwpolicy.readers.terraform.modules import Given, Module
from nwpolicy.readers.terraform.resources import instance, is_wanted

__all__ = ["read_root", "roots"]

_VARIABLES: Final = "terraform.tfvars"
#: Values in files of variables can be nothing but values, so these have no module of their own.
_UNREAD: Final = (".tf.json", ".tfvars.json", "_override.tf")


def roots(folders: Mapping[str, Sequence[str]], store: Folders) -> list[str]:
    """The folders that no other one calls, in order; `folders` are all with their files. Where folders only call one
    another, the first is a root too."""
    called: dict[str, set[str]] = {folder: set(_called(folder, names, store)) for folder, names in folders.items()}
    inner = {folder for folder, calls in called.items() for other in folders if _calls(other, folder, called, store)}
    found = [folder for folder in folders if folder not in inner]
    reached: set[str] = set()
    pending = list(found)
    while True:
        while pending:
            folder = pending.pop()
            if folder not in reached:
                reached.add(folder)
                pending += (other for other in folders if _calls(folder, other, called, store))
        left = next((folder for folder in folders if folder not in reached), None)
        if left is None:
            return found
        found.append(left)
        pending.append(left)


def _calls(caller: str, folder: str, called: Mapping[str, set[str]], store: Folders) -> bool:
    return caller != folder and store.identity(folder) in called[caller]


def _called(folder: str, names: Sequence[str], store: Folders) -> Iterator[str]:
    """The folders of the modules that a folder calls by a path."""
    try:
        files = store.files(names)
    except InputError:
        return  # said when the folder is read
    for file in files:
        for block in file.body.of_type("module"):
            source = block.body.attributes.get("source")
            path = source.value.value if source is not None and isinstance(source.value, syntax.Literal) else None
            if isinstance(path, str) and path.startswith("."):
                yield store.identity(store.shown(folder, path))


def read_root(folder: str, names: Sequence[str], store: Folders, pins: Pins) -> Fragment:
    """The definitions of the configuration in a folder, of which these are the files."""
    reading = Reading()
    try:
        files = store.files(names)
    except InputError as error:
        return Fragment(diagnostics=error.diagnostics)
    document = files[0].document
    found: list[Instance] = []
    try:
        root = _root(folder, files, store, pins, reading)
        found += _instances(root)
        resources = definitions(found, reading.diagnostics)
    except TooMuchWork:
        message = "the loops and nested expressions of this configuration take too many steps"
        reading.say(Severity.ERROR, "too-much-work", message, document.root())
        resources = ()
    except RecursionError:
        message = "the expressions of this configuration rest on one another too deeply"
        reading.say(Severity.ERROR, "too-deep", message, document.root())
        resources = ()
    return Fragment(resources, tuple(reading.diagnostics))


def _root(folder: str, files: Sequence[File], store: Folders, pins: Pins, reading: Reading) -> Module:
    declarations = Declarations.of(folder, files)
    document = files[0].document
    given = Given({}, pins)
    identity = store.identity(folder)
    root = Module(declarations, document, reading, store, given, folder, store.installed(folder), trail=(identity,))
    values: dict[str, tuple[syntax.Expression, Frame]] = {}
    for name in _variable_files(store.names(folder), reading, document):
        for file in store.files((name,), document):
            for key, attribute in file.body.attributes.items():
                values[key] = (attribute.value, Frame(root, file.document))
    root.given = Given(values, pins)
    return root


def _variable_files(names: Sequence[str], reading: Reading, document: Document) -> list[str]:
    """The files of variables that Terraform reads of itself, the strongest last."""
    for name in names:
        if name.endswith(_UNREAD) or os.path.basename(name) == "override.tf":  # noqa: PTH119
            message = f"{name} is not read: whatever it defines is missing from the answer"
            reading.say(Severity.WARNING, "format-not-read", message, document.root())
    automatic = sorted(name for name in names if name.endswith(".auto.tfvars"))
    return [*(name for name in names if os.path.basename(name) == _VARIABLES), *automatic]  # noqa: PTH119


def _instances(module: Module) -> Iterator[Instance]:
    """The resources of a module and of those that it calls."""
    for name, declared in module.declarations.repeated:
        message = f"{name} is declared twice"
        module.reading.say(Severity.ERROR, "duplicate-definition", message, declared.source)
    for (type, name), declared in module.declarations.resources.items():
        if not is_wanted(type):
            continue
        address = module.named(f"{type}.{name}")
        for turn in module.turns(declared):
            if turn.stands_for is not None and (turn.condition is None or turn.condition.name.endswith(" exists")):
                message = f"{turn.stands_for.name} is not known: one {address} stands for however many there are"
                module.reading.say(Severity.WARNING, "unknown-count", message, declared.source)
            yield module.conditioned(instance(declared, turn, address))
    for child in module.children():
        yield from _instances(child)
