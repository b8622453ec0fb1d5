from __future__ import annotations

from fractions import Fraction

import pytest

import nwpolicy
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import UnknownKind
from nwpolicy.queries.openmap import Cell, CellState, MapTooLarge, Panel, open_map
from tests.builders import ALLOW, DENY, OUT, nsg, rule, snapshot, unknown

TCP = IntervalSet.of(8, [(6, 6)])


def estate(*rules: tuple[str, str, str]) -> Snapshot:
    """One group that lets in what is given as source, destination and ports, and nothing else."""
    allowed = [rule(f"r{n}", 100 + n, ALLOW, *given, protocol="Tcp") for n, given in enumerate(rules)]
    return snapshot(nsg("n", *allowed, rule("no", 4096, DENY)))


def panels(snapshot: Snapshot, protocol: str | None = "tcp", remote: str = "10.0.0.0/8") -> tuple[Panel, ...]:
    answer = nwpolicy.enumerate(
        snapshot, nsg="n", direction="Inbound", protocol=protocol, local="10.1.0.4", remote=remote
    )
    return open_map(answer)


def states(panel: Panel) -> dict[str, list[CellState]]:
    return {str(row.remote): [cell.state for cell in row.cells] for row in panel.rows}


def test_axes_are_cut_where_something_changes_and_nowhere_else() -> None:
    (panel,) = panels(estate(("10.2.0.0/16", "*", "22"), ("10.2.3.4", "*", "443-444")))
    assert [list(ports) for ports in panel.ports] == [
        [(0, 21)],
        [(22, 22)],
        [(23, 442)],
        [(443, 444)],
        [(445, 65535)],
    ]
    closed, opened = CellState.CLOSED, CellState.OPEN
    assert states(panel) == {
        "10.0.0.0/15": [closed] * 5,
        "10.2.0.0-10.2.3.3": [closed, opened, closed, closed, closed],
        "10.2.3.4": [closed, opened, closed, opened, closed],
        "10.2.3.5-10.2.255.255": [closed, opened, closed, closed, closed],
        "10.3.0.0-10.255.255.255": [closed] * 5,
    }


def test_neighbours_that_fare_alike_are_one() -> None:
    (panel,) = panels(estate(("10.2.0.0/16", "*", "80"), ("10.3.0.0/16", "*", "80"), ("10.2.0.0/15", "*", "81")))
    assert list(states(panel)) == ["10.0.0.0/15", "10.2.0.0/15", "10.4.0.0-10.255.255.255"]
    assert [list(ports) for ports in panel.ports] == [[(0, 79)], [(80, 81)], [(82, 65535)]]


def test_part_of_the_source_ports() -> None:
    some = rule("some", 100, ALLOW, "*", "*", "80", protocol="Tcp", source_ports="0-16383")
    (panel,) = panels(snapshot(nsg("n", some, rule("no", 200, DENY))))
    cells = {cell for row in panel.rows for cell in row.cells}
    assert cells == {Cell(CellState.PART, Fraction(1, 4), (0,)), Cell(CellState.CLOSED, Fraction(0), ())}


def test_what_depends_is_marked() -> None:
    admin = rule("admin", 100, ALLOW, unknown("adminCidr", UnknownKind.ADDRESS), "*", "22", protocol="Tcp")
    (panel,) = panels(snapshot(nsg("n", admin, rule("no", 200, DENY))))
    assert [cell.state for cell in panel.rows[0].cells] == [CellState.CLOSED, CellState.DEPENDS, CellState.CLOSED]


def test_protocols_without_ports_have_one_column() -> None:
    ping = rule("ping", 100, ALLOW, "10.2.0.0/16", "*", protocol="Icmp")
    (panel,) = panels(snapshot(nsg("n", ping, rule("no", 200, DENY))), protocol=None)
    assert panel.protocol == IntervalSet.of(8, [(1, 1)])
    assert panel.ports == ()
    assert {len(row.cells) for row in panel.rows} == {1}


def test_local_addresses_that_fare_differently_have_maps_of_their_own() -> None:
    answer = nwpolicy.enumerate(
        estate(("*", "10.1.0.4", "80"), ("*", "10.1.0.5", "81")),
        nsg="n",
        direction="Inbound",
        protocol="tcp",
        local="10.1.0.0/24",
        remote="10.0.0.0/8",
    )
    assert {str(panel.local) for panel in open_map(answer)} == {"10.1.0.4", "10.1.0.5"}


def test_many_sorts_of_local_addresses_share_a_map() -> None:
    several = [("*", f"10.1.0.{n * 2}", f"{80 + n * 2}") for n in range(8)]
    answer = nwpolicy.enumerate(
        estate(*several), nsg="n", direction="Inbound", protocol="tcp", local="10.1.0.0/24", remote="10.0.0.0/8"
    )
    (panel,) = open_map(answer)
    assert panel.local == AddressSet.parse("10.1.0.0/24")
    assert Cell(CellState.PART, Fraction(1, 256), (0,)) in panel.rows[0].cells


def test_remote_addresses_of_what_goes_out_are_destinations() -> None:
    web = rule("web", 100, ALLOW, "*", "10.2.0.0/16", "80", protocol="Tcp", direction=OUT)
    group = nsg("n", web, rule("no", 200, DENY, direction=OUT))
    answer = nwpolicy.enumerate(
        snapshot(group), nsg="n", direction="Outbound", protocol="tcp", local="10.1.0.4", remote="10.0.0.0/8"
    )
    (panel,) = open_map(answer)
    assert panel.local == AddressSet.parse("10.1.0.4")
    assert "10.2.0.0/16" in states(panel)


def test_nothing_open_is_no_map() -> None:
    assert panels(estate()) == ()


def test_gaps_in_the_question_are_not_drawn() -> None:
    answer = nwpolicy.enumerate(
        estate(("*", "*", "80,82")),
        nsg="n",
        direction="Inbound",
        protocol="tcp",
        local="10.1.0.4",
        remote="10.0.0.0/24,10.0.2.0/24",
        port="80,82",
    )
    (panel,) = open_map(answer)
    assert [list(ports) for ports in panel.ports] == [[(80, 80)], [(82, 82)]]
    assert list(states(panel)) == ["10.0.0.0/24", "10.0.2.0/24"]


def test_a_map_that_nobody_could_read_is_refused() -> None:
    with pytest.raises(MapTooLarge, match="rows"):
        panels(estate(*((f"10.{n}.0.0/24", "*", f"{n}") for n in range(70))))


def test_a_list_of_what_is_denied_has_no_map() -> None:
    answer = nwpolicy.enumerate(estate(("*", "*", "80")), nsg="n", direction="Inbound", select="Deny")
    with pytest.raises(ValueError, match="what is allowed"):
        open_map(answer)
