"""What an assertion says, in a line."""

from __future__ import annotations

from nwpolicy.model.assertions import Assertion, AssertionKind, Expectation, Statement
from nwpolicy.model.ports import format_ports
from nwpolicy.model.resource import AddressPrefix, AddressTerm, ServiceTag
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.check.services import service_of
from nwpolicy.queries.naming import protocol_name

__all__ = ["kind_of", "terms_text", "text_of"]

_WORDS = {
    "applicationsecuritygroups": "asg",
    "networkgroups": "group",
    "virtualnetworks": "vnet",
    "subnets": "subnet",
    "networkinterfaces": "nic",
    "virtualmachines": "vm",
    "privateendpoints": "private-endpoint",
    "networksecuritygroups": "nsg",
}


def kind_of(statement: Statement) -> str:
    """The kind of an assertion; what a test case expects."""
    if isinstance(statement, Expectation):
        return f"expect {statement.verdict.value.lower()}"
    assert isinstance(statement, Assertion)
    return statement.kind.value


def text_of(statement: Statement) -> str:
    """`never tcp Internet → subnet hub/web port 22`."""
    if isinstance(statement, Assertion) and statement.kind is AssertionKind.EQUIVALENT:
        return f"equivalent {statement.before} → {statement.after or 'what is checked'}"
    service = service_of(statement)
    protocol = "" if service.protocol.is_full else f" {protocol_name(service.protocol)}"
    ports = "" if service.destination_port.is_full else f" port {format_ports(service.destination_port)}"
    ends = f"{terms_text(statement.sources)} → {terms_text(statement.destinations)}"
    return f"{kind_of(statement)}{protocol} {ends}{ports}{_rest(statement)}"


def terms_text(terms: tuple[AddressTerm, ...]) -> str:
    """One end, as it was written."""
    return ", ".join(map(_term, terms)) or "any"


def _term(term: AddressTerm) -> str:
    match term:
        case AddressPrefix():
            return term.text
        case ServiceTag():
            return term.name
        case Unknown():
            return f"?{term.name}"
        case _:
            return f"{_WORDS[term.type.lower()]} {term.target}"


def _rest(statement: Statement) -> str:
    if isinstance(statement, Expectation):
        return f" by {statement.rule}" if statement.rule is not None else ""
    if not isinstance(statement, Assertion) or statement.next_hop_type is None:
        return ""
    return " ".join((" via", statement.next_hop_type.value, *map(str, statement.next_hop_ip_addresses)))
