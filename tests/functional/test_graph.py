"""`nwpolicy graph` as a command: its forms, what it draws, and that it draws no more than is known."""

from __future__ import annotations

import json
import re
import sys
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft7Validator
from pygraphviz import AGraph

import nwpolicy
from nwpolicy import cli
from nwpolicy.reports.svg import text_width
from tests.functional.graph_goldens import BLOCKED, FOLDER, GOLDEN, PICTURE, ROOT, answer

SCHEMA = json.loads((ROOT / "schemas" / "graph.schema.json").read_text(encoding="utf-8"))
SVG = "{http://www.w3.org/2000/svg}"
INPUTS = [
    *(f"rules-examples/{path.name}" for path in sorted((ROOT / "rules-examples").iterdir()) if path.is_dir()),
    "tests/data/batfish-cloud-azure",
    "tests/data/exports/effective-routes.json",
]
FLOWS = [
    "rules-examples/hub-and-spoke --from vm-orders --to vm-billing --protocol tcp --port 443",
    "rules-examples/hub-and-spoke --from vm-orders --to vm-billing --protocol tcp --port 1433",
    "rules-examples/hub-and-spoke --from vgw-hub --to vm-orders",
    "rules-examples/three-tier --from Internet --to nic-db",
    "rules-examples/three-tier --from 10.1.0.0/16 --to nic-db --protocol tcp",
    "rules-examples/forced-tunnel --from nic-tunnelled --to Internet",
    "rules-examples/forced-tunnel --from nic-plain --to 8.8.8.8 --protocol udp --port 53",
    "tests/data/batfish-cloud-azure --from vm1346 --to vm235 --protocol tcp --port 22",
]


def plain(question: str) -> Any:
    return json.loads(answer(f"{question} --output json")[1])


def picture(question: str) -> ET.Element:
    return ET.fromstring(answer(question)[1])


@pytest.mark.parametrize("name", GOLDEN)
def test_the_answer_is_the_one_that_is_kept(name: str) -> None:
    code, out = answer(GOLDEN[name])
    assert out == (FOLDER / name).read_bytes().decode()
    assert code == 0


def test_every_kept_answer_is_asked_for() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(GOLDEN)


def test_the_picture_in_the_docs_shows_what_its_command_draws() -> None:
    kept, drawn = ET.fromstring(PICTURE.read_bytes()), picture(BLOCKED)
    for tag in ("title", "text", "rect", "path", "circle"):
        css = [[(found.text, found.get("class")) for found in root.iter(f"{SVG}{tag}")] for root in (kept, drawn)]
        assert sorted(css[0], key=str) == sorted(css[1], key=str)
    text = (ROOT / "docs" / "graph.md").read_text(encoding="utf-8")
    assert f"nwpolicy graph {BLOCKED}" in text.replace(" \\\n    ", " ")
    assert f"({PICTURE.name})" in text


@pytest.mark.parametrize("question", [*INPUTS, *FLOWS])
def test_json_is_as_its_schema_says(question: str) -> None:
    code, out = answer(f"{question} --output json")
    found = json.loads(out)
    assert [f"{fault.json_path}: {fault.message}" for fault in Draft7Validator(SCHEMA).iter_errors(found)] == []
    assert code == (3 if found["flow"] is not None and found["flow"]["state"] == "depends" else 0)


@pytest.mark.parametrize("question", [*INPUTS, *FLOWS])
def test_everything_that_is_referred_to_is_there(question: str) -> None:
    found = plain(question)
    known = [node["id"] for node in found["nodes"]]
    assert len(set(known)) == len(known)
    ends = {link[end] for link in found["links"] for end in ("source", "target")}
    ends |= {side["node"] for link in found["links"] for side in link["sides"]}
    ends |= {node["parent"] for node in found["nodes"] if node["parent"] is not None}
    flow = found["flow"] or {"ways": []}
    ends |= {step["node"] for way in flow["ways"] for step in way["steps"]}
    assert ends <= set(known)


@pytest.mark.parametrize("question", [*INPUTS, *FLOWS])
def test_what_is_not_known_is_listed_once_for_all(question: str) -> None:
    found = plain(question)
    listed = {json.dumps(unknown) for unknown in found["dependsOn"]}
    own = {json.dumps(unknown) for part in (*found["nodes"], *found["links"]) for unknown in part["dependsOn"]}
    assert own == listed


