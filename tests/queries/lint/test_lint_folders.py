from __future__ import annotations

import gzip
import json
import os
import random
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest

from benchmarks import repository
from nwpolicy.model.diagnostics import InputError
from nwpolicy.queries.lint.answer import LintAnswer, Looked, Options, concluded
from nwpolicy.queries.lint.cache import Cache, open_cache, program
from nwpolicy.queries.lint.catalogue import CATALOGUE
from nwpolicy.queries.lint.folders import Looks, look_into
from nwpolicy.queries.lint.linting import lint
from nwpolicy.readers.filestore import DISK
from nwpolicy.readers.load import load
from nwpolicy.readers.overlay import Overlay

ROOT = Path(__file__).resolve().parents[3]
NOTHING = Cache(None)
OPTIONS = Options(selected=frozenset(CATALOGUE))
NSG = """nsg nsg-web {
  inbound {
    100 allow-ssh allow tcp from * to * port 22
  }
}
"""
NETWORK = """vnet vnet-hub {
  address 10.0.0.0/16
  subnet snet-web {
    address 10.0.1.0/24
    nsg nsg-web
  }
}
"""
NIC = """nic nic-web {
  nsg nsg-nic
  ip ipconfig1 {
    address 10.0.1.4
    subnet vnet-hub/snet-web
  }
}
"""
YAML = """nwpolicy: 1
virtualNetworks:
  - name: vnet-hub
    properties:
      addressSpace: {addressPrefixes: [10.0.0.0/16]}
      subnets:
        - name: snet-web
          properties:
            addressPrefix: 10.0.1.0/24
            networkSecurityGroup: nsg-web
"""
MEMBERS = NSG.replace("to *", "to asg asg-web")
MANAGER = """network-manager vnm {
  group ng-all { vnet ?members }
}
"""
MODULE = """param port string
resource nsg 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-bicep'
  properties: {
    securityRules: [
      {
        name: 'allow-in'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: port
        }
      }
    ]
  }
}
"""
MAIN = """var ports = loadJsonContent('ports.json')
module web 'modules/web.bicep' = {
  name: 'web'
  params: {
    port: ports.open
  }
}
"""
TERRAFORM = """variable "port" {}
resource "azurerm_network_security_group" "web" {
  name = "nsg-terraform"
  location = "westeurope"
  resource_group_name = "rg"
  security_rule {
    name = "allow-in"
    priority = 100
    direction = "Inbound"
    access = "Allow"
    protocol = "Tcp"
    source_address_prefix = "*"
    source_port_range = "*"
    destination_address_prefix = "*"
    destination_port_range = var.port
  }
}
"""
CALLER = 'module "web" {\n  source = "../module"\n  port = "443"\n}\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Callable[[], Cache]:
    """Opens the same cache as a new process does."""
    return lambda: open_cache({"NWPOLICY_CACHE_DIR": str(tmp_path / "cache")})


def put(files: dict[str, str | None]) -> None:
    for name, text in files.items():
        if text is None:
            Path(name).unlink()
        else:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(text, encoding="utf-8")


def found(cache: Cache, options: Options = OPTIONS) -> LintAnswer | str:
    """The answer, or what keeps the files from being read."""
    try:
        return concluded(look_into(["."], options, cache), options)
    except InputError as error:
        return "\n".join(f"{one.location}: {one.message}" for one in error.diagnostics)


def rules(answer: LintAnswer | str) -> list[str]:
    assert isinstance(answer, LintAnswer), answer
    return [f"{one.location.file} {one.rule}" for one in answer.findings if one.severity.value == "error"]


# --- estates ---


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "rules-examples").iterdir() if path.is_dir()))
def test_an_example_says_the_same_as_a_whole_and_estate_by_estate(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "rules-examples" / name)
    whole = lint(load("."), OPTIONS)
    apart = found(NOTHING)
    assert isinstance(apart, LintAnswer)
    assert apart == replace(whole, files=apart.files)
    assert set(apart.files) == set(whole.files)


