"""Files, folders and standard input to one snapshot. The format is told by content; the name only helps.

What a person names must hold definitions, or it is an error. A folder is searched: of the files in it only those are
read whose bytes show that they may hold definitions, so that a repository's other JSON and YAML costs next to nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from nwpolicy.model.assembly import Fragment, Import, assemble
from nwpolicy.model.diagnostics import Diagnostic, InputError, Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Resource
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.source import Document, Source, Span
from nwpolicy.readers.filestore import DISK, DanglingLink, FileStore
from nwpolicy.readers.keeping import nothing_freed
from nwpolicy.readers.linking import Linker
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.recognise import (
    is_automatic,
    is_compiled,
    is_definitions,
    is_parameters,
    is_template,
    is_terraform_plan,
    is_terraform_state,
)
from nwpolicy.readers.sharing import Sharing
from nwpolicy.readers.textfile import decode
from nwpolicy.readers.tree import Raw
from nwpolicy.readers.unpacking import Unpacking, unpacked_name

if TYPE_CHECKING:
    from nwpolicy.readers.bicep import Compiler
    from nwpolicy.readers.terraform import Root

__all__ = [
    "PARAMETERS_NOT_APPLIED",
    "STDIN",
    "UNREADABLE_FOLDER",
    "Loader",
    "Part",
    "format_of",
    "is_candidate",
    "is_configuration_file",
    "load",
    "load_plan",
    "load_side",
    "look_of",
    "may_define",
    "raise_errors",
    "read_raw",
    "read_side",
    "read_source",
    "read_text",
    "size_limit",
]

#: The path that means standard input.
STDIN: Final = "-"
#: What is said of values of parameters that a folder has, and that nobody gave.
PARAMETERS_NOT_APPLIED: Final = "parameters-not-applied"
#: What is said of folders and archives whose files are not known.
UNREADABLE_FOLDER: Final = "unreadable-folder"
_STDIN_NAME: Final = "<stdin>"
_MIB: Final = 1 << 20
_LIMITS: Final = {"nwp": 4 * _MIB, "bicep": 4 * _MIB, "yaml": 8 * _MIB, "json": 128 * _MIB}
_EXTENSIONS: Final = {
    ".bicep": "bicep",
    ".bicepparam": "bicep",
    ".json": "json",
    ".jsonc": "json",
    ".nwp": "nwp",
    ".yaml": "yaml",
    ".yml": "yaml",
}
#: Configurations of Terraform are read by the folder.
_CONFIGURATION: Final = (".tf", ".tf.json")
#: What a file of definitions must hold somewhere, in lower case.
_MARKS: Final = (
    b"microsoft.network/",
    b"azurerm_network_",
    b"nwpolicy",
    b"deploymenttemplate.json",
    b"effectivesecurityrules",
    b"networkfeatures",
    b"nexthoptype",
)
#: The same for values of parameters, which are given and not found.
_PARAMETERS: Final = (".bicepparam", ".tfvars", ".tfvars.json")
_PARAMETERS_MARK: Final = b"deploymentparameters.json"
#: The same for Bicep, where another file may have them.
_BICEP_MARKS: Final = (b"microsoft.network/", b"module ", b"using ")

ReadImport = Callable[[str], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Part:
    """The files that are read as one, found in the folder `base`, or given by that path."""

    base: str
    names: tuple[str, ...]

    @property
    def folder(self) -> str | None:
        """The folder of a configuration of Terraform."""
        return os.path.dirname(self.names[0]) if is_configuration_file(self.names[0]) else None  # noqa: PTH120


@dataclass(frozen=True, slots=True)
class _Files:
    """Where files come from, and values that are given. `base` is the file or folder that was given: links stay in its
    repository. `compilers` are those of Bicep by base: they keep what several files share. `sharing` has what another
    side has read."""

    store: FileStore = DISK
    base: str = "."
    pins: Pins = field(default_factory=Pins)
    compilers: dict[str, Compiler] = field(default_factory=dict)
    sharing: Sharing | None = None

    @property
    def linker(self) -> Linker:
        return Linker(self.store, self.base, _LIMITS["json"], _parse_json)

    def compiler(self) -> Compiler:
        if self.base not in self.compilers:
            from nwpolicy.readers.bicep import Compiler

            self.compilers[self.base] = Compiler(self.linker.text, _parse_json)
        return self.compilers[self.base]


def load(*paths: str | os.PathLike[str], store: FileStore = DISK, pins: Pins | None = None) -> Snapshot:
    """Reads definitions from files and folders (recursively) of a store; `-` is standard input. `pins` are values for
    parameters and for what is not known.

    Raises InputError with all errors of all files: no answer may rest on a part of the input, nor on values that
    nothing in it has need of. What is only doubtful is among the snapshot's diagnostics.
    """
    pins = Pins() if pins is None else pins
    snapshot = load_side(*(os.fspath(path) for path in paths), store=store, pins=pins)
    pins.check()
    return snapshot


def load_side(
    *paths: str, store: FileStore = DISK, pins: Pins | None = None, sharing: Sharing | None = None
) -> Snapshot:
    """`load` for one of two sides that are compared: a value may be for the other side only. Raises InputError."""
    with nothing_freed():
        return raise_errors(read_side(*paths, store=store, pins=pins, sharing=sharing).snapshot())


def read_side(
    *paths: str,
    store: FileStore = DISK,
    pins: Pins | None = None,
    sharing: Sharing | None = None,
    may_be_empty: bool = False,
) -> Loader:
    """One of two sides, whose errors are said. One that `may_be_empty` may have no definitions at some path."""
    with nothing_freed():
        loader = Loader(Unpacking(store), Pins() if pins is None else pins, sharing, may_be_empty=may_be_empty)
        for path in paths:
            loader.add(path)
        return loader


def load_plan(path: str, pins: Pins | None = None) -> tuple[Snapshot, Snapshot] | None:
    """The definitions before and after a plan of Terraform is applied; None for anything that is no plan. Raises
    InputError."""
    store = Unpacking(DISK)
    if path != STDIN and store.is_folder(path):
        return None
    shown = _STDIN_NAME if path == STDIN else store.shown(path)
    data = _stdin(_LIMITS["json"]) if path == STDIN else store.read(shown, _LIMITS["json"])
    text = decode(shown, data)
    if format_of(shown, text) != "json":
        return None
    raw, document = _parse_json(shown, text)
    if not is_terraform_plan(raw):
        return None
    from nwpolicy.readers import terraform

    given = pins or Pins()
    before, after = (_pinned(terraform.read_plan(raw, document, side), given) for side in ("before", "after"))
    return raise_errors(assemble([before])), raise_errors(assemble([after]))


def raise_errors(snapshot: Snapshot) -> Snapshot:
    """The snapshot; InputError where something in it could not be read."""
    errors = [found for found in snapshot.diagnostics if found.severity is Severity.ERROR]
    if errors:
        raise InputError(*errors)
    return snapshot


def read_source(path: str) -> str:
    """The text of a .nwp file, or of standard input. Raises InputError."""
    return decode(*read_raw(path))


def read_raw(path: str) -> tuple[str, bytes]:
    """How a .nwp file, or standard input, is called, and what is in it. Raises InputError."""
    if path == STDIN:
        return _STDIN_NAME, _stdin(_LIMITS["nwp"])
    shown = DISK.shown(path)
    return shown, DISK.read(shown, _LIMITS["nwp"])


def read_text(path: str, text: str, pins: Pins | None = None) -> Fragment:
    """The definitions in a text as if it stood in the file of that path. Raises InputError."""
    return _fragment(path, text, _Files(base=path, pins=pins or Pins()), wanted=True)


class Loader:
    """Collects fragments, each file once however often it is named or imported."""

    def __init__(
        self, store: FileStore, pins: Pins, sharing: Sharing | None = None, *, may_be_empty: bool = False
    ) -> None:
        self.fragments: list[Fragment] = []
        self._parts: dict[int, Part] = {}
        self._may_be_empty = may_be_empty
        self._store = store
        self._files = _Files(store, pins=pins, sharing=sharing)
        self._identities: dict[int, str] = {}
        self._seen: set[str] = set()
        self._unapplied: dict[str, Source] = {}

    def add(self, path: str) -> None:
        self._files = replace(self._files, base="." if path == STDIN else path)
        try:
            if path == STDIN:
                self._read(_STDIN_NAME, _stdin(_LIMITS["json"]), wanted=True)
            elif self._store.is_folder(path):
                self._add_folder(path)
            else:
                self._add_file(path)
        except InputError as error:
            self._say(*error.diagnostics)

    def add_part(self, base: str, names: Sequence[str]) -> None:
        """Adds what a folder `base` was found to hold, one file or the configuration of Terraform in one folder; or the
        file that was given by the path `base`. Raises InputError if that cannot be read at all."""
        self._files = replace(self._files, base=base)
        if names[0] == base:
            self._add_file(base)
        elif is_configuration_file(names[0]):
            from nwpolicy.readers import terraform

            self._add_configurations(terraform.roots(names, self._store, base), wanted=False)
        else:
            self._add_found(names[0], frozenset())

    def absorb(self, other: Loader) -> None:
        """Adds all that another loader has."""
        start = len(self.fragments)
        self.fragments += other.fragments
        self._identities |= {start + number: identity for number, identity in other._identities.items()}

    def snapshot(self, without: Set[Part] = frozenset()) -> Snapshot:
        """A definition that several files import is one definition; a file that another one deploys is part of that."""
        known: set[object] = set()
        own = [fragment for part, fragment in self.own() if part not in without]
        own.append(Fragment(diagnostics=tuple(self._notes())))
        found = [replace(fragment, resources=tuple(_unseen(fragment.resources, known))) for fragment in own]
        pages = [fragment.page for fragment in own if fragment.page is not None]
        if pages:
            from nwpolicy.readers.exports import missing_pages

            found.append(Fragment(diagnostics=tuple(missing_pages(pages))))
        return assemble(found)

    def _notes(self) -> Iterator[Diagnostic]:
        """A parameters file that is named after its folder is applied after all."""
        return (_not_applied(place) for file, place in self._unapplied.items() if file not in self._seen)

    def own(self) -> Iterator[tuple[Part | None, Fragment]]:
        """All but those that others deploy (files that deploy one another are all kept: that is an error), each with
        the files that it is about, if these were found."""
        linking: dict[str, set[str | None]] = {}
        for number, fragment in enumerate(self.fragments):
            for path in fragment.linked:
                linking.setdefault(self._store.identity(path), set()).add(self._identities.get(number))
        for number, fragment in enumerate(self.fragments):
            own = self._identities.get(number)
            above = linking.get(own, set()) if own is not None else set()
            if all(own in linking.get(other or "", ()) for other in above):
                yield self._parts.get(number), fragment

    def _add_file(self, path: str, trail: tuple[str, ...] = ()) -> None:
        """Raises InputError if the file cannot be read at all; what is wrong in it is said."""
        shown = self._store.shown(path)
        data = self._store.read(shown, size_limit(shown))
        if shown.endswith(_CONFIGURATION):
            from nwpolicy.readers import terraform

            self._add_configurations([terraform.root_of(shown, self._store, self._files.base)], wanted=True)
            return
        real = self._store.identity(path)
        if real in self._seen:
            return
        self._seen.add(real)
        self._read(shown, data, wanted=True, trail=(*trail, real))

    def _add_folder(self, path: str) -> None:
        before = len(self.fragments)
        faults: list[OSError] = []
        names = [*self._store.walk(path, faults)]
        sources = {name for name in names if name.endswith(".bicep")}
        configurations = [name for name in names if is_configuration_file(name)]
        configured = {os.path.dirname(name) for name in configurations}  # noqa: PTH120 - keeps the spelling
        for name in names:
            if name.endswith(_PARAMETERS):
                if not (is_automatic(name) and os.path.dirname(name) in configured):  # noqa: PTH120
                    self._pass_over(name)
            elif _suffix(name) in _EXTENSIONS and not is_configuration_file(name):
                self._add_found(name, sources)
        if configurations:
            from nwpolicy.readers import terraform

            self._add_configurations(terraform.roots(configurations, self._store, self._files.base), wanted=False)
        said = []
        for fault in (fault for fault in faults if not isinstance(fault, DanglingLink)):
            name = os.path.normpath(fault.filename)
            if name == os.path.normpath(path):
                said.append(_not_listed(fault))
            else:
                self._keep(Fragment(diagnostics=(_not_listed(fault),)), (name,))
        if len(self.fragments) == before and not said and not self._may_be_empty:
            said.append(_whole(path, "no-definitions", "no file in this folder holds definitions of network rules"))
        links = [fault.filename for fault in faults if isinstance(fault, DanglingLink)]
        self._say(*said, *(_dangling(name) for name in links if is_candidate(name) or is_configuration_file(name)))

    def _pass_over(self, name: str) -> None:
        """Remembers values of parameters that are not applied, unless they are given by name."""
        if name not in self._files.pins.files:
            self._unapplied[self._store.identity(name)] = _place(name)

    def _add_found(self, name: str, sources: Set[str]) -> None:
        """Adds a file that a folder holds, if it looks like definitions. `sources` are the Bicep files beside it."""
        real = self._store.identity(name)
        if real in self._seen:
            return
        try:
            data = self._store.read(name, size_limit(name))
        except InputError as error:
            self._keep(Fragment(diagnostics=error.diagnostics), (name,))
            return
        source = _source_of(name, data, sources)
        if source is not None:
            message = f"this is compiled from {source}, which is read instead"
            self._say(Diagnostic.note("compiled-template", message, _place(name)))
        elif may_define(name, data):
            self._seen.add(real)
            self._read(name, data, wanted=False, trail=(real,))
        elif name.endswith(".parameters.json") or _PARAMETERS_MARK in data.lower():
            self._pass_over(name)

    def _add_configurations(self, roots: Iterable[Root], *, wanted: bool) -> None:
        """Adds configurations of Terraform, which are read as a whole."""
        for root in roots:
            real = self._store.identity(root.folder or ".")
            if real in self._seen:
                continue
            self._seen.add(real)
            fragment = root.read(self._files.pins)
            if fragment.resources or fragment.diagnostics:
                self._keep(fragment, root.names)
            elif wanted and not self._may_be_empty:
                message = "this configuration holds no definitions of network rules"
                self._say(_whole(root.names[0], "no-definitions", message))

    def _read(self, path: str, data: bytes, *, wanted: bool, trail: tuple[str, ...] = ()) -> None:
        try:
            text = decode(path, data)
            fragment = _fragment(path, text, self._files, wanted=wanted)
        except InputError as error:
            fragment = Fragment(diagnostics=error.diagnostics)
        if trail:
            self._identities[len(self.fragments)] = trail[-1]
        self._keep(fragment, (path,))
        for imported in fragment.imports:
            self._follow(path, imported, trail)

    def _keep(self, fragment: Fragment, names: tuple[str, ...]) -> None:
        self._parts[len(self.fragments)] = Part(self._files.base, names)
        self.fragments.append(_pinned(fragment, self._files.pins) if self._files.pins else fragment)

    def _follow(self, importer: str, imported: Import, trail: tuple[str, ...]) -> None:
        path = os.path.join(os.path.dirname(importer), imported.path)  # noqa: PTH118, PTH120 - keeps the spelling
        if self._store.identity(path) in trail:
            message = f"{imported.path} is imported by a file that it imports itself"
            self._keep(
                Fragment(diagnostics=(Diagnostic.error("cyclic-import", message, imported.source),)), (importer,)
            )
            return
        try:
            self._add_file(path, trail)
        except InputError as error:
            said = (
                Diagnostic.error(
                    found.code, f"cannot import {imported.path}: {found.message}", imported.source, found.help
                )
                for found in error.diagnostics
            )
            self._keep(Fragment(diagnostics=tuple(said)), (importer,))

    def _say(self, *diagnostics: Diagnostic) -> None:
        self.fragments.append(Fragment(diagnostics=diagnostics))


def _fragment(path: str, text: str, files: _Files, *, wanted: bool) -> Fragment:
    """One file's definitions; InputError where its syntax is wrong, or where it is `wanted` and holds none."""
    twin = files.sharing.take(path, text) if files.sharing is not None else None
    if twin is not None:
        return twin
    kind = format_of(path, text)
    if kind == "terraform":
        message = "a file of Terraform is read with the others of its folder only"
        raise InputError(_whole(path, "format-not-read", message))
    if kind == "bicep":
        return files.compiler().read(path, text, files.pins)
    if kind == "nwp":
        from nwpolicy.readers import nwp

        return nwp.read(path, text, _importing(files.store))
    if kind == "yaml":
        from nwpolicy.readers import yamltext

        raw, document = yamltext.parse(path, text)
    else:
        raw, document = _parse_json(path, text)
    return _of_tree(raw, document, files, wanted=wanted)