# --- pictures ---


def boxes(root: ET.Element, css: str) -> list[tuple[float, float, float, float]]:
    """The rectangles of a class: left, top, right, bottom."""
    found = [rect for rect in root.iter(f"{SVG}rect") if css in rect.get("class", "").split()]
    corners = [[float(rect.get(name, "0")) for name in ("x", "y", "width", "height")] for rect in found]
    return [(x, y, x + width, y + height) for x, y, width, height in corners]


def texts(root: ET.Element) -> list[tuple[float, float, float]]:
    """Where lines of text begin and end, and their height on the page."""
    found = []
    for text in root.iter(f"{SVG}text"):
        width = text_width(text.text or "", int(text.get("font-size", "11")), bold=text.get("class") == "name")
        shift = {"end": -width, "middle": -width / 2}.get(text.get("text-anchor", "start"), 0.0)
        left = float(text.get("x", "0")) + shift
        found.append((left, left + width, float(text.get("y", "0"))))
    return found


def points(path: ET.Element) -> list[tuple[float, float]]:
    """Points all along a path of straight lines and curves."""
    here, found = (0.0, 0.0), []
    for command, numbers in re.findall(r"([MLQCh])([^MLQCh]*)", path.get("d", "")):
        values = [float(number) for number in numbers.split()]
        given = [(here[0] + values[0], here[1])] if command == "h" else list(pairwise(values))[::2]
        bend = [here, *given] if command != "M" else given
        found += [bezier(bend, step / 20) for step in range(21)]
        here = bend[-1]
    return found


def bezier(bend: list[tuple[float, float]], share: float) -> tuple[float, float]:
    """De Casteljau's construction."""
    while len(bend) > 1:
        bend = [(x + (to_x - x) * share, y + (to_y - y) * share) for (x, y), (to_x, to_y) in pairwise(bend)]
    return bend[0]


def paths(root: ET.Element, css: str) -> list[ET.Element]:
    return [path for path in root.iter(f"{SVG}path") if css in path.get("class", "").split()]


def check_lines(root: ET.Element) -> None:
    """Wires run from box to box and around all others; so do the ways of flows, which end at a card in a box."""
    frames = boxes(root, "frame")
    wires = [wire for wire in paths(root, "wire") if "h" not in wire.get("d", "")]
    for wire in wires:
        line = points(wire)
        for x, y in (line[0], line[-1]):
            assert any(min(abs(x - f[0]), abs(x - f[2])) < 3 and f[1] - 3 < y < f[3] + 3 for f in frames)
        assert not any(f[0] + 3 < x < f[2] - 3 and f[1] + 3 < y < f[3] - 3 for x, y in line for f in frames)
    for way in paths(root, "way"):
        line = points(way)
        inside = {f for x, y in line for f in frames if f[0] + 12 < x < f[2] - 12 and f[1] + 3 < y < f[3] - 3}
        ends = [min(frames, key=lambda f: max(f[0] - x, x - f[2], f[1] - y, y - f[3])) for x, y in (line[0], line[-1])]
        assert inside <= set(ends)


def check_picture(root: ET.Element) -> None:
    width, height = (float(root.get(name, "0")) for name in ("width", "height"))
    for left, right, y in texts(root):
        assert left >= 0
        assert right <= width
        assert 0 < y < height
    for css in ("frame", "card"):
        found = boxes(root, css)
        for one, other in combinations(found, 2):
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert all(x >= 0 and y >= 0 and right <= width and bottom <= height for x, y, right, bottom in found)
    check_lines(root)
    frames = boxes(root, "frame")
    for x, y, right, bottom in boxes(root, "card"):
        assert any(f[0] <= x and f[1] <= y and right <= f[2] and bottom <= f[3] for f in frames)


@pytest.mark.parametrize("question", [*INPUTS, *FLOWS])
def test_boxes_lie_apart_and_all_labels_are_on_the_canvas(question: str) -> None:
    check_picture(picture(question))


