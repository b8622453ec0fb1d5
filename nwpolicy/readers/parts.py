"""What folders hold, in parts that are read one by one: a file of definitions with all that it brings in, or the
configuration of Terraform in one folder. What several parts come to is what the folders come to when they are loaded.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from nwpolicy.model.assembly import Fragment
from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.records import dataclass
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.readers.filestore import DanglingLink, FileStore
from nwpolicy.readers.load import Loader, Part, is_candidate, is_configuration_file, may_define, size_limit
from nwpolicy.readers.observed import Observed, Question
from nwpolicy.readers.pins import Pins

__all__ = ["ReadPart", "find_parts", "joined", "read_part"]


@dataclass(frozen=True, slots=True, eq=False)
class ReadPart:
    """A part that was read, and what that rested on."""

    part: Part
    loader: Loader
    notes: dict[Question, str]


def find_parts(folders: Iterable[str], observed: Observed) -> Iterator[Part]:
    """The parts of folders, in the order in which these are walked; a file among them is a part. Raises InputError or
    OSError where some file or folder cannot be read."""
    seen: set[str] = set()
    for folder in folders:
        if not observed.is_folder(folder):
            real = observed.identity(folder)
            if real not in seen:
                seen.add(real)
                yield Part(folder, (folder,))
            continue
        faults: list[OSError] = []
        names = [*observed.walk(folder, faults)]
        for fault in faults:
            if not isinstance(fault, DanglingLink):
                raise fault
        sources = {name for name in names if name.endswith(".bicep")}
        configurations: defaultdict[str, list[str]] = defaultdict(list)
        for name in names:
            if is_configuration_file(name):
                configurations[os.path.dirname(name)].append(name)  # noqa: PTH120 - keeps the spelling
            elif is_candidate(name) and may_define(name, observed.read(name, size_limit(name)), sources):
                real = observed.identity(name)
                if real not in seen:
                    seen.add(real)
                    yield Part(folder, (name,))
        yield from (Part(folder, tuple(several)) for several in configurations.values())


def read_part(part: Part, store: FileStore) -> ReadPart:
    """The definitions of a part, and what was wrong in them."""
    observed = Observed(store)
    loader = Loader(observed, Pins())
    try:
        loader.add_part(part.base, part.names)
    except InputError as error:
        loader.fragments.append(Fragment(diagnostics=error.diagnostics))
    return ReadPart(part, loader, observed.notes)


def joined(parts: Sequence[ReadPart], store: FileStore) -> Snapshot:
    """What parts come to together. A file that another one deploys, and a configuration that another one calls as a
    module, is part of that one."""
    loader = Loader(store, Pins())
    for part in parts:
        above = [other for other in parts if _calls(other, part)]
        if all(_calls(part, other) and parts.index(part) < parts.index(other) for other in above):
            loader.absorb(part.loader)
    return loader.snapshot()


def _calls(caller: ReadPart, other: ReadPart) -> bool:
    """Whether one configuration of Terraform looked into the folder of another."""
    own, folder = caller.part.folder, other.part.folder
    return own is not None and folder is not None and own != folder and ("walk", folder or ".") in caller.notes
