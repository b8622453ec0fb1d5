"""Bicep expressions to template expressions, as Bicep's own compiler writes them.

The text is what `readers.arm` evaluates, and what it calls a value that is not known: so a Bicep file and the template
compiled from it agree on the names of unknowns.

Source: Microsoft Learn, "Expressions and symbolic names", "Bicep operators", "Bicep functions", "Lambda functions for
Bicep", "Iterative loops in Bicep"; the templates that `az bicep build` makes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from itertools import groupby
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from nwpolicy.model.records import dataclass
from nwpolicy.readers.bicep import identities, pieces, syntax
from nwpolicy.readers.bicep.misuse import Misuse
from nwpolicy.readers.bicep.pieces import Piece, quoted
from nwpolicy.readers.bicep.symbols import Deployable, Imported, Namespace, Referent, Symbol

if TYPE_CHECKING:
    from nwpolicy.readers.bicep.program import Program

__all__ = ["FILES", "Locals", "Writer", "bracketed", "failure", "loop_locals"]

#: What the names of loops, lambdas and functions stand for, as template expressions.
Locals: TypeAlias = Mapping[str, str]

_BINARY: Final = {
    "+": "add({}, {})",
    "-": "sub({}, {})",
    "*": "mul({}, {})",
    "/": "div({}, {})",
    "%": "mod({}, {})",
    "<": "less({}, {})",
    "<=": "lessOrEquals({}, {})",
    ">": "greater({}, {})",
    ">=": "greaterOrEquals({}, {})",
    "==": "equals({}, {})",
    "!=": "not(equals({}, {}))",
    "=~": "equals(toLower({}), toLower({}))",
    "!~": "not(equals(toLower({}), toLower({})))",
    "&&": "and({}, {})",
    "||": "or({}, {})",
    "??": "coalesce({}, {})",
}
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_QUOTED: Final = re.compile(r"'((?:[^']|'')*)'", re.DOTALL)
_CONDITION: Final = "'if' stands only in the loop of a resource or a module"
_NAMESPACES: Final = frozenset({"az", "sys"})
#: Functions that read a file when a Bicep file is compiled.
FILES: Final = frozenset({"loadTextContent", "loadJsonContent", "loadYamlContent", "loadFileAsBase64"})


def loop_locals(over: str, loop: syntax.Loop, index: str) -> Locals:
    """What the variables of a loop over `over` stand for."""
    names = {loop.item.text: f"{over}[{index}]"}
    return names if loop.index is None else {**names, loop.index.text: index}


@dataclass(frozen=True, slots=True)
class _Reached:
    """A value, and the members of it that `.?` and what stands behind it ask for."""

    base: str
    keys: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return f"tryGet({', '.join((self.base, *self.keys))})" if self.keys else self.base

    def safely(self, key: str) -> _Reached:
        return _Reached(self.text, (key,))

    def then(self, key: str) -> _Reached:
        """A further step; `key` is an expression."""
        if self.keys:
            return _Reached(self.base, (*self.keys, key))
        name = key[1:-1]
        is_name = key.startswith("'") and _IDENTIFIER.match(name)
        return _Reached(f"{self.base}.{name}" if is_name else f"{self.base}[{key}]")


@dataclass(frozen=True, slots=True)
class _Created:
    """Arguments of `createObject` or `createArray`, or a whole object or array that is spread."""

    arguments: tuple[str, ...]
    is_spread: bool = False


def _merged(create: str, merge: str, items: Sequence[_Created]) -> str:
    """Members or elements in a row, what is spread between them."""
    parts: list[str] = []
    for is_spread, group in groupby(items, lambda item: item.is_spread):
        inner = ", ".join(argument for item in group for argument in item.arguments)
        parts.append(inner if is_spread else f"{create}({inner})")
    if not any(item.is_spread for item in items):
        return parts[0] if parts else f"{create}()"
    return f"{merge}(createArray({', '.join(parts)}))"


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the expressions of one file where `names` are bound, within the resource `around`."""

    program: Program
    names: Locals = field(default_factory=dict)
    around: Deployable | None = None

    def binding(self, names: Locals) -> Writer:
        return Writer(self.program, {**self.names, **names}, self.around)

    # As JSON

    def json(self, tree: syntax.Expression) -> Piece:
        """What stands where a template holds JSON: expressions only where they are needed."""
        self.program.spend()
        match tree:
            case syntax.Text() if tree.plain is not None:
                return pieces.leaf(pieces.literal(tree.plain), tree)
            case syntax.Literal():
                return pieces.leaf(tree.value, tree)
            case syntax.Unary(sign="-", operand=syntax.Literal(value=int() as number)):
                return pieces.leaf(-number, tree)
            case syntax.Object() if not _has_spread(tree.items):
                return self.members(tree)
            case syntax.Array() if not _has_spread(tree.elements):
                inner = [self.json(element) for element in tree.elements if not isinstance(element, syntax.Spread)]
                return pieces.elements(inner, tree)
            case syntax.NotNull() | syntax.Group():
                return self.json(tree.target)
            case syntax.Call(name="any", arguments=(inner,)):
                return self.json(inner)
            case _:
                return self._expression(tree)

    def _expression(self, tree: syntax.Expression) -> Piece:
        """What a variable stands for where it has to be written out, else the expression."""
        value, writer = self.written_out(tree)
        if value is not tree:
            return writer.json(value)
        text, where = self.written(tree)
        return pieces.leaf(bracketed(text), where)

    def written_out(self, tree: syntax.Expression) -> tuple[syntax.Expression, Writer]:
        """The value of a variable that asks what only Azure knows, and what that sees; else the expression itself."""
        if isinstance(tree, syntax.Name) and tree.text not in self.names:
            symbol = self.program.symbols.get(tree.text)
            if isinstance(symbol, syntax.Variable) and self.program.is_runtime(symbol):
                return self.program.writer.written_out(symbol.value)
        return tree, self

    def written(self, tree: syntax.Expression) -> tuple[str, pieces.Extent]:
        """The text of an expression and its place. What is wrong with it is said where it is needed: a template's
        expressions are only evaluated as far as they matter."""
        try:
            return self.text(tree), tree
        except Misuse as misuse:
            return failure(misuse.message), misuse.where
        except RecursionError:
            return failure("this is nested too deeply"), tree

    def members(self, tree: syntax.Object, without: frozenset[str] = frozenset()) -> Piece:
        """An object but for some of its members."""
        found: dict[str, Piece] = {}
        loops: list[Piece] = []
        keys: set[str] = set()
        for item in tree.items:
            if not isinstance(item, syntax.Property):
                continue
            key = self._key(item.key)
            if key in keys:
                self.program.error(f"'{key}' is given more than once", item.key)
            keys.add(key)
            if key in without:
                continue
            if isinstance(item.value, syntax.Loop):
                loops.append(self.copy(key, item.value))
                continue
            found[key] = self.json(item.value)
            found[key].place.key = item.start
        copies = {"copy": pieces.elements(loops, tree)} if loops else {}
        return pieces.members({**copies, **found}, tree)

    def _key(self, key: syntax.Word | syntax.Text) -> str:
        if isinstance(key, syntax.Word):
            return key.text
        written = self.json(key).raw
        return written if isinstance(written, str) else ""

    def copy(self, name: str, loop: syntax.Loop) -> Piece:
        """A loop over a property, a variable or an output."""
        index = f"copyIndex({quoted(name)})"
        return pieces.members({"name": pieces.leaf(name, loop), **self.turns(loop, index)}, loop)

    def turns(self, loop: syntax.Loop, index: str) -> dict[str, Piece]:
        """How often a loop turns, and what each turn makes."""
        over, where = self.written(loop.over)
        count = pieces.leaf(f"[length({over})]", where)
        body = self.binding(loop_locals(over, loop, index))
        if isinstance(loop.body, syntax.Conditional):
            return {"count": count, "input": pieces.leaf(bracketed(failure(_CONDITION)), loop.body)}
        return {"count": count, "input": body.json(loop.body)}

    # As text

    def text(self, tree: syntax.Expression) -> str:  # noqa: C901, PLR0911, PLR0912 - one case a kind of expression
        """The template expression, without brackets. Raises Misuse."""
        self.program.spend()
        match tree:
            case syntax.Literal():
                return _literal(tree.value)
            case syntax.Text():
                return self._interpolated(tree)
            case syntax.Name():
                return self._named(tree)
            case syntax.Call():
                return self._called(tree)
            case syntax.Member() | syntax.Index() | syntax.Nested() | syntax.NotNull() | syntax.Group():
                return self._reached(tree).text
            case syntax.Unary():
                return self._unary(tree)
            case syntax.Binary():
                return _BINARY[tree.sign].format(self.text(tree.left), self.text(tree.right))
            case syntax.Ternary():
                return f"if({self._listed((tree.condition, tree.positive, tree.negative))})"
            case syntax.Lambda():
                return self._lambda([name.text for name in tree.names], tree.body)
            case syntax.Object():
                return self._created_object(tree)
            case syntax.Array():
                return self._created_array(tree)
            case syntax.Loop():
                return self._mapped(tree)

    def _listed(self, trees: Iterable[syntax.Expression]) -> str:
        return ", ".join(map(self.text, trees))

    def _interpolated(self, tree: syntax.Text) -> str:
        if not tree.holes:
            return quoted(tree.texts[0])
        escaped = [text.replace("{", "{{").replace("}", "}}") for text in tree.texts]
        pattern = "".join(f"{text}{{{index}}}" for index, text in enumerate(escaped[:-1])) + escaped[-1]
        return f"format({quoted(pattern)}, {self._listed(tree.holes)})"

    def _unary(self, tree: syntax.Unary) -> str:
        if tree.sign == "!":
            return f"not({self.text(tree.operand)})"
        number = tree.operand.value if isinstance(tree.operand, syntax.Literal) else None
        if isinstance(number, int) and not isinstance(number, bool):
            return str(-number if tree.sign == "-" else number)
        return f"sub(0, {self.text(tree.operand)})" if tree.sign == "-" else self.text(tree.operand)

    def _lambda(self, names: Sequence[str], body: syntax.Expression) -> str:
        inner = self.binding({name: f"lambdaVariables({quoted(name)})" for name in names})
        return f"lambda({', '.join((*map(quoted, names), inner.text(body)))})"

    def _mapped(self, loop: syntax.Loop) -> str:
        """A loop where a template has none."""
        if isinstance(loop.body, syntax.Conditional):
            raise Misuse(_CONDITION, loop.body)
        names = [loop.item.text] if loop.index is None else [loop.item.text, loop.index.text]
        return f"map({self.text(loop.over)}, {self._lambda(names, loop.body)})"

    def _created_object(self, tree: syntax.Object) -> str:
        return _merged("createObject", "shallowMerge", [self._created(item) for item in tree.items])

    def _created_array(self, tree: syntax.Array) -> str:
        return _merged("createArray", "flatten", [self._created(element) for element in tree.elements])

    def _created(self, item: object) -> _Created:
        """What a member or an element is created of."""
        match item:
            case syntax.Property():
                key = quoted(item.key.text) if isinstance(item.key, syntax.Word) else self.text(item.key)
                return _Created((key, self.text(item.value)))
            case syntax.Spread():
                return _Created((self.text(item.value),), is_spread=True)
            case syntax.ResourceDeclaration():
                raise Misuse("a resource stands only in a resource", item)
            case _:
                return _Created((self.text(cast("syntax.Expression", item)),))

    # Names

    def _named(self, tree: syntax.Name) -> str:
        if tree.text in self.names:
            return self.names[tree.text]
        symbol = self._symbol(tree)
        match symbol:
            case syntax.Parameter():
                return f"parameters({quoted(tree.text)})"
            case syntax.Variable():
                return self.program.variable(symbol)
            case Imported():
                return self.program.imported_variable(symbol, tree)
            case Deployable():
                return (
                    f"references({quoted(symbol.key)}, 'full')" if symbol.loop else self._whole(Referent(symbol, None))
                )
            case _:
                raise Misuse(f"'{tree.text}' is no value", tree)

    def _symbol(self, tree: syntax.Name) -> Symbol:
        around = self.around
        while around is not None:
            if tree.text in around.nested:
                return around.nested[tree.text]
            around = around.outer
        symbol = self.program.symbols.get(tree.text)
        if symbol is None:
            raise Misuse(f"there is no '{tree.text}' in this file", tree)
        return symbol

    def _is_namespace(self, tree: syntax.Expression | None) -> bool:
        return isinstance(tree, syntax.Name) and tree.text in _NAMESPACES and tree.text not in self.program.symbols

    def _exports(self, tree: syntax.Expression | None) -> Namespace | None:
        """What `import * as name` brings, if that is what the expression names."""
        if not isinstance(tree, syntax.Name) or tree.text in self.names:
            return None
        symbol = self.program.symbols.get(tree.text)
        return symbol if isinstance(symbol, Namespace) else None

    # Functions

    def _called(self, tree: syntax.Call) -> str:
        exports = self._exports(tree.target)
        if exports is not None:
            imported = Imported(tree.name, exports.path, exports.symbol)
            return f"{self.program.imported_function(imported, tree)}({self._listed(tree.arguments)})"
        if tree.target is not None and not self._is_namespace(tree.target):
            return self._method(tree)
        own = self.program.symbols.get(tree.name) if tree.target is None else None
        if isinstance(own, syntax.Function):
            return f"{self.program.function(own)}({self._listed(tree.arguments)})"
        if isinstance(own, Imported):
            return f"{self.program.imported_function(own, tree)}({self._listed(tree.arguments)})"
        if tree.name in FILES:
            return self.program.content(tree)
        if tree.name == "any" and len(tree.arguments) == 1:
            return self.text(tree.arguments[0])
        if tree.name == "nameof" and len(tree.arguments) == 1:
            return quoted(_name_of(tree.arguments[0]))
        return f"{tree.name}({self._listed(tree.arguments)})"

    def _method(self, tree: syntax.Call) -> str:
        """`resource.listKeys(...)`: what a resource says of itself."""
        referent = None if tree.target is None else self.referent(tree.target)
        if referent is None:
            raise Misuse(f"only resources and namespaces have functions such as '{tree.name}'", tree)
        given = [self.text(argument) for argument in tree.arguments]
        given = given or [quoted(referent.deployable.version)]
        return f"{tree.name}({', '.join((referent.symbol, *given))})"

    # Members

    def _reached(self, tree: syntax.Expression) -> _Reached:
        """Steps from one value to another."""
        match tree:
            case syntax.Member():
                return self._member(tree)
            case syntax.Index():
                referent = self.referent(tree)
                return self._index(tree) if referent is None else _Reached(self._whole(referent))
            case syntax.Nested():
                referent = self.referent(tree)
                if referent is None:
                    raise Misuse("'::' stands between a resource and one that is nested in it", tree)
                return _Reached(self._whole(referent))
            case syntax.NotNull():
                return self._reached(tree.target)
            case syntax.Group():
                return _Reached(self._reached(tree.target).text)
            case _:
                return _Reached(self.text(tree))

    def _member(self, tree: syntax.Member) -> _Reached:
        exports = self._exports(tree.target)
        if exports is not None:
            return _Reached(self.program.imported_variable(Imported(tree.name, exports.path, exports.symbol), tree))
        if self._is_namespace(tree.target):
            return _Reached(self.text(syntax.Name(tree.name, tree.start, tree.end)))
        referent = self.referent(tree.target)
        if referent is not None:
            return self._of_deployable(referent, tree)
        key = quoted(tree.name)
        target = self._reached(tree.target)
        reached = target.safely(key) if tree.safe else target.then(key)
        if self._is_outputs(tree.target):
            return reached.safely("'value'") if tree.safe else reached.then("'value'")
        return reached

    def _index(self, tree: syntax.Index) -> _Reached:
        target, key = self._reached(tree.target), self.text(tree.key)
        if tree.from_end:
            return _Reached(f"{'tryIndexFromEnd' if tree.safe else 'indexFromEnd'}({target.text}, {key})")
        return target.safely(key) if tree.safe else target.then(key)

    def _is_outputs(self, tree: syntax.Expression) -> bool:
        """`module.outputs`"""
        if not isinstance(tree, syntax.Member) or tree.name != "outputs":
            return False
        referent = self.referent(tree.target)
        return referent is not None and referent.deployable.is_module

    def referent(self, tree: syntax.Expression) -> Referent | None:
        """The resource or module that an expression means, if it means one."""
        while isinstance(tree, syntax.NotNull | syntax.Group):
            tree = tree.target
        turn = tree.key if isinstance(tree, syntax.Index) else None
        meant = self._declared(tree.target if isinstance(tree, syntax.Index) else tree)
        if meant is None or (meant.loop is None) is not (turn is None):
            return None
        return Referent(meant, None if turn is None else self.text(turn))

    def _declared(self, tree: syntax.Expression) -> Deployable | None:
        """The resource or module, or the loop of these, that a name means."""
        match tree:
            case syntax.Name() if tree.text not in self.names:
                symbol = self._symbol(tree)
                return symbol if isinstance(symbol, Deployable) else None
            case syntax.Nested():
                outer = self._declared(tree.target)
                return None if outer is None else outer.nested.get(tree.name)
            case _:
                return None

    def _of_deployable(self, referent: Referent, tree: syntax.Member) -> _Reached:
        """What is known of a resource before it is deployed is written out, everything else asked for."""
        identity = identities.Identity(self.program, referent)
        match tree.name:
            case "id":
                return _Reached(self._asked(identity, identity.id(), safe=tree.safe))
            case "name":
                return _Reached(self._asked(identity, identity.own_name(), safe=tree.safe))
            case "type":
                return _Reached(quoted(referent.deployable.type))
            case "apiVersion":
                return _Reached(quoted(referent.deployable.version))
            case "properties" if not tree.safe and not referent.deployable.is_module:
                return _Reached(f"reference({referent.symbol})")
            case "outputs" if referent.deployable.is_module:
                whole = f"reference({referent.symbol})"
            case _:
                whole = self._whole(referent)
        reached = _Reached(self._asked(identity, whole, safe=tree.safe))
        return reached.safely(quoted(tree.name)) if tree.safe else reached.then(quoted(tree.name))

    def _asked(self, identity: identities.Identity, whole: str, *, safe: bool) -> str:
        """What `.?` asks for is null where the resource is not deployed."""
        condition = identity.condition() if safe else None
        return whole if condition is None else f"if({condition}, {whole}, null())"

    def _whole(self, referent: Referent) -> str:
        return f"reference({referent.symbol}, {quoted(referent.deployable.version)}, 'full')"


def failure(message: str) -> str:
    """An expression that is an error for this reason."""
    return f"fail({quoted(message)})"


def bracketed(text: str) -> str:
    """An expression as a string of a template; a mere text needs no expression."""
    found = _QUOTED.fullmatch(text)
    return f"[{text}]" if found is None else pieces.literal(found[1].replace("''", "'"))


def _literal(value: bool | int | float | None) -> str:
    return "null()" if value is None else f"{str(value).lower()}()" if isinstance(value, bool) else str(value)


def _has_spread(items: Iterable[object]) -> bool:
    return any(isinstance(item, syntax.Spread) for item in items)


def _name_of(tree: syntax.Expression) -> str:
    match tree:
        case syntax.Name(text=name) | syntax.Member(name=name) | syntax.Nested(name=name):
            return name
        case _:
            raise Misuse("nameof takes a name", tree)
