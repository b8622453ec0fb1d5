"""The values of a module's variables.

A variable of the root has the value that a person or a file of variables gives it, else its default; whatever is left
is unknown. So are secret variables, as their values must not appear in any report.

Source: HashiCorp, "Terraform language: Input Variables", "Type Constraints".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Document
from nwpolicy.readers.pins import Pin, Pins
from nwpolicy.readers.terraform.declarations import Declared
from nwpolicy.readers.terraform.evaluation import soft
from nwpolicy.readers.terraform.frames import Frame
from nwpolicy.readers.terraform.hcl import syntax
from nwpolicy.readers.terraform.types import converted, is_text
from nwpolicy.readers.terraform.validation import domain_of
from nwpolicy.readers.terraform.values import EvaluationError, Open, Undecided, Value, wrapped

if TYPE_CHECKING:
    from nwpolicy.readers.terraform.modules import Module

__all__ = ["Given", "LocatedPin", "Variable"]


@dataclass(frozen=True, slots=True)
class Given:
    """The values that the variables of a module are given: expressions, each to be evaluated in its frame. `pins` are
    values that a person gives for variables of the root."""

    values: Mapping[str, tuple[syntax.Expression, Frame]] = field(default_factory=dict)
    pins: Pins | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedPin(Pin):
    """A value from a file of variables, with the places of all that is in it."""

    located: Value


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a module, which is called with some values."""

    name: str
    declared: Declared
    module: Module

    def value(self) -> Value:
        if self._flag("sensitive") is True:
            self._withhold()
            return self._missing(f"the variable {self.name} is sensitive")
        value, default = self._given(), self.declared.get("default")
        is_absent = value is None or (value.data is None and self._flag("nullable") is False)
        if default is not None and is_absent:
            value = self._converted(soft(default.value, self._frame(default.document)))
        return self._missing(f"the variable {self.name} has no default") if value is None else value

    def _frame(self, document: Document) -> Frame:
        return Frame(self.module, document)

    def _flag(self, name: str) -> object:
        found = self.declared.get(name)
        return None if found is None else soft(found.value, self._frame(found.document)).data

    def _given(self) -> Value | None:
        pin = self._pin()
        if pin is None:
            expression = self.module.given.values.get(self.name)
            return None if expression is None else self._converted(soft(*expression))
        if pin.withheld is not None:
            self._withhold()
            return self._missing(pin.withheld)
        if isinstance(pin, LocatedPin):
            return self._converted(pin.located)
        type = self.declared.get("type")
        raw = pin.parsed(always=not is_text(None if type is None else type.value))
        return self._converted(wrapped(raw, pin.source))

    def _pin(self) -> Pin | None:
        """What a person gives for a variable of the root, as `name` or `var.name`."""
        pins, scope = self.module.given.pins, self.module.document.path
        return None if pins is None else pins.get(self.name, scope) or pins.get(f"var.{self.name}", scope)

    def _withhold(self) -> None:
        for written in (self.name, f"var.{self.name}"):
            if self.module.given.pins is not None:
                self.module.given.pins.withhold(written, self.module.document.path)

    def _converted(self, value: Value) -> Value:
        type = self.declared.get("type")
        if type is None:
            return value
        frame = self._frame(type.document)
        try:
            return converted(value, type.value, lambda default: soft(default, frame))
        except EvaluationError as error:
            message = f"the variable {self.name} cannot have this value: {error.message}"
            self.module.reading.say(Severity.ERROR, "wrong-type", message, value.source)
            return self._missing(message)
        except Undecided:
            return value

    def _missing(self, reason: str) -> Value:
        source = self.declared.source
        name = self.module.named(f"var.{self.name}")
        return Value(Open(name, reason, source, is_named=True, domain=domain_of(self.name, self.declared)), source)