@pytest.mark.parametrize("question", [*INPUTS, *FLOWS])
def test_all_boxes_and_wires_are_drawn(question: str) -> None:
    found, root = plain(question), picture(question)
    wires = [link for link in found["links"] if link["kind"] != "nextHop"]
    samples = {(link["kind"], link["state"]) for link in wires}
    assert len(paths(root, "wire")) == len(wires) + len(samples)
    outermost = [node for node in found["nodes"] if node["parent"] is None]
    assert len(boxes(root, "frame")) == len(outermost)
    networks = {node["id"] for node in outermost if node["kind"] == "virtualNetwork"}
    assert len(boxes(root, "card")) == sum(node["parent"] in networks for node in found["nodes"])
    shown = {text.text for text in root.iter(f"{SVG}text")}
    assert {link["name"] for link in wires if link["kind"] in {"connection", "hubAndSpoke"}} <= shown


@pytest.mark.parametrize("question", [*INPUTS, *FLOWS])
def test_a_picture_is_the_same_each_time(question: str) -> None:
    assert answer(question) == answer(question)


@pytest.mark.parametrize("question", [*INPUTS, *FLOWS])
def test_a_picture_says_what_it_shows(question: str) -> None:
    """W3C, SVG Accessibility: a title and a description."""
    root = picture(question)
    assert root[0].tag == f"{SVG}title"
    assert root[0].text
    assert root[1].tag == f"{SVG}desc"


def test_a_picture_follows_the_light_and_the_dark() -> None:
    style = picture("rules-examples/hub-and-spoke").find(f"{SVG}style")
    assert style is not None
    assert "prefers-color-scheme:dark" in (style.text or "")


def test_a_picture_has_nothing_that_runs_or_leads_away() -> None:
    root = picture("rules-examples/hub-and-spoke --from vm-orders --to vm-billing")
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    drawn = {"svg", "title", "desc", "style", "defs", "marker", "rect", "g", "text", "path", "circle"}
    assert tags <= drawn


def estate(spokes: int, subnets: int) -> dict[str, Any]:
    """A hub with a firewall and an office behind it, and spokes, one of which lacks its peering back."""
    forwarded = {"allowForwardedTraffic": True}
    hub = {
        "name": "vnet-hub",
        "addressSpace": "10.0.0.0/16",
        "subnets": [{"name": "AzureFirewallSubnet", "addressPrefix": "10.0.0.0/26"}],
        "virtualNetworkPeerings": [
            {"name": f"to-{n}", "remoteVirtualNetwork": f"vnet-spoke-{n}", **forwarded} for n in range(spokes)
        ],
    }
    networks = [
        {
            "name": f"vnet-spoke-{n}",
            "addressSpace": f"10.{n + 1}.0.0/16",
            "subnets": [
                {
                    "name": f"snet-with-a-rather-long-name-{k}",
                    "addressPrefix": f"10.{n + 1}.{k}.0/24",
                    "routeTable": "rt",
                    "networkSecurityGroup": f"nsg-{n}",
                }
                for k in range(subnets)
            ],
            "virtualNetworkPeerings": [{"name": "to-hub", "remoteVirtualNetwork": "vnet-hub", **forwarded}]
            if n
            else [],
        }
        for n in range(spokes)
    ]
    hop = {"nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.0.0.4"}
    return {
        "nwpolicy": 1,
        "virtualNetworks": [hub, *networks],
        "networkSecurityGroups": [{"name": f"nsg-{n}"} for n in range(spokes)],
        "routeTables": [{"name": "rt", "routes": [{"name": "all", "addressPrefix": "0.0.0.0/0", **hop}]}],
        "networkInterfaces": [
            {
                "name": f"nic-{n}-{k}",
                "ipConfigurations": [
                    {"name": "ip", "privateIPAddress": f"10.{n + 1}.0.{k + 4}", "subnet": f"vnet-spoke-{n}/{name}"}
                ],
            }
            for n in range(spokes)
            for k in range(9)
            for name in ("snet-with-a-rather-long-name-0",)
        ],
    }


@pytest.mark.parametrize(("spokes", "subnets"), [(20, 5), (100, 1), (2, 50)])
def test_a_hundred_subnets_can_be_read(tmp_path: Path, spokes: int, subnets: int) -> None:
    path = tmp_path / "estate.yaml"
    path.write_text(json.dumps(estate(spokes, subnets)), encoding="utf-8")
    root = picture(str(path))
    check_picture(root)
    assert len(boxes(root, "card")) == spokes * subnets + 1
    assert 0.4 < float(root.get("width", "0")) / float(root.get("height", "0")) < 4
    shown = {text.text for text in root.iter(f"{SVG}text")}
    assert {"9 network interfaces", "half-open", "vnet-spoke-0 has no peering back to vnet-hub"} - shown == {
        "vnet-spoke-0 has no peering back to vnet-hub"
    }
    titles = [title.text or "" for title in root.iter(f"{SVG}title")]
    assert any("vnet-spoke-0 has no peering back to vnet-hub" in title for title in titles)


