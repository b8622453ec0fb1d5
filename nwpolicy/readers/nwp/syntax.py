"""What the parser makes of a text: statements as written, nothing decided yet.

A word is a token of the lexer: its text, its type (a terminal of the grammar) and its offsets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from nwpolicy.model.records import dataclass

if TYPE_CHECKING:
    from lark import Token

__all__ = [
    "Assertion",
    "Clause",
    "Deployment",
    "Direction",
    "Entry",
    "Exemption",
    "Expectation",
    "Import",
    "Let",
    "Link",
    "Route",
    "Rule",
    "Statement",
    "Tag",
    "Value",
    "Words",
    "extent",
]


@dataclass(frozen=True, slots=True)
class Link:
    """`asg web`: a name and what sort of thing it names."""

    kind: Token
    name: Token


Value: TypeAlias = "Token | Link"
#: A list of values; never empty.
Words: TypeAlias = "list[Value]"


@dataclass(frozen=True, slots=True)
class Clause:
    """`from $admins port 1024-65535`, `description "…"`, `if ?flag`, `rules-only`; of `via appliance 10.0.0.4` the
    addresses are its `ports`."""

    key: Token
    values: Words
    ports: Words | None = None


@dataclass(frozen=True, slots=True)
class Let:
    name: Token
    values: Words


@dataclass(frozen=True, slots=True)
class Tag:
    name: Token
    values: Words


@dataclass(frozen=True, slots=True)
class Import:
    path: Token


@dataclass(frozen=True, slots=True)
class Entry:
    """A definition (`nsg nsg-web { … }`) or a setting (`location westeurope`)."""

    key: Token
    values: Words | None
    condition: Token | None
    body: list[Statement] | None


@dataclass(frozen=True, slots=True)
class Direction:
    """`inbound { … }`; the key may be an unknown."""

    key: Token
    body: list[Statement]


@dataclass(frozen=True, slots=True)
class Rule:
    """`100 allow-https allow tcp from Internet to * port 443`."""

    priority: Token
    name: Token
    access: Token
    protocols: list[Token]
    clauses: list[Clause]


@dataclass(frozen=True, slots=True)
class Assertion:
    """`assert no-rdp never tcp from Internet to * port 3389`."""

    name: Token
    kind: Token
    protocols: list[Token]
    clauses: list[Clause]


@dataclass(frozen=True, slots=True)
class Exemption:
    """`except no-rdp tcp from 203.0.113.7 to nic jump port 3389`."""

    name: Token
    protocols: list[Token]
    clauses: list[Clause]


@dataclass(frozen=True, slots=True)
class Expectation:
    """`expect web-open allow tcp from 203.0.113.9 to nic web port 443 by allow-https`."""

    name: Token
    verdict: Token
    protocols: list[Token]
    clauses: list[Clause]


@dataclass(frozen=True, slots=True)
class Route:
    """`route default 0.0.0.0/0 via appliance 10.0.0.4`."""

    name: Token
    prefix: Value
    hop: Token
    addresses: Words | None
    bgp_override: Token | None
    condition: Token | None


@dataclass(frozen=True, slots=True)
class Deployment:
    """`deploy baseline to westeurope`, `deploy routing egress to *`."""

    sort: Token | None
    configurations: Words
    regions: Words


Statement: TypeAlias = (
    Let | Tag | Import | Entry | Direction | Rule | Assertion | Exemption | Expectation | Route | Deployment
)


def extent(first: Value, last: Value | None = None) -> tuple[int, int]:
    """The offsets of a stretch of the text, from one value to the end of another."""
    start = first.kind if isinstance(first, Link) else first
    stop = first if last is None else last
    end = stop.name if isinstance(stop, Link) else stop
    return start.start_pos or 0, end.end_pos or 0
