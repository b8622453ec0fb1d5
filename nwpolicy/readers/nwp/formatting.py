"""The layout of a text: indentation, spaces, columns. Words and comments stay as they are, and so do line breaks,
except that a block is either on one line or has its braces at line ends. All lines end as most of them do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import field
from itertools import groupby, zip_longest
from typing import Final

from nwpolicy.model.records import dataclass
from nwpolicy.readers.nwp.parse import lark, parse
from nwpolicy.readers.nwp.syntax import extent
from nwpolicy.readers.places import input_error

__all__ = ["format_text"]

_GAP: Final = re.compile(r"#[^\r\n]*|\r\n?|\n|;")
_LINE_END: Final = re.compile(r"\r\n?|\n")
_INDENT: Final = "  "
#: A longer cell does not widen its column.
_WIDEST: Final = 44
#: Words before the protocol of a rule (priority, name, access), and of an assertion (name, kind) and the like.
_RULE_HEAD: Final = 3
_HEADS: Final = {"ASSERT": 2, "EXPECT": 2, "EXCEPT": 1}
#: The columns that clauses begin, counted from the protocol.
_STEPS: Final = {"FROM": 1, "TO": 2, "PORT": 3} | dict.fromkeys(
    ("DESCRIPTION", "OWNER", "REASON", "EXPIRES", "IF", "VIA", "BY", "RULES_ONLY"), 4
)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word (its type is a terminal), a `comment`, an `end` of a statement, or a `break` within one."""

    type: str
    text: str


@dataclass(slots=True)
class _Line:
    depth: int
    continued: bool
    blank: bool
    words: list[_Piece] = field(default_factory=list)
    comment: str = ""


def format_text(path: str, text: str) -> str:
    """The text in its one layout; raises InputError where its syntax is wrong."""
    text = text.removeprefix("\ufeff")
    faults = parse(text)[1]
    if faults:
        raise input_error(path, text, faults)
    lines = _Layout(list(_pieces(text))).lines
    ends = Counter(_LINE_END.findall(text))
    end = max(("\n", *ends), key=lambda found: ends[found])
    return "".join(f"{line.rstrip()}{end}" for line in _rendered(lines))


def _pieces(text: str) -> Iterator[_Piece]:
    position = 0
    for token in lark().lex(text):
        start, end = extent(token)
        yield from _gap(text[position:start], "break")
        position = end
        if token.type == "_NL":
            yield from _gap(str(token), "end")
        elif token.type in {"_COMMA", "_EQUAL"}:
            yield _Piece(token.type, token[0])
            yield from _gap(token[1:], "break")
        else:
            yield _Piece(token.type, str(token))
    yield from _gap(text[position:], "end")


def _gap(text: str, at_line_end: str) -> Iterator[_Piece]:
    for found in _GAP.finditer(text):
        if found[0].startswith("#"):
            yield _Piece("comment", found[0])
        else:
            yield _Piece(";" if found[0] == ";" else at_line_end, found[0])


class _Layout:
    """Distributes pieces to lines."""

    def __init__(self, pieces: Sequence[_Piece]) -> None:
        self.lines: list[_Line] = []
        self._inline = _one_line_blocks(pieces)
        self._depth = 0
        self._nested_inline = 0
        self._line: _Line | None = None
        self._continued = False
        self._blank = False
        self._must_break = False
        for index, piece in enumerate(pieces):
            self._add(index, piece)
        self._flush()

    def _add(self, index: int, piece: _Piece) -> None:
        match piece.type:
            case "comment":
                self._open().comment = piece.text
                self._must_break = True
            case "end" | "break":
                if self._line is None:
                    self._blank = True
                self._flush()
                self._continued = piece.type == "break"
            case ";" if self._nested_inline:
                self._open().words.append(piece)
            case ";":
                self._must_break = True
            case _:
                self._word(index, piece)

    def _word(self, index: int, piece: _Piece) -> None:
        if self._must_break:
            self._flush()
        if piece.type == "RBRACE":
            self._close()
        self._open().words.append(piece)
        if piece.type == "LBRACE" and index in self._inline:
            self._nested_inline += 1
        elif piece.type == "LBRACE":
            self._depth += 1
            self._must_break = True

    def _close(self) -> None:
        if self._nested_inline:
            self._nested_inline -= 1
            line = self._open()
            while line.words[-1].type == ";":
                line.words.pop()
        else:
            self._flush()
            self._depth -= 1
            self._blank = False

    def _open(self) -> _Line:
        """The line that is being filled."""
        if self._line is None:
            after_brace = not self.lines or (self.lines[-1].words and self.lines[-1].words[-1].type == "LBRACE")
            self._line = _Line(self._depth, self._continued, self._blank and not after_brace)
            self._blank = False
        return self._line

    def _flush(self) -> None:
        if self._line is not None:
            self.lines.append(self._line)
        self._line = None
        self._must_break = False
        self._continued = False