def _parse_json(path: str, text: str) -> tuple[Raw, Document]:
    from nwpolicy.readers import jsontext

    return jsontext.parse(path, text)


def _of_tree(raw: Raw, document: Document, files: _Files, *, wanted: bool) -> Fragment:
    if is_definitions(raw):
        from nwpolicy.readers import definitions

        return definitions.read(raw, document)
    if is_template(raw):
        from nwpolicy.readers import arm

        written = replace(document, made_by="Bicep") if is_compiled(raw) else document
        return arm.read(raw, written, link=files.linker, pins=files.pins)
    if is_terraform_plan(raw) or is_terraform_state(raw):
        from nwpolicy.readers import terraform

        document = replace(document, made_by="Terraform")
        return terraform.read_plan(raw, document) if is_terraform_plan(raw) else terraform.read_state(raw, document)
    from nwpolicy.readers import exports

    fragment = exports.read(raw, replace(document, made_by="Azure"))
    if fragment is not None:
        if files.sharing is not None:
            files.sharing.keep(document.path, document.text, fragment)
        return fragment
    message = "this file holds no definitions that nwpolicy knows"
    if not wanted and is_parameters(raw):
        return Fragment(diagnostics=(_not_applied(document.root()),))
    if not wanted:
        return Fragment(diagnostics=(Diagnostic.note("not-recognised", message, document.root()),))
    if is_parameters(raw):
        help = "values for parameters are given with --param-file"
        return Fragment(diagnostics=(Diagnostic.error("not-recognised", message, document.root(), help),))
    help = "it reads ARM templates, Bicep, Terraform, exports of Azure, .nwp, and YAML or JSON with `nwpolicy: 1`"
    return Fragment(diagnostics=(Diagnostic.error("not-recognised", message, document.root(), help),))


