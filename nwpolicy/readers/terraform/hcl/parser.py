"""HCL to a tree, by recursive descent: expressions hold templates and templates hold expressions, to any depth.

Source: HashiCorp, "HCL Native Syntax Specification", Structural Elements, Expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from nwpolicy.readers.places import MAX_DIGITS, Fault, shown
from nwpolicy.readers.terraform.hcl import syntax
from nwpolicy.readers.terraform.hcl.templates import Templates
from nwpolicy.readers.terraform.hcl.tokens import SyntaxFault, Token, Tokens

__all__ = ["Parser", "parse", "parse_template"]

T = TypeVar("T")

#: Brackets and operators within one another. Real configurations stay below 30.
_MAX_DEPTH: Final = 60
#: Operators by how tightly they bind, the loosest first.
_LEVELS: Final = (("||",), ("&&",), ("==", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "/", "%"))
_WORDS: Final[Mapping[str, bool | None]] = {"true": True, "false": False, "null": None}
_END: Final = "end"


def parse(text: str) -> syntax.Body:
    """The body that a text is. Raises SyntaxFault."""
    parser = Parser(text)
    return parser.body(_END)


def parse_template(text: str) -> syntax.Literal | syntax.Template:
    """The template that a whole text is. Raises SyntaxFault."""
    return Parser(text).templates.whole()


class Parser:
    def __init__(self, text: str) -> None:
        self.tokens = Tokens(text)
        self.templates = Templates(self)
        self._depth = 0

    # Bodies

    def body(self, closing: str) -> syntax.Body:
        """Attributes and blocks up to the end of the text or the `}` of a block, which is left."""
        attributes: dict[str, syntax.Attribute] = {}
        blocks: list[syntax.Block] = []
        while True:
            token = self.tokens.peek()
            if token.kind == "line":
                self.tokens.take()
                continue
            if closing in (token.kind, token.text):
                return syntax.Body(attributes, tuple(blocks))
            if token.kind != "name":
                raise self._unexpected("an argument or a block" if closing == _END else "an argument, a block or '}'")
            self.tokens.take()
            if self._next_is("="):
                self._attribute(token, attributes)
            else:
                blocks.append(self._block(token))
            self._end_of_item(closing)

    def _attribute(self, name: Token, attributes: dict[str, syntax.Attribute]) -> None:
        self.tokens.take()
        value = self.expression()
        if name.text in attributes:
            message = f"the argument {shown(name.text)} is given twice"
            raise SyntaxFault(Fault("duplicate-key", message, name.start, name.end))
        attributes[name.text] = syntax.Attribute(name.text, value, name.start, value.end)

    def _block(self, type: Token) -> syntax.Block:
        labels: list[str] = []
        while not self._next_is("{"):
            token = self.tokens.peek()
            if token.kind == "name":
                labels.append(self.tokens.take().text)
            elif token.kind == "quote":
                labels.append(self._label())
            else:
                raise self._unexpected("'=' or '{'")
        self._open("{", lines=True)
        body = self.nested(lambda: self.body("}"))
        return syntax.Block(type.text, tuple(labels), body, type.start, self._close("}"))

    def _label(self) -> str:
        template = self.templates.quoted()
        if isinstance(template, syntax.Literal) and isinstance(template.value, str):
            return template.value
        raise SyntaxFault(Fault("syntax", "the label of a block holds no expressions", template.start, template.end))

    def _end_of_item(self, closing: str) -> None:
        token = self.tokens.peek()
        if token.kind not in ("line", "end") and not (closing == "}" and token.text == "}"):
            raise self._unexpected("the end of the line")

    # Expressions

    def expression(self) -> syntax.Expression:
        return self.nested(self._conditional)

    def _conditional(self) -> syntax.Expression:
        condition = self._operation(0)
        if not self._next_is("?"):
            return condition
        self.tokens.take()
        then = self.expression()
        self.expect(":")
        otherwise = self.expression()
        return syntax.Conditional(condition, then, otherwise, condition.start, otherwise.end)

    def _operation(self, level: int) -> syntax.Expression:
        if level == len(_LEVELS):
            return self._unary()
        left = self._operation(level + 1)
        while self._next_is(*_LEVELS[level]):
            operator = self.tokens.take().text
            right = self._operation(level + 1)
            left = syntax.Binary(operator, left, right, left.start, right.end)
        return left

    def _unary(self) -> syntax.Expression:
        if self._next_is("-", "!"):
            sign = self.tokens.take()
            operand = self.nested(self._unary)
            return syntax.Unary(sign.text, operand, sign.start, operand.end)
        return self._steps(self._operand())

    def _steps(self, target: syntax.Expression) -> syntax.Expression:
        while True:
            if self._next_is("."):
                self.tokens.take()
                is_splat = self._next_is("*")
                target = self._member_splat(target) if is_splat else self._member(target)
            elif self._next_is("["):
                start = self._open("[", lines=False)
                if self._next_is("*"):
                    self.tokens.take()
                    each = self._steps(syntax.Name("*", start.start, self._close("]")))
                    return syntax.Splat(target, each, target.start, each.end)
                key = self.expression()
                target = syntax.Index(target, key, target.start, self._close("]"))
            else:
                return target

    def _member(self, target: syntax.Expression) -> syntax.Expression:
        number = self.tokens.whole_number()
        if number is not None:
            key = syntax.Literal(_number(number), number.start, number.end)
            return syntax.Index(target, key, target.start, number.end)
        if self.tokens.peek().kind != "name":
            raise self._unexpected("a name")
        name = self.tokens.take()
        return syntax.Member(target, name.text, target.start, name.end)

    def _member_splat(self, target: syntax.Expression) -> syntax.Splat:
        """`.*` reaches over the names that follow, unlike `[*]`, which reaches over indexes too."""
        star = self.tokens.take()
        each: syntax.Expression = syntax.Name("*", star.start, star.end)
        while self._next_is("."):
            self.tokens.take()
            each = self._member(each)
        return syntax.Splat(target, each, target.start, each.end)

    def _operand(self) -> syntax.Expression:
        token = self.tokens.peek()
        if token.kind == "number":
            self.tokens.take()
            return syntax.Literal(_number(token), token.start, token.end)
        if token.kind == "name":
            return self._name()
        if token.kind == "quote":
            return self.templates.quoted()
        if token.kind == "heredoc":
            return self.templates.heredoc()
        match token.text:
            case "(":
                self._open("(", lines=False)
                inner = self.expression()
                return syntax.Group(inner, token.start, self._close(")"))
            case "[":
                return self._array()
            case "{":
                return self._object()
            case _:
                raise self._unexpected("an expression")

    def _name(self) -> syntax.Expression:
        token = self.tokens.take()
        name, end = token.text, token.end
        while self._next_is("::"):  # a function of a provider
            self.tokens.take()
            part = self.tokens.take()
            name, end = f"{name}::{part.text}", part.end
        if self._next_is("("):
            return self._call(name, token.start)
        if name in _WORDS:
            return syntax.Literal(_WORDS[name], token.start, token.end)
        return syntax.Name(name, token.start, end)

    def _call(self, name: str, start: int) -> syntax.Call:
        self._open("(", lines=False)
        arguments: list[syntax.Expression] = []
        expands = False
        while not self._next_is(")"):
            arguments.append(self.expression())
            if self._next_is("..."):
                self.tokens.take()
                expands = True
                break
            if not self._next_is(","):
                break
            self.tokens.take()
        return syntax.Call(name, tuple(arguments), expands, start, self._close(")"))

    def _array(self) -> syntax.Expression:
        start = self._open("[", lines=False)
        if self._at_for():
            return self._for(start, "]")
        elements: list[syntax.Expression] = []
        while not self._next_is("]"):
            elements.append(self.expression())
            if not self._next_is(","):
                break
            self.tokens.take()
        return syntax.Array(tuple(elements), start.start, self._close("]"))

    def _object(self) -> syntax.Expression:
        start = self._open("{", lines=False)
        if self._at_for():
            return self._for(start, "}")
        self.tokens.leave()
        self.tokens.enter(lines=True)
        items: list[syntax.Item] = []
        while True:
            while self.tokens.peek().kind == "line":
                self.tokens.take()
            if self._next_is("}"):
                return syntax.Object(tuple(items), start.start, self._close("}"))
            items.append(self._item())
            if self._next_is(","):
                self.tokens.take()
            elif self.tokens.peek().kind != "line" and not self._next_is("}"):
                raise self._unexpected("',', a line end or '}'")

    def _item(self) -> syntax.Item:
        key = self.nested(lambda: self._operation(0))
        if not self._next_is("=", ":"):
            raise self._unexpected("'=' or ':'")
        self.tokens.take()
        return syntax.Item(key, self.expression())

    def _at_for(self) -> bool:
        """Whether a loop begins here, and not something that is called `for`."""
        token = self.tokens.peek()
        if token.text != "for" or token.kind != "name":
            return False
        self.tokens.take()
        if self.tokens.peek().kind == "name":
            return True
        self.tokens.seek(token.start)
        return False

    def _for(self, start: Token, closing: str) -> syntax.For:
        key, value, collection = self.loop()
        self.expect(":")
        result = self.expression()
        new_key = None
        if closing == "}":
            self.expect("=>")
            new_key, result = result, self.expression()
        grouped = closing == "}" and self._next_is("...")
        if grouped:
            self.tokens.take()
        condition = None
        if self.tokens.peek().text == "if":
            self.tokens.take()
            condition = self.expression()
        end = self._close(closing)
        return syntax.For(key, value, collection, new_key, result, grouped, condition, start.start, end)

    # What templates need too

    def loop(self) -> tuple[str | None, str, syntax.Expression]:
        """`key, value in collection`"""
        first = self._word()
        second = None
        if self._next_is(","):
            self.tokens.take()
            second = self._word()
        if self.tokens.peek().text != "in":
            raise self._unexpected("'in'")
        self.tokens.take()
        key, value = (None, first) if second is None else (first, second)
        return key, value, self.expression()

    def nested(self, parse: Callable[[], T]) -> T:
        """One level deeper."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            at = self.tokens.position
            raise SyntaxFault(Fault("too-deep", f"nested more than {_MAX_DEPTH} deep", at, at + 1))
        found = parse()
        self._depth -= 1
        return found

    def expect(self, sign: str) -> Token:
        if not self._next_is(sign):
            raise self._unexpected(f"'{sign}'")
        return self.tokens.take()

    def _word(self) -> str:
        if self.tokens.peek().kind != "name":
            raise self._unexpected("a name")
        return self.tokens.take().text

    def _next_is(self, *signs: str) -> bool:
        token = self.tokens.peek()
        return token.kind == "sign" and token.text in signs

    def _open(self, bracket: str, *, lines: bool) -> Token:
        token = self.expect(bracket)
        self.tokens.enter(lines=lines)
        return token

    def _close(self, bracket: str) -> int:
        token = self.expect(bracket)
        self.tokens.leave()
        return token.end

    def _unexpected(self, wanted: str) -> SyntaxFault:
        token = self.tokens.peek()
        found = {"end": "the end of the file", "line": "the end of the line"}.get(token.kind, shown(token.text))
        end = max(token.end, token.start + 1) if token.kind != "line" else token.start + 1
        return SyntaxFault(Fault("syntax", f"expected {wanted}, found {found}", token.start, end))


def _number(token: Token) -> int | float:
    if len(token.text) > MAX_DIGITS:
        raise SyntaxFault(Fault("invalid-number", "the number has too many digits", token.start, token.end))
    value = float(token.text)
    if value in (float("inf"), float("-inf")):
        raise SyntaxFault(Fault("invalid-number", "the number is too large", token.start, token.end))
    if token.text.isdecimal():
        return int(token.text)
    return int(value) if value.is_integer() else value
