"""Single values of Azure resources: ports, prefixes, protocols, names out of a list, references.

A value that the input leaves open becomes an `Unknown` of the kind that is wanted. So does one that cannot be read,
which also gets a diagnostic: a definition never loses a part without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from nwpolicy.model.addresses import ANY_ADDRESS, Address, AddressSet, has_host_bits
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import parse_ports
from nwpolicy.model.protocols import parse_protocol
from nwpolicy.model.resource import AddressPrefix, PortRange, Reference, ServiceTag
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.tree import Node

__all__ = [
    "address",
    "choice",
    "close_match",
    "elements",
    "flag",
    "holder",
    "integer",
    "member",
    "ports",
    "prefix",
    "prefix_or_tag",
    "protocol",
    "reference",
    "tag",
    "text",
    "unreadable",
    "wrong_type",
]

Diagnostics = list[Diagnostic]
S = TypeVar("S", bound=str)

_TAG: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
_ANY_NAMES: Final = frozenset({"*", "any"})
_WHOLE_NUMBER: Final = re.compile(r"\s*[+-]?[0-9]{1,9}\s*")
_SHOWN_LENGTH: Final = 60


def member(node: Node, key: str) -> Node | None:
    """A member of an object; of an object that is not known, the member that is not known."""
    if isinstance(node.value, Unknown):
        whole = node.value
        return Node(
            Unknown(f"{whole.name}.{key}", UnknownKind.TEXT, whole.reason, whole.source, whole.scope), node.source
        )
    return node.get(key)


def elements(node: Node | None, diagnostics: Diagnostics) -> tuple[Node, ...]:
    """The elements of an array that are not null. A whole array that is not known counts as one such element."""
    if node is None:
        return ()
    if isinstance(node.value, Unknown):
        return (node,)
    if not isinstance(node.value, tuple):
        wrong_type(node, "an array", UnknownKind.TEXT, diagnostics)
        return ()
    return tuple(element for element in node.value if element.value is not None)


def text(node: Node, diagnostics: Diagnostics, kind: UnknownKind = UnknownKind.TEXT) -> str | Unknown:
    if isinstance(node.value, Unknown):
        return node.value.of_kind(kind)
    return node.value if isinstance(node.value, str) else wrong_type(node, "a string", kind, diagnostics)


def flag(node: Node, diagnostics: Diagnostics) -> bool | Unknown:
    """`true` and `false`; also as strings, which Azure Resource Manager converts."""
    match node.value:
        case Unknown():
            return node.value.of_kind(UnknownKind.CONDITION)
        case bool():
            return node.value
        case str() if node.value.strip().lower() in ("true", "false"):
            return node.value.strip().lower() == "true"
    return wrong_type(node, "true or false", UnknownKind.CONDITION, diagnostics)


def integer(node: Node, kind: UnknownKind, diagnostics: Diagnostics) -> int | Unknown:
    """A whole number; also as a string, which Azure Resource Manager converts."""
    match node.value:
        case Unknown():
            return node.value.of_kind(kind)
        case int() if not isinstance(node.value, bool):
            return node.value
        case str() if _WHOLE_NUMBER.fullmatch(node.value):
            return int(node.value)
    return wrong_type(node, "a whole number", kind, diagnostics)


def choice(node: Node, choices: Iterable[S], kind: UnknownKind, what: str, diagnostics: Diagnostics) -> S | Unknown:
    """One of a few names, compared without case and given as Azure spells it."""
    found = text(node, diagnostics, kind)
    if isinstance(found, Unknown):
        return found
    names = {name.lower(): name for name in choices}
    if (chosen := names.get(found.strip().lower())) is not None:
        return chosen
    help = close_match(found, names.values()) or f"one of {', '.join(names.values())}"
    return unreadable(node, kind, _bad(node, what, f"{_shown(found)} is no {what}", help), diagnostics)


def protocol(node: Node, diagnostics: Diagnostics) -> IntervalSet | Unknown:
    if isinstance(node.value, int) and not isinstance(node.value, bool):
        node = Node(str(node.value), node.source)
    found = text(node, diagnostics, UnknownKind.PROTOCOL)
    if isinstance(found, Unknown):
        return found
    try:
        return parse_protocol(found)
    except ValueError as error:
        return unreadable(node, UnknownKind.PROTOCOL, _bad(node, "protocol", str(error)), diagnostics)


def ports(node: Node, diagnostics: Diagnostics) -> PortRange | Unknown:
    """`443`, `"443"`, `"8000-8080"` or `"*"`."""
    if isinstance(node.value, int) and not isinstance(node.value, bool):
        node = Node(str(node.value), node.source)
    found = text(node, diagnostics, UnknownKind.PORT)
    if isinstance(found, Unknown):
        return found
    try:
        return PortRange(parse_ports(found), node.source)
    except ValueError as error:
        help = "give each port or range an element of its own in the plural field" if "," in found else None
        return unreadable(node, UnknownKind.PORT, _bad(node, "port", str(error), help), diagnostics)


def address(node: Node, diagnostics: Diagnostics) -> Address | Unknown:
    """One IP address."""
    found = text(node, diagnostics, UnknownKind.ADDRESS)
    if isinstance(found, Unknown):
        return found
    try:
        return Address.parse(found.strip())
    except ValueError:
        message = f"{_shown(found)} is no IP address"
        return unreadable(node, UnknownKind.ADDRESS, _bad(node, "address", message), diagnostics)


def prefix(node: Node, diagnostics: Diagnostics) -> AddressPrefix | Unknown:
    """An address, a prefix, a range, or `*`, which is every address of both families."""
    found = text(node, diagnostics, UnknownKind.ADDRESS)
    if isinstance(found, Unknown):
        return found
    written = found.strip()
    if written.lower() in _ANY_NAMES:
        return AddressPrefix(ANY_ADDRESS, written, node.source)
    try:
        addresses = AddressSet.parse(written)
    except ValueError as error:
        help = "give each prefix an element of its own in the plural field" if "," in found else None
        return unreadable(node, UnknownKind.ADDRESS, _bad(node, "prefix", str(error), help), diagnostics)
    if has_host_bits(written):
        message = f"{written} has bits set behind its prefix length, it is read as {addresses}"
        diagnostics.append(Diagnostic.warning("host-bits", message, node.source, f"write {addresses}"))
    return AddressPrefix(addresses, written, node.source)


def tag(node: Node, diagnostics: Diagnostics) -> ServiceTag | Unknown:
    """A service tag, which is told by its form: letters, digits, dots."""
    found = text(node, diagnostics, UnknownKind.ADDRESS)
    if isinstance(found, Unknown):
        return found
    if _TAG.fullmatch(found.strip()):
        return ServiceTag(found.strip(), node.source)
    message = f"{_shown(found)} is no service tag"
    return unreadable(node, UnknownKind.ADDRESS, _bad(node, "service tag", message), diagnostics)


def prefix_or_tag(node: Node, diagnostics: Diagnostics) -> AddressPrefix | ServiceTag | Unknown:
    found = node.text
    if found is not None and found.strip().lower() not in _ANY_NAMES and _TAG.fullmatch(found.strip()):
        return tag(node, diagnostics)
    return prefix(node, diagnostics)


def reference(node: Node, type: str, diagnostics: Diagnostics, key: str = "id") -> Reference | Unknown:
    """`{"id": ...}`, or another key that holds the id."""
    if not isinstance(node.value, Mapping | Unknown):
        return wrong_type(node, f"an object with {key!r}", UnknownKind.REFERENCE, diagnostics)
    target = member(node, key)
    if target is None:
        missing = Diagnostic.error("missing-field", f"a reference to {type} needs {key!r}", node.source)
        return unreadable(node, UnknownKind.REFERENCE, missing, diagnostics)
    found = text(target, diagnostics, UnknownKind.REFERENCE)
    return found if isinstance(found, Unknown) else Reference(type, found, target.source)


def holder(child: Reference | Unknown, type: str) -> Reference | Unknown:
    """The resource that holds what is referred to: the virtual network of a subnet."""
    if isinstance(child, Unknown):
        return child
    full = "/providers/" in child.target.lower()
    outer = child.target.rstrip("/").rsplit("/", 2 if full else 1)[0]
    return Reference(type, outer, child.source)


def wrong_type(node: Node, wanted: str, kind: UnknownKind, diagnostics: Diagnostics) -> Unknown:
    message = f"expected {wanted}, found {_described(node)}"
    return unreadable(node, kind, Diagnostic.error("wrong-type", message, node.source), diagnostics)


def unreadable(node: Node, kind: UnknownKind, diagnostic: Diagnostic, diagnostics: Diagnostics) -> Unknown:
    """Says what is wrong with a value, which is then as good as not known."""
    diagnostics.append(diagnostic)
    return Unknown(_described(node), kind, diagnostic.message, node.source)


def close_match(name: str, names: Iterable[str]) -> str | None:
    """Advice for a name that is probably misspelt."""
    from difflib import get_close_matches

    by_lower = {known.lower(): known for known in names}
    found = get_close_matches(name.strip().lower(), by_lower, n=1)
    return f"did you mean '{by_lower[found[0]]}'?" if found else None


def _bad(node: Node, what: str, message: str, help: str | None = None) -> Diagnostic:
    return Diagnostic.error(f"bad-{what.replace(' ', '-')}", message, node.source, help)


def _described(node: Node) -> str:
    match node.value:
        case Mapping():
            return "an object"
        case tuple():
            return "an array"
        case Unknown():
            return node.value.name
        case bool():
            return str(node.value).lower()
        case str():
            return _shown(node.value)
        case _:
            return str(node.value)


def _shown(written: str) -> str:
    return repr(written if len(written) <= _SHOWN_LENGTH else f"{written[:_SHOWN_LENGTH]}...")
