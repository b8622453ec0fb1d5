"""Packed input: RFC 1952 (gzip), APPNOTE.TXT of PKWARE (zip)."""

from __future__ import annotations

import contextlib
import gzip
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nwpolicy.model.diagnostics import InputError
from nwpolicy.readers import archives
from nwpolicy.readers import load as loading
from nwpolicy.readers.load import load

TYPE = "Microsoft.Network/networkSecurityGroups"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


def export(*names: str) -> bytes:
    rows = [
        {"type": TYPE, "id": f"/x/providers/{TYPE}/{n}", "name": n, "properties": {"securityRules": []}} for n in names
    ]
    return json.dumps(rows).encode()


def packed(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(f"{name.replace('__', '/')}.json", data)
    return path


def names(*paths: Path) -> list[str]:
    return [found.name for found in load(*map(str, paths)).resources]


def faults(*paths: Path) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        load(*map(str, paths))
    return [(Path(found.location.file).name, found.message) for found in caught.value.diagnostics]


def test_a_file_packed_with_gzip(tmp_path: Path) -> None:
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(export("a"), mtime=0) + gzip.compress(b"\n", mtime=0))
    assert names(path) == names(tmp_path) == ["a"]
    assert load(str(path)).resources[0].source.location.file == str(path)


def test_an_archive_is_a_folder_of_files(tmp_path: Path) -> None:
    path = packed(tmp_path / "all.zip", b=export("b"), sub__a=export("a"), node_modules__x=export("x"))
    assert names(path) == names(tmp_path) == ["b", "a"]
    assert names(path / "sub" / "a.json") == ["a"]
    assert load(str(path)).resources[1].source.location.file == str(path / "sub" / "a.json")


def test_templates_in_an_archive_link_one_another(tmp_path: Path) -> None:
    link = {"mode": "Incremental", "templateLink": {"relativePath": "nested/nsg.json"}}
    main = {
        "$schema": SCHEMA,
        "resources": [{"type": "Microsoft.Resources/deployments", "name": "d", "properties": link}],
    }
    inner = {"$schema": SCHEMA, "resources": [{"type": TYPE, "name": "web", "properties": {"securityRules": []}}]}
    files = {"main": json.dumps(main).encode(), "nested__nsg": json.dumps(inner).encode()}
    assert names(packed(tmp_path / "t.zip", **files)) == ["web"]


def test_paths_in_an_archive_do_not_leave_it(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_bytes(export("secret"))
    link = {"mode": "Incremental", "templateLink": {"relativePath": "../secret.json"}}
    main = {
        "$schema": SCHEMA,
        "resources": [{"type": "Microsoft.Resources/deployments", "name": "d", "properties": link}],
    }
    snapshot = load(str(packed(tmp_path / "t.zip", main=json.dumps(main).encode())))
    assert [found.code for found in snapshot.diagnostics] == ["linked-template"]
    assert faults(packed(tmp_path / "u.zip", **{"..__..__x": export("x")})) == [
        ("u.zip", "no file in this folder holds definitions of network rules")
    ]


def test_a_gzip_file_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(loading._LIMITS, "json", 1000)
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(bytes(100_000)))
    assert faults(path) == [("bomb.json.gz", "the file unpacks to more than the limit of 1000 bytes")]


def test_an_archive_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_MAX_UNPACKED", 1000)
    path = packed(tmp_path / "bomb.zip", a=bytes(600), b=bytes(600))
    assert faults(path) == [("bomb.zip", "the archive unpacks to more than 1000 bytes")]


def test_a_file_in_an_archive_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(loading._LIMITS, "json", 1000)
    assert faults(packed(tmp_path / "a.zip", a=bytes(1001))) == [
        ("a.json", "the file is larger than the limit of 1000 bytes")
    ]


def test_an_archive_of_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_MAX_FILES", 1)
    assert faults(packed(tmp_path / "a.zip", a=b"", b=b"")) == [("a.zip", "the archive holds more than 1 files")]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.json.gz", b"{}", "the file is no gzip file, or a damaged one"),
        ("a.json.gz", gzip.compress(export("a"))[:-9], "the gzip file ends too early"),
        ("a.zip", b"PK\x03\x04 and no more", "the archive is damaged"),
    ],
)
def test_damaged_files(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert faults(path) == [(name, message)]


def test_a_damaged_file_in_an_archive(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", a=export("a" * 100))
    data = bytearray(path.read_bytes())
    data[60:70] = bytes(10)
    path.write_bytes(data)
    assert faults(path) == [("a.json", "damaged, or packed in a way that is not known")]


def test_an_archive_in_an_archive_is_not_passed_over(tmp_path: Path) -> None:
    path = packed(tmp_path / "outer.zip", a=export("a"))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("inner.zip", b"PK")
    assert faults(path) == [("inner.zip", "cannot be listed: an archive within an archive is not read")]


def test_a_folder_may_be_called_like_an_archive(tmp_path: Path) -> None:
    (tmp_path / "x.zip").mkdir()
    (tmp_path / "x.zip" / "a.json").write_bytes(export("a"))
    assert names(tmp_path) == names(tmp_path / "x.zip") == ["a"]


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_an_archive_with_other_bytes_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    path = packed(tmp_path / "a.zip", a=export("a"), b=export("b"))
    damaged = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(damaged) - 1), max_size=4)):
        damaged[place] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged)
    with contextlib.suppress(InputError):
        load(str(path))
