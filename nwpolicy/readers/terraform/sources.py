"""Where the modules that a configuration calls are.

Source: HashiCorp, "Terraform language: Module Sources".
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Source
from nwpolicy.readers.terraform.declarations import Declared
from nwpolicy.readers.terraform.folders import Folders
from nwpolicy.readers.terraform.frames import Reading
from nwpolicy.readers.terraform.hcl import syntax

__all__ = ["Sources", "path_of", "source_of_path"]


@dataclass(frozen=True, slots=True)
class Sources:
    """`root` is the folder of the configuration, `installed` tells where, from there, `terraform init` has put
    modules, by the names of the calls that lead to them."""

    folders: Folders
    reading: Reading
    root: str
    installed: Mapping[str, str]

    def folder(self, path: str) -> str:
        """The folder at a path that is relative to the root."""
        return self.folders.shown(self.root, path)

    def find(self, names: tuple[str, ...], caller: str, declared: Declared) -> str | None:
        """The path from the root to the folder of a module, by the names of the calls that lead to it and the path of
        the module that calls it; None, which is said, where it is not on this disk or must not be read."""
        path, source = path_of(declared), source_of_path(declared)
        if path is None:
            message = f"the module {names[-1]} needs a 'source', which is a string"
            self.reading.say(Severity.ERROR, "missing-field", message, source)
            return None
        if path.startswith(("./", "../", ".\\", "..\\")) or path in (".", ".."):
            found = posixpath.normpath(posixpath.join(caller, path.replace("\\", "/")))
        elif ".".join(names) in self.installed:
            found = posixpath.normpath(self.installed[".".join(names)])
        else:
            message = f"the module {names[-1]} ({path}) is not on disk: whatever it defines is missing from the answer"
            help = "`terraform init` puts it there, or give a plan: `terraform show -json PLAN`"
            self.reading.say(Severity.WARNING, "module-not-read", message, source, help)
            return None
        return self._allowed(found, names[-1], source)

    def _allowed(self, path: str, name: str, source: Source) -> str | None:
        if self.folders.encloses(self.folders.shown(self.root, path, "main.tf")):
            return path
        message = f"the module {name} is outside of the repository or folder that is read"
        self.reading.say(Severity.WARNING, "outside-root", message, source, "give the folder that holds both")
        return None


def path_of(declared: Declared) -> str | None:
    """The path or address of a module, None where it is not plainly written."""
    found = declared.get("source")
    path = found.value.value if found is not None and isinstance(found.value, syntax.Literal) else None
    return path if isinstance(path, str) else None


def source_of_path(declared: Declared) -> Source:
    """The place of a module's path."""
    found = declared.get("source")
    return declared.source if found is None else found.source
