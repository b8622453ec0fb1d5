"""Functions that read files, and those that evaluate templates.

Only what is in the repository or folder that is read can be looked at. A file that cannot be read is unknown, as
something else may make it before Terraform runs; whether a file is there, and which ones are, is what the input tells.

Source: HashiCorp, "Terraform language: Functions", Filesystem Functions, `templatefile`, `templatestring`.
"""

from __future__ import annotations

import base64
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Source
from nwpolicy.readers.terraform.declarations import document_of
from nwpolicy.readers.terraform.evaluation import evaluated
from nwpolicy.readers.terraform.frames import Bound, Frame
from nwpolicy.readers.terraform.functions.conversions import set_of
from nwpolicy.readers.terraform.functions.function import as_text
from nwpolicy.readers.terraform.hcl import SyntaxFault, parse_template
from nwpolicy.readers.terraform.values import Data, EvaluationError, Open, Undecided, Value, first_open, kind_of, plain

if TYPE_CHECKING:
    from nwpolicy.readers.terraform.modules import Module

__all__ = ["file_function"]

T = TypeVar("T")

#: More signs than this in a pattern for files may take forever.
_MAX_STARS: Final = 8
_GLOB: Final = re.compile(r"\*\*/|\*\*|\*|\?|\{([^{}]*)\}|\[([!^]?)([^\]]+)\]|\\(.)|(.)", re.DOTALL)
_SIGNS: Final[Mapping[str, str]] = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def file_function(module: Module, name: str) -> Callable[[Sequence[Value], Source], Value] | None:
    """The function of that name, as called in a module."""
    found = _FUNCTIONS.get(name)
    if found is None:
        return None
    apply, count = found

    def call(arguments: Sequence[Value], source: Source) -> Value:
        if len(arguments) != count:
            raise EvaluationError(f"takes {count} argument{'s' if count > 1 else ''}, not {len(arguments)}")
        return Value(apply(_Call(module, name, source), *arguments), source)

    return call


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of a function in a module."""

    module: Module
    name: str
    source: Source

    def path(self, value: Value, inside: str = "") -> str:
        """A path, relative to the folder where Terraform runs. Raises Undecided if it leads out of what is read."""
        path = self.module.sources.folder(as_text(plain(value)))
        if not self.module.sources.folders.encloses(posixpath.join(path, inside)):
            raise self.undecided(path, "it is outside of the repository or folder that is read")
        return path

    def undecided(self, path: str, reason: str) -> Undecided:
        return Undecided(Open(self.module.named(f'{self.name}("{path}")'), reason, self.source))

    def read(self, value: Value, reader: Callable[[str], T]) -> T:
        """What a reader makes of a file."""
        path = self.path(value)
        try:
            return reader(path)
        except InputError as error:
            raise self.undecided(path, f"{path}: {error.diagnostics[0].message}") from None


def _file(call: _Call, path: Value) -> Data:
    return call.read(path, call.module.sources.folders.read)


def _filebase64(call: _Call, path: Value) -> Data:
    return base64.b64encode(call.read(path, call.module.sources.folders.content)).decode()


def _fileexists(call: _Call, path: Value) -> Data:
    return call.module.sources.folders.holds(call.path(path))


def _fileset(call: _Call, folder: Value, pattern: Value) -> Data:
    """The files in a folder whose paths from there match a pattern."""
    above, wanted = call.path(folder, "x"), as_text(plain(pattern))
    if wanted.count("*") > _MAX_STARS:
        raise Undecided
    matcher = re.compile(_regex(wanted))
    names = [posixpath.relpath(name, above) for name in call.module.sources.folders.below(above)]
    call.module.reading.spend(len(names))
    return set_of(Value(name, call.source) for name in names if matcher.fullmatch(name))


def _regex(pattern: str) -> str:
    return "".join(map(_piece, _GLOB.finditer(pattern)))


def _piece(found: re.Match[str]) -> str:
    """A part of a pattern for files as a regular expression."""
    alternatives, negation, chars, escaped, char = found.groups()
    if alternatives is not None:
        return f"(?:{'|'.join(map(_regex, alternatives.split(',')))})"
    if chars is not None:
        return f"[{'^' if negation else ''}{re.escape(chars).replace(chr(92) + '-', '-')}]"
    return _SIGNS.get(found[0]) or re.escape(escaped or char)


def _templatefile(call: _Call, path: Value, variables: Value) -> Data:
    return _rendered(call, call.path(path), call.read(path, call.module.sources.folders.read), variables)


def _templatestring(call: _Call, text: Value, variables: Value) -> Data:
    return _rendered(call, call.source.document.path, as_text(plain(text)), variables)


def _rendered(call: _Call, path: str, text: str, variables: Value) -> Data:
    """The value of a template, which sees nothing but the variables that it is given."""
    if not isinstance(variables.data, Mapping):
        if (whole := first_open([variables], deep=False)) is not None:
            raise Undecided(whole)
        raise EvaluationError(f"expected an object, found {kind_of(variables)}")
    try:
        tree = parse_template(text)
    except SyntaxFault as error:
        raise EvaluationError(f"{path} is no template: {error.fault.message}") from None
    document = replace(document_of(path, text), part_of=call.module.document.whole)
    names = {name: Bound(value, name) for name, value in variables.data.items()}
    found = evaluated(tree, Frame(call.module.bare(document), document, names))
    if (unknown := first_open([found])) is not None:
        raise Undecided(unknown, found.data.text if isinstance(found.data, Open) else "")
    return found.data


_FUNCTIONS: Final[Mapping[str, tuple[Callable[..., Data], int]]] = {
    "file": (_file, 1),
    "filebase64": (_filebase64, 1),
    "fileexists": (_fileexists, 1),
    "fileset": (_fileset, 2),
    "templatefile": (_templatefile, 2),
    "templatestring": (_templatestring, 2),
}
