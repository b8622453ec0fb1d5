"""What counts as definitions, in which format, and what a folder passes over."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest

from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.rules import NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.load import load

EXPORT = json.dumps(
    {"type": "Microsoft.Network/networkSecurityGroups", "name": "nsg-json", "properties": {"securityRules": []}}
)
YAML = "nwpolicy: 1\nnetworkSecurityGroups:\n  - name: nsg-yaml\n"
NWP = "nsg nsg-nwp {\n}\n"


def names(snapshot: Snapshot) -> list[str]:
    return sorted(group.name for group in snapshot.all(NetworkSecurityGroup))


def put(folder: Path, **files: str) -> str:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return str(folder)


def codes(error: InputError) -> list[str]:
    return [found.code for found in error.diagnostics]


@pytest.mark.parametrize(
    ("name", "text", "group"),
    [
        ("a.json", EXPORT, "nsg-json"),
        ("a.txt", EXPORT, "nsg-json"),
        ("export", EXPORT, "nsg-json"),
        ("a.nwp", EXPORT, "nsg-json"),
        ("a.yaml", YAML, "nsg-yaml"),
        ("a.yml", EXPORT, "nsg-json"),
        ("definitions", YAML, "nsg-yaml"),
        ("a.nwp", NWP, "nsg-nwp"),
        ("policy.txt", NWP, "nsg-nwp"),
    ],
)
def test_the_format_is_told_by_content_before_the_name(tmp_path: Path, name: str, text: str, group: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert names(load(str(tmp_path / name))) == [group]


def test_a_folder_is_read_recursively_and_makes_one_snapshot(tmp_path: Path) -> None:
    folder = put(tmp_path, a_json=EXPORT, deep__er__b_yaml=YAML, c_nwp=NWP)
    assert names(load(folder)) == ["nsg-json", "nsg-nwp", "nsg-yaml"]


def test_several_paths_make_one_snapshot_and_a_file_named_twice_counts_once(tmp_path: Path) -> None:
    put(tmp_path, a_json=EXPORT, c_nwp=NWP)
    paths = [str(tmp_path / "a.json"), str(tmp_path), str(tmp_path / "." / "a.json")]
    assert names(load(*paths)) == ["nsg-json", "nsg-nwp"]


def test_a_folder_passes_over_what_is_no_definition(tmp_path: Path) -> None:
    folder = put(tmp_path, a_json=EXPORT, package_json='{"name": "left-pad"}', broken_json="{", settings_yaml="a: [")
    for hidden in (".git", "node_modules"):
        (tmp_path / hidden).mkdir()
        (tmp_path / hidden / "x.json").write_text(EXPORT.replace("nsg-json", "hidden"), encoding="utf-8")
    (tmp_path / "image.json").write_bytes(b"\x89PNG\0\0")
    snapshot = load(folder)
    assert names(snapshot) == ["nsg-json"]
    assert snapshot.diagnostics == ()


def test_a_file_that_a_person_names_must_hold_definitions(tmp_path: Path) -> None:
    path = tmp_path / "package.json"
    path.write_text('{"name": "left-pad"}', encoding="utf-8")
    with pytest.raises(InputError) as raised:
        load(str(path))
    assert codes(raised.value) == ["not-recognised"]
    assert str(raised.value.diagnostics[0].location) == f"{path}:1:1"


def test_a_folder_without_definitions_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        load(put(tmp_path, package_json="{}"))
    assert codes(raised.value) == ["no-definitions"]


def test_what_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        load(str(tmp_path / "nowhere.json"))
    assert codes(raised.value) == ["file-not-found"]


def test_all_errors_of_all_files_are_told(tmp_path: Path) -> None:
    folder = put(tmp_path, a_json=EXPORT[:-1], b_json=EXPORT[:-2] + ",,}}", c_nwp="nsg {")
    with pytest.raises(InputError) as raised:
        load(folder)
    assert {Path(found.location.file).name for found in raised.value.diagnostics} == {"a.json", "b.json", "c.nwp"}


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(EXPORT.encode())))
    snapshot = load("-")
    assert names(snapshot) == ["nsg-json"]
    assert snapshot.all(NetworkSecurityGroup)[0].source.location.file == "<stdin>"


def test_imports_are_followed_relative_to_the_importing_file(tmp_path: Path) -> None:
    put(tmp_path, a__main_yaml="nwpolicy: 1\nimports: [../b/other.yaml]\n", b__other_yaml=YAML)
    assert names(load(str(tmp_path / "a" / "main.yaml"))) == ["nsg-yaml"]


def test_a_file_that_is_imported_and_lies_in_the_folder_counts_once(tmp_path: Path) -> None:
    put(tmp_path, one_nwp='import "common.nwp"\n', two_nwp='import "common.nwp"\n', common_nwp=NWP)
    assert names(load(str(tmp_path))) == ["nsg-nwp"]


@pytest.mark.parametrize(
    ("name", "text"), [("a.yaml", "nwpolicy: 1\nimports: [{}]\n"), ("a.nwp", 'import "{}"\n')], ids=["yaml", "nwp"]
)
def test_a_cyclic_import_is_an_error(tmp_path: Path, name: str, text: str) -> None:
    other = name.replace("a.", "b.")
    (tmp_path / name).write_text(text.format(other), encoding="utf-8")
    (tmp_path / other).write_text(text.format(name), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        load(str(tmp_path / name))
    assert "cyclic-import" in codes(raised.value)


def test_an_import_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        load(put(tmp_path, a_yaml="nwpolicy: 1\nimports: [gone.yaml]\n"))
    assert codes(raised.value) == ["file-not-found"]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="the system has no symbolic links")
def test_a_link_back_up_the_tree_does_not_loop(tmp_path: Path) -> None:
    put(tmp_path, a_json=EXPORT)
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert names(load(str(tmp_path))) == ["nsg-json"]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="the system has no symbolic links")
def test_a_link_that_leads_nowhere_is_passed_over_in_a_folder_and_an_error_by_name(tmp_path: Path) -> None:
    put(tmp_path, a_json=EXPORT, main_tf='variable "x" {}\n')
    for name in ("gone.json", "gone.tf", "gone.txt"):
        (tmp_path / name).symlink_to(tmp_path / "nowhere")
    found = load(str(tmp_path))
    assert names(found) == ["nsg-json"]
    said = [(one.severity, one.code, Path(one.location.file).name) for one in found.diagnostics]
    assert said == [("note", "dangling-link", "gone.json"), ("note", "dangling-link", "gone.tf")]
    for name in ("gone.json", "gone.tf"):
        with pytest.raises(InputError) as raised:
            load(str(tmp_path / name))
        assert codes(raised.value) == ["file-not-found"]


def test_a_folder_of_links_that_lead_nowhere_holds_no_definitions(tmp_path: Path) -> None:
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError) as raised:
        load(str(tmp_path))
    assert "no-definitions" in codes(raised.value)


def test_a_definition_in_utf_16_is_found_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(EXPORT, encoding="utf-16")
    assert names(load(str(tmp_path))) == ["nsg-json"]


def _template(folder: Path, name: str, *, port: int) -> None:
    """A template whose group is called by a parameter, with a rule for a parameter's addresses."""
    rule = {
        "name": "allow-admins",
        "properties": {
            "priority": 100,
            "direction": "Inbound",
            "access": "Allow",
            "protocol": "Tcp",
            "sourceAddressPrefix": "[parameters('adminCidr')]",
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            "destinationPortRange": str(port),
        },
    }
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "parameters": {"adminCidr": {"type": "string"}, "nsgName": {"type": "string"}},
        "resources": [
            {"type": "Microsoft.Network/networkSecurityGroups", "name": "[parameters('nsgName')]", "properties": {}},
            {
                "type": "Microsoft.Network/networkSecurityGroups/securityRules",
                "name": "[concat(parameters('nsgName'), '/allow-admins')]",
                **{key: value for key, value in rule.items() if key != "name"},
            },
        ],
    }
    (folder / name).write_text(json.dumps(template), encoding="utf-8")


def test_parameters_of_two_templates_are_not_one_because_they_share_a_name(tmp_path: Path) -> None:
    """Each template is deployed with parameters of its own (Microsoft Learn, Parameters in ARM templates)."""
    _template(tmp_path, "one.json", port=22)
    _template(tmp_path, "two.json", port=3389)
    groups = load(str(tmp_path)).all(NetworkSecurityGroup)
    rules = [rule for group in groups for rule in group.security_rules]
    assert [group.name for group in groups] == ["{nsgName}", "{nsgName}"]
    assert [rule.name for rule in rules] == ["allow-admins", "allow-admins"]
    terms = [rule.sources[0] for rule in rules if isinstance(rule, SecurityRule)]
    assert [isinstance(term, Unknown) and term.name for term in terms] == ["adminCidr", "adminCidr"]
    assert terms[0] != terms[1]
