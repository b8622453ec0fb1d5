"""Values that a static reader cannot know. They are never guessed and never dropped: the logic treats each as a
free variable, so an answer can be *whatever it is*, or *depends on it*."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import field, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType
from typing import Any, Final

from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Document, Source

__all__ = ["Domain", "Unknown", "UnknownKind", "unknowns_in"]


class UnknownKind(StrEnum):
    """What sort of value is missing, which is what the free variable ranges over."""

    ADDRESS = "address"
    """a prefix of either family (which covers tags: only membership of an address matters)"""
    PORT = "port"
    """a port range"""
    PROTOCOL = "protocol"
    """one protocol, or `*`"""
    ACCESS = "access"
    """Allow or Deny (and AlwaysAllow in an admin rule)"""
    DIRECTION = "direction"
    """Inbound or Outbound"""
    PRIORITY = "priority"
    """a whole number within the layer's limits"""
    CONDITION = "condition"
    """whether something exists at all"""
    RULES = "rules"
    """any number of rules: each flow may meet one of them, of any priority and access"""
    REFERENCE = "reference"
    """which resource is meant (or whether there is one)"""
    TEXT = "text"
    """a string of which nothing is known, in a place that does not decide about traffic"""


@dataclass(frozen=True, slots=True)
class Domain:
    """What an author says that a value may be: one of the `allowed` texts, and a whole number if `is_number`."""

    allowed: tuple[str, ...] = ()
    is_number: bool = False
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A named value that the input leaves open.

    Two uses of the same `name`, `kind` and `domain` are the same value, within one `scope`: a template's parameters are
    its own, whatever other files call theirs. `name` is what the author calls it (a parameter's name, or the expression
    as written), `reason` says why it is not known, `source` where it comes from, `domain` what it may be. `rule` is
    what somebody else will work it out by, as the author writes it: by another rule it may be another value.
    """

    name: str
    kind: UnknownKind
    reason: str = field(compare=False)
    source: Source = field(compare=False, repr=False)
    scope: str = field(default="", repr=False)
    domain: Domain | None = field(default=None, repr=False)
    rule: str = ""

    def of_kind(self, kind: UnknownKind) -> Unknown:
        """The same missing value, used where a value of `kind` is wanted."""
        return Unknown(self.name, kind, self.reason, self.source, self.scope, self.domain, self.rule)


def unknowns_in(value: Any, without: Container[int] = ()) -> Iterator[Unknown]:
    """Every unknown in a value, except in objects with these identities."""
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, _LEAVES) or id(one) in without:
            continue
        if isinstance(one, Unknown):
            yield one
        elif isinstance(one, tuple):
            pending.extend(reversed(one))
        else:
            pending.extend(getattr(one, name) for name in _names(one.__class__))


@cache
def _names(kind: type) -> tuple[str, ...]:
    """The fields of a class of records, the last one first; nothing for any other class."""
    return tuple(item.name for item in reversed(fields(kind))) if is_dataclass(kind) else ()


#: What holds no unknown, and most values are.
_LEAVES: Final = (str, int, NoneType, AddressSet, IntervalSet, Source, Document)
