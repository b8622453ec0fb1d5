"""Where the paths of a report begin and end in the topology."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from nwpolicy.queries.differences import ChangeKind
from nwpolicy.queries.report import report
from nwpolicy.queries.report.pathmap import PathMap, path_map
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.versions import versions_of_paths

OPENED, CLOSED = ChangeKind.OPENED, ChangeKind.CLOSED
WEB = """
vnet shop { address 10.1.0.0/16; subnet web { address 10.1.1.0/24; nsg web }; subnet data { address 10.1.2.0/24 } }
nic web-0 { ip c { address 10.1.1.4; subnet shop/web } }
nic web-1 { ip c { address 10.1.1.5; subnet shop/web } }
nic data-0 { ip c { address 10.1.2.4; subnet shop/data } }
"""


def group(*rules: str, name: str = "web") -> str:
    inner = "\n".join(f"{100 + number} rule-{number} {rule}" for number, rule in enumerate(rules))
    return f"nsg {name} {{ inbound {{\n{inner}\n4000 rest deny * from * to *\n}} }}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def found(folder: Path, old: str, new: str) -> PathMap:
    for side, text in (("old", old), ("new", new)):
        (folder / f"{side}.nwp").write_text(text, encoding="utf-8")
    versions = versions_of_paths(str(folder / "old.nwp"), str(folder / "new.nwp"), Pins())
    return path_map(versions.before.definitions, versions.after.definitions, report(versions))


def opened(folder: Path, *rules: str, estate: str = WEB) -> PathMap:
    """The map of what these rules open."""
    return found(folder, estate + group(), estate + group(*rules))


def told(one: PathMap) -> list[tuple[ChangeKind, str, str, list[str]]]:
    return [(path.kind, path.source, path.target, [line.text for line in path.lines]) for path in one.paths]


@pytest.mark.parametrize(
    ("term", "node", "part"),
    [
        ("10.1.2.0/24", "virtualNetwork:shop/data", ""),
        ("10.1.2.4", "virtualNetwork:shop/data/data-0", ""),
        ("10.1.2.9", "virtualNetwork:shop/data", " from 10.1.2.9"),
        ("10.1.0.0/16", "virtualNetwork:shop", ""),
        ("10.1.2.0-10.1.3.9", "virtualNetwork:shop", " from 10.1.2.0-10.1.3.9"),
        ("10.0.0.0/8", "outside:10.0.0.0/8", ""),
        ("Internet", "outside:Internet", ""),
        ("*", "outside:*", ""),
    ],
)
def test_a_path_begins_at_the_innermost_node_that_has_all_its_addresses(
    folder: Path, term: str, node: str, part: str
) -> None:
    estate = WEB.replace("nsg web }", "nsg web }; subnet more { address 10.1.3.0/24 }")
    one = opened(folder, f"allow tcp from {term} to * port 443", estate=estate)
    assert told(one) == [(OPENED, node, "virtualNetwork:shop/web", [f"tcp 443{part}"])]
    assert {node.id for node in one.topology.nodes} >= {node, "virtualNetwork:shop/web"}


def test_addresses_that_several_networks_have_are_no_nodes_own(folder: Path) -> None:
    lab = "vnet lab { address 10.1.0.0/16; subnet data { address 10.1.2.0/24 } }\n"
    one = opened(folder, "allow tcp from 10.1.2.0/24 to * port 443", estate=WEB + lab)
    assert [path.source.partition(":")[0] for path in one.paths] == ["outside"]


def test_a_path_leads_to_an_interface_where_it_is_only_that_one(folder: Path) -> None:
    one = opened(folder, "allow tcp from Internet to 10.1.1.4 port 22")
    assert [path.target for path in one.paths] == ["virtualNetwork:shop/web/web-0"]


def test_several_interfaces_of_a_subnet_are_told_together(folder: Path) -> None:
    estate = WEB.replace("; nsg web }", " }").replace("nic web-0 {", "nic web-0 { nsg web;")
    estate = estate.replace("nic web-1 {", "nic web-1 { nsg web;")
    one = opened(folder, "allow tcp from Internet to * port 22", estate=estate)
    assert told(one) == [(OPENED, "outside:Internet", "virtualNetwork:shop/web", ["tcp 22 (2 places)"])]


def test_what_goes_out_leads_from_the_place(folder: Path) -> None:
    before = "nsg web { outbound { 100 shut deny tcp from * to Internet port 25\n } }\n"
    one = found(folder, WEB + before, WEB + before.replace("25", "26"))
    assert sorted(told(one)) == [
        (CLOSED, "virtualNetwork:shop/web", "outside:Internet", ["tcp 26"]),
        (OPENED, "virtualNetwork:shop/web", "outside:Internet", ["tcp 25"]),
    ]


def test_changes_with_the_same_ends_are_one_path(folder: Path) -> None:
    one = opened(folder, "allow tcp from Internet to * port 22", "allow udp from Internet to * port 500")
    ((_, source, target, lines),) = told(one)
    assert (source, target) == ("outside:Internet", "virtualNetwork:shop/web")
    assert sorted(lines) == ["tcp 22", "udp 500 from port * except 65330"]
    assert sorted(line.number for line in one.paths[0].lines) == [1, 2]


def test_what_is_gone_is_there_and_says_so(folder: Path) -> None:
    lab = (
        "vnet lab { address 10.9.0.0/16; subnet s { address 10.9.0.0/24; nsg lab } }\n"
        "nic lab-0 { ip c { address 10.9.0.4; subnet lab/s } }\n"
    )
    rules = group("allow tcp from Internet to * port 22", name="lab")
    one = found(folder, WEB + group() + lab + rules, WEB + group())
    standing = {node.id: node.standing for node in one.topology.nodes}
    assert {path.kind for path in one.paths} == {CLOSED}
    assert {path.target for path in one.paths} == {"virtualNetwork:lab/s"}
    assert {key for key, value in standing.items() if value == "gone"} == {
        "virtualNetwork:lab",
        "virtualNetwork:lab/s",
        "virtualNetwork:lab/s/lab-0",
    }
    back = found(folder, WEB + group(), WEB + group() + lab + rules)
    assert {path.kind for path in back.paths} == {OPENED}
    assert {node.id for node in back.topology.nodes if node.standing == "new"} == {
        "virtualNetwork:lab/s",
        "virtualNetwork:lab/s/lab-0",
    }


def spokes(count: int, source: str, *, subnets: Iterable[int] = range(3)) -> str:
    """Networks with subnets of the same names, each with a group that lets in something of its own."""
    text = ""
    for number in range(count):
        inner = "; ".join(f"subnet s{s} {{ address 10.{number}.{s}.0/24; nsg g{number}-{s} }}" for s in subnets)
        text += f"vnet v{number} {{ address 10.{number}.0.0/16; {inner} }}\n"
        rule = f"allow tcp from {source} to * port"
        text += "".join(group(f"{rule} {1000 + number * 10 + s}", name=f"g{number}-{s}") for s in subnets)
    return text


def test_a_subnet_is_told_from_others_of_its_name(folder: Path) -> None:
    text = spokes(2, "Internet")
    one = found(folder, text, text.replace("1011", "2011"))
    assert {path.target for path in one.paths} == {"virtualNetwork:v1/s1"}
    assert one.changes_left == 0


def test_many_paths_are_told_from_network_to_network(folder: Path) -> None:
    one = found(folder, spokes(5, "10.200.0.0/24"), spokes(5, "Internet"))
    assert len(one.paths) == 10
    assert {path.source for path in one.paths} == {"outside:Internet", "outside:10.200.0.0/24"}
    assert {path.target for path in one.paths} == {f"virtualNetwork:v{number}" for number in range(5)}
    first = next(path for path in one.paths if path.target == "virtualNetwork:v1" and path.kind is OPENED)
    assert [line.text for line in first.lines] == ["tcp 1010 to s0", "tcp 1011 to s1", "tcp 1012 to s2"]
    assert (one.changes_left, one.boxes_left) == (0, 0)


def test_no_more_are_drawn_than_can_be_read(folder: Path) -> None:
    one = found(folder, spokes(40, "10.200.0.0/24"), spokes(40, "Internet"))
    assert len(one.paths) == 12
    assert {path.kind for path in one.paths} == {OPENED}
    told_of = {line.number for path in one.paths for line in path.lines}
    assert len(told_of) + one.changes_left == 240
    networks = [node for node in one.topology.nodes if node.kind == "virtualNetwork"]
    assert len(networks) == 12
    assert one.boxes_left == 28
    assert {node.facts for node in networks} == {("and 3 more in it",)}


def test_only_what_paths_lead_to_is_kept_of_many_boxes(folder: Path) -> None:
    text = spokes(20, "Internet")
    one = found(folder, text, text.replace("1011", "2011"))
    assert {node.id for node in one.topology.nodes} == {
        "outside:Internet",
        "virtualNetwork:v1",
        "virtualNetwork:v1/s1",
    }
    assert one.boxes_left == 19
