from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.readers.revision import definitions_of
from nwpolicy.readers.versions import versions_of_revisions

GROUP = "nsg nsg-{name} {{\n  inbound {{\n    100 ssh allow tcp from {source} to * port 22\n  }}\n}}\n"


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository, which is the working folder; nothing of the machine's git settings counts."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    git("init", "--quiet", "--initial-branch=main")
    git("config", "user.email", "a@example.org")
    git("config", "user.name", "A")
    return folder


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout.strip()


def commit(files: Mapping[str, str]) -> None:
    for path, text in files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")
    git("add", "--all")
    git("commit", "--quiet", "--allow-empty", "--message=change")


def group(name: str, source: str = "10.0.0.0/8") -> str:
    return GROUP.format(name=name, source=source)


def places(snapshot: Snapshot) -> list[str]:
    return sorted(str(resource.source.location) for resource in snapshot.resources)


def fault(revision: str, *paths: str) -> tuple[str, str]:
    with pytest.raises(InputError) as caught:
        definitions_of(revision, *paths)
    (found,) = caught.value.diagnostics
    return str(found.location.file), found.message


def test_files_are_read_as_they_were_and_shown_as_git_names_them() -> None:
    commit({"infra/web.nwp": group("web")})
    commit({"infra/web.nwp": "\n\n" + group("web"), "infra/db.nwp": group("db")})
    Path("infra/web.nwp").unlink()
    assert places(definitions_of("HEAD", "infra")) == ["HEAD:infra/db.nwp:1:1", "HEAD:infra/web.nwp:3:1"]
    assert places(definitions_of("HEAD~1", "infra")) == ["HEAD~1:infra/web.nwp:1:1"]
    assert not Path("infra/web.nwp").exists()