def _one_line_blocks(pieces: Sequence[_Piece]) -> set[int]:
    """The indices of the opening braces of blocks that hold neither a line break nor a comment."""
    found: set[int] = set()
    opened: list[int] = []
    breaks = 0
    before: list[int] = []
    for index, piece in enumerate(pieces):
        if piece.type in {"comment", "end", "break"}:
            breaks += 1
        elif piece.type == "LBRACE":
            opened.append(index)
            before.append(breaks)
        elif piece.type == "RBRACE":
            start = opened.pop()
            if before.pop() == breaks:
                found.add(start)
    return found


def _rendered(lines: Sequence[_Line]) -> Iterator[str]:
    """The lines as text; columns are aligned over neighbouring lines of one sort."""
    for _, group in groupby(_grouped(lines), key=lambda numbered: numbered[0]):
        members = [line for _, line in group]
        rows = [_cells(line) for line in members]
        columns = zip_longest(*(row for row in rows if len(row) > 1), fillvalue="")
        widths = [max((len(cell) for cell in column if len(cell) <= _WIDEST), default=0) for column in columns]
        for line, row in zip(members, rows, strict=True):
            if line.blank:
                yield ""
            padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=False)) if len(row) > 1 else row
            content = " ".join(filter(None, padded)).rstrip()
            yield _INDENT * (line.depth + 2 * line.continued) + "  ".join(filter(None, (content, line.comment)))


def _grouped(lines: Sequence[_Line]) -> Iterator[tuple[int, _Line]]:
    """Numbers the groups of lines that share columns. Continued lines and comments do not part a group."""
    number = 0
    last = ("", -1)
    for line in lines:
        if line.blank:
            number += 1
        if line.words and not line.continued:
            sort = (_sort(line), line.depth)
            if sort != last or not sort[0]:
                number += 1
            last = sort
        yield number, line


def _sort(line: _Line) -> str:
    """What sort of statement a line begins; empty for those that share no columns."""
    first = line.words[0].type
    if first == "TAG":
        return "LET"
    if any(word.type in {"LBRACE", "RBRACE"} for word in line.words):
        return ""
    if first in {"NUMBER", "UNKNOWN"}:
        return "rule"
    if first in {"WORD", "KIND"}:
        return "setting"
    return first if first in {"LET", "ROUTE", *_HEADS} else ""


def _cells(line: _Line) -> list[str]:
    """A line in columns; a single cell is not aligned."""
    sort = _sort(line) if line.words and not line.continued else ""
    match sort:
        case "rule":
            return _rule_cells(line.words)
        case "ASSERT" | "EXPECT" | "EXCEPT":
            name, *cells = _rule_cells(line.words[1:], _HEADS[sort])
            return [f"{line.words[0].text} {name}", *cells]
        case "setting" if len(line.words) > 1:
            return [line.words[0].text, _joined(line.words[1:])]
        case "LET":
            return [_joined(line.words[:2]), _joined(line.words[2:])]
        case "ROUTE":
            via = next((index for index, word in enumerate(line.words) if word.type == "VIA"), len(line.words))
            return [_joined(line.words[:2]), _joined(line.words[2:via]), _joined(line.words[via:])]
        case _:
            return [_joined(line.words)]


def _rule_cells(words: Sequence[_Piece], head: int = _RULE_HEAD) -> list[str]:
    """The words before the protocol, the protocol, source with its ports, destination, its ports, the rest."""
    cells: list[list[_Piece]] = [*([word] for word in words[:head]), [], [], [], [], []]
    at = 0
    for word in words[head:]:
        step = at if word.type == "PORT" and at != _STEPS["TO"] else _STEPS.get(word.type, at)
        at = max(at, step)
        cells[head + at].append(word)
    return [_joined(cell) for cell in cells]


def _joined(words: Sequence[_Piece]) -> str:
    parts: list[str] = []
    for word in words:
        if parts and word.type not in {"_COMMA", ";"}:
            parts.append(" ")
        parts.append(word.text)
    return "".join(parts)