def test_a_hundred_subnets_stand_in_several_columns_of_text_forms(tmp_path: Path) -> None:
    """Graphviz, Attributes ("minlen"); Mermaid, Flowcharts ("Minimum length of a link")."""
    path = tmp_path / "estate.yaml"
    path.write_text(json.dumps(estate(20, 5)), encoding="utf-8")
    question = f"{path} --from nic-1-3 --to nic-7-4 --protocol tcp"
    dot, mermaid = (answer(f"{question} --output {form}")[1] for form in ("dot", "mermaid"))
    lengths = re.findall(r"minlen=(\d)", dot)
    assert (len(lengths), set(lengths)) == (16, set("2345"))
    assert [len(dashes) - 2 for dashes in re.findall(r" (-{3,})\|", mermaid)] == [1] * 3 + [*map(int, lengths)]
    drawn = AGraph(string=dot)
    drawn.layout(prog="dot")
    _, _, width, height = map(float, drawn.graph_attr["bb"].split(","))
    assert 0.3 < width / height < 3
    assert len(mermaid) < 50_000


@pytest.mark.parametrize("question", [*INPUTS, *FLOWS])
def test_graphviz_reads_the_graph_as_it_is_meant(question: str) -> None:
    found, drawn = plain(question), AGraph(string=answer(f"{question} --output dot")[1])
    links = [link for link in found["links"] if link["kind"] != "nextHop"]
    networks = {node["id"] for node in found["nodes"] if node["kind"] == "virtualNetwork"}
    named = {node["id"] for node in found["nodes"] if node["parent"] is None or node["parent"] in networks}
    assert {str(node) for node in drawn.nodes()} - {"flow"} == named
    assert {graph.name for graph in drawn.subgraphs()} == {f"cluster {network}" for network in networks}
    assert sum("penwidth" not in edge.attr or edge.attr["penwidth"] != "3" for edge in drawn.edges()) == len(links)


def test_one_of_many_interfaces_is_named_if_a_flow_comes_to_it(tmp_path: Path) -> None:
    path = tmp_path / "estate.yaml"
    path.write_text(json.dumps(estate(3, 1)), encoding="utf-8")
    root = picture(f"{path} --from nic-1-3 --to nic-2-4 --protocol tcp")
    shown = {text.text for text in root.iter(f"{SVG}text")}
    assert {"nic-1-3 · 10.2.0.7", "8 more network interfaces", "9 network interfaces"} <= shown


# --- flows ---


def steps(question: str) -> list[tuple[str, str]]:
    found = plain(question)
    names = {node["id"]: node["name"] for node in found["nodes"]}
    (way,) = found["flow"]["ways"]
    return [(names[step["node"]], step["state"]) for step in way["steps"]]


def test_the_place_where_a_flow_is_blocked_is_marked() -> None:
    question = "rules-examples/hub-and-spoke --from vm-orders --to vm-billing --protocol tcp --port 1433"
    assert steps(question) == [("nic-orders", "passed"), ("10.0.0.4", "passed"), ("nic-billing", "blocked")]
    assert "deny-all-inbound" in plain(question)["flow"]["ways"][0]["steps"][-1]["reason"]
    root = picture(question)
    assert [circle.get("class") for circle in root.iter(f"{SVG}circle")] == [
        "mark passed",
        "mark passed",
        "mark blocked",
    ]


def test_a_flow_that_passes_is_drawn_to_its_end() -> None:
    question = "rules-examples/hub-and-spoke --from vm-orders --to vm-billing --protocol tcp --port 443"
    assert [state for _, state in steps(question)] == ["passed"] * 3
    assert plain(question)["flow"]["state"] == "passed"


def test_a_flow_that_gets_lost_ends_at_the_next_hop_that_nothing_has() -> None:
    question = "rules-examples/forced-tunnel --from nic-tunnelled --to Internet --protocol tcp"
    assert steps(question) == [("nic-tunnelled", "passed"), ("10.5.0.4", "blocked")]


