"""The questions in the README, in docs and in the READMEs of rules-examples, and how their answers are written anew.

`python tests/functional/regenerate_examples.py` asks every question again, puts the answers into the READMEs and prints
what changed. Read that as a reviewer would: an answer is right because somebody worked it out, not because the tool
printed it.
"""

from __future__ import annotations

import difflib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "rules-examples"
#: `<!-- exit: 3 -->`, where the exit code is not 0, and a block whose first line is the command.
_QUESTION = re.compile(r"(?:<!-- exit: (\d) -->\n)?```console\n\$ nwpolicy ([^\n]+)\n(.*?)```\n", re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A question of a README with the answer that stands there, which lies between two offsets of the text."""

    readme: Path
    arguments: tuple[str, ...]
    answer: str
    exit_code: int
    span: tuple[int, int]


def examples(readme: Path) -> Iterator[Example]:
    """The questions of a README in their order."""
    for match in _QUESTION.finditer(readme.read_text(encoding="utf-8")):
        code, command, answer = match.groups()
        yield Example(readme, tuple(shlex.split(command)), answer, int(code or 0), match.span(3))


def readmes() -> list[Path]:
    """The READMEs of the estates."""
    return sorted(EXAMPLES.glob("*/README.md"))


def documents() -> list[Path]:
    """Every document with questions in it."""
    names = ("check", "convert", "diff", "enumerate", "graph", "reach", "report", "routes")
    return [ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in names), *readmes()]


def _regenerated(readme: Path) -> str:
    text = readme.read_text(encoding="utf-8")
    for example in reversed(list(examples(readme))):
        command = [sys.executable, "-m", "nwpolicy", *example.arguments]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=120, check=False)
        if done.returncode != example.exit_code:
            sys.exit(f"{readme}: exit code {done.returncode} of {shlex.join(example.arguments)}\n{done.stderr}")
        start, end = example.span
        text = text[:start] + done.stdout + text[end:]
    return text


def main() -> None:
    """Writes the answers of all documents anew."""
    for readme in documents():
        old, new = readme.read_text(encoding="utf-8"), _regenerated(readme)
        name = str(readme.relative_to(ROOT))
        sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True), name, name))
        readme.write_text(new, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
