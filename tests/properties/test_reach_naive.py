"""The matrix of generated hubs and spokes against a naive evaluator that follows one packet, and its reply."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from nwpolicy.azure.paths import INTERNET as FROM_INTERNET
from nwpolicy.model.addresses import Address
from nwpolicy.model.flows import Flow
from nwpolicy.model.network import NetworkInterface
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.reach.answers import ReplyState
from nwpolicy.queries.reach.asking import ReachAsk, Survey, survey
from nwpolicy.queries.reach.matrix import Entry, Flows
from tests.builders import nic
from tests.estates import Estate
from tests.naive_paths import INTERNET, OFFICE, NaivePaths
from tests.properties.test_paths_naive import hubs_and_spokes

PORTS = (22, 443, 8080)
OUTSIDE = {INTERNET: "8.8.8.8", OFFICE: "192.168.0.4"}
#: Network interfaces beside those of the estate, some of which have to fare as their neighbours do.
MORE = {"a3": ("10.1.0.6", "one/work"), "b2": ("10.2.0.5", "two/work"), "jump2": ("10.0.3.5", "hub/work")}


def crowded(estate: Snapshot) -> Snapshot:
    more = [nic(name, address, where) for name, (address, where) in MORE.items()]
    return Snapshot.of((*estate.resources, *more))


def addresses(estate: Snapshot) -> dict[str, str]:
    inside = {card.name: str(card.ip_configurations[0].private_ip_address) for card in estate.all(NetworkInterface)}
    return {**inside, **OUTSIDE}


def is_party(found: Survey, index: int, name: str) -> bool:
    if index in found.outers:
        return (found.outers[index].outside == FROM_INTERNET) is (name == INTERNET) and name in OUTSIDE
    return any(member.subject.name == name for member in found.parties[index].members)


def holds(part: Flows, flow: Flow) -> bool:
    source, destination = Address(flow.family, flow.source), Address(flow.family, flow.destination)
    return (part.source is None or source in part.source) and (
        part.destination is None or destination in part.destination
    )


def lets(found: Survey, part: Flows, flow: Flow) -> bool:
    return any(
        flow.protocol in service.protocol
        and flow.source_port in service.source_port
        and flow.destination_port in service.destination_port
        for service in found.filters.sieves.cells.services(part.through.certain)
    )


def reaches(found: Survey, entries: list[Entry], start: str, end: str, flow: Flow) -> bool:
    """Whether the matrix has the connection."""
    parts = [
        (part, entry.reply)
        for entry in entries
        if is_party(found, entry.source, start) and any(is_party(found, index, end) for index in entry.destinations)
        for part in entry.flows
        if holds(part, flow)
    ]
    assert all(not part.through.depends for part, _ in parts), "nothing of the estate is unknown"
    open_ = [reply for part, reply in parts if lets(found, part, flow)]
    assert len(open_) <= 1, "entries are disjoint"
    return bool(open_) and open_[0].state is ReplyState.RETURNS


def arrives(naive: NaivePaths, start: str, end: str, flow: Flow) -> tuple[bool, str]:
    """Whether the connection comes about, and with what it was meant for."""
    works, how = naive.works(start, flow)
    wanted = {INTERNET: "internet", OFFICE: "gateway gw"}.get(end, end)
    return works and how == wanted, how


def flows(estate: Snapshot) -> Iterator[tuple[str, str, Flow]]:
    known = addresses(estate)
    for start, end, port in product(known, known, PORTS):
        if start != end and not {start, end} <= OUTSIDE.keys():
            source, target = Address.parse(known[start]), Address.parse(known[end])
            yield start, end, Flow(source.family, 6, source.number, 50000, target.number, port)


@settings(max_examples=60, deadline=None)
@given(hubs_and_spokes(), st.integers(0, 2**16))
def test_the_matrix_has_the_connections_that_come_about_and_no_others(estate: Estate, seed: int) -> None:
    whole = crowded(estate.snapshot)
    naive = NaivePaths(whole)
    found = survey(whole, ReachAsk(protocol="tcp", port=",".join(map(str, PORTS))))
    entries = list(found.entries())
    for start, end, flow in random.Random(seed).sample(list(flows(whole)), 40):
        works, how = arrives(naive, start, end, flow)
        assert reaches(found, entries, start, end, flow) is works, f"{start} → {end} {flow}: {how}"


@settings(max_examples=30, deadline=None)
@given(hubs_and_spokes(), st.data())
def test_a_question_about_two_ends_and_a_port_is_answered_as_the_whole_matrix_is(
    estate: Estate, data: st.DataObject
) -> None:
    whole = crowded(estate.snapshot)
    start, end, flow = data.draw(st.sampled_from(list(flows(whole))))
    words = {INTERNET: "Internet", OFFICE: "OnPremises"}
    ask = ReachAsk(
        source=words.get(start, start),
        destination=words.get(end, end),
        protocol="tcp",
        port=str(flow.destination_port),
    )
    found = survey(whole, ask)
    works, how = arrives(NaivePaths(whole), start, end, flow)
    assert reaches(found, list(found.entries()), start, end, flow) is works, how


@settings(max_examples=30, deadline=None)
@given(hubs_and_spokes(), st.sampled_from(["10.2.0.5", "10.2.0.99", "10.2.0.250"]))
def test_what_holds_of_an_address_that_is_not_known_holds_of_every_one(estate: Estate, address: str) -> None:
    ask = ReachAsk(protocol="tcp", port="443")
    base = estate.snapshot
    known = survey(Snapshot.of((*base.resources, nic("new", address, "two/work"))), ask)
    unknown = survey(Snapshot.of((*base.resources, nic("new", None, "two/work"))), ask)
    (surely, perhaps), (surely_all, perhaps_any) = pairs_of_new(known), pairs_of_new(unknown)
    assert surely_all <= surely
    assert surely | perhaps <= surely_all | perhaps_any


def pairs_of_new(found: Survey) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Pairs with the new interface: all of whose addresses reach one another whatever is unknown, and the others."""
    surely: set[tuple[str, str]] = set()
    perhaps: set[tuple[str, str]] = set()
    for entry in found.entries():
        whole = all(part.source is None and part.destination is None for part in entry.flows)
        sure = whole and entry.reply.state is ReplyState.RETURNS and any(part.through.certain for part in entry.flows)
        for index in entry.destinations:
            pairs = product(names(found, entry.source), names(found, index))
            new = {pair for pair in pairs if "new" in pair and pair[0] != pair[1]}
            surely |= new if sure else set()
            perhaps |= new
    return surely, perhaps - surely


def names(found: Survey, index: int) -> list[str]:
    if index in found.outers:
        return [found.outers[index].name]
    return [member.subject.name for member in found.parties[index].members]