def format_of(path: str, text: str) -> str:
    """`bicep`, `json`, `nwp`, `terraform` or `yaml`."""
    suffix = _suffix(path)
    if path.endswith(_CONFIGURATION):
        return "terraform"
    start = text.lstrip("\ufeff \t\r\n")
    if start[:1] in {"{", "["} and suffix not in {".yaml", ".yml"}:
        return "json"
    if suffix in _EXTENSIONS:
        return _EXTENSIONS[suffix]
    if start.startswith(("//", "/*")):
        return "json"
    looks_like_yaml = any(line.startswith(("nwpolicy:", "---", "%YAML")) for line in start.splitlines()[:50])
    return "yaml" if looks_like_yaml else "nwp"


def _pinned(fragment: Fragment, pins: Pins) -> Fragment:
    """The definitions with the values that are given for what they leave open."""
    from nwpolicy.readers.pinning import pinned

    diagnostics = [*fragment.diagnostics]
    resources = pinned(fragment.resources, pins, diagnostics)
    return replace(fragment, resources=resources, diagnostics=tuple(diagnostics))


def _importing(store: FileStore) -> ReadImport:
    """Reads the .nwp files that another one imports."""

    def read_import(path: str) -> tuple[str, str]:
        shown = store.shown(path)
        return shown, decode(shown, store.read(shown, _LIMITS["nwp"]))

    return read_import