def test_a_repository_of_all_formats_says_the_same_as_a_whole_and_estate_by_estate(here: Path) -> None:
    repository.write(here, scale=0.1)
    whole = lint(load("."), OPTIONS)
    apart = found(NOTHING)
    assert isinstance(apart, LintAnswer)
    assert len(look_into(["."], OPTIONS, NOTHING)) > 2
    assert apart == replace(whole, files=apart.files)


def test_names_tie_files_together_across_formats(here: Path) -> None:
    put({"nsg.nwp": NSG, "network.yaml": YAML, "other.nwp": NSG.replace("nsg-web", "nsg-other")})
    assert sorted(len(each.files) for each in look_into(["."], OPTIONS, NOTHING)) == [1, 2]


def test_a_name_that_two_files_want_and_none_defines_ties_them(here: Path) -> None:
    put({"a.nwp": MEMBERS, "b.nwp": MEMBERS.replace("nsg-web", "nsg-b")})
    assert [len(each.files) for each in look_into(["."], OPTIONS, NOTHING)] == [2]


def test_an_open_network_group_concerns_every_file(here: Path) -> None:
    put({"nsg.nwp": NSG, "other.nwp": NSG.replace("nsg-web", "nsg-other"), "manager.nwp": MANAGER})
    assert [len(each.files) for each in look_into(["."], OPTIONS, NOTHING)] == [3]


# --- the cache ---

#: One change after another; each makes something else of what another file means.
EDITS: tuple[dict[str, str | None], ...] = (
    {"a/nsg.nwp": NSG},
    {"a/network.nwp": NETWORK},
    {"a/nic.nwp": NIC},
    {"b/guard.nwp": NSG.replace("nsg-web", "nsg-nic").replace("from *", "from 10.0.0.0/8")},
    {"b/guard.nwp": None},
    {"a/nic.nwp": None},
    {"a/nsg.nwp": NSG.replace("22", "$opened").join(('import "port.nwp"\n', ""))},
    {"a/port.nwp": "let opened = 443\n"},
    {"a/port.nwp": "let opened = 3389\n"},
    {"main.bicep": MAIN},
    {"modules/web.bicep": MODULE},
    {"ports.json": '{"open": "443"}'},
    {"ports.json": '{"open": "22"}'},
    {"modules/web.bicep": MODULE.replace("Allow", "Deny")},
    {"tf/module/main.tf": TERRAFORM},
    {"tf/root/main.tf": CALLER},
    {"tf/root/main.tf": CALLER.replace("443", "22")},
    {"tf/module/main.tf": TERRAFORM.replace('"Allow"', '"Deny"')},
    {"tf/module/more.tf": 'output "x" {\n  value = 1\n}\n', "package.json": "{}"},
    {"manager.nwp": MANAGER},
    {"tags.nwp": NSG.replace("nsg-web", "nsg-other").replace("from *", "from Sql")},
    {"main.bicep": None, "modules/web.bicep": None, "manager.nwp": None},
)


def test_a_known_answer_is_the_answer_whatever_file_changes(here: Path, cache: Callable[[], Cache]) -> None:
    """Forwards, each state twice, and all of them again, as when branches are switched."""
    for turn in range(2):
        for edit in EDITS:
            put(edit)
            expected = found(NOTHING)
            if turn == 0 and isinstance(expected, LintAnswer):
                assert expected == replace(lint(load("."), OPTIONS), files=expected.files), edit
            assert found(cache()) == expected, edit
            assert found(cache()) == expected, edit
        for path in [path for path in here.rglob("*") if path.is_file()]:
            path.unlink()


