"""The names of a Bicep file and what they stand for.

Source: Microsoft Learn, "Bicep file structure and syntax", "Resource declaration in Bicep", "Set name and type for
child resources in Bicep", "Imports in Bicep".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from nwpolicy.model.records import dataclass
from nwpolicy.readers.bicep import syntax
from nwpolicy.readers.bicep.pieces import quoted

__all__ = [
    "Deployable",
    "Imported",
    "Namespace",
    "Referent",
    "Symbol",
    "body_of",
    "conditions_of",
    "decorated",
    "loop_of",
    "table",
]


@dataclass(frozen=True, slots=True)
class Deployable:
    """A resource or a module. `key` is its name in the template, `outer` the resource in which it is nested."""

    key: str
    declaration: syntax.ResourceDeclaration | syntax.Module
    type: str
    version: str
    outer: Deployable | None
    nested: Mapping[str, Deployable]

    @property
    def is_module(self) -> bool:
        return isinstance(self.declaration, syntax.Module)

    @property
    def loop(self) -> syntax.Loop | None:
        return loop_of(self.declaration.body)

    @property
    def body(self) -> syntax.Object:
        return body_of(self.declaration.body)

    def property(self, name: str) -> syntax.Expression | None:
        found = self.body.get(name)
        return None if found is None else found.value


@dataclass(frozen=True, slots=True)
class Referent:
    """A resource or a module that an expression means, with its turn where it has a loop."""

    deployable: Deployable
    index: str | None

    @property
    def symbol(self) -> str:
        key = self.deployable.key
        return quoted(key) if self.index is None else f"format('{key}[{{0}}]', {self.index})"


@dataclass(frozen=True, slots=True)
class Imported:
    """A name that another file exports."""

    name: str
    path: str
    symbol: syntax.Symbol


@dataclass(frozen=True, slots=True)
class Namespace:
    """All that another file exports, behind one name."""

    path: str
    symbol: syntax.Symbol


Symbol: TypeAlias = (
    "syntax.Parameter | syntax.Variable | syntax.Function | syntax.Alias | syntax.Output | Deployable | Imported"
    " | Namespace"
)

_MODULE_TYPE = "Microsoft.Resources/deployments"
_MODULE_VERSION = "2025-04-01"


def table(statements: Iterable[syntax.Statement]) -> tuple[dict[str, Symbol], list[syntax.Word]]:
    """What the names of a file stand for, and those that are declared twice. The first declaration counts.

    Types and outputs have names of their own and are not among them.
    """
    found: dict[str, Symbol] = {}
    twice: list[syntax.Word] = []
    for name, symbol in _declared(statements):
        if name.text in found:
            twice.append(name)
        else:
            found[name.text] = symbol
    return found, twice


def _declared(statements: Iterable[syntax.Statement]) -> Iterator[tuple[syntax.Word, Symbol]]:
    for statement in statements:
        match statement:
            case syntax.Parameter() | syntax.Variable() | syntax.Function() | syntax.Alias():
                yield statement.name, statement
            case syntax.ResourceDeclaration():
                yield statement.name, _resource(statement, None)
            case syntax.Module():
                yield (
                    statement.name,
                    Deployable(statement.name.text, statement, _MODULE_TYPE, _MODULE_VERSION, None, {}),
                )
            case syntax.Import():
                for symbol in statement.symbols:
                    word = syntax.Word(symbol.alias, symbol.start, symbol.end)
                    path = statement.path.plain or ""
                    yield word, Namespace(path, symbol) if symbol.name == "*" else Imported(symbol.name, path, symbol)
            case _:
                pass


def _resource(declaration: syntax.ResourceDeclaration, outer: Deployable | None) -> Deployable:
    type, _, version = (declaration.type.plain or "").partition("@")
    key = declaration.name.text
    if outer is not None:
        type, version, key = f"{outer.type}/{type}", version or outer.version, f"{outer.key}::{key}"
    nested: dict[str, Deployable] = {}
    found = Deployable(key, declaration, type, version, outer, nested)
    for item in body_of(declaration.body).items:
        if isinstance(item, syntax.ResourceDeclaration):
            nested[item.name.text] = _resource(item, found)
    return found


def loop_of(body: syntax.Body) -> syntax.Loop | None:
    return body if isinstance(body, syntax.Loop) else None


def body_of(body: syntax.Body) -> syntax.Object:
    """The object in a loop, a condition or both."""
    inner: syntax.Expression | syntax.Conditional = body.body if isinstance(body, syntax.Loop) else body
    inner = inner.body if isinstance(inner, syntax.Conditional) else inner
    return inner if isinstance(inner, syntax.Object) else syntax.Object((), inner.start, inner.end)


def conditions_of(deployable: Deployable) -> list[syntax.Expression]:
    """What has to hold for it to be deployed; that of the resource around it comes first."""
    body = deployable.declaration.body
    inner: syntax.Expression | syntax.Conditional = body.body if isinstance(body, syntax.Loop) else body
    own = [inner.condition] if isinstance(inner, syntax.Conditional) else []
    return own if deployable.outer is None else conditions_of(deployable.outer) + own


def decorated(decorators: Iterable[syntax.Decorator], name: str) -> syntax.Call | None:
    """The decorator of that name, with or without its namespace."""
    calls = (decorator.value for decorator in decorators)
    return next((call for call in calls if isinstance(call, syntax.Call) and call.name == name), None)
