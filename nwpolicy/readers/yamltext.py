"""YAML text to plain Python values.

`parse` reads one document with the core schema of YAML 1.2 (yaml.org/spec/1.2.2, chapter 10.3): `NO` and `1:22`
are strings and `010` is ten, where YAML 1.1 has a boolean, a number in base 60 and eight. Values are built from
the parser's events, never by constructors, so that no tag can do anything; nothing recurses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from typing import Any, NoReturn

import yaml

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Document
from nwpolicy.readers.places import (
    LONE_SURROGATE,
    MAX_DEPTH,
    Fault,
    Lines,
    Place,
    input_error,
    locator,
    shown,
)
from nwpolicy.readers.tree import Raw, Scalar
from nwpolicy.readers.yamlfaults import explain
from nwpolicy.readers.yamlscalars import YAML_TAG, ScalarError, resolve, unsupported_tag

__all__ = ["MAX_REPEATED", "parse"]

#: Values that aliases may repeat, all together, beyond those in the text.
MAX_REPEATED = 200_000

_MERGE_HELP = "YAML 1.2 has no merge keys: write the keys out"
_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: The characters that YAML does not allow (chapter 5.1, c-printable).
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

#: Line ends of YAML 1.1 that are none in 1.2 (what stands behind one may be a comment or a key), and byte order marks.
_AMBIGUOUS = re.compile("[\x85\u2028\u2029\ufeff]")


def parse(path: str, text: str) -> tuple[Raw, Document]:
    """The value of a YAML text and its document; raises InputError where the text cannot be read."""
    text = text.removeprefix("\ufeff")
    if fault := _unreadable_character(text):
        raise input_error(path, text, [fault])
    composer = _Composer(text)
    composer.compose()
    if composer.faults:
        raise input_error(path, text, composer.faults)
    root = composer.root
    return root.value, Document(path, text, locator(text, lambda: root.place))


def _unreadable_character(text: str) -> Fault | None:
    if found := _FORBIDDEN.search(text):
        return Fault("invalid-yaml", f"{shown(found[0])} is not allowed in YAML", *found.span())
    if found := _AMBIGUOUS.search(text):
        message = f"{shown(found[0])} means different things to different readers of YAML"
        return Fault("unsupported-yaml", message, *found.span(), "write it as an escape in double quotes")
    return None


@dataclass(slots=True)
class _Value:
    """A value with its place, and how many values and how many levels it has with all aliases followed."""

    value: Raw
    place: Place
    size: int = 1
    height: int = 0
    is_complete: bool = True


@dataclass(slots=True)
class _Key:
    text: str
    start: int
    end: int


class _FatalError(Exception):
    """Composing cannot go on; the fault is noted."""


class _Composer:
    """Builds the value of the only document from the parser's events."""

    def __init__(self, text: str) -> None:
        self.root = _Value(None, Place(0, len(text)))
        self.faults: list[Fault] = []
        self._text = text
        self._open: list[_Value] = []
        self._keys: list[_Key | None] = []
        self._anchors: dict[str, _Value] = {}
        self._documents = 0
        self._repeated = 0
        self._offset = 0
        self._handlers: dict[type, Callable[[Any], None]] = {
            yaml.DocumentStartEvent: self._document,
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceEndEvent: self._end,
            yaml.MappingEndEvent: self._end,
        }

    def compose(self) -> None:
        try:
            for event in yaml.parse(self._text, Loader=_LOADER):
                self._offset = _extent(event)[1]
                handler = self._handlers.get(type(event))
                if handler is not None:
                    handler(event)
        except _FatalError:
            pass
        except yaml.YAMLError as error:
            self.faults.append(explain(error, self._text, self._offset))
        except (ValueError, OverflowError):  # the parser in Python, for escapes beyond the last code point
            self._fault("invalid-yaml", "this text holds an escape that is no character", self._offset, self._offset)

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        start, end = _extent(event)
        self._documents += 1
        self._anchors.clear()
        if self._documents > 1:
            line = self._lines.number(start)
            message = f"a second document starts on line {line}, expected one document in a file"
            self._stop("several-documents", message, start, end, "split the file at '---'")
        if event.version is not None and tuple(event.version) < (1, 2):
            version = ".".join(map(str, event.version))
            start = self._text.find("%YAML", start)
            message = f"the file asks for YAML {version}, this is a reader of YAML 1.2"
            self._fault("unsupported-yaml", message, start, start + len("%YAML"), "remove the %YAML line")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        start, end = _extent(event)
        text: str = event.value
        if not text.isascii() and LONE_SURROGATE.search(text):
            message = "this text holds half of a surrogate pair, which is not a character"
            self._fault("lone-surrogate", message, start, end)
        is_plain = event.implicit[0]  # `style` of a plain scalar is None or empty, depending on the parser
        if self._expects_key:
            key = self._keys[-1] = self._name(event, is_plain)
            self._register(event.anchor, _Value(key.text, Place(start, end)))
            return
        value = _Value(self._resolve(event, is_plain), Place(start, end))
        self._register(event.anchor, value)
        self._add(value)

    def _resolve(self, event: yaml.ScalarEvent, is_plain: bool) -> Scalar:
        try:
            return resolve(event.value, event.tag, is_plain=is_plain)
        except ScalarError as error:
            self._fault(error.code, error.message, *_extent(event), error.help)
            return str(event.value)

    def _name(self, event: yaml.ScalarEvent, is_plain: bool) -> _Key:
        """A scalar as a key. `1` and "1" would be the same key afterwards, so only text can be one."""
        start, end = _extent(event)
        text: str = event.value
        if is_plain and text == "<<":
            self._fault("unsupported-yaml", "merge keys ('<<') are not supported", start, end, _MERGE_HELP)
        elif not text and is_plain:
            self._fault("invalid-yaml", "a key is missing here", start, end)
        elif not isinstance(self._resolve(event, is_plain), str):
            message = f"a key has to be text, {shown(text)} is not"
            self._fault("unsupported-yaml", message, start, end, f'write "{text}" in double quotes')
        return _Key(text, start, end)

    def _alias(self, event: yaml.AliasEvent) -> None:
        start, end = _extent(event)
        name = shown(f"*{event.anchor}")
        target = None if event.anchor is None else self._anchors.get(event.anchor)
        if target is None:
            message = f"{name} refers to an anchor that is not defined above"
            self._stop("invalid-yaml", message, start, end, "put it in quotes if it is meant as text")
        if self._expects_key:
            self._stop("unsupported-yaml", f"the alias {name} is used as a key", start, end, "write the key out")
        if not target.is_complete:
            self._stop("invalid-yaml", f"{name} refers to a value that it is part of", start, end)
        self._repeated += target.size
        if self._repeated > MAX_REPEATED:
            message = f"the aliases of this file repeat more than {MAX_REPEATED} values"
            self._stop("expansion-too-large", message, start, end)
        self._check_depth(target.height, start, end)
        self._add(_Value(target.value, Place(start, end, target.place.children), target.size, target.height))

    def _start(self, event: yaml.SequenceStartEvent | yaml.MappingStartEvent) -> None:
        start, end = _extent(event)
        if self._expects_key:
            self._stop("unsupported-yaml", "a key has to be text, found a list or a mapping", start, end)
        self._check_depth(1, start, end)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        if event.tag is not None and event.tag not in ("!", YAML_TAG + ("map" if is_mapping else "seq")):
            error = unsupported_tag(event.tag)
            self._fault(error.code, error.message, start, end, error.help)
        if is_mapping:
            value = _Value({}, Place(start, end, {}), height=1, is_complete=False)
        else:
            value = _Value([], Place(start, end, []), height=1, is_complete=False)
        self._register(event.anchor, value)
        self._open.append(value)
        self._keys.append(None)

    def _end(self, event: yaml.SequenceEndEvent | yaml.MappingEndEvent) -> None:
        value = self._open.pop()
        self._keys.pop()
        value.is_complete = True
        start, end = _extent(event)
        if end > start:  # a bracket; a block ends with its last value instead
            value.place.end = end
        self._add(value)

    def _add(self, value: _Value) -> None:
        """Puts a complete value where it belongs: into the innermost open one."""
        self._trim(value.place)
        if not self._open:
            self.root = value
            return
        parent = self._open[-1]
        parent.size += value.size
        parent.height = max(parent.height, value.height + 1)
        parent.place.end = value.place.end
        if isinstance(parent.value, list) and isinstance(parent.place.children, list):
            parent.value.append(value.value)
            parent.place.children.append(value.place)
        elif isinstance(parent.value, dict) and isinstance(parent.place.children, dict):
            key = self._keys[-1]
            self._keys[-1] = None
            if key is not None:
                self._add_member(parent.value, parent.place.children, key, value)

    def _add_member(self, members: dict[str, Raw], places: dict[str, Place], key: _Key, value: _Value) -> None:
        value.place.key = key.start
        first = places.setdefault(key.text, value.place)
        if first is value.place:
            members[key.text] = value.value
            return
        line = self._lines.number(first.key)
        message = f"key {shown(key.text)} is given twice: the first is on line {line}"
        self._fault("duplicate-key", message, key.start, key.end, "remove or rename one of the two")

    def _trim(self, place: Place) -> None:
        """The parser lets a block scalar end where the next token starts."""
        while place.end > place.start and self._text[place.end - 1] in " \t\r\n":
            place.end -= 1

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self._text)

    @property
    def _expects_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].value, dict) and self._keys[-1] is None

    def _register(self, anchor: str | None, value: _Value) -> None:
        if anchor is not None:
            self._anchors[anchor] = value

    def _check_depth(self, height: int, start: int, end: int) -> None:
        if len(self._open) + height > MAX_DEPTH:
            self._stop("nesting-too-deep", f"nested more than {MAX_DEPTH} levels deep", start, end)

    def _fault(self, code: str, message: str, start: int, end: int, help: str | None = None) -> None:
        self.faults.append(Fault(code, message, start, end, help))

    def _stop(self, code: str, message: str, start: int, end: int, help: str | None = None) -> NoReturn:
        self._fault(code, message, start, end, help)
        raise _FatalError


def _extent(event: yaml.Event) -> tuple[int, int]:
    start, end = event.start_mark, event.end_mark
    assert start is not None  # only events made by hand have none
    assert end is not None
    return start.index, end.index
