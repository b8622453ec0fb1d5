"""The findings of `nwpolicy report`: those that `nwpolicy lint` has of one side only, though it looks at a part of both
estates; and what a comment silences."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from nwpolicy import cli
from tests.functional.goldens import ROOT

SCHEMA = json.loads((ROOT / "schemas" / "report.schema.json").read_text(encoding="utf-8"))
OPEN = """nsg n { inbound {
  100 ssh allow tcp from * to * port 22
  110 web allow tcp from * to * port 443
} }
vnet net { address 10.1.0.0/16; location westeurope; subnet s { address 10.1.1.0/24; nsg n } }
nic w { ip c { address 10.1.1.4; subnet net/s; public-ip p } }
public-ip p { sku Standard }
nsg other { inbound {
  100 rdp allow tcp from * to * port 3389
} }
vnet far { address 10.2.0.0/16; location westeurope; subnet t { address 10.2.1.0/24; nsg other } }
nic x { ip c { address 10.2.1.4; subnet far/t; public-ip q } }
public-ip q { sku Standard }
"""
TRUST = "# nwpolicy: ignore[NWP101] trust me"
SILENCED = OPEN.replace("port 22\n", f"port 22 {TRUST}\n")
MANAGED = """vnet net1 { address 10.1.0.0/16; location westeurope
  subnet open { address 10.1.1.0/24 }
  subnet shut { address 10.1.2.0/24; nsg nsg2 } }
nic nica { ip c { address 10.1.1.4; subnet net1/open } }
nsg nsg2 { inbound {
  100 deny-telnet deny tcp from * to * port 23
} }
network-manager corp { subscription s
 group all { vnet net1 }
 configuration conf { collection col { applies-to all
  inbound { 10 allow-rdp allow tcp from 10.1.1.0/24 to any port 3389 } } }
 deploy conf to westeurope }
"""
SHUT = MANAGED.replace("port 23\n", "port 23\n  110 deny-rdp deny tcp from * to * port 3389\n")
#: Nothing else in the network is open either, so the admin rule is of no use anywhere.
SHUT_ALL = SHUT.replace("subnet open { address 10.1.1.0/24 }", "subnet open { address 10.1.1.0/24; nsg nsg3 }") + (
    "nsg nsg3 { inbound { 100 none deny * from * to * } }\n"
)
UNUSED = "nsg loose { inbound { 100 a allow tcp from 10.0.0.0/8 to * port 22 } }\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        code = cli.main(list(arguments))
    return code, out.getvalue()


def write(old: str, new: str) -> None:
    for side, text in (("old", old), ("new", new)):
        Path(side).mkdir(exist_ok=True)
        Path(side, "a.nwp").write_text(text, encoding="utf-8")


def reported(old: str, new: str) -> dict[str, Any]:
    write(old, new)
    found: dict[str, Any] = json.loads(run("report", "old", "new", "--output", "json")[1])
    assert [f"{fault.json_path}: {fault.message}" for fault in Draft7Validator(SCHEMA).iter_errors(found)] == []
    return found


def texts(findings: list[dict[str, Any]]) -> set[str]:
    return {f"{one['rule']} {one['subject']} {one['message']}" for one in findings}


def linted(side: str) -> set[str]:
    return texts(json.loads(run("lint", side, "--output", "json")[1])["findings"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (OPEN, SILENCED),
        (MANAGED, SHUT),
        (SHUT_ALL.replace("  110 deny-rdp deny tcp from * to * port 3389\n", ""), SHUT_ALL),
        (OPEN, OPEN + UNUSED),
        (OPEN, OPEN.replace("port 22\n", "port 22; 105 ssh2 allow tcp from Internet to * port 22\n")),
        (OPEN, OPEN.replace("port 3389\n", f"port 3389 {TRUST}\n").replace("port 443", "port 8443")),
        (SILENCED, SILENCED.replace("allow tcp from * to * port 22", "deny tcp from * to * port 22")),
        (OPEN, OPEN.replace("nic w {", f"{TRUST}\nnic w {{")),
        (OPEN, OPEN.replace("} }\nvnet net {", "} }\n# nwpolicy: ignore[NWP302] none\nvnet net {")),
    ],
)
@pytest.mark.parametrize("lowest", ["note", "warning"])
def test_findings_are_those_of_the_linter_on_one_side_only(old: str, new: str, lowest: str) -> None:
    Path("nwpolicy.toml").write_text(f'[lint]\nseverity = "{lowest}"\n', encoding="utf-8")
    for before, after in ((old, new), (new, old)):
        found = reported(before, after)
        was, now = linted("old"), linted("new")
        silenced = texts([one["finding"] for one in found["silencedFindings"]])
        assert texts(found["newFindings"]) == now - was
        assert texts(found["mendedFindings"]) == was - now - silenced
        assert not silenced & now


def test_what_is_compared_does_find_something() -> None:
    """So that nothing above is compared with nothing."""
    Path("nwpolicy.toml").write_text('[lint]\nseverity = "note"\n', encoding="utf-8")
    shut = SHUT_ALL.replace("  110 deny-rdp deny tcp from * to * port 3389\n", "")
    assert {one["rule"] for one in reported(shut, SHUT_ALL)["newFindings"]} >= {"NWP601"}
    assert "NWP301" in {one["rule"] for one in reported(OPEN, OPEN + UNUSED)["newFindings"]}
    assert "NWP901" in {
        one["rule"] for one in reported(OPEN, OPEN.replace("nic w {", f"{TRUST}\nnic w {{"))["newFindings"]
    }


def test_a_finding_that_a_comment_silences_is_told_and_not_mended() -> None:
    found = reported(OPEN, SILENCED)
    silenced = "1 error newly silenced by a comment: port 22 of w is reachable from the internet"
    assert found["sentence"] == f"no path opened or closed; {silenced}"
    assert (found["newFindings"], found["mendedFindings"]) == ([], [])
    assert [one["reason"] for one in found["silencedFindings"]] == ["trust me"]
    assert run("report", "old", "new")[0] == 1
    for form in ("text", "markdown", "html"):
        assert run("report", "old", "new", "--output", form)[1].lower().count("silenced") >= 2


def test_what_comes_silenced_is_told_too() -> None:
    found = reported(OPEN, OPEN.replace("110 web", f"105 winrm allow tcp from * to * port 5985 {TRUST}\n110 web"))
    assert "1 error newly silenced by a comment: port 5985 of w" in found["sentence"]


def test_what_is_silenced_as_before_is_not_told() -> None:
    found = reported(SILENCED, "\n\n" + SILENCED.replace("443", "8443"))
    assert found["silencedFindings"] == []
    assert "silenced" not in found["sentence"]


def test_a_finding_that_is_silenced_no_longer_is_new() -> None:
    assert [one["rule"] for one in reported(SILENCED, OPEN)["newFindings"]] == ["NWP101"]


def test_names_in_the_sentence_are_no_markup() -> None:
    hostile = OPEN.replace("nic w ", 'nic "[x](https://x.example)" ')
    write(hostile, hostile.replace("port 22\n", f"port 22 {TRUST}\n"))
    title = run("report", "old", "new", "--output", "markdown")[1].splitlines()[1]
    assert "`[x](https://x.example)`" in title