def test_a_look_with_other_contents_finds_what_is_found_in_them(here: Path, cache: Callable[[], Cache]) -> None:
    """Each edit is looked at from behind: with the contents that the files had before it, and before the one before."""
    before: dict[str, bytes | None] = {}
    for edit in EDITS:
        for name in edit:
            before[os.path.realpath(name)] = Path(name).read_bytes() if Path(name).exists() else None
        put(edit)
        for contents in (before, {os.path.realpath(name): before[os.path.realpath(name)] for name in edit}):
            looks = Looks(["."], OPTIONS, cache())
            said(looks.now)
            assert said(partial(looks.with_contents, contents)) == said(
                partial(look_into, ["."], OPTIONS, NOTHING, Overlay(DISK, contents))
            )
        before = {os.path.realpath(name): before[os.path.realpath(name)] for name in edit}


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", gzip.compress(NSG.encode(), mtime=0), b"PK\x03\x04", b"x" * 2_000_000],
    ids=["empty", "object", "gzip", "zip", "large"],
)
def test_a_file_that_was_no_definition_is_no_part(here: Path, data: bytes) -> None:
    put({"nsg.nwp": NSG, "network.yaml": YAML})
    contents = {os.path.realpath("network.yaml"): data}
    looks = Looks(["."], OPTIONS, NOTHING)
    assert [len(each.files) for each in looks.now()] == [2]
    assert said(partial(looks.with_contents, contents)) == said(
        partial(look_into, ["."], OPTIONS, NOTHING, Overlay(DISK, contents))
    )


def said(look: Callable[[], list[Looked]]) -> list[Looked] | list[str]:
    try:
        return look()
    except InputError as error:
        return [str(one) for one in error.diagnostics]


def test_a_known_answer_is_the_answer_after_random_edits(here: Path, cache: Callable[[], Cache]) -> None:
    repository.write(here, scale=0.12)
    chance = random.Random(20261121)
    paths = sorted(path for path in here.rglob("*") if path.is_file() and "zones" in path.parts)
    for _ in range(8):
        path = chance.choice(paths)
        text = path.read_text(encoding="utf-8")
        old, new = chance.choice([("Allow", "Deny"), ("443", "22"), ("10.", "11."), ("nsg", "nsx"), ("Tcp", "Udp")])
        path.write_text(text.replace(old, new), encoding="utf-8")
        assert found(cache()) == found(NOTHING), (path, old, new)


def test_only_what_changed_is_looked_at_again(here: Path, cache: Callable[[], Cache]) -> None:
    put({"a.nwp": NSG, "b.nwp": NSG.replace("nsg-web", "nsg-other")})
    found(cache())
    kept = cache()
    put({"b.nwp": NSG.replace("nsg-web", "nsg-another")})
    assert found(kept) == found(NOTHING)
    assert len(kept.written) == 2  # the names of the file, and what was found in it


def test_states_of_a_file_that_another_brings_in_are_known_side_by_side(here: Path, cache: Callable[[], Cache]) -> None:
    put({"main.nwp": 'import "nsg.nwp"\n', "nsg.nwp": NSG})
    found(cache())
    put({"nsg.nwp": NSG.replace("nsg-web", "nsg-other")})
    found(cache())
    put({"nsg.nwp": NSG})
    kept = cache()
    assert found(kept) == found(NOTHING)
    assert kept.written == []


def test_options_and_assumptions_are_part_of_what_is_known(here: Path, cache: Callable[[], Cache]) -> None:
    put({"nsg.nwp": NSG})
    assert rules(found(cache())) == ["nsg.nwp NWP101"]
    assert rules(found(cache(), replace(OPTIONS, selected=frozenset({"NWP001"})))) == []


def test_a_suppression_ends_on_its_day(here: Path, cache: Callable[[], Cache]) -> None:
    comment = "  # nwpolicy: ignore[NWP101] until=2026-06-30 a test\n"
    put({"nsg.nwp": NSG.replace("22\n", f"22{comment}")})
    days = [date(2026, 6, 30), date(2026, 7, 1), date(2026, 6, 29)]
    told = [rules(found(cache(), replace(OPTIONS, today=day))) for day in days]
    assert told == [[], ["nsg.nwp NWP101"], []]