def _stdin(limit: int) -> bytes:
    stream: TextIO | None = sys.stdin
    if stream is None:
        raise InputError(_whole(_STDIN_NAME, "unreadable-file", "standard input is closed"))
    try:
        data = stream.buffer.read(limit + 1)
    except OSError as error:
        message = f"cannot be read: {(error.strerror or str(error)).lower()}"
        raise InputError(_whole(_STDIN_NAME, "unreadable-file", message)) from None
    if len(data) > limit:
        raise InputError(_whole(_STDIN_NAME, "file-too-large", f"the input is larger than the limit of {limit} bytes"))
    return data


def is_configuration_file(name: str) -> bool:
    """Whether a file is read with the others of its folder, as a configuration of Terraform."""
    return name.endswith(_CONFIGURATION)


def is_candidate(name: str) -> bool:
    """Whether a file of a folder may hold definitions, by its name. Values for parameters are given, not found."""
    return _suffix(name) in _EXTENSIONS and not name.endswith((".bicepparam", *_CONFIGURATION))


def may_define(name: str, data: bytes, sources: Set[str] = frozenset()) -> bool:
    """Whether a candidate of a folder that also holds `sources` is read: it looks like definitions, and is not compiled
    from another file."""
    if _source_of(name, data, sources) is not None:
        return False
    return name.endswith(".nwp") or _may_hold_definitions(data, _marks(name))


