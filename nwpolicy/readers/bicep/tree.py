"""From the parser's reductions to `syntax`: one method a rule of the grammar.

Not a `lark.Transformer`: that would import lark with this module.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from nwpolicy.model.records import dataclass
from nwpolicy.readers.bicep import syntax
from nwpolicy.readers.places import MAX_DIGITS

if TYPE_CHECKING:
    from collections.abc import Callable

    from lark import Token

__all__ = ["Misplaced", "Tree"]

#: What a rule's callback is given: terminals, and what other callbacks made.
Children: TypeAlias = "list[Any]"
#: What comes behind an expression, or a type, makes a longer one of it.
Step: TypeAlias = "Callable[[syntax.Expression], syntax.Expression]"
TypeStep: TypeAlias = "Callable[[syntax.Type], syntax.Type]"

#: How tightly operators bind. Source: Microsoft Learn, "Bicep operators", operator precedence and associativity.
_PRECEDENCE: Final = {
    "*": 7,
    "/": 7,
    "%": 7,
    "+": 6,
    "-": 6,
    "<": 5,
    "<=": 5,
    ">": 5,
    ">=": 5,
    "==": 4,
    "!=": 4,
    "=~": 4,
    "!~": 4,
    "&&": 3,
    "||": 2,
    "??": 1,
}
_WORDS: Final = {"true": True, "false": False, "null": None}


class Misplaced(Exception):  # noqa: N818 - a syntax error that the grammar lets pass
    """Something that is well-formed, but not what stands there."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end


@dataclass(frozen=True, slots=True)
class _Group:
    """`(...)`: an expression in parentheses, or the variables of a lambda or a loop."""

    inner: tuple[syntax.Expression, ...]
    start: int
    end: int


def _start(first: Any) -> int:
    """Of a terminal, or of a node."""
    start: int = first.start_pos if hasattr(first, "start_pos") else first.start
    return start


def _end(last: Any) -> int:
    end: int = last.end_pos if hasattr(last, "end_pos") else last.end
    return end


def _bounds(children: Children) -> tuple[int, int]:
    """From the first child to the last one that is there."""
    last = children[-1]
    if last is None:
        last = next(child for child in reversed(children) if child is not None)
    return _start(children[0]), _end(last)


def _word(token: Token) -> syntax.Word:
    return syntax.Word(str(token), *_bounds([token]))


def _key(key: Any) -> syntax.Word | syntax.Text:
    return key if isinstance(key, syntax.Text) else _word(key)


def _plain(name: Any) -> str:
    """A name, or a string in its place."""
    if isinstance(name, syntax.Text) and name.plain is None:
        raise Misplaced("a string without expressions is expected", name.start, name.end)
    return name.plain or "" if isinstance(name, syntax.Text) else str(name)


def _optional(token: Token | None) -> str | None:
    return None if token is None else str(token)


def _variables(given: Any) -> tuple[syntax.Word, ...]:
    """What a lambda or a loop binds."""
    if not isinstance(given, _Group):
        return (_word(given),)
    for name in given.inner:
        if not isinstance(name, syntax.Name):
            raise Misplaced("the name of a variable is expected", name.start, name.end)
    return tuple(syntax.Word(name.text, name.start, name.end) for name in given.inner if isinstance(name, syntax.Name))


def _climbed(rest: Children, lowest: int = 0) -> syntax.Expression:
    """Operands and operators in a row, the first one last (consumed), as a tree of operations that bind as tightly."""
    left: syntax.Expression = rest.pop()
    while rest and _PRECEDENCE[rest[-1]] > lowest:
        sign = str(rest.pop())
        right = _climbed(rest, _PRECEDENCE[sign])
        left = syntax.Binary(sign, left, right, left.start, right.end)
    return left


def _deployed(body: syntax.Body) -> syntax.Body:
    """What a resource or a module is made of, which a loop only has for resources and modules."""
    inner = body.body if isinstance(body, syntax.Loop) else body
    if not isinstance(inner, syntax.Object | syntax.Conditional):
        raise Misplaced("expected '{' or 'if' in the loop of a resource or a module", inner.start, inner.end)
    return body


def _decorated(children: Children) -> tuple[tuple[syntax.Decorator, ...], Children]:
    """The decorators at the front, and what is left."""
    count = 0
    while isinstance(children[count], syntax.Decorator):
        count += 1
    return tuple(children[:count]), children[count:]


