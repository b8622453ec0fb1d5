"""nwpolicy's own policy language, `.nwp`: text to definitions, definitions to text, and the layout of a text.

`docs/nwp.md` shows the language by example, `grammar/nwp.lark` is its grammar.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from nwpolicy.model.assembly import Fragment, released
from nwpolicy.readers.nwp.build import application_security_groups, build
from nwpolicy.readers.nwp.findings import Findings
from nwpolicy.readers.nwp.formatting import format_text
from nwpolicy.readers.nwp.imports import ReadImport, open_files
from nwpolicy.readers.nwp.printing import rule_line, to_nwp

__all__ = ["format_text", "read", "rule_line", "to_nwp"]


def read(path: str, text: str, read_import: ReadImport | None = None) -> Fragment:
    """What a file and the files it imports define, and every mistake in them as a diagnostic."""
    findings = Findings()
    files = open_files(path, text, read_import, findings)
    groups = application_security_groups(statement for file in files for statement in file.statements)
    scopes = (replace(file.scope, groups=groups) for file in files)
    built = (build(scope, file.statements) for scope, file in zip(scopes, files, strict=True))
    resources = chain.from_iterable(map(released, chain.from_iterable(built)))
    return Fragment(tuple(resources), findings.diagnostics())