def look_of(data: bytes) -> tuple[bool, ...]:
    """All of a content that `may_define` goes by."""
    return _is_compiled(data), *(_may_hold_definitions(data, marks) for marks in (_MARKS, _BICEP_MARKS))


def size_limit(path: str) -> int:
    """The largest size at which a file is read."""
    return _LIMITS[_EXTENSIONS.get(_suffix(path), "json")]


@lru_cache(4096)
def _suffix(path: str) -> str:
    """What a file's name ends in, in lower case; of a packed one, the name of what is in it."""
    return os.path.splitext(unpacked_name(path))[1].lower()  # noqa: PTH122 - asked of every file of a folder


def _marks(name: str) -> Sequence[bytes]:
    return _BICEP_MARKS if _EXTENSIONS.get(_suffix(name)) == "bicep" else _MARKS


def _source_of(name: str, data: bytes, sources: Set[str]) -> str | None:
    """The Bicep file that a template was compiled from, as Bicep's compiler notes in it."""
    if not (name.endswith(".json") and _is_compiled(data)):
        return None
    path = Path(name)
    candidates = [str(path.with_suffix(".bicep"))]
    if path.name == "azuredeploy.json":  # by custom, what main.bicep is compiled to
        candidates.append(str(path.with_name("main.bicep")))
    return next((source for source in candidates if source in sources), None)