def test_paths_are_relative_to_the_working_folder(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit({"infra/web.nwp": group("web"), "top.nwp": group("top")})
    monkeypatch.chdir(repository / "infra")
    assert places(definitions_of("main", "web.nwp", "../top.nwp")) == ["main:infra/web.nwp:1:1", "main:top.nwp:1:1"]
    assert places(definitions_of("main", ".")) == ["main:infra/web.nwp:1:1"]
    assert places(definitions_of("main", str(repository))) == ["main:infra/web.nwp:1:1", "main:top.nwp:1:1"]


@pytest.mark.parametrize("branch", ["main", "feature/much/more"])
@pytest.mark.parametrize("folder", ["", "a/", "a/b/"])
def test_imports_are_read_from_the_same_revision(branch: str, folder: str) -> None:
    up = "../" * folder.count("/")
    files = {
        f"{folder}web.nwp": f'import "{up}lib.nwp"\nnsg nsg-web {{\n  inbound {{\n'
        "    100 ssh allow tcp from offices to * port 22\n  }\n}\n",
        "lib.nwp": "let offices = 198.51.100.0/24\n",
    }
    commit(files)
    git("branch", "--force", "--", branch) if branch != "main" else None
    Path("lib.nwp").write_text("broken", encoding="utf-8")
    assert places(definitions_of(branch, f"{folder}web.nwp")) == [f"{branch}:{folder}web.nwp:2:1"]


def test_an_import_does_not_leave_the_repository() -> None:
    commit({"web.nwp": 'import "../lib.nwp"\n'})
    Path("../lib.nwp").write_text("let a = 10.0.0.0/8\n", encoding="utf-8")
    file, message = fault("HEAD", "web.nwp")
    assert file == "HEAD:web.nwp"
    assert message.endswith("no such file in HEAD")


def test_a_file_that_was_added_since_counts_as_empty_before() -> None:
    commit({"other.txt": "nothing"})
    Path("web.nwp").write_text(group("web"), encoding="utf-8")
    assert definitions_of("HEAD", "web.nwp").resources == ()
    assert definitions_of("HEAD", ".").resources == ()


def test_a_file_that_is_nowhere_is_an_error() -> None:
    commit({"web.nwp": group("web")})
    with pytest.raises(InputError, match=r"wbe\.nwp:1:1: no such file"):
        versions_of_revisions("HEAD", paths=("wbe.nwp",))
    with pytest.raises(InputError, match="neither HEAD nor main has such a file or folder"):
        versions_of_revisions("HEAD", "main", ("wbe.nwp",), direct=True)


def test_a_fault_of_a_file_is_located_in_the_revision() -> None:
    commit({"web.nwp": group("web", "10.0.0.300")})
    file, _ = fault("HEAD", "web.nwp")
    assert file == "HEAD:web.nwp"


def test_links_are_followed_inside_the_revision() -> None:
    commit({"real/web.nwp": group("web")})
    Path("link.nwp").symlink_to("real/web.nwp")
    Path("folder").symlink_to("real")
    commit({})
    assert places(definitions_of("HEAD", "link.nwp")) == ["HEAD:link.nwp:1:1"]
    assert places(definitions_of("HEAD", "folder/web.nwp")) == ["HEAD:folder/web.nwp:1:1"]
    assert places(definitions_of("HEAD", ".")) == ["HEAD:link.nwp:1:1"]


def test_links_that_lead_nowhere_are_passed_over() -> None:
    for name, goal in (("gone.nwp", "real/gone.nwp"), ("outside.json", "/nowhere/at/all"), ("loop.tf", "loop.tf")):
        Path(name).symlink_to(goal)
    commit({"web.nwp": group("web")})
    found = definitions_of("HEAD", ".")
    assert places(found) == ["HEAD:web.nwp:1:1"]
    said = [(one.code, one.location.file) for one in found.diagnostics]
    assert said == [("dangling-link", f"HEAD:{name}") for name in ("gone.nwp", "loop.tf", "outside.json")]


def test_content_is_read_as_it_was_committed_without_attributes_and_filters() -> None:
    attributes = "*.nwp export-ignore export-subst filter=broken\n"
    git("config", "filter.broken.smudge", "false")
    git("config", "filter.broken.required", "true")
    git("config", "filter.broken.clean", "cat")
    commit({".gitattributes": attributes, "web.nwp": group("web")})
    assert places(definitions_of("HEAD", ".")) == ["HEAD:web.nwp:1:1"]


def test_a_name_that_cannot_be_taken_apart_is_shown_by_its_hash() -> None:
    commit({"web.nwp": group("web")})
    tree = git("rev-parse", "HEAD^{tree}")[:12]
    assert places(definitions_of(":/change", "web.nwp")) == [f"{tree}:web.nwp:1:1"]


@pytest.mark.parametrize("name", ["nope", "--output=x", "-h", ""])
def test_a_name_of_no_revision_is_refused(name: str) -> None:
    commit({"web.nwp": group("web")})
    _, message = fault(name, "web.nwp")
    assert message.startswith(f"{name!r} names no revision")
    assert not Path("x").exists()


def test_outside_of_a_repository_git_says_so(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    _, message = fault("HEAD", str(outside))
    assert message.startswith("git cannot read the repository: not a git repository")


def test_without_git_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    commit({"web.nwp": group("web")})
    monkeypatch.setenv("PATH", "")
    assert fault("HEAD", "web.nwp")[1] == "comparing with a revision takes git, which is not installed"


def test_it_works_in_hooks_of_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source: git documentation, githooks: GIT_DIR and others are set, paths may be relative to the top."""
    commit({"infra/web.nwp": group("web")})
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    monkeypatch.chdir(repository / "infra")
    assert places(definitions_of("HEAD", ".")) == ["HEAD:infra/web.nwp:1:1"]


def test_standard_input_has_no_revision() -> None:
    assert fault("HEAD", "-")[1] == "standard input has no revisions"


def test_paths_of_two_repositories_are_refused(tmp_path: Path) -> None:
    commit({"web.nwp": group("web")})
    other = tmp_path / "other"
    git("init", "--quiet", str(other))
    assert fault("HEAD", "web.nwp", str(other))[1].startswith("the paths are in several repositories")


def test_a_file_that_is_too_large_is_refused_and_others_are_read() -> None:
    commit({"a.nwp": "#" * ((4 << 20) + 1), "b.nwp": group("b")})
    assert fault("HEAD", ".") == ("HEAD:a.nwp", "the file is larger than the limit of 4194304 bytes")


def test_a_submodule_is_told() -> None:
    commit({"web.nwp": group("web")})
    git("update-index", "--add", "--cacheinfo", f"160000,{git('rev-parse', 'HEAD')},modules")
    git("commit", "--quiet", "--message=module")
    (found,) = definitions_of("HEAD", ".").diagnostics
    assert (str(found.location), found.code) == ("HEAD:modules:1:1", "submodule-not-read")