def test_what_a_flow_does_not_reach_is_shown_as_such() -> None:
    question = "rules-examples/three-tier --from Internet --to nic-db --protocol tcp"
    assert steps(question) == [("Internet", "blocked"), ("nic-db", "notReached")]


def test_replies_that_do_not_come_back_block_a_flow() -> None:
    question = "rules-examples/hub-and-spoke --from vgw-hub --to vm-orders --protocol tcp --port 443"
    assert steps(question) == [("lgw-office", "passed"), ("GatewaySubnet", "passed"), ("nic-orders", "blocked")]
    assert "on the way back" in plain(question)["flow"]["ways"][0]["steps"][-1]["reason"]


def test_several_ways_are_told_one_by_one() -> None:
    question = "rules-examples/three-tier --from 10.1.0.0/16 --to nic-db --protocol tcp --port 1433"
    assert len(plain(question)["flow"]["ways"]) == 4
    shown = [text.text or "" for text in picture(question).iter(f"{SVG}text")]
    assert shown[0].endswith(": passes in part")
    assert "nic-logic → nic-db: passes" in shown
    assert any(re.fullmatch("nic-web → nic-db: blocked at nic-db, .*", text) for text in shown)
    assert {"✕", "•"} <= set(shown)


@pytest.mark.parametrize("extra", ["--from vm-orders", "--to vm-orders", "--port 443", "--from vm-orders --to nobody"])
def test_questions_that_cannot_be_put(extra: str) -> None:
    assert answer(f"rules-examples/hub-and-spoke {extra}") == (2, "")


def test_a_long_name_beside_a_wire_is_cut(tmp_path: Path) -> None:
    gateways = [{"name": "GatewaySubnet", "addressPrefix": "10.0.0.0/27"}]
    definitions = {
        "nwpolicy": 1,
        "virtualNetworks": [{"name": "hub", "addressSpace": "10.0.0.0/16", "subnets": gateways}],
        "virtualNetworkGateways": [{"name": "vgw", "virtualNetwork": "hub"}],
        "localNetworkGateways": [{"name": "office", "localNetworkAddressSpace": "192.168.0.0/16"}],
        "connections": [{"name": "c" * 9000, "virtualNetworkGateway": "vgw", "localNetworkGateway": "office"}],
    }
    path = tmp_path / "long.yaml"
    path.write_text(json.dumps(definitions), encoding="utf-8")
    root = picture(str(path))
    check_picture(root)
    assert float(root.get("width", "0")) < 1500


# --- without the extra ---


