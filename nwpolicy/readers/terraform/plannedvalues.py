"""The values of a resource in a plan or a state, where some are unknown or secret.

Terraform writes these beside the values, as objects of the same shape that hold `true` in the place of what is meant
(`after_unknown`, `after_sensitive`, `sensitive_values`).
"""

from __future__ import annotations

from typing import Final

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.tree import Node, Raw

__all__ = ["Values"]

_UNKNOWN: Final = "it is known only when the plan is applied"
_SECRET: Final = "it is sensitive"


@dataclass(frozen=True, slots=True)
class Values:
    """`raw` are the values, `unknown` and `secret` the marks. `name` is what an unknown is called."""

    raw: Raw
    unknown: Raw
    secret: Raw
    name: str

    def node(self, source: Source) -> Node:
        if self.unknown is True or self.secret is True:
            reason = _UNKNOWN if self.unknown is True else _SECRET
            return Node(Unknown(self.name, UnknownKind.TEXT, reason, source, source.document.path), source)
        if isinstance(self.raw, dict) or (self.raw is None and isinstance(self.unknown, dict)):
            keys = dict.fromkeys((*_keys(self.raw), *_keys(self.unknown)))
            return Node({key: self._below(key, f".{key}").node(source.at(key)) for key in keys}, source)
        if isinstance(self.raw, list) or (self.raw is None and isinstance(self.unknown, list)):
            count = max(_length(self.raw), _length(self.unknown))
            elements = (self._below(index, f"[{index}]").node(source.at(index)) for index in range(count))
            return Node(tuple(elements), source)
        return Node(self.raw, source)

    def _below(self, step: str | int, suffix: str) -> Values:
        raw, unknown, secret = (_member(whole, step) for whole in (self.raw, self.unknown, self.secret))
        return Values(raw, unknown, secret, f"{self.name}{suffix}")


def _keys(raw: Raw) -> tuple[str, ...]:
    return tuple(raw) if isinstance(raw, dict) else ()


def _length(raw: Raw) -> int:
    return len(raw) if isinstance(raw, list) else 0


def _member(whole: Raw, step: str | int) -> Raw:
    if isinstance(whole, dict):
        return whole.get(str(step))
    return whole[step] if isinstance(whole, list) and isinstance(step, int) and step < len(whole) else None
