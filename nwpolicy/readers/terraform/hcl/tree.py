"""From the parser's reductions to `syntax`: one method a rule of the grammar.

Not a `lark.Transformer`: that would import lark with this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from nwpolicy.model.records import dataclass
from nwpolicy.readers.places import MAX_DIGITS, Fault, shown
from nwpolicy.readers.terraform.hcl import syntax
from nwpolicy.readers.terraform.hcl.errors import SyntaxFault
from nwpolicy.readers.terraform.hcl.texts import flushed

if TYPE_CHECKING:
    from lark import Token

__all__ = ["Tree"]

#: What a rule's callback is given: terminals, and what other callbacks made.
Children: TypeAlias = "list[Any]"

#: How tightly operators bind. Source: HashiCorp, "Terraform language: Arithmetic and Logical Operators".
_LEVELS: Final = (("||",), ("&&",), ("==", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "/", "%"))
_PRECEDENCE: Final = {operator: level for level, operators in enumerate(_LEVELS) for operator in operators}
_WORDS: Final = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class _Member:
    """`.name`, `.0`"""

    token: Token


@dataclass(frozen=True, slots=True)
class _Index:
    """`[key]`"""

    key: syntax.Expression
    end: int


@dataclass(frozen=True, slots=True)
class _Splat:
    """`.*`, or `[*]`, which `reaches` over indexes too."""

    start: int
    end: int
    reaches: bool


class Tree:
    # Bodies

    def body(self, children: Children) -> syntax.Body:
        attributes: dict[str, syntax.Attribute] = {}
        for child in children:
            if isinstance(child, syntax.Attribute) and attributes.setdefault(child.name, child) is not child:
                message = f"the argument {shown(child.name)} is given twice"
                raise SyntaxFault(Fault("duplicate-key", message, child.start, child.start + len(child.name)))
        return syntax.Body(attributes, tuple(child for child in children if isinstance(child, syntax.Block)))

    def attribute(self, children: Children) -> syntax.Attribute:
        name, value = children
        return syntax.Attribute(str(name), value, name.start_pos, value.end)

    def block(self, children: Children) -> syntax.Block:
        type, *labels, _, body, closing = children
        return syntax.Block(str(type), tuple(map(_label, labels)), body, type.start_pos, closing.end_pos)

    # Operators

    def conditional(self, children: Children) -> syntax.Conditional:
        condition, then, otherwise = children
        return syntax.Conditional(condition, then, otherwise, condition.start, otherwise.end)

    def operands(self, children: Children) -> syntax.Expression:
        """What binds tighter becomes an operand of what binds looser; of two alike, the left one."""
        found: list[syntax.Expression] = [children[0]]
        pending: list[str] = []
        for operator, operand in zip(children[1::2], children[2::2], strict=True):
            while pending and _PRECEDENCE[pending[-1]] >= _PRECEDENCE[operator]:
                _join(found, pending.pop())
            pending.append(str(operator))
            found.append(operand)
        while pending:
            _join(found, pending.pop())
        return found[0]

    def unary(self, children: Children) -> syntax.Unary:
        sign, operand = children
        return syntax.Unary(str(sign), operand, sign.start_pos, operand.end)

    # References

    def access(self, children: Children) -> syntax.Expression:
        target, *steps = children
        return _reached(target, steps)

    def member(self, children: Children) -> _Member:
        return _Member(children[0])

    def index(self, children: Children) -> _Index:
        _, key, closing = children
        return _Index(key, closing.end_pos)

    def member_splat(self, children: Children) -> _Splat:
        return _Splat(children[0].start_pos, children[0].end_pos, reaches=False)

    def splat(self, children: Children) -> _Splat:
        return _Splat(children[0].start_pos, children[-1].end_pos, reaches=True)

    # Values

    def number(self, children: Children) -> syntax.Literal:
        return _number(children[0])

    def name(self, children: Children) -> syntax.Literal | syntax.Name:
        token = children[0]
        if token in _WORDS:
            return syntax.Literal(_WORDS[token], token.start_pos, token.end_pos)
        return syntax.Name(str(token), token.start_pos, token.end_pos)

    def call(self, children: Children) -> syntax.Call:
        name, _, *arguments, closing = children
        expands = bool(arguments) and getattr(arguments[-1], "type", "") == "ELLIPSIS"
        given = tuple(arguments[:-1] if expands else arguments)
        return syntax.Call(str(name), given, expands, name.start_pos, closing.end_pos)

    def group(self, children: Children) -> syntax.Group:
        opening, inner, closing = children
        return syntax.Group(inner, opening.start_pos, closing.end_pos)

    def array(self, children: Children) -> syntax.Array:
        opening, *elements, closing = children
        return syntax.Array(tuple(elements), opening.start_pos, closing.end_pos)

    def object(self, children: Children) -> syntax.Object:
        opening, *items, closing = children
        return syntax.Object(tuple(items), opening.start_pos, closing.end_pos)

    def item(self, children: Children) -> syntax.Item:
        key, value = children
        return syntax.Item(key, value)

    def array_loop(self, children: Children) -> syntax.For:
        opening, first, second, collection, result, condition, closing = children
        start, end = opening.start_pos, closing.end_pos
        return syntax.For(*_names(first, second), collection, None, result, False, condition, start, end)

    def object_loop(self, children: Children) -> syntax.For:
        opening, first, second, collection, key, result, dots, condition, closing = children
        start, end = opening.start_pos, closing.end_pos
        return syntax.For(*_names(first, second), collection, key, result, dots is not None, condition, start, end)

    # Templates

    def text(self, children: Children) -> syntax.Literal | syntax.Template:
        opening, *parts, closing = children
        found = _parts(parts)
        if opening.startswith("<<-"):
            found = flushed(found)
        return _text(found, opening.start_pos, closing.end_pos)

    def template(self, children: Children) -> syntax.Literal | syntax.Template:
        *parts, closing = children
        return _text(_parts(parts), 0, closing.end_pos)

    def choice(self, children: Children) -> syntax.Choice:
        condition, *parts = children
        at = next((number for number, part in enumerate(parts) if _is(part, "ELSE")), len(parts))
        return syntax.Choice(condition, _parts(parts[:at]), _parts(parts[at + 1 :]))

    def repetition(self, children: Children) -> syntax.Repetition:
        first, second, collection, *parts = children
        return syntax.Repetition(*_names(first, second), collection, _parts(parts))


def _label(label: Any) -> str:
    """Of a block: a word, or a string without expressions."""
    if isinstance(label, syntax.Literal) and isinstance(label.value, str):
        return label.value
    if isinstance(label, syntax.Template):
        message = "the label of a block holds no expressions"
        raise SyntaxFault(Fault("syntax", message, label.start, label.end))
    return str(label)


def _join(operands: list[syntax.Expression], operator: str) -> None:
    right, left = operands.pop(), operands.pop()
    operands.append(syntax.Binary(operator, left, right, left.start, right.end))


def _reached(target: syntax.Expression, steps: list[_Member | _Index | _Splat]) -> syntax.Expression:
    for number, step in enumerate(steps, 1):
        match step:
            case _Member():
                target = _member(target, step.token)
            case _Index():
                target = syntax.Index(target, step.key, target.start, step.end)
            case _Splat():
                return _splat(target, step, steps[number:])
    return target


def _member(target: syntax.Expression, token: Token) -> syntax.Expression:
    if token.type == "WHOLE":
        key = _number(token)
        return syntax.Index(target, key, target.start, key.end)
    return syntax.Member(target, str(token), target.start, token.end_pos or target.end)


def _splat(target: syntax.Expression, splat: _Splat, steps: list[_Member | _Index | _Splat]) -> syntax.Expression:
    """`.*` reaches over the names that follow, unlike `[*]`, which reaches over everything."""
    is_other = (number for number, step in enumerate(steps) if not isinstance(step, _Member))
    end = len(steps) if splat.reaches else next(is_other, len(steps))
    each = _reached(syntax.Name("*", splat.start, splat.end), steps[:end])
    return _reached(syntax.Splat(target, each, target.start, each.end), steps[end:])


def _number(token: Token) -> syntax.Literal:
    start, end = token.start_pos or 0, token.end_pos or 0
    if len(token) > MAX_DIGITS:
        raise SyntaxFault(Fault("invalid-number", "the number has too many digits", start, end))
    value = float(token)
    if value in (float("inf"), float("-inf")):
        raise SyntaxFault(Fault("invalid-number", "the number is too large", start, end))
    is_whole = token.isdecimal() or value.is_integer()
    return syntax.Literal(int(token if token.isdecimal() else value) if is_whole else value, start, end)


def _names(first: Token, second: Token | None) -> tuple[str | None, str]:
    """What a loop binds: the key, and the value."""
    return (None, str(first)) if second is None else (str(first), str(second))


def _is(part: object, kind: str) -> bool:
    return getattr(part, "type", "") == kind


def _parts(parts: Children) -> tuple[syntax.Part, ...]:
    return tuple(str(part) if isinstance(part, str) else part for part in parts)


def _text(parts: tuple[syntax.Part, ...], start: int, end: int) -> syntax.Literal | syntax.Template:
    if all(isinstance(part, str) for part in parts):
        return syntax.Literal("".join(map(str, parts)), start, end)
    return syntax.Template(parts, start, end)
