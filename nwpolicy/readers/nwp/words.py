"""Words as values: addresses, ports, names, references. Variables are put in where they are used.

A value that cannot be read gets a diagnostic and becomes an `Unknown`, so that no definition loses a part of what it
says without a word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Final

from nwpolicy.model.addresses import ANY_ADDRESS, Address, AddressSet, has_host_bits
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT, parse_ports
from nwpolicy.model.protocols import parse_protocol
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import AddressPrefix, AddressTerm, PortRange, Reference, ServiceTag
from nwpolicy.model.source import Document, Source
from nwpolicy.model.unknowns import Domain, Unknown, UnknownKind
from nwpolicy.readers.nwp.errors import did_you_mean
from nwpolicy.readers.nwp.findings import Findings
from nwpolicy.readers.nwp.syntax import Link, Value, Words, extent
from nwpolicy.readers.places import shown

if TYPE_CHECKING:
    from lark import Token

__all__ = ["LINKS", "SERVICE_TAG", "Scope", "Variable"]

#: What a word before a name makes of it.
LINKS: Final = {
    "asg": "applicationSecurityGroups",
    "group": "networkGroups",
    "vnet": "virtualNetworks",
    "subnet": "subnets",
    "nic": "networkInterfaces",
    "vm": "virtualMachines",
    "nsg": "networkSecurityGroups",
    "private-endpoint": "privateEndpoints",
}
#: The form of a service tag's name.
SERVICE_TAG: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
_PROTOCOLS: Final = ("tcp", "udp", "icmp", "icmpv6", "esp", "ah")
_ANY: Final = frozenset({"*", "any"})
#: Why an unknown is not known that the file itself names.
_LEFT_OPEN: Final = "left open in the definitions"
_YES_NO: Final = {"yes": True, "no": False, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Variable:
    """What a `let` gives a name to, and where."""

    values: Words
    source: Source


@dataclass(frozen=True, slots=True)
class Scope:
    """What the words of one file mean: the variables they may use, and where faults go."""

    document: Document
    variables: Mapping[str, Variable]
    findings: Findings
    groups: frozenset[str] = frozenset()
    """The names of application security groups, in lower case."""
    domains: Mapping[str, Domain] = field(default_factory=dict)
    """What unknowns may be, by their names."""
    is_whole: bool = True
    """Whether all variables are known: not if a file could not be read to its end."""

    def source(self, first: Value, last: Value | None = None) -> Source:
        return Source(self.document, extent(first, last))

    def expanded(self, values: Sequence[Value]) -> Iterator[tuple[Value, Source]]:
        """The values with the variables among them replaced, each with its place. A list is a union: a variable that
        comes twice is put in once, which also keeps the work small whatever variables are made of."""
        trail: list[str] = []
        seen: set[str] = set()
        stack = [(iter(values), self.document)]
        while stack:
            rest, document = stack[-1]
            value = next(rest, None)
            if value is None:
                stack.pop()
                del trail[-1:]
            elif isinstance(value, Link) or value.type != "VARIABLE":
                yield value, Source(document, extent(value))
            else:
                name = str(value[1:])
                variable = self._variable(name, trail, Source(document, extent(value)))
                if variable is not None and name not in seen:
                    seen.add(name)
                    trail.append(name)
                    stack.append((iter(variable.values), variable.source.document))

    def _variable(self, name: str, trail: Sequence[str], place: Source) -> Variable | None:
        variable = self.variables.get(name)
        if name in trail:
            circle = " -> ".join(f"${step}" for step in (*trail[trail.index(name) :], name))
            self.findings.error("variable-cycle", f"this variable is defined by itself: {circle}", place)
        elif variable is None and self.is_whole:
            help = did_you_mean(name, self.variables, "$") or f"define it: let {name} = ..."
            self.findings.error("undefined-variable", f"{shown(f'${name}')} is not defined", place, help)
        return variable

    def terms(self, values: Sequence[Value]) -> tuple[AddressTerm, ...]:
        """Addresses, service tags and groups."""
        return tuple(self._term(value, source) for value, source in self.expanded(values))

    def prefixes(self, values: Sequence[Value]) -> tuple[AddressPrefix | Unknown, ...]:
        return tuple(self._prefix(value, source) for value, source in self.expanded(values))

    def known_prefixes(self, values: Sequence[Value]) -> tuple[AddressPrefix, ...]:
        found = self.prefixes(values)
        for prefix in found:
            if isinstance(prefix, Unknown):
                self.must_know(prefix)
        return tuple(prefix for prefix in found if isinstance(prefix, AddressPrefix))

    def prefix_or_tag(self, value: Value) -> AddressPrefix | ServiceTag | Unknown:
        terms = self.terms([value])
        if len(terms) == 1 and not isinstance(terms[0], Reference):
            return terms[0]
        message = f"{_shown(value)} is not one prefix or service tag"
        return self.bad("bad-prefix", message, UnknownKind.ADDRESS, self.source(value))

    def addresses(self, values: Sequence[Value]) -> tuple[Address | Unknown, ...]:
        return tuple(self._address(value, source) for value, source in self.expanded(values))

    def ports(self, values: Sequence[Value]) -> tuple[PortRange | Unknown, ...]:
        return tuple(self._ports(value, source) for value, source in self.expanded(values))

    def names(self, values: Sequence[Value]) -> tuple[str, ...]:
        """Texts whose value the model must know."""
        return tuple(name for value, source in self.expanded(values) for name in self._name(value, source))

    def texts(self, values: Sequence[Value]) -> tuple[str | Unknown, ...]:
        """Texts that may be left open."""
        return tuple(text for value, source in self.expanded(values) for text in self._open_text(value, source))

    def references(self, values: Sequence[Value], type: str) -> tuple[Reference | Unknown, ...]:
        return tuple(self._reference(value, source, type) for value, source in self.expanded(values))

    def flag(self, values: Sequence[Value]) -> bool | Unknown:
        found = self.only(values)
        if found is None:
            return True
        value, source = found
        if (unknown := self._unknown(value, UnknownKind.CONDITION, source)) is not None:
            return unknown
        flag = _YES_NO.get(str(value).lower())
        if flag is None:
            return self.bad("bad-flag", f"{_shown(value)} is neither yes nor no", UnknownKind.CONDITION, source)
        return flag

    def protocol(self, tokens: Sequence[Token]) -> IntervalSet | Unknown:
        """One protocol, or several together."""
        found = [self._protocol(token) for token in tokens]
        known = IntervalSet.empty(8)
        for protocol in found:
            if isinstance(protocol, Unknown):
                return protocol
            known |= protocol
        return known

    def name(self, token: Token) -> str:
        """A name that a definition is given."""
        text = self.text(token)
        if not text:
            self.findings.error("bad-name", "a name is empty", self.source(token))
        return text

    def text(self, token: Token) -> str:
        """A word, or what stands in quotes."""
        return self.text_at(token, self.source(token))

    def text_at(self, token: Token, source: Source) -> str:
        """The same of a token that may be from another file."""
        return str(token) if token.type != "STRING" else self._unquoted(str(token), source)

    def unknown(self, token: Token, kind: UnknownKind) -> Unknown:
        """What `?name` stands for."""
        return self._left_open(token, kind, self.source(token))

    def only(self, values: Sequence[Value]) -> tuple[Value, Source] | None:
        """The one value that is wanted; None (and an error, if there are any) where there is not exactly one."""
        found = list(self.expanded(values))
        if len(found) == 1:
            return found[0]
        if values:
            message = f"one value is wanted here, not {len(found)}"
            self.findings.error("several-values", message, self.source(values[0], values[-1]))
        return None

    def written(self, values: Sequence[Value]) -> Iterator[str]:
        """Values as texts, whatever they mean."""
        for value, source in self.expanded(values):
            yield "*" if not isinstance(value, Link) and value.type == "ANY" else next(self._name(value, source), "")

    def _term(self, value: Value, source: Source) -> AddressTerm:
        if isinstance(value, Link):
            return Reference(LINKS[value.kind], self.text_at(value.name, source), source)
        if value.type in {"WORD", "STRING"} and value not in _ANY:
            text = self.text_at(value, source)
            if SERVICE_TAG.fullmatch(text):
                return self._tag(text, source)
        return self._prefix(value, source, may_be_tag=True)

    def _tag(self, name: str, source: Source) -> ServiceTag:
        meant = "asg " if name.lower() in self.groups else "$" if name in self.variables else ""
        if meant:
            message = f"{name} is read as a service tag here, but it is defined as something else"
            self.findings.warning("read-as-tag", message, source, f"did you mean '{meant}{name}'?")
        return ServiceTag(name, source)

    def _prefix(self, value: Value, source: Source, *, may_be_tag: bool = False) -> AddressPrefix | Unknown:
        if (unknown := self._unknown(value, UnknownKind.ADDRESS, source)) is not None:
            return unknown
        if isinstance(value, Link):
            return self.bad("bad-prefix", f"{_shown(value)} is no prefix", UnknownKind.ADDRESS, source)
        if value in _ANY:
            return AddressPrefix(ANY_ADDRESS, str(value), source)
        written = self.text_at(value, source)
        if written[:1].isalpha() and ":" not in written:
            message = f"{shown(written)} is no address{' or service tag' if may_be_tag else ''}"
            help = f"an application security group is named so: asg {written}" if may_be_tag else None
            return self.bad("bad-prefix", message, UnknownKind.ADDRESS, source, help)
        try:
            addresses = AddressSet.parse(written)
        except ValueError as error:
            return self.bad("bad-prefix", str(error), UnknownKind.ADDRESS, source)
        if has_host_bits(written):
            message = f"{written} has bits set behind its prefix length, it is read as {addresses}"
            self.findings.warning("host-bits", message, source, f"write {addresses}")
        return AddressPrefix(addresses, written, source)

    def _address(self, value: Value, source: Source) -> Address | Unknown:
        if (unknown := self._unknown(value, UnknownKind.ADDRESS, source)) is not None:
            return unknown
        try:
            return Address.parse("" if isinstance(value, Link) else self.text_at(value, source))
        except ValueError:
            return self.bad("bad-address", f"{_shown(value)} is no IP address", UnknownKind.ADDRESS, source)

    def _ports(self, value: Value, source: Source) -> PortRange | Unknown:
        if (unknown := self._unknown(value, UnknownKind.PORT, source)) is not None:
            return unknown
        if value in _ANY:
            return PortRange(ANY_PORT, source)
        try:
            return PortRange(parse_ports(_written(value)), source)
        except ValueError as error:
            return self.bad("bad-port", str(error), UnknownKind.PORT, source)

    def _protocol(self, token: Token) -> IntervalSet | Unknown:
        if token.type == "UNKNOWN":
            return self.unknown(token, UnknownKind.PROTOCOL)
        try:
            return parse_protocol(str(token))
        except ValueError as error:
            help = did_you_mean(str(token), _PROTOCOLS)
            return self.bad("bad-protocol", str(error), UnknownKind.PROTOCOL, self.source(token), help)

    def _name(self, value: Value, source: Source) -> Iterator[str]:
        if isinstance(value, Link) or value.type == "UNKNOWN":
            self.findings.error("bad-name", f"{_shown(value)} is no name", source)
        else:
            yield self.text_at(value, source)

    def _open_text(self, value: Value, source: Source) -> Iterator[str | Unknown]:
        unknown = self._unknown(value, UnknownKind.TEXT, source)
        yield from self._name(value, source) if unknown is None else (unknown,)

    def _reference(self, value: Value, source: Source, type: str) -> Reference | Unknown:
        if (unknown := self._unknown(value, UnknownKind.REFERENCE, source)) is not None:
            return unknown
        if isinstance(value, Link) and LINKS[value.kind] == type:
            return Reference(type, self.text_at(value.name, source), source)
        if isinstance(value, Link) or value.type == "ANY":
            return self.bad("bad-name", f"{_shown(value)} is no name", UnknownKind.REFERENCE, source)
        return Reference(type, self.text_at(value, source), source)

    def _unknown(self, value: Value, kind: UnknownKind, source: Source) -> Unknown | None:
        if isinstance(value, Link) or value.type != "UNKNOWN":
            return None
        return self._left_open(value, kind, source)

    def _left_open(self, token: Token, kind: UnknownKind, source: Source) -> Unknown:
        name = str(token[1:])
        name = self._unquoted(name, source) if name.startswith('"') else name
        return Unknown(name, kind, _LEFT_OPEN, source, domain=self.domains.get(name))

    def _unquoted(self, quoted: str, source: Source) -> str:
        """The text in quotes, which is written as in JSON."""
        if "\\" not in quoted:
            return quoted[1:-1]
        try:
            return str(json.loads(quoted, strict=False))
        except ValueError:
            help = r"a backslash is written \\, a double quote \""
            self.findings.error("bad-text", "there is an unknown escape in this text", source, help)
            return quoted[1:-1]

    def must_know(self, unknown: Unknown) -> None:
        """Refuses an unknown in a place where the model has none; for what could not be read that was said already."""
        if unknown.reason == _LEFT_OPEN:
            self.findings.error(
                "unknown-not-allowed", f"{shown(f'?{unknown.name}')} cannot be left open", unknown.source
            )

    def bad(self, code: str, message: str, kind: UnknownKind, source: Source, help: str | None = None) -> Unknown:
        """Says what is wrong with a value, which is then as good as not known."""
        self.findings.error(code, message, source, help)
        start, end = source.route
        return Unknown(source.document.text[int(start) : int(end)], kind, message, source)


def _written(value: Value) -> str:
    return f"{value.kind} {value.name}" if isinstance(value, Link) else str(value).strip('"')


def _shown(value: Value) -> str:
    return shown(_written(value))