class Tree:
    """The callbacks."""

    def start(self, children: Children) -> tuple[syntax.Statement, ...]:
        return tuple(children)

    # Statements

    def decorated(self, children: Children) -> Any:
        """A declaration with its decorators."""
        *decorators, declaration = children
        return replace(declaration, decorators=tuple(decorators), start=_start(decorators[0]))

    inner_decorated = decorated

    def target(self, children: Children) -> syntax.Target:
        _, value = children
        return syntax.Target((), value, *_bounds(children))

    def metadata(self, children: Children) -> syntax.Metadata:
        _, name, value = children
        return syntax.Metadata((), _word(name), value, *_bounds(children))

    def parameter(self, children: Children) -> syntax.Parameter:
        _, name, type, value = children
        return syntax.Parameter((), _word(name), type, value, *_bounds(children))

    def variable(self, children: Children) -> syntax.Variable:
        _, name, type, value = children
        return syntax.Variable((), _word(name), type, value, *_bounds(children))

    def alias(self, children: Children) -> syntax.Alias:
        _, name, type = children
        return syntax.Alias((), _word(name), type, *_bounds(children))

    def function(self, children: Children) -> syntax.Function:
        _, name, _, parameters, _, type, body = children
        return syntax.Function((), _word(name), parameters or (), type, body, *_bounds(children))

    def typed_names(self, children: Children) -> tuple[tuple[syntax.Word, syntax.Type], ...]:
        return tuple((_word(name), type) for name, type in zip(children[::2], children[1::2], strict=True))

    def resource(self, children: Children) -> syntax.ResourceDeclaration:
        _, name, type, existing, body = children
        bounds = _bounds(children)
        return syntax.ResourceDeclaration((), _word(name), type, existing is not None, _deployed(body), *bounds)

    nested_resource = resource

    def module(self, children: Children) -> syntax.Module:
        _, name, path, body = children
        return syntax.Module((), _word(name), path, _deployed(body), *_bounds(children))

    def output(self, children: Children) -> syntax.Output:
        _, name, type, value = children
        return syntax.Output((), _word(name), type, value, *_bounds(children))

    def assertion(self, children: Children) -> syntax.Assertion:
        _, name, value = children
        return syntax.Assertion((), _word(name), value, *_bounds(children))

    def test(self, children: Children) -> syntax.Test:
        _, name, path, body = children
        return syntax.Test((), _word(name), path, body, *_bounds(children))

    def import_symbols(self, children: Children) -> syntax.Import:
        _, symbols, path = children
        return syntax.Import((), symbols, path, *_bounds(children))

    def symbols(self, children: Children) -> tuple[syntax.Symbol, ...]:
        return tuple(children[1:-1])

    def symbol(self, children: Children) -> syntax.Symbol:
        name = _plain(children[0])
        return syntax.Symbol(name, _optional(children[1]) or name, *_bounds(children))

    def wildcard(self, children: Children) -> tuple[syntax.Symbol, ...]:
        return (syntax.Symbol("*", str(children[1]), *_bounds(children)),)

    def extension(self, children: Children) -> syntax.Extension:
        _, name, configuration, alias = children
        return syntax.Extension((), _plain(name), configuration, _optional(alias), *_bounds(children))

    import_namespace = extension

    def extension_config(self, children: Children) -> syntax.Extension:
        return syntax.Extension((), str(children[1]), children[2], None, *_bounds(children))

    def using(self, children: Children) -> syntax.Using:
        path = children[1]
        return syntax.Using(path if isinstance(path, syntax.Text) else None, *_bounds(children))

    def extends(self, children: Children) -> syntax.Extends:
        return syntax.Extends(children[1], *_bounds(children))

    def decorator(self, children: Children) -> syntax.Decorator:
        return syntax.Decorator(children[1], *_bounds(children))

    inner_decorator = decorator

    # Expressions

    def conditional(self, children: Children) -> syntax.Conditional:
        return syntax.Conditional(children[2], children[4], *_bounds(children))

    def ternary(self, children: Children) -> syntax.Ternary:
        condition, _, positive, negative = children
        return syntax.Ternary(condition, positive, negative, *_bounds(children))

    def lambda_function(self, children: Children) -> syntax.Lambda:
        variables, body = children
        return syntax.Lambda(_variables(variables), body, *_bounds(children))

    def operation(self, children: Children) -> syntax.Expression:
        return _climbed(children[::-1])

    def unary(self, children: Children) -> syntax.Unary:
        sign, operand = children
        return syntax.Unary(str(sign), operand, *_bounds(children))

    def access(self, children: Children) -> syntax.Expression:
        target: syntax.Expression = children[0]
        for step in children[1:]:
            target = step(target)
        return target

    def member(self, children: Children) -> Step:
        sign, name, arguments = children
        safe, end = sign.type == "SAFE_DOT", _bounds(children)[1]
        if arguments is None:
            return lambda target: syntax.Member(target, str(name), safe, target.start, end)
        if safe:
            raise Misplaced("a function is called with '.', not with '.?'", *_bounds([sign]))
        return lambda target: syntax.Call(target, str(name), arguments.inner, target.start, end)

    def nested(self, children: Children) -> Step:
        (name,) = children
        return lambda target: syntax.Nested(target, str(name), target.start, _end(name))

    def index(self, children: Children) -> Step:
        opening, hat, key, closing = children
        safe, end = opening.type == "SAFE_LSQUARE", _end(closing)
        return lambda target: syntax.Index(target, key, safe, hat is not None, target.start, end)

    def not_null(self, children: Children) -> Step:
        return lambda target: syntax.NotNull(target, target.start, _end(children[0]))

    def literal(self, children: Children) -> syntax.Literal:
        (token,) = children
        if token in _WORDS:
            return syntax.Literal(_WORDS[token], *_bounds(children))
        if len(token) > MAX_DIGITS:
            raise Misplaced("a whole number of up to 64 bits is expected", *_bounds(children))
        return syntax.Literal(int(token), *_bounds(children))

    def name(self, children: Children) -> syntax.Name:
        return syntax.Name(str(children[0]), *_bounds(children))

    def call(self, children: Children) -> syntax.Call:
        name, arguments = children
        return syntax.Call(None, str(name), arguments.inner, *_bounds(children))

    def parenthesis(self, children: Children) -> _Group:
        return _Group(tuple(children[1:-1]), *_bounds(children))

    arguments = parenthesis

    def group(self, children: Children) -> syntax.Expression:
        (group,) = children
        if len(group.inner) != 1:
            raise Misplaced("one expression is expected in parentheses", group.start, group.end)
        inner: syntax.Expression = group.inner[0]
        return syntax.Group(inner, *_bounds(children)) if isinstance(inner, syntax.Member | syntax.Index) else inner

    def string(self, children: Children) -> syntax.Text:
        return syntax.Text((str(children[0]),), (), *_bounds(children))

    def interpolated(self, children: Children) -> syntax.Text:
        texts = tuple(str(piece) for piece in children[::2])
        return syntax.Text(texts, tuple(children[1::2]), *_bounds(children))

    def object(self, children: Children) -> syntax.Object:
        return syntax.Object(tuple(children[1:-1]), *_bounds(children))

    def property(self, children: Children) -> syntax.Property:
        key, value = children
        return syntax.Property(_key(key), value, *_bounds(children))

    def spread(self, children: Children) -> syntax.Spread:
        return syntax.Spread(children[1], *_bounds(children))

    def array(self, children: Children) -> syntax.Array:
        return syntax.Array(tuple(children[1:-1]), *_bounds(children))

    def loop(self, children: Children) -> syntax.Loop:
        _, variables, over, body, _ = children
        item, *index = _variables(variables)
        if isinstance(variables, _Group) and len(index) != 1:
            raise Misplaced("a loop has one variable, or two in parentheses", variables.start, variables.end)
        return syntax.Loop(item, index[0] if index else None, over, body, *_bounds(children))

    # Types

    def union(self, children: Children) -> syntax.TypeUnion:
        return syntax.TypeUnion(tuple(children), *_bounds(children))

    def nullable(self, children: Children) -> syntax.TypeNullable:
        target, sign = children
        return syntax.TypeNullable(target, sign == "!", *_bounds(children))

    def type_access(self, children: Children) -> syntax.Type:
        target, step = children
        type: syntax.Type = step(target)
        return type

    def type_array(self, children: Children) -> TypeStep:
        _, star, closing = children
        if star is None:
            return lambda target: syntax.TypeArray(target, target.start, _end(closing))
        return lambda target: syntax.TypeIndex(target, None, target.start, _end(closing))

    def type_index(self, children: Children) -> TypeStep:
        _, key, closing = children
        return lambda target: syntax.TypeIndex(target, key, target.start, _end(closing))

    def type_property(self, children: Children) -> TypeStep:
        _, name, *arguments = children
        given = arguments[0] if arguments else None
        end = _end(name if given is None else given)
        inner = () if given is None else given.inner
        return lambda target: syntax.TypeProperty(target, str(name), inner, target.start, end)

    def type_name(self, children: Children) -> syntax.TypeName | syntax.TypeCall:
        name, arguments = children
        if arguments is None:
            return syntax.TypeName(str(name), *_bounds(children))
        return syntax.TypeCall(str(name), arguments.inner, *_bounds(children))

    type_arguments = parenthesis

    def type_literal(self, children: Children) -> syntax.TypeLiteral:
        *sign, value = children
        if sign and sign[0] is not None:
            value = syntax.Unary(str(sign[0]), value, *_bounds(children))
        return syntax.TypeLiteral(value, *_bounds([value]))

    def type_group(self, children: Children) -> syntax.Type:
        type: syntax.Type = children[1]
        return type

    def resource_type(self, children: Children) -> syntax.TypeResource:
        return syntax.TypeResource(children[1], *_bounds(children))

    def object_type(self, children: Children) -> syntax.TypeObject:
        return syntax.TypeObject(tuple(children[1:-1]), *_bounds(children))

    def type_member(self, children: Children) -> syntax.TypeMember:
        decorators, (key, type) = _decorated(children)
        return syntax.TypeMember(decorators, _key(key), type, *_bounds(children))

    def tuple_type(self, children: Children) -> syntax.TypeTuple:
        return syntax.TypeTuple(tuple(children[1:-1]), *_bounds(children))

    def type_element(self, children: Children) -> syntax.TypeMember:
        decorators, (type,) = _decorated(children)
        return syntax.TypeMember(decorators, None, type, *_bounds(children))
