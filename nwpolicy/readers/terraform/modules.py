"""Modules: what the names in their expressions mean, and the resources that they make.

A variable of the root has the value that a file of variables gives it, else its default; whatever is left is unknown.
So are secret variables, as their values must not appear in any report, and whatever only Azure or an apply can tell.

Source: HashiCorp, "Terraform language: References to Values", "Input Variables", "The count Meta-Argument", "The
for_each Meta-Argument", "Module Blocks".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from nwpolicy.model.diagnostics import InputError, Severity
from nwpolicy.model.source import Document, Source
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.pins import Pin, Pins
from nwpolicy.readers.terraform.blocks import Turn, turns
from nwpolicy.readers.terraform.declarations import Declarations, Declared
from nwpolicy.readers.terraform.evaluation import soft
from nwpolicy.readers.terraform.frames import Frame, Reading
from nwpolicy.readers.terraform.functions.function import as_text
from nwpolicy.readers.terraform.hcl import syntax
from nwpolicy.readers.terraform.instances import Instance
from nwpolicy.readers.terraform.resources import data_value, resource_value
from nwpolicy.readers.terraform.sources import Sources, source_of_path
from nwpolicy.readers.terraform.types import converted, is_text
from nwpolicy.readers.terraform.values import (
    EvaluationError,
    Lazy,
    Open,
    Undecided,
    UndeclaredError,
    Value,
    plain,
    wrapped,
)

__all__ = ["Given", "Module"]

#: Arguments of a call that are not variables of the module.
_META: Final = frozenset({"source", "version", "count", "for_each", "providers", "depends_on"})


@dataclass(frozen=True, slots=True)
class Given:
    """The values that the variables of a module are given: expressions, each to be evaluated in its frame. `pins` are
    values that a person gives for variables of the root."""

    values: Mapping[str, tuple[syntax.Expression, Frame]] = field(default_factory=dict)
    pins: Pins | None = None


@dataclass(slots=True, eq=False)
class Module:
    """A module as it is called. `address` is empty for the root, `names` are those of the calls that lead to it. `path`
    leads to its folder from the root, `trail` are the folders around it and its own, `condition` decides whether it is
    called at all."""

    declarations: Declarations
    document: Document
    reading: Reading
    sources: Sources
    given: Given
    address: str = ""
    names: tuple[str, ...] = ()
    path: str = "."
    trail: tuple[str, ...] = ()
    condition: Unknown | None = None
    _known: dict[tuple[str, ...], Value] = field(default_factory=dict)
    _active: list[tuple[str, ...]] = field(default_factory=list)
    _turns: dict[int, list[Turn]] = field(default_factory=dict)
    _children: dict[str, Module | None] = field(default_factory=dict)

    # Names

    def find(self, name: str, names: tuple[str, ...], source: Source) -> tuple[Value, int]:
        """What a first name means together with those behind it, and how many of these it took. Raises
        EvaluationError."""
        if name in ("var", "local", "module") and names:
            return self._once((name, names[0]), _MEANINGS[name], names[0], source), 1
        if name == "data" and len(names) > 1:
            return self._once(("data", *names[:2]), Module._data, names[:2], source), 2
        if name == "path" and names:
            return self._path(names[0], source), 1
        if name in ("terraform", "self", "each", "count", "path", "ephemeral") and names:
            return Value(Open(self.named(f"{name}.{names[0]}"), f"{name}.{names[0]} is not known", source), source), 1
        if names:
            return self._once(("resource", name, names[0]), Module._resource, (name, names[0]), source), 1
        raise UndeclaredError(f"{name!r} means nothing here")

    def _once(self, key: tuple[str, ...], find: Callable[..., Value], name: object, source: Source) -> Value:
        """Finds a meaning the first time; what needs itself has none."""
        if key in self._known:
            return self._known[key]
        if key in self._active:
            circle = [".".join(step) for step in (*self._active[self._active.index(key) :], key)]
            raise UndeclaredError(f"{circle[0]} needs itself: {' → '.join(circle)}")
        self._active.append(key)
        try:
            value = find(self, name, source)
        finally:
            self._active.pop()
        self._known[key] = value
        return value

    def named(self, name: str) -> str:
        """The name of something of this module, unlike those in other modules."""
        return f"{self.address}.{name}" if self.address else name

    def _path(self, name: str, source: Source) -> Value:
        """Paths are relative to the folder of the root, where Terraform runs."""
        if name == "module":
            return Value(self.path, source)
        if name == "root":
            return Value(".", source)
        return Value(Open(f"path.{name}", "it depends on where Terraform runs", source), source)

    # Variables and local values

    def _variable(self, name: str, _: Source) -> Value:
        declared = self.declarations.variables.get(name)
        if declared is None:
            raise UndeclaredError(f"there is no variable {name!r}", help=_meant(name, self.declarations.variables))
        attributes = declared.block.body.attributes
        frame = Frame(self, declared.document)
        sensitive = attributes.get("sensitive")
        if sensitive is not None and soft(sensitive.value, frame).data is True:
            self._withhold(name)
            return self._missing(name, declared, f"the variable {name} is sensitive")
        value = self._given_value(name, declared, frame)
        default = attributes.get("default")
        nullable = attributes.get("nullable")
        is_nullable = nullable is None or soft(nullable.value, frame).data is not False
        if default is not None and (value is None or (value.data is None and not is_nullable)):
            value = self._converted(soft(default.value, frame), declared, frame)
        return self._missing(name, declared, f"the variable {name} has no default") if value is None else value

    def _given_value(self, name: str, declared: Declared, frame: Frame) -> Value | None:
        given = self.given.values.get(name)
        pin = self._pin(name)
        type = declared.block.body.attributes.get("type")
        if pin is not None:
            if pin.withheld is not None:
                self._withhold(name)
                return self._missing(name, declared, pin.withheld)
            raw = pin.parsed(always=not is_text(None if type is None else type.value))
            return self._converted(wrapped(raw, pin.source), declared, frame)
        return None if given is None else self._converted(soft(*given), declared, frame)

    def _pin(self, name: str) -> Pin | None:
        """What a person gives for a variable of the root, as `name` or `var.name`."""
        pins, scope = self.given.pins, self.document.path
        return None if pins is None else pins.get(name, scope) or pins.get(f"var.{name}", scope)

    def _withhold(self, name: str) -> None:
        for written in (name, f"var.{name}"):
            if self.given.pins is not None:
                self.given.pins.withhold(written, self.document.path)

    def _converted(self, value: Value, declared: Declared, frame: Frame) -> Value:
        type = declared.block.body.attributes.get("type")
        if type is None:
            return value
        try:
            return converted(value, type.value, lambda default: soft(default, frame))
        except EvaluationError as error:
            message = f"the variable {declared.block.labels[0]} cannot have this value: {error.message}"
            self.reading.say(Severity.ERROR, "wrong-type", message, value.source)
            return self._missing(declared.block.labels[0], declared, message)
        except Undecided:
            return value

    def _missing(self, name: str, declared: Declared, reason: str) -> Value:
        source = declared.source
        return Value(Open(self.named(f"var.{name}"), reason, source, is_named=True), source)

    def _local(self, name: str, _: Source) -> Value:
        declared = self.declarations.locals.get(name)
        if declared is None:
            raise UndeclaredError(f"there is no local value {name!r}", help=_meant(name, self.declarations.locals))
        value = soft(declared.attribute.value, Frame(self, declared.document))
        if isinstance(value.data, Open) and not value.data.is_named:
            value = Value(replace(value.data, name=self.named(f"local.{name}"), is_named=True), value.source)
        return value

    # Resources

    def _resource(self, name: tuple[str, str], source: Source) -> Value:
        declared = self.declarations.resources.get(name)
        if declared is None:
            known = [label for type, label in self.declarations.resources if type == name[0]]
            raise UndeclaredError(f"there is no resource {'.'.join(name)}", help=_meant(name[1], known))
        address = self.named(".".join(name))
        return _expanded(declared, self.turns(declared), lambda turn: resource_value(declared, turn, address), source)

    def _data(self, name: tuple[str, str], source: Source) -> Value:
        declared = self.declarations.data.get(name)
        if declared is None:
            raise UndeclaredError(f"there is no data source data.{'.'.join(name)}")
        address = self.named(f"data.{'.'.join(name)}")
        return _expanded(declared, self.turns(declared), lambda turn: data_value(declared, turn, address), source)

    def turns(self, declared: Declared) -> list[Turn]:
        """The turns of a block with `count` or `for_each`."""
        if id(declared) not in self._turns:
            self._turns[id(declared)] = turns(declared, Frame(self, declared.document), self.named(_label(declared)))
        return self._turns[id(declared)]

    # Modules

    def _module(self, name: str, source: Source) -> Value:
        declared = self.declarations.modules.get(name)
        if declared is None:
            raise UndeclaredError(f"there is no module {name!r}", help=_meant(name, self.declarations.modules))
        return _expanded(declared, self.turns(declared), lambda turn: self._outputs(name, turn), source)

    def _outputs(self, name: str, turn: Turn) -> Value:
        address = self.named(f"module.{name}")
        source = self.declarations.modules[name].source
        child = self.child(name, turn)

        def output(wanted: str) -> Value:
            if child is None:
                reason = f"the module {name} is not read"
                return Value(Open(f"{address}{turn.suffix}.{wanted}", reason, source, is_named=True), source)
            return child.output(wanted)

        return Value(Lazy(f"{address}{turn.suffix}", output), source)

    def output(self, name: str) -> Value:
        declared = self.declarations.outputs.get(name)
        if declared is None:
            message = f"the module has no output {name!r}"
            raise UndeclaredError(message, help=_meant(name, self.declarations.outputs))
        return self._once(("output", name), Module._output, name, declared.source)

    def _output(self, name: str, source: Source) -> Value:
        declared = self.declarations.outputs[name]
        value = declared.block.body.attributes.get("value")
        if value is None:
            return Value(None, source)
        return soft(value.value, Frame(self, declared.document))

    def children(self) -> Iterator[Module]:
        """The modules that are called, once for each turn of their loops."""
        for name, declared in self.declarations.modules.items():
            for turn in self.turns(declared):
                child = self.child(name, turn)
                if child is not None:
                    yield child

    def child(self, name: str, turn: Turn) -> Module | None:
        """The module that is called at one turn; None where it cannot be read, which is said."""
        address = f"{self.named(f'module.{name}')}{turn.suffix}"
        if address not in self._children:
            self._children[address] = self._called(name, turn, address)
        return self._children[address]

    def _called(self, name: str, turn: Turn, address: str) -> Module | None:
        declared = self.declarations.modules[name]
        names = (*self.names, name)
        path = self.sources.find(names, self.path, declared)
        if path is None:
            return None
        folder = self.sources.folder(path)
        identity = self.sources.folders.identity(folder)
        if identity in self.trail:
            self.reading.say(Severity.ERROR, "cyclic-module", f"the module {name} calls itself", declared.source)
            return None
        try:
            declarations = self.sources.folders.module(folder, self.document)
        except InputError as error:
            self.reading.diagnostics += (one for one in error.diagnostics if one not in self.reading.diagnostics)
            return None
        if declarations is None:
            message = f"the module {name} is not read: {folder} holds no configuration"
            self.reading.say(Severity.ERROR, "module-not-found", message, source_of_path(declared))
            return None
        arguments = declared.block.body.attributes
        given = {key: (one.value, turn.frame) for key, one in arguments.items() if key not in _META}
        condition = _both(self.condition, turn.condition)
        trail = (*self.trail, identity)
        return Module(
            declarations,
            self.document,
            self.reading,
            self.sources,
            Given(given),
            address,
            names,
            path,
            trail,
            condition,
        )

    def conditioned(self, instance: Instance) -> Instance:
        """A resource exists only if its module does."""
        return replace(instance, condition=_both(self.condition, instance.condition))

    # Functions that read files

    def function(self, name: str) -> Callable[[Sequence[Value], Source], Value] | None:
        return self._file if name == "file" else None

    def _file(self, arguments: Sequence[Value], source: Source) -> Value:
        """The text of a file; unknown where it cannot be read, as something else may make it first."""
        if len(arguments) != 1:
            raise EvaluationError("takes 1 argument")
        path = self.sources.folder(as_text(plain(arguments[0])))
        reason = "it is outside of the repository or folder that is read"
        if self.sources.folders.encloses(path):
            try:
                return Value(self.sources.folders.read(path), source)
            except InputError as error:
                reason = f"{path}: {error.diagnostics[0].message}"
        raise Undecided(Open(self.named(f'file("{path}")'), reason, source))


_MEANINGS: Final[Mapping[str, Callable[[Module, str, Source], Value]]] = {
    "local": Module._local,
    "module": Module._module,
    "var": Module._variable,
}


def _expanded(declared: Declared, turns: list[Turn], one: Callable[[Turn], Value], source: Source) -> Value:
    """What a name means whose block has turns: one thing, a list by number, or a map by key."""
    attributes = declared.block.body.attributes
    if len(turns) == 1 and turns[0].stands_for is not None:
        return Value(replace(turns[0].stands_for, instance=one(turns[0])), source)
    if "count" in attributes:
        return Value(tuple(map(one, turns)), source)
    if "for_each" in attributes:
        return Value({turn.key: one(turn) for turn in turns}, source)
    return one(turns[0])


def _label(declared: Declared) -> str:
    prefix = {"resource": (), "data": ("data",), "module": ("module",)}[declared.block.type]
    return ".".join((*prefix, *declared.block.labels))


def _both(one: Unknown | None, other: Unknown | None) -> Unknown | None:
    """Something exists only if both conditions hold."""
    if one is None or other is None or one == other:
        return one or other
    return Unknown(f"{one.name} and {other.name}", UnknownKind.CONDITION, one.reason, one.source, one.scope)


def _meant(name: str, known: Mapping[str, object] | Sequence[str]) -> str | None:
    from difflib import get_close_matches

    found = get_close_matches(name, known, n=1)
    return f"did you mean '{found[0]}'?" if found else None
