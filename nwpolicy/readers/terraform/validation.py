"""What the author of a variable says that its values may be.

A value that is known is checked as Terraform does. Of one that is not, a validation tells the domain as far as it can
be read off: one of some values, or numbers within limits. Whatever else it says is left out, so the domain may be
larger than what Terraform takes, never smaller.

Source: HashiCorp, "Terraform language: Custom Conditions", Input Variable Validation.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import reduce
from typing import Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Document
from nwpolicy.model.unknowns import Domain
from nwpolicy.readers.terraform.declarations import Declared
from nwpolicy.readers.terraform.evaluation import evaluated
from nwpolicy.readers.terraform.frames import Frame
from nwpolicy.readers.terraform.hcl import syntax
from nwpolicy.readers.terraform.values import EvaluationError, Value, number_text

__all__ = ["check", "domain_of"]

_SCALARS: Final = ("number", "string")
#: Operators the other way round.
_TURNED: Final[Mapping[str, str]] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
#: A pattern for a few words.
_WORDS: Final = re.compile(r"\^\((?:\?:)?([\w-]+(?:\|[\w-]+)*)\)\$")


def check(value: Value, declared: Declared, frame: Frame) -> None:
    """Says which conditions a value does not meet. `frame` is the module's, which knows the value already."""
    for block, document in _validations(declared):
        condition = block.body.attributes.get("condition")
        if condition is None:
            continue
        try:
            is_met = evaluated(condition.value, frame.within(document)).data
        except EvaluationError:
            continue  # whether Terraform would get further, nobody knows
        if is_met is False:
            message = f"the variable {declared.block.labels[0]} cannot have this value: its validation refuses it"
            frame.module.reading.say(Severity.ERROR, "invalid-parameter", message, value.source, _advice(block))


def _advice(validation: syntax.Block) -> str | None:
    written = validation.body.attributes.get("error_message")
    text = written.value.value if written is not None and isinstance(written.value, syntax.Literal) else None
    return text if isinstance(text, str) else None


def _validations(declared: Declared) -> Iterator[tuple[syntax.Block, Document]]:
    for name, block, document in declared.written():
        if name == "validation" and isinstance(block, syntax.Block):
            yield block, document


def domain_of(name: str, declared: Declared) -> Domain | None:
    """What a string or a number may be."""
    type = declared.get("type")
    written = type.value.text if type is not None and isinstance(type.value, syntax.Name) else None
    if written not in _SCALARS:
        return None
    conditions = (block.body.attributes.get("condition") for block, _ in _validations(declared))
    parts = (part for condition in conditions if condition is not None for part in _parts("&&", condition.value))
    domain = reduce(_Reader(name).narrowed, parts, Domain(is_number=written == "number"))
    return None if domain == Domain() else domain


def _parts(operator: str, tree: syntax.Expression) -> Iterator[syntax.Expression]:
    """The conditions that `&&` or `||` joins."""
    match tree:
        case syntax.Group():
            yield from _parts(operator, tree.inner)
        case syntax.Binary() if tree.operator == operator:
            yield from _parts(operator, tree.left)
            yield from _parts(operator, tree.right)
        case _:
            yield tree


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads conditions about the variable `name`."""

    name: str

    def narrowed(self, domain: Domain, condition: syntax.Expression) -> Domain:
        """The part of a domain that meets a condition, as far as that can be told."""
        compared = self._compared(condition)
        if compared is not None and compared[0] != "==":
            return _limited(domain, *compared)
        choices = [self._choices(part) for part in _parts("||", condition)]
        if not all(choices):
            return domain
        found = dict.fromkeys(text for texts in choices for text in texts)
        return replace(domain, allowed=tuple(text for text in found if not domain.allowed or text in domain.allowed))

    def _compared(self, tree: syntax.Expression) -> tuple[str, object] | None:
        """The operator and the value with which the variable is compared."""
        match tree:
            case syntax.Binary(operator, left, syntax.Literal(value)) if self._is_meant(left):
                return operator, value
            case syntax.Binary(operator, syntax.Literal(value), right) if self._is_meant(right):
                return _TURNED.get(operator, operator), value
            case _:
                return None

    def _choices(self, tree: syntax.Expression) -> tuple[str, ...]:
        """The values of which the variable has to be one; none where a condition does not tell."""
        match tree:
            case syntax.Call("contains", (choices, variable)) if self._is_meant(variable):
                return _texts(choices)
            case syntax.Call("can", (syntax.Call("regex", (syntax.Literal(str(pattern)), variable)),)):
                words = _WORDS.fullmatch(pattern) if self._is_meant(variable) else None
                return () if words is None else tuple(words[1].split("|"))
            case _:
                operator, value = self._compared(tree) or ("", None)
                text = _text(value)
                return (text,) if operator == "==" and text is not None else ()

    def _is_meant(self, tree: syntax.Expression) -> bool:
        match tree:
            case syntax.Member(syntax.Name("var"), name):
                return name == self.name
            case _:
                return False


def _texts(tree: syntax.Expression) -> tuple[str, ...]:
    """The elements of a list; none where they are not all plain."""
    match tree:
        case syntax.Call("tolist" | "toset", (inner,)):
            return _texts(inner)
        case syntax.Array(elements):
            texts = [_text(element.value) if isinstance(element, syntax.Literal) else None for element in elements]
            return tuple(text for text in texts if text is not None) if None not in texts else ()
        case _:
            return ()


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    return number_text(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _limited(domain: Domain, operator: str, limit: object) -> Domain:
    """Only whole numbers matter."""
    if not isinstance(limit, int | float) or isinstance(limit, bool):
        return domain
    match operator:
        case ">" | ">=":
            least = math.floor(limit) + 1 if operator == ">" else math.ceil(limit)
            return replace(domain, least=least if domain.least is None else max(least, domain.least))
        case "<" | "<=":
            most = math.ceil(limit) - 1 if operator == "<" else math.floor(limit)
            return replace(domain, most=most if domain.most is None else min(most, domain.most))
        case _:
            return domain
