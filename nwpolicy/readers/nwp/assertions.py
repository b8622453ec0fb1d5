"""What a repository says of its own rules: assertions, exceptions from them, test cases, and environments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from nwpolicy.model.addresses import Address
from nwpolicy.model.assertions import (
    Assertion,
    AssertionException,
    AssertionKind,
    Environment,
    Expectation,
    GivenValue,
)
from nwpolicy.model.protocols import ANY_PROTOCOL
from nwpolicy.model.resource import PortRange
from nwpolicy.model.routes import NextHopType
from nwpolicy.model.rules import Access
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.nwp import syntax
from nwpolicy.readers.nwp.clauses import Clauses, any_or_terms, clauses_of, condition_of, last_word, text_of
from nwpolicy.readers.nwp.errors import did_you_mean
from nwpolicy.readers.nwp.sentences import HOPS
from nwpolicy.readers.nwp.words import Scope
from nwpolicy.readers.places import shown

if TYPE_CHECKING:
    from lark import Token

__all__ = ["assertion", "environment", "exception", "expectation"]

_COMMON: Final = ("from", "to", "owner", "reason", "expires", "if")
_ON_FLOWS: Final = frozenset({AssertionKind.NEVER, AssertionKind.ALWAYS, AssertionKind.ONLY, AssertionKind.ISOLATED})
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_VERDICTS: Final = {"allow": Access.ALLOW, "deny": Access.DENY}


def assertion(scope: Scope, written: syntax.Assertion) -> Assertion:
    """`assert no-rdp never tcp from Internet to * port 3389`."""
    kind = _kind(scope, written.kind)
    more = ("rules-only",) if kind in _ON_FLOWS else ("via",) if kind is AssertionKind.ROUTED else ()
    clauses = clauses_of(scope, written.clauses, (*_COMMON, *more))
    of_files = kind is AssertionKind.EQUIVALENT
    return Assertion(
        kind=kind,
        rules_only="rules-only" in clauses,
        before=_path(scope, clauses, "from", written.kind) if of_files else None,
        after=_path(scope, clauses, "to", None) if of_files else None,
        **_hop(scope, clauses, written.kind if kind is AssertionKind.ROUTED else None),
        **_said(scope, written.name, [written.kind, *written.protocols], written.clauses, clauses, of_files=of_files),
        **_protocol(scope, written.protocols),
    )


def exception(scope: Scope, written: syntax.Exemption) -> AssertionException:
    """`except no-rdp tcp from 203.0.113.7 to nic jump port 3389 expires 2027-06-30`."""
    clauses = clauses_of(scope, written.clauses, _COMMON)
    said = _said(scope, written.name, [written.name, *written.protocols], written.clauses, clauses)
    return AssertionException(**said, **_protocol(scope, written.protocols))


def expectation(scope: Scope, written: syntax.Expectation) -> Expectation:
    """`expect web-open allow tcp from 203.0.113.9 to nic web port 443 by allow-https`."""
    clauses = clauses_of(scope, written.clauses, (*_COMMON, "by", "rules-only"))
    verdict = _VERDICTS.get(written.verdict.lower())
    if verdict is None:
        message = f"expected allow or deny, found {shown(str(written.verdict))}"
        help = did_you_mean(str(written.verdict), _VERDICTS)
        scope.findings.error("bad-expectation", message, scope.source(written.verdict), help)
    return Expectation(
        verdict=verdict or Access.DENY,
        rule=text_of(scope, clauses, "by"),
        rules_only="rules-only" in clauses,
        **_said(scope, written.name, [written.verdict, *written.protocols], written.clauses, clauses),
        **_protocol(scope, written.protocols),
    )


def environment(scope: Scope, entry: syntax.Entry) -> Iterator[Environment]:
    """`environment prod { adminCidr 10.0.0.0/8; deployApp yes }`."""
    place = scope.source(entry.key, (entry.values or [entry.key])[-1])
    names = scope.names(entry.values or ())
    if len(names) != 1 or entry.condition is not None:
        scope.findings.error("bad-name", "environment needs a name", place, "environment NAME { ... }")
        return
    values = tuple(value for statement in entry.body or () for value in _given(scope, statement))
    seen: set[str] = set()
    for value in values:
        if value.name.lower() in seen:
            message = f"{shown(value.name)} is given twice"
            scope.findings.error("duplicate-setting", message, value.source, "values are separated by commas")
        seen.add(value.name.lower())
    yield Environment(name=names[0], values=values, source=place)


def _given(scope: Scope, statement: syntax.Statement) -> Iterator[GivenValue]:
    if not isinstance(statement, syntax.Entry) or statement.body is not None or not statement.values:
        message = "an environment holds names with their values"
        place = scope.source(statement.key) if isinstance(statement, syntax.Entry | syntax.Direction) else None
        scope.findings.error("misplaced", message, place or scope.document.root())
        return
    source = scope.source(statement.key, statement.values[-1])
    yield GivenValue(scope.text(statement.key), scope.names(statement.values), source)


def _said(
    scope: Scope,
    name: Token,
    head: Sequence[Token],
    written: Sequence[syntax.Clause],
    clauses: Clauses,
    *,
    of_files: bool = False,
) -> dict[str, Any]:
    """What all of them have in common."""
    fields = {"name": scope.source(name)}
    for word, field in (("from", "source"), ("to", "destination")):
        if word in clauses:
            fields[field] = scope.source(clauses[word].values[0], clauses[word].values[-1])
    _refuse_source_ports(scope, clauses)
    return {
        "name": scope.name(name),
        "condition": condition_of(scope, clauses),
        "sources": () if of_files else any_or_terms(scope, clauses.get("from")),
        "destinations": () if of_files else any_or_terms(scope, clauses.get("to")),
        "destination_port_ranges": _ports(scope, clauses),
        "owner": text_of(scope, clauses, "owner"),
        "reason": text_of(scope, clauses, "reason"),
        "expires": _day(scope, clauses),
        "source": scope.source(name, last_word(head[-1], written)),
        "fields": fields,
    }


def _protocol(scope: Scope, tokens: Sequence[Token]) -> dict[str, Any]:
    found = scope.protocol(tokens) if tokens else ANY_PROTOCOL
    if isinstance(found, Unknown):
        scope.must_know(found)
        found = ANY_PROTOCOL
    return {"protocol": found}


def _ports(scope: Scope, clauses: Clauses) -> tuple[PortRange, ...]:
    ports = scope.ports(clauses["to"].ports or ()) if "to" in clauses else ()
    for port in ports:
        if isinstance(port, Unknown):
            scope.must_know(port)
    return tuple(port for port in ports if isinstance(port, PortRange))


def _refuse_source_ports(scope: Scope, clauses: Clauses) -> None:
    ports = clauses["from"].ports if "from" in clauses else None
    if ports is not None:
        message = "an assertion does not speak of source ports"
        help = "the ports of the destination follow 'to'"
        scope.findings.error("misplaced", message, scope.source(ports[0], ports[-1]), help)


def _kind(scope: Scope, token: Token) -> AssertionKind:
    try:
        return AssertionKind(token.lower())
    except ValueError:
        help = did_you_mean(str(token), AssertionKind)
        message = f"expected {', '.join(tuple(AssertionKind)[:-1])} or {tuple(AssertionKind)[-1]}, found "
        scope.findings.error("bad-assertion", message + shown(str(token)), scope.source(token), help)
        return AssertionKind.NEVER


def _path(scope: Scope, clauses: Clauses, word: str, wanted: Token | None) -> str | None:
    """The path behind `from` or `to`."""
    if word not in clauses:
        if wanted is not None:
            help = 'from "before.nwp" to "after.nwp"'
            scope.findings.error("missing-path", "equivalent needs a path behind 'from'", scope.source(wanted), help)
        return None
    names = scope.names(clauses[word].values)
    if len(names) != 1 or clauses[word].ports:
        scope.findings.error("several-values", "one path is wanted here", scope.source(clauses[word].key))
    return names[0] if names else None


def _hop(scope: Scope, clauses: Clauses, wanted: Token | None) -> dict[str, Any]:
    """The next hop behind `via`."""
    if "via" not in clauses:
        if wanted is not None:
            help = "via appliance 10.0.0.4"
            scope.findings.error("missing-next-hop", "routed needs a next hop behind 'via'", scope.source(wanted), help)
        return {}
    (token,), written = clauses["via"].values, clauses["via"].ports
    assert not isinstance(token, syntax.Link)
    source = scope.source(token)
    hop = HOPS.get(token.lower())
    if hop is None:
        help = did_you_mean(str(token), HOPS) or "via gateway, vnet, internet, none, or appliance with an address"
        scope.findings.error("bad-next-hop", f"{shown(str(token))} is no next hop", source, help)
    found = scope.addresses(written or ())
    for address in found:
        if isinstance(address, Unknown):
            scope.must_know(address)
    addresses = tuple(address for address in found if isinstance(address, Address))
    _check_addresses(scope, hop, addresses, source)
    return {"next_hop_type": hop, "next_hop_ip_addresses": addresses}


def _check_addresses(scope: Scope, hop: NextHopType | None, addresses: tuple[Address, ...], source: Source) -> None:
    if hop is NextHopType.VIRTUAL_APPLIANCE and not addresses:
        scope.findings.error("missing-address", "the appliance has no address", source, "via appliance 10.0.0.4")
    if hop not in (None, NextHopType.VIRTUAL_APPLIANCE) and addresses:
        scope.findings.error("misplaced", "only an appliance has addresses", source)


def _day(scope: Scope, clauses: Clauses) -> str | None:
    day = text_of(scope, clauses, "expires")
    if day is not None and not _is_day(day):
        place = scope.source(clauses["expires"].values[0])
        scope.findings.error("bad-date", f"{shown(day)} is no day", place, "a day is written YYYY-MM-DD")
    return day


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text)) and date.fromisoformat(text) is not None
    except ValueError:
        return False
