"""Modules: what the names in their expressions mean, and the modules that they call.

What only Azure or an apply can tell is unknown.

Source: HashiCorp, "Terraform language: References to Values", "Local Values", "Module Blocks".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Final

from nwpolicy.model.diagnostics import InputError, Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Document, Source
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.terraform.blocks import Turn, turns
from nwpolicy.readers.terraform.declarations import Declarations, Declared
from nwpolicy.readers.terraform.evaluation import soft
from nwpolicy.readers.terraform.filefunctions import file_function
from nwpolicy.readers.terraform.frames import Frame, Reading
from nwpolicy.readers.terraform.hcl import syntax
from nwpolicy.readers.terraform.instances import Instance
from nwpolicy.readers.terraform.resources import data_value, resource_value
from nwpolicy.readers.terraform.sources import Sources, source_of_path
from nwpolicy.readers.terraform.validation import check
from nwpolicy.readers.terraform.values import Lazy, Open, UndeclaredError, Value
from nwpolicy.readers.terraform.variables import Given, Variable

__all__ = ["Module"]

#: Arguments of a call that are not variables of the module.
_META: Final = frozenset({"source", "version", "count", "for_each", "providers", "depends_on"})
#: What it takes to read a module once more, whatever is in it: modules may call modules that call modules.
_STEPS_OF_A_MODULE: Final = 100


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
        if name == "var" and names:
            return self._variable(names[0], source), 1
        if name in ("local", "module") and names:
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

    def _variable(self, name: str, source: Source) -> Value:
        declared = self.declarations.variables.get(name)
        if declared is None:
            raise UndeclaredError(f"there is no variable {name!r}", help=_meant(name, self.declarations.variables))
        is_new = ("var", name) not in self._known
        value = self._once(("var", name), Module._variable_value, declared, source)
        if is_new:
            check(value, declared, Frame(self, declared.document))  # its conditions need the value themselves
        return value

    def _variable_value(self, declared: Declared, _: Source) -> Value:
        return Variable(declared.block.labels[0], declared, self).value()

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
        value = declared.get("value")
        return Value(None, source) if value is None else soft(value.value, Frame(self, value.document))

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
        given = {
            name: (argument.value, turn.frame.within(document))
            for name, argument, document in declared.written()
            if name not in _META and isinstance(argument, syntax.Attribute)
        }
        condition = _both(self.condition, turn.condition)
        trail = (*self.trail, identity)
        self.reading.spend(_STEPS_OF_A_MODULE)
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

    # Functions

    def function(self, name: str) -> Callable[[Sequence[Value], Source], Value] | None:
        """A function that needs more than its arguments."""
        return file_function(self, name)

    def bare(self, document: Document) -> Module:
        """A module at the same place in which no name means anything, for templates."""
        return Module(Declarations(""), document, self.reading, self.sources, Given())


_MEANINGS: Final[Mapping[str, Callable[[Module, str, Source], Value]]] = {
    "local": Module._local,
    "module": Module._module,
}


def _expanded(declared: Declared, turns: list[Turn], one: Callable[[Turn], Value], source: Source) -> Value:
    """What a name means whose block has turns: one thing, a list by number, or a map by key."""
    if len(turns) == 1 and turns[0].stands_for is not None:
        return Value(replace(turns[0].stands_for, instance=one(turns[0])), source)
    if declared.get("count") is not None:
        return Value(tuple(map(one, turns)), source)
    if declared.get("for_each") is not None:
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
