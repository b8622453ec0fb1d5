"""`nwpolicy routes` and `nwpolicy next-hop` as commands: their forms, their exit codes, lists of Azure as input."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

import nwpolicy
from nwpolicy import cli

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = {
    name: json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    for name in ("routes", "next-hop")
}
TUNNEL = ("rules-examples/forced-tunnel", "--nic", "nic-tunnelled")
EXPORT = "tests/data/exports/effective-routes.json"
PLACES = [
    TUNNEL,
    ("rules-examples/forced-tunnel", "--nic", "nic-plain"),
    ("rules-examples/hub-and-spoke", "--vm", "vm-orders"),
    ("rules-examples/hub-and-spoke", "--vm", "vm-billing"),
    ("rules-examples/dual-stack", "--nic", "nic-web"),
    ("rules-examples/three-tier", "--subnet", "snet-data"),
    ("rules-examples/three-tier", "--nic", "nic-web"),
    ("rules-examples/avnm-exceptions", "--nic", "nic-data"),
    (EXPORT,),
]
#: What Azure CLI prints of each route.
AZURE = (
    "name",
    "source",
    "state",
    "addressPrefix",
    "nextHopIpAddress",
    "nextHopType",
    "disableBgpRoutePropagation",
    "hasBgpOverride",
)


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(ROOT), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(arguments)
    return code, out.getvalue(), err.getvalue()


def answer(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--output", "json")[1])


@pytest.mark.parametrize("place", PLACES, ids=" ".join)
def test_lists_are_as_their_schema_says(place: tuple[str, ...]) -> None:
    code, out, err = run("routes", *place, "--output", "json")
    found = json.loads(out)
    assert [f"{f.json_path}: {f.message}" for f in Draft7Validator(SCHEMAS["routes"]).iter_errors(found)] == [], err
    assert code == (0 if found["complete"] else 3)
    assert found["complete"] == (not any(row["dependsOn"] for row in found["value"]))


@pytest.mark.parametrize("dest", [(), ("--dest", "8.8.8.8"), ("--dest", "10.0.0.0/8"), ("--dest", "VirtualNetwork")])
@pytest.mark.parametrize("place", PLACES, ids=" ".join)
def test_next_hops_are_as_their_schema_says(place: tuple[str, ...], dest: tuple[str, ...]) -> None:
    code, out, err = run("next-hop", *place, *dest, "--output", "json")
    if not out:  # what is asked about is not known
        assert code == 3
        assert "not known" in err
        return
    found = json.loads(out)
    assert [f"{f.json_path}: {f.message}" for f in Draft7Validator(SCHEMAS["next-hop"]).iter_errors(found)] == [], err
    assert code == (3 if found["verdict"] == "Depends" else 0)
    assert list(found)[1:4] == ["nextHopType", "nextHopIpAddress", "routeTableId"]


def test_a_route_has_azures_own_fields_first() -> None:
    """Azure Network REST API, `EffectiveRoute`; the fields that the Azure CLI prints."""
    rows = answer("routes", *TUNNEL)["value"]
    assert all(list(row)[: len(AZURE)] == list(AZURE) for row in rows)
    shown = {(row["source"], row["state"], *row["addressPrefix"], row["nextHopType"]) for row in rows}
    assert shown == {
        ("User", "Active", "0.0.0.0/0", "VirtualAppliance"),
        ("Default", "Active", "10.5.0.0/16", "VnetLocal"),
        ("Default", "Invalid", "0.0.0.0/0", "Internet"),
    }


def test_the_text_tells_where_routes_are_written_and_why_others_do_not_count() -> None:
    code, out, _ = run("routes", *TUNNEL)
    assert code == 0
    assert "rules-examples/forced-tunnel/main.json:29:11" in out
    assert "a user-defined route comes before a default route" in out
    assert "10.0.0.0/8  reserved block" in out


def test_the_list_that_azure_printed_is_an_answer_too() -> None:
    """Azure Network REST API, `EffectiveRoute`: what the list says is in effect, is."""
    found = answer("routes", EXPORT)
    assert found["fromExport"]
    original = json.loads((ROOT / EXPORT).read_text(encoding="utf-8"))["value"]
    assert [{k: row[k] for k in AZURE} for row in found["value"]] == [{k: row[k] for k in AZURE} for row in original]


@pytest.mark.parametrize(
    ("dest", "hop", "address"),
    [
        ("10.20.0.4", "VirtualNetwork", ""),
        ("10.30.0.9", "VirtualNetworkPeering", ""),
        ("8.8.8.8", "VirtualAppliance", "10.30.0.4"),
        ("192.168.3.4", "VirtualNetworkGateway", "203.0.113.1"),
    ],
)
def test_next_hops_by_the_list_that_azure_printed(dest: str, hop: str, address: str) -> None:
    found = answer("next-hop", EXPORT, "--dest", dest)
    assert (found["nextHopType"], found["nextHopIpAddress"]) == (hop, address)


def test_azures_list_beats_what_the_definitions_say(tmp_path: Path) -> None:
    """The list is of the interface whose name the file has."""
    text = (ROOT / EXPORT).read_text(encoding="utf-8")
    (tmp_path / "nic-tunnelled.json").write_text(text, encoding="utf-8")
    found = answer("next-hop", str(tmp_path / "nic-tunnelled.json"), *TUNNEL, "--dest", "10.30.0.9")
    assert found["nextHopType"] == "VirtualNetworkPeering"
    assert any("nic-tunnelled.json" in text for text in found["restsOn"])
    (tmp_path / "other.json").write_text(text, encoding="utf-8")
    found = answer("next-hop", str(tmp_path / "other.json"), *TUNNEL, "--dest", "10.30.0.9")
    assert found["nextHopType"] == "VirtualAppliance"
    assert any("other.json is not used" in note for note in found["notes"])


@pytest.mark.parametrize("place", PLACES[:-1], ids=" ".join)
def test_our_own_list_can_be_read_back(place: tuple[str, ...], tmp_path: Path) -> None:
    """Every next hop is what it was."""
    text = run("routes", *place, "--output", "json")[1]
    name = json.loads(text)["place"]["name"]
    (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    before = answer("next-hop", *place)
    again = answer("next-hop", str(tmp_path / f"{name}.json"))
    if before["verdict"] == "Depends":
        assert again["verdict"] == "Depends"
        return

    def parts(found: Any) -> set[tuple[str, str, tuple[str, ...]]]:
        return {
            (part["hops"][0]["nextHopType"], part["hops"][0]["nextHopIpAddress"], tuple(part["destinations"]))
            for part in found["parts"]
        }

    assert parts(again) == parts(before)


def test_the_next_hop_of_an_address_says_which_routes_lost() -> None:
    found = answer("next-hop", *TUNNEL, "--dest", "8.8.8.8")
    assert (found["nextHopType"], found["nextHopIpAddress"]) == ("VirtualAppliance", "10.5.0.4")
    assert found["routeTableId"].endswith("rt-forced-tunnel")
    assert [(lost["kind"], lost["reason"]) for lost in found["losers"]] == [
        ("default route", "of the same prefix, a user-defined route comes before a default route")
    ]


def test_system_routes_have_no_route_table() -> None:
    """Network Watcher REST API, `NextHopResult.routeTableId`: System Route."""
    found = answer("next-hop", *TUNNEL, "--dest", "10.5.0.9")
    assert (found["nextHopType"], found["nextHopIpAddress"]) == ("VirtualNetwork", "")
    assert found["routeTableId"] == "System Route"


@pytest.mark.parametrize(
    ("dest", "expect", "code"),
    [
        ("8.8.8.8", "VirtualAppliance", 0),
        ("8.8.8.8", "internet", 1),
        ("0.0.0.0/0", "VirtualAppliance", 1),
        ("203.0.113.0/24", "VirtualAppliance", 0),
    ],
)
def test_the_exit_code_tells_whether_the_next_hop_is_the_expected_one(dest: str, expect: str, code: int) -> None:
    assert run("next-hop", *TUNNEL, "--dest", dest, "--expect", expect)[0] == code


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("routes", "rules-examples/forced-tunnel"), "several things"),
        (("routes", *TUNNEL, "--vm", "vm"), "more than one place is given: nic, vm"),
        (("routes", *TUNNEL[:2], "nic-tuneled"), "nic-tunnelled"),
        (("routes", "rules-examples/single-nsg"), "the input defines no network interface"),
        (("next-hop", *TUNNEL, "--dest", "8.8.8.8:53"), "routes do not look at ports"),
        (("next-hop", *TUNNEL, "--dest", "8.8.8"), "8.8.8"),
        (("next-hop", *TUNNEL, "--assume", "next-hop-names=short"), "next-hop-names"),
    ],
)
def test_questions_that_cannot_be_put(arguments: tuple[str, ...], said: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_names_of_the_rest_api() -> None:
    """Azure Network REST API, `NextHopType`."""
    api = ("--assume", "next-hop-names=api")
    assert answer("next-hop", EXPORT, "--dest", "10.30.0.9", *api)["nextHopType"] == "HyperNetGateway"
    assert answer("next-hop", EXPORT, "--dest", "10.20.0.9", *api)["nextHopType"] == "VnetLocal"


def test_the_python_api() -> None:
    with contextlib.chdir(ROOT):
        estate = nwpolicy.load("rules-examples/forced-tunnel")
    found = nwpolicy.next_hop(estate, "8.8.8.8", nic="nic-tunnelled")
    assert (found.next_hop_type, found.next_hop_ip_address) == ("VirtualAppliance", "10.5.0.4")
    assert nwpolicy.next_hop(estate, "8.8.8.8", nic="nic-plain").next_hop_type == "Internet"
    assert any(row.state == "Active" for row in nwpolicy.routes(estate, subnet="snet-plain").value)