def _is_compiled(data: bytes) -> bool:
    return b'"_generator"' in data and b'"bicep"' in data


def _may_hold_definitions(data: bytes, marks: Sequence[bytes]) -> bool:
    lowered = data.lower()
    if lowered.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16: every other byte of ASCII text is zero
        lowered = lowered.replace(b"\0", b"")
    return any(mark in lowered for mark in marks)


def _unseen(resources: Iterable[Resource], known: set[object]) -> Iterator[Resource]:
    for resource in resources:
        document = resource.source.document
        place = (
            document.whole.path,
            document.path,
            resource.source.route,
            resource.type,
            resource.name,
            resource.id,
        )
        if place not in known:
            known.add(place)
            yield resource


def _whole(path: str, code: str, message: str, help: str | None = None) -> Diagnostic:
    """An error about a file or folder as a whole."""
    return Diagnostic.error(code, message, _place(path), help)


def _place(path: str) -> Source:
    """A file or folder as a whole."""
    return Document(path, "", lambda _: Span(1, 1, 1, 1)).root()


def _not_applied(place: Source) -> Diagnostic:
    help = "name it among the input, or give its values with --param-file"
    message = "this parameters file is not applied: a folder may have one for each environment"
    return Diagnostic.note(PARAMETERS_NOT_APPLIED, message, place, help)


def _dangling(name: str) -> Diagnostic:
    return Diagnostic.note("dangling-link", "this link leads nowhere, it is passed over", _place(name))


def _not_listed(fault: OSError) -> Diagnostic:
    reason = (fault.strerror or str(fault)).lower()
    return _whole(os.path.normpath(fault.filename), UNREADABLE_FOLDER, f"cannot be listed: {reason}")
