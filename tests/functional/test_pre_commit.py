from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from nwpolicy import cli

ROOT = Path(__file__).resolve().parents[2]
HOOKS = ROOT / ".pre-commit-hooks.yaml"
#: What pre-commit clones and pip builds the hook's environment from.
SOURCES = ("nwpolicy", "grammar", "schemas", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
CLEAN = """nsg nsg-web {
  inbound {
    100 allow-https allow tcp from Internet to * port 443
  }
}
"""
MORE = CLEAN.replace(
    "  }\n}",
    """    110 allow-http allow tcp from Internet to * port 80
    200 allow-office allow tcp from 203.0.113.0/24 to * port 443
  }
}""",
)
NIC = """nic nic-web {
  nsg nsg-nic
  ip ipconfig1 {
    address 10.0.1.4
    subnet vnet-hub/snet-web
  }
}
"""
HERE = {"PYTHONPATH": str(ROOT)}
NETWORK = """vnet vnet-hub {
  address 10.0.0.0/16
  subnet snet-web {
    address 10.0.1.0/24
    nsg nsg-web
  }
}
"""
SESSION = re.compile(r"```console\n(?P<session>\$ git commit.*?)```", re.DOTALL)


def run(folder: Path, *command: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    return done.returncode, done.stdout


def git(folder: Path, *arguments: str) -> str:
    """Runs git as nobody in particular, whatever its settings are here."""
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main")
    code, said = run(folder, "git", *who, *arguments, env=settings)
    assert code == 0, said
    return said


def commit(folder: Path, message: str) -> tuple[int, str]:
    git(folder, "add", "--all")
    return run(folder, "git", "commit", "-m", message)


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of this project, as pre-commit clones it."""
    folder = tmp_path_factory.mktemp("nwpolicy")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "everything")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """pre-commit keeps what it builds in a folder of this run, and git knows nobody's settings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRE_COMMIT_HOME", str(tmp_path_factory.mktemp("pre-commit")))
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "PRE_COMMIT_FROM_REF", "PYTHONPATH"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture
def repository(tmp_path: Path, hooks: Path, home: None) -> Path:
    """A repository in which pre-commit runs the linter's hook before each commit, with one commit."""
    revision = git(hooks, "rev-parse", "HEAD").strip()
    settings = {"repos": [{"repo": hooks.as_uri(), "rev": revision, "hooks": [{"id": "nwpolicy-lint"}]}]}
    (tmp_path / ".pre-commit-config.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "web.nwp").write_text(CLEAN, encoding="utf-8")
    (tmp_path / "infra" / "network.nwp").write_text(NETWORK, encoding="utf-8")
    git(tmp_path, "init", "--quiet")
    for name, value in (("user.name", "A"), ("user.email", "a@example.com")):
        git(tmp_path, "config", name, value)
    code, said = run(tmp_path, sys.executable, "-m", "pre_commit", "install")
    assert code == 0, said
    code, said = commit(tmp_path, "a network")
    assert code == 0, said
    return tmp_path


def shown() -> Iterator[tuple[str, str]]:
    """The commands of the session that the documentation shows, each with what it prints."""
    text = (ROOT / "docs" / "lint.md").read_text(encoding="utf-8")
    (session,) = SESSION.findall(text)
    for step in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        command, _, said = step.partition("\n")
        yield command, said


def test_the_session_of_the_documentation(repository: Path) -> None:
    """A commit is stopped and goes through once it is mended. The real program builds the hook's environment from the
    repository, as it does for its users."""
    (repository / "infra" / "web.nwp").write_text(MORE, encoding="utf-8")
    for command, expected in shown():
        words = (
            [sys.executable, "-m", *shlex.split(command)] if command.startswith("nwpolicy") else shlex.split(command)
        )
        _, said = run(repository, *words, env=HERE)
        said = "\n".join(line.rstrip() for line in re.sub(r"(?<=\[main )\w+", "1b2c3d4", said).splitlines())
        assert said.strip() == expected.strip(), command
    assert git(repository, "status", "--porcelain") == ""


def test_what_a_removed_file_makes_wrong_stops_the_commit(repository: Path) -> None:
    """pre-commit names no files that were removed, so the hook asks git itself."""
    (repository / "infra" / "web.nwp").write_text(CLEAN.replace("port 443", "port 22"), encoding="utf-8")
    closed = CLEAN.replace("nsg-web", "nsg-nic").replace("Internet", "10.0.0.0/8")
    nic = NIC + f"\nnsg nsg-nic {closed.partition(' ')[2].partition(' ')[2]}"
    (repository / "infra" / "nic.nwp").write_text(nic, encoding="utf-8")
    assert commit(repository, "a machine that its own group protects")[0] == 0
    (repository / "infra" / "nic.nwp").unlink()
    code, said = commit(repository, "without it")
    assert code == 1
    assert re.search(r"^infra/web.nwp:3:\d+: NWP101 error: ", said, re.MULTILINE)
    assert "1 finding (1 error) in 1 file" in said


def test_hooks_are_what_pre_commit_takes() -> None:
    """pre-commit.com, "Creating new hooks": a type that is not known makes all hooks of the file useless."""
    hooks = {hook["id"]: hook for hook in yaml.safe_load(HOOKS.read_text(encoding="utf-8"))}
    for hook in hooks.values():
        assert {"id", "name", "entry", "language", "files"} <= set(hook)
        assert not {"types", "types_or"} & set(hook)
        program, command, *options = hook["entry"].split()
        assert program == "nwpolicy"
        assert cli.parser(command).parse_args([command, *options, *hook.get("args", ["."])]).command == command
    for name in ("nwpolicy-lint", "nwpolicy-lint-all", "nwpolicy-check"):
        assert hooks[name]["require_serial"] is True
        assert all(re.search(hooks[name]["files"], file) for file in ("a.bicep", "b/c.tf", "d.json", "e.yml", "f.nwp"))
    assert [hook.get("pass_filenames", True) for hook in hooks.values()] == [True, False, False, True]
    code, said = run(ROOT, sys.executable, "-m", "pre_commit", "validate-manifest", str(HOOKS))
    assert code == 0, said