def test_a_link_that_leads_elsewhere_is_noticed(here: Path, cache: Callable[[], Cache]) -> None:
    put({"one.nwp": NSG, "two.nwp": NSG.replace("nsg-web", "nsg-two"), "x.txt": ""})
    Path("link.nwp").symlink_to("one.nwp")
    assert found(cache()) == found(NOTHING)
    Path("link.nwp").unlink()
    Path("link.nwp").symlink_to("two.nwp")
    assert found(cache()) == found(NOTHING)
    Path("link.nwp").unlink()
    put({"link.nwp": NSG})
    assert found(cache()) == found(NOTHING)


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: "",
        lambda text: text[: len(text) // 2],
        lambda _: "\x00" * 40,
        lambda _: "[" * 100_000,
        lambda _: "[]",
        lambda text: json.dumps({"key": "other", "value": json.loads(text)["value"]}),
        lambda text: json.dumps({**json.loads(text), "value": None}),
        lambda text: json.dumps({**json.loads(text), "value": []}),
        lambda text: json.dumps({**json.loads(text), "value": [[["read"]], 1, 2, 3, 4, 5, 6]}),
        lambda text: text.replace('"error"', '"fatal"'),
        lambda text: text.replace("true", "1").replace("false", "0").replace("null", "7"),
    ],
)
def test_damaged_entries_are_as_good_as_none(
    here: Path, tmp_path: Path, cache: Callable[[], Cache], damage: Callable[[str], str]
) -> None:
    put({"nsg.nwp": NSG, "network.nwp": NETWORK})
    expected = found(cache())
    entries = [*(tmp_path / "cache").iterdir()]
    for entry in entries:
        entry.write_text(damage(entry.read_text(encoding="utf-8")), encoding="utf-8")
    assert entries
    assert found(cache()) == expected


def test_nothing_is_kept_where_others_can_write(here: Path, tmp_path: Path, cache: Callable[[], Cache]) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows keeps the folders of users apart itself")
    put({"nsg.nwp": NSG})
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    assert rules(found(cache())) == ["nsg.nwp NWP101"]
    assert [*(tmp_path / "cache").iterdir()] == []


def test_a_folder_that_cannot_be_made_is_no_fault(here: Path, tmp_path: Path) -> None:
    put({"nsg.nwp": NSG})
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert rules(found(open_cache({"NWPOLICY_CACHE_DIR": str(tmp_path / "file" / "cache")}))) == ["nsg.nwp NWP101"]


def test_the_oldest_entries_go_when_there_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nwpolicy.queries.lint.cache._MAX_ENTRIES", 10)
    cache = open_cache({"NWPOLICY_CACHE_DIR": str(tmp_path)})
    for number in range(12):
        cache.put(f"{number:02}", number)
        os.utime(tmp_path / f"{number:02}.json", (number, number))
    cache.close()
    left = open_cache({"NWPOLICY_CACHE_DIR": str(tmp_path)})
    assert [left.get(int, f"{number:02}") for number in range(12)] == [None] * 6 + [*range(6, 12)]


def _look(folder: str, cache: str) -> LintAnswer | str:
    os.chdir(folder)
    return found(open_cache({"NWPOLICY_CACHE_DIR": cache}))


def test_several_runs_share_a_cache_at_once(here: Path, tmp_path: Path) -> None:
    repository.write(here, scale=0.1)
    expected = found(NOTHING)
    with get_context("spawn").Pool(3) as pool:
        answers = pool.starmap(_look, [(str(here), str(tmp_path / "cache"))] * 6)
    assert all(answer == expected for answer in answers)
    assert not [*(tmp_path / "cache").glob("*.new")]


def test_a_program_is_told_from_another_by_its_files(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "one.py").write_text("x = 1\n", encoding="utf-8")
    before = program(tmp_path)
    assert program(tmp_path) == before
    (tmp_path / "parts" / "one.py").write_text("x = 11\n", encoding="utf-8")
    assert program(tmp_path) != before


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="the system has no symbolic links")
def test_a_link_that_leads_nowhere_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "nsg.nwp").write_text(NSG)
    expected = concluded(look_into([str(tmp_path)], OPTIONS, NOTHING), OPTIONS)
    for name in ("gone.json", "gone.tf"):
        (tmp_path / name).symlink_to(tmp_path / "nowhere")
    assert concluded(look_into([str(tmp_path)], OPTIONS, NOTHING), OPTIONS) == expected
