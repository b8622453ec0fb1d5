from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nwpolicy.resources import DataKind, data_path, read_data

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("kind", ["grammar", "schemas"])
def test_a_checkout_reads_the_top_level_folders(kind: DataKind) -> None:
    assert data_path(kind) == ROOT / kind


@pytest.mark.parametrize("kind", ["grammar", "schemas"])
def test_a_file_is_read_as_utf_8(kind: DataKind) -> None:
    file = next(path for path in (ROOT / kind).iterdir() if path.is_file())
    assert read_data(kind, file.name).encode() == file.read_bytes()


def test_bundled_files_win_over_a_folder_of_the_same_name_beside_the_package(tmp_path: Path) -> None:
    """In site-packages `grammar` may be a stranger's package."""
    package = tmp_path / "nwpolicy"
    (package / "_bundled" / "grammar").mkdir(parents=True)
    (tmp_path / "grammar").mkdir()
    for name in ("__init__.py", "resources.py"):
        (package / name).write_bytes((ROOT / "nwpolicy" / name).read_bytes())
    code = "from nwpolicy.resources import data_path; print(data_path('grammar'))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, encoding="utf-8", check=True)
    assert Path(done.stdout.strip()) == (package / "_bundled" / "grammar").resolve()
