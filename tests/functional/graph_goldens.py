"""What `nwpolicy graph` prints as text, kept in files, and the picture of its page.

`python tests/functional/graph_goldens.py` writes the files anew. Look at what changed as a reader would: an answer is
right because it says what the definitions say, not because the tool gave it. Pictures are not compared byte by byte:
where things are is up to the version of Graphviz.
"""

from __future__ import annotations

import contextlib
import io
import shlex
from pathlib import Path
from typing import Final

from nwpolicy import cli

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = Path(__file__).resolve().parent / "golden-graph"

#: The picture in docs/graph.md, and its question.
PICTURE: Final = ROOT / "docs" / "graph.svg"
BLOCKED: Final = "rules-examples/hub-and-spoke --from vm-orders --to vm-billing --protocol tcp --port 1433"

#: The files, and what is asked for each.
GOLDEN: Final = {
    "blocked.dot": f"{BLOCKED} --output dot",
    "blocked.mmd": f"{BLOCKED} --output mermaid",
    "hub-and-spoke.dot": "rules-examples/hub-and-spoke --output dot",
    "hub-and-spoke.mmd": "rules-examples/hub-and-spoke --output mermaid",
    "hub-and-spoke.json": "rules-examples/hub-and-spoke --output json",
    "forced-tunnel.json": "rules-examples/forced-tunnel --output json",
    "three-tier.mmd": "rules-examples/three-tier --output mermaid",
    "virtual-machines.dot": "tests/data/batfish-cloud-azure --output dot",
}


def answer(question: str) -> tuple[int, str]:
    """The exit code, and what goes to standard output."""
    out = io.StringIO()
    with contextlib.chdir(ROOT), contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        code = cli.main(["graph", *shlex.split(question)])
    return code, out.getvalue()


def main() -> None:
    """Writes all files anew."""
    FOLDER.mkdir(exist_ok=True)
    for name, question in GOLDEN.items():
        (FOLDER / name).write_text(answer(question)[1], encoding="utf-8", newline="")
    PICTURE.write_text(answer(BLOCKED)[1], encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
