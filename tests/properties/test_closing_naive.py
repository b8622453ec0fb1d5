"""`--unknowns any|none` of connections in generated hubs and spokes, against following one packet, and its reply, for
each value of what is not known."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import product

from hypothesis import event, given, settings
from hypothesis import strategies as st

from nwpolicy.logic.errors import Undecided
from nwpolicy.model.flows import Flow
from nwpolicy.model.resource import Resource
from nwpolicy.model.rules import Access, Direction, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Domain, Unknown, UnknownKind
from nwpolicy.queries.closing import Closing
from nwpolicy.queries.reach.asking import ReachAsk, Survey, survey
from nwpolicy.queries.reach.closing import closed
from nwpolicy.queries.reach.matrix import Entry, Flows
from nwpolicy.queries.troubleshoot import troubleshoot
from nwpolicy.queries.troubleshoot_answer import PathVerdict
from tests.builders import rule, unknown
from tests.estates import Estate
from tests.naive_paths import INTERNET, OFFICE, NaivePaths
from tests.properties.test_paths_naive import hubs_and_spokes
from tests.properties.test_reach_naive import PORTS, arrives, crowded, flows, holds, is_party

PREFIXES = ("10.1.0.0/24", "10.2.0.0/16", "192.168.0.0/16")
ACCESS = unknown("access", UnknownKind.ACCESS)
#: Each the same value wherever it is named.
SOMEBODY, OTHERS = (
    replace(unknown(name, UnknownKind.ADDRESS), domain=Domain(PREFIXES)) for name in ("somebody", "others")
)

#: What a rule has that is not known: who sends, who receives, what becomes of it.
Open = tuple[str | Unknown, str | Unknown, Access | Unknown]
SOURCES: list[str | Unknown] = ["*", SOMEBODY]
DESTINATIONS: list[str | Unknown] = ["*", "*", SOMEBODY, OTHERS]
ACCESSES: list[Access | Unknown] = [Access.ALLOW, Access.DENY, ACCESS]
OPEN = st.tuples(st.sampled_from(SOURCES), st.sampled_from(DESTINATIONS), st.sampled_from(ACCESSES))


def with_rules(estate: Snapshot, found: dict[tuple[str, Direction], Open], values: dict[Unknown, object]) -> Snapshot:
    """The estate with a first rule in groups, in which some values are given."""

    def changed(resource: Resource) -> Resource:
        if not isinstance(resource, NetworkSecurityGroup):
            return resource
        first = [made(found[resource.name, direction], direction) for direction in Direction]
        kept = [old for old in resource.security_rules if isinstance(old, SecurityRule) and old.priority != 100]
        return replace(resource, security_rules=(*first, *kept))

    def made(open_: Open, direction: Direction) -> SecurityRule:
        source, destination, access = (values.get(part, part) if isinstance(part, Unknown) else part for part in open_)
        return rule(f"open{direction}", 100, access, source, destination, "443", direction=direction)  # type: ignore[arg-type]

    return Snapshot.of(tuple(map(changed, estate.resources)))


def assignments() -> Iterator[dict[Unknown, object]]:
    for somebody, other, access in product(PREFIXES, PREFIXES, (Access.ALLOW, Access.DENY)):
        yield {SOMEBODY: somebody, OTHERS: other, ACCESS: access}


def counts(estate: Snapshot, flow: tuple[str, str, Flow], found: dict[tuple[str, Direction], Open]) -> Iterator[bool]:
    """Whether the connection comes about, for each choice of values."""
    start, end, packet = flow
    known = (with_rules(estate, found, values) for values in assignments())
    return (arrives(NaivePaths(one), start, end, packet)[0] for one in known)


def reaches(entries: list[Entry], asked: Survey, flow: tuple[str, str, Flow]) -> bool:
    start, end, packet = flow
    return any(
        not entry.reply.breaks and holds(part, packet) and lets(asked, part, packet)
        for entry in entries
        if is_party(asked, entry.source, start) and any(is_party(asked, index, end) for index in entry.destinations)
        for part in entry.flows
    )


def lets(asked: Survey, part: Flows, flow: Flow) -> bool:
    cells = part.through.certain
    for depends in part.through.depends:
        cells |= depends.cells
    return any(
        flow.protocol in service.protocol and flow.destination_port in service.destination_port
        for service in asked.filters.sieves.cells.services(cells)
    )


@st.composite
def questions(draw: st.DrawFn) -> tuple[Estate, dict[tuple[str, Direction], Open]]:
    estate = crowded(draw(hubs_and_spokes()).snapshot)
    names = [group.name for group in estate.all(NetworkSecurityGroup)]
    return Estate(estate), {(name, direction): draw(OPEN) for name in names for direction in Direction}


@settings(max_examples=25, deadline=None)
@given(questions(), st.integers(0, 2**16), st.sampled_from(Closing))
def test_what_counts_as_reached_is_what_some_or_all_values_let_through(
    question: tuple[Estate, dict[tuple[str, Direction], Open]], seed: int, closing: Closing
) -> None:
    estate, found = question[0].snapshot, question[1]
    asked = survey(with_rules(estate, found, {}), ReachAsk(protocol="tcp", port=",".join(map(str, PORTS))))
    try:
        entries = list(closed(asked, closing))
    except Undecided:
        event("not told apart")
        return
    for flow in random.Random(seed).sample(list(flows(estate)), 8):
        wanted = (any if closing is Closing.ANY else all)(counts(estate, flow, found))
        assert reaches(entries, asked, flow) is wanted, f"{flow} {closing}"


@settings(max_examples=25, deadline=None)
@given(questions(), st.integers(0, 2**16), st.sampled_from(Closing))
def test_what_counts_as_reachable_is_what_some_or_all_values_let_through(
    question: tuple[Estate, dict[tuple[str, Direction], Open]], seed: int, closing: Closing
) -> None:
    estate, found = question[0].snapshot, question[1]
    inside = [flow for flow in flows(estate) if not {flow[0], flow[1]} & {INTERNET, OFFICE}]
    whole = with_rules(estate, found, {})
    for flow in random.Random(seed).sample(inside, 4):
        start, end, packet = flow
        port = str(packet.destination_port)
        open_ = troubleshoot(whole, start, end, protocol="tcp", port=port)
        if any(unknown.name.startswith("way from behind") for unknown in open_.depends_on):
            continue  # nothing of the estate says where a gateway sends that
        wanted = (any if closing is Closing.ANY else all)(counts(estate, flow, found))
        with suppress(Undecided):
            answer = troubleshoot(whole, start, end, protocol="tcp", port=port, unknowns=closing.value)
            assert answer.verdict is (PathVerdict.REACHABLE if wanted else PathVerdict.UNREACHABLE), f"{flow} {closing}"
