"""What users get: the wheel built from the source distribution, installed in an environment of its own."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("grammar", "schemas")


def _run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, encoding="utf-8", timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _build(target: str, source: Path, folder: Path) -> Path:
    _run(sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", folder, cwd=source)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built from the unpacked source distribution, as an installer without wheels would do."""
    folder = tmp_path_factory.mktemp("build")
    with tarfile.open(_build("sdist", ROOT, folder / "sdist")) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (source,) = (folder / "unpacked").iterdir()
    return _build("wheel", source, folder / "wheel")


@pytest.fixture(scope="session")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of executables of a fresh environment that holds the wheel.

    The dependencies are those of the running interpreter, so nothing is downloaded. The environment's own packages
    come first on the path, and a `.pth` file read through another `.pth` file has no effect: an editable install of
    the checkout cannot stand in for the wheel.
    """
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, symlinks=sys.platform != "win32")
    paths = sysconfig.get_paths(scheme="venv", vars={"base": str(home), "platbase": str(home)})
    python = Path(paths["scripts"]) / Path(sys.executable).name
    pip = (sys.executable, "-m", "pip", "--python", python)
    _run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=home)
    Path(paths["purelib"], "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return Path(paths["scripts"])


def _python(scripts: Path, code: str) -> str:
    """Runs code from the top of the file system, where no checkout can be imported by chance."""
    return _run(scripts / Path(sys.executable).name, "-c", code, cwd=Path(scripts.anchor)).strip()


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_wheel_puts_nothing_but_the_package_on_the_import_path(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        top = {name.split("/")[0] for name in archive.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"nwpolicy"}


def test_the_wheel_declares_its_types_and_carries_its_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "nwpolicy/py.typed" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


@pytest.mark.parametrize("kind", KINDS)
def test_an_installed_wheel_finds_the_files_of_the_repository(scripts: Path, kind: str) -> None:
    found = Path(_python(scripts, f"from nwpolicy.resources import data_path; print(data_path({kind!r}))"))
    assert not found.is_relative_to(ROOT)
    assert _files(ROOT / kind)
    assert {name: (found / name).read_bytes() for name in _files(found)} == {
        name: (ROOT / kind / name).read_bytes() for name in _files(ROOT / kind)
    }


def test_the_command_and_the_module_are_the_same_program(scripts: Path) -> None:
    version = _python(scripts, "import nwpolicy; print(nwpolicy.__version__)")
    command = _run(scripts / "nwpolicy", "--version", cwd=Path(scripts.anchor))
    module = _run(scripts / Path(sys.executable).name, "-m", "nwpolicy", "--version", cwd=Path(scripts.anchor))
    assert version in command
    assert command == module


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_an_installed_wheel_writes_reports(scripts: Path, tmp_path: Path, form: str) -> None:
    """The page is made of templates, styles and a script that the wheel has to hold."""
    rules = "nsg n {{ inbound {{ 100 web allow tcp from Internet to * port {} }} }}\n"
    for name, port in (("old", 443), ("new", 22)):
        (tmp_path / f"{name}.nwp").write_text(rules.format(port), encoding="utf-8")
    command = (scripts / "nwpolicy", "report", tmp_path / "old.nwp", tmp_path / "new.nwp", "--exit-zero")
    _run(*command, "--write", f"{form}={tmp_path / 'written'}", cwd=Path(scripts.anchor))
    written = (tmp_path / "written").read_text(encoding="utf-8")
    assert written == _run(*command, "--output", form, cwd=Path(scripts.anchor))
    assert "opens 1 (1 from the internet)" in written
    assert ("<style" in written and "<script" in written) is (form == "html")


def test_the_wheel_holds_every_template_of_the_pages(wheel: Path) -> None:
    folder = ROOT / "nwpolicy" / "reports" / "templates"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {f"nwpolicy/reports/templates/{name}" for name in _files(folder)} <= names
