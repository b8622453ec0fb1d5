"""The terminal: exit codes, what goes to standard output and standard error, and colour."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from nwpolicy.reports.screen import Line

__all__ = [
    "ANSWERED",
    "INTERRUPTED",
    "UNDECIDED",
    "UNEXPECTED",
    "UNUSABLE",
    "Unusable",
    "error_lines",
    "has_color",
    "print_text",
    "say",
    "stderr_color",
    "write_pieces",
]

ANSWERED: Final = 0
#: The answer is not the expected one.
UNEXPECTED: Final = 1
#: Wrong usage, or input that cannot be read.
UNUSABLE: Final = 2
#: The answer depends on something that the input does not say.
UNDECIDED: Final = 3
INTERRUPTED: Final = 130

#: Output is written in pieces of about so many characters.
_PIECE: Final = 8192


class Unusable(Exception):  # noqa: N818 - the way out of a command
    """The command ends here, with these lines for the person."""

    def __init__(self, lines: Sequence[Line], code: int = UNUSABLE) -> None:
        super().__init__()
        self.lines, self.code = lines, code


def error_lines(message: str, help: str | None = None) -> list[Line]:
    lines: list[Line] = [("nwpolicy: ", message)]
    return [*lines, ("  = help: ", help)] if help else lines


def say(lines: Sequence[Line], color: bool) -> None:
    """Writes to standard error, as far as anybody listens."""
    from nwpolicy.reports.screen import render

    with contextlib.suppress(OSError, AttributeError):  # full, or closed (then it is None)
        sys.stderr.write(render(lines, color=color))


def print_text(text: str) -> bool:
    """Writes to standard output; characters that its encoding lacks are escaped. Whether anybody reads on.

    A reader who has seen enough is no failure, and the exit code stays what it was.
    """
    stream: TextIO | None = sys.stdout
    if stream is None:
        raise Unusable(error_lines("cannot write the answer: standard output is closed"))
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # or the interpreter would try again at its end
        if not isinstance(error, BrokenPipeError):
            raise Unusable(error_lines(f"cannot write the answer: {error.strerror}")) from None
        return False
    return True


def write_pieces(pieces: Iterable[str]) -> None:
    """Writes the first pieces at once and then larger ones, as long as somebody reads them."""
    waiting: list[str] = []
    size, enough = 0, 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= enough:
            if not print_text("".join(waiting)):
                return
            waiting, size, enough = [], 0, min(_PIECE, enough * 2 + 256)
    print_text("".join(waiting))


def stderr_color(arguments: argparse.Namespace) -> bool:
    return has_color(getattr(arguments, "color", "auto"), sys.stderr)


def has_color(choice: str, stream: TextIO | None) -> bool:
    """Colour on a terminal only, unless the person or the environment says otherwise (no-color.org)."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream is not None and stream.isatty())