@pytest.mark.parametrize("form", ["mermaid", "dot", "json"])
def test_all_but_pictures_needs_no_extra(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    code, out = answer(f"rules-examples/hub-and-spoke --output {form}")
    assert code == 0
    assert out


def test_a_picture_without_the_extra_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    assert cli.main(["graph", str(ROOT / "rules-examples" / "hub-and-spoke"), "--color", "never"]) == 2
    out, said = capsys.readouterr()
    assert out == ""
    assert said.startswith("nwpolicy: pictures need pygraphviz, which is not installed\n")
    assert "pip install 'nwpolicy[graph]'" in said


def test_a_library_that_pygraphviz_lacks_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """As in an image of Linux without X11."""
    reason = "libX11.so.6: cannot open shared object file: No such file or directory"
    (tmp_path / "pygraphviz.py").write_text(f"raise ImportError({reason!r})\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pygraphviz", raising=False)
    assert cli.main(["graph", str(ROOT / "rules-examples" / "hub-and-spoke"), "--color", "never"]) == 2
    assert capsys.readouterr().err.startswith(f"nwpolicy: pictures need pygraphviz, which does not start: {reason}\n")


def test_a_picture_says_that_it_leaves_labels_out(tmp_path: Path) -> None:
    names = [f"vnet-{n}" for n in range(18)]
    networks = [
        {
            "name": name,
            "addressSpace": f"10.{n}.0.0/16",
            "virtualNetworkPeerings": [
                {"name": f"to-{other}", "remoteVirtualNetwork": other, "allowForwardedTraffic": True}
                for other in names
                if other != name
            ],
        }
        for n, name in enumerate(names)
    ]
    path = tmp_path / "mesh.yaml"
    path.write_text(json.dumps({"nwpolicy": 1, "virtualNetworks": networks}), encoding="utf-8")
    root = picture(str(path))
    check_picture(root)
    shown = [text.text or "" for text in root.iter(f"{SVG}text")]
    assert not any("forwarded" in text for text in shown)
    assert any(text.startswith("There are too many wires for labels") for text in shown)
    titles = [title.text or "" for title in root.iter(f"{SVG}title")]
    assert sum("to-vnet-1 allows forwarded" in title for title in titles) >= 17


def test_more_than_a_picture_can_show_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    networks = [{"name": f"vnet-{n}", "addressSpace": "10.0.0.0/24"} for n in range(1501)]
    path = tmp_path / "many.yaml"
    path.write_text(json.dumps({"nwpolicy": 1, "virtualNetworks": networks}), encoding="utf-8")
    assert cli.main(["graph", str(path), "--color", "never"]) == 2
    assert "nwpolicy: 1,501 boxes are more than a picture can show (1,500)\n" in capsys.readouterr().err


# --- names that anybody may have written ---

NAMES = [
    'a"]; b --> c["<script>alert(1)<|script>',
    "end",
    "- list",
    "1. list",
    "&quot;&#34;&amp;",
    "\\N\\l\\",
    "]]><!-- --> %% {x}|y|`z`",
    "日本語のサブネット名前",
    "a\x1b[31m\x00\nb",
]


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    networks = [
        {
            "name": name,
            "addressSpace": f"10.{number}.0.0/16",
            "subnets": [{"name": name, "addressPrefix": f"10.{number}.0.0/24"}],
            "virtualNetworkPeerings": [
                {"name": f"p{other}", "remoteVirtualNetwork": other} for other in NAMES[:2] if other != name
            ],
        }
        for number, name in enumerate(NAMES)
    ]
    path = tmp_path / "hostile.yaml"
    path.write_text(json.dumps({"nwpolicy": 1, "virtualNetworks": networks}), encoding="utf-8")
    return path


def test_names_cannot_leave_their_place_in_a_picture(hostile: Path) -> None:
    root = picture(str(hostile))
    check_picture(root)
    assert "script" not in {element.tag.removeprefix(SVG) for element in root.iter()}


def test_names_cannot_leave_their_place_in_mermaid(hostile: Path) -> None:
    """Mermaid, Flowcharts, "Entity codes to escape characters"; every line is one statement of a known form."""
    code, out = answer(f"{hostile} --output mermaid")
    assert code == 0
    text = r'"(?:[^"#;<>\[\]{}|`&%\\\x00-\x1f]|#\d+;|<br/>)*"'
    forms = (
        "flowchart LR",
        rf"subgraph n\d+\[{text}\]",
        "end",
        rf"n\d+\[{text}\](:::doubtful)?",
        rf"n\d+ (-{{3,}}|-\.+-)\|{text}\| n\d+",
        r"class n\d+ doubtful",
        "classDef doubtful stroke-dasharray: 5 3",
    )
    for line in out.splitlines():
        assert any(re.fullmatch(form, line.strip()) for form in forms), line
    assert not re.search(r'["/]>\s*(-|\d+\.) ', out), "a line of a label would be taken for a list"


def test_names_cannot_leave_their_place_in_dot(hostile: Path) -> None:
    """Graphviz, DOT Language: in a quoted string, only a quotation mark is escaped."""
    code, out = answer(f"{hostile} --output dot")
    assert code == 0
    rest = re.sub(r'"(?:[^"\\]|\\.)*"', "S", out)
    assert '"' not in rest
    statements = [line.strip() for line in rest.splitlines()]
    value = r"[\w#.]+"
    looks = rf"\[{value}={value}(, {value}={value})*\];"
    forms = (
        "digraph topology {",
        "}",
        "rankdir=LR; compound=true;",
        rf"node {looks} edge {looks}",
        rf"graph {looks}",
        "subgraph S {",
        "label=S; style=S;",
        rf"S {looks}",
        rf"S -> S {looks}",
    )
    for line in statements:
        assert any(re.fullmatch(form, line) for form in forms), line
    assert len(AGraph(string=out).subgraphs()) == len(NAMES)


def test_the_python_api() -> None:
    estate = nwpolicy.load(str(ROOT / "rules-examples" / "hub-and-spoke"))
    assert nwpolicy.graph(estate).flow is None
    found = nwpolicy.graph(estate, "vm-orders", "vm-billing", protocol="tcp", port="443")
    assert found.flow is not None
    assert found.flow.state == "passed"
