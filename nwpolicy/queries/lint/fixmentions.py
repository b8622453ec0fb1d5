"""What else in a deployment names a definition that is to go, such as one that depends on it, or an output.

Readers pass over most of what is no network rule, so the texts are looked at: rather too much counts as a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.source import Document
from nwpolicy.queries.lint.comments import code_of
from nwpolicy.readers.load import format_of
from nwpolicy.readers.textfile import decode

__all__ = ["is_named"]

#: The files of a folder that are one module of Terraform, or that try it.
_MODULE: Final = (".tf", ".tf.json", ".tftest.hcl")
_BLOCK: Final = re.compile(r'resource\s+"([^"]+)"\s+"([^"]+)"')
_SYMBOL: Final = re.compile(r"(?:@[^\r\n]*\s+)*resource\s+(\w+)\s")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_LAST_WORD: Final = re.compile(r"[^/'\"\[\](),\s]+(?=[/'\"\[\](),\s]*$)")


def is_named(definition: str, document: Document) -> bool:
    """Whether a text, in which a definition is gone, still names it; of Terraform also the others of the folder."""
    match format_of(document.path, document.text):
        case "terraform":
            block = _BLOCK.match(definition)
            return block is not None and any(_has(code, f"{block[1]}.{block[2]}") for code in _module(document))
        case "bicep":
            symbol = _SYMBOL.match(definition)
            return symbol is not None and _has(code_of(document), symbol[1])
        case "json":
            return _is_named_in_template(definition, document)
        case _:
            return False


def _has(code: str, name: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", code, re.IGNORECASE) is not None


def _module(document: Document) -> Iterator[str]:
    yield code_of(document)
    for path in sorted(Path(document.path).parent.iterdir()):
        if path.name.endswith(_MODULE) and path.name != Path(document.path).name:
            try:
                yield decode(str(path), path.read_bytes())
            except (OSError, InputError):
                continue


def _is_named_in_template(definition: str, document: Document) -> bool:
    """By an expression with the last part of its type, or where others say what they depend on."""
    from nwpolicy.readers import jsontext

    resource, _ = jsontext.parse(document.path, definition)
    if not isinstance(resource, Mapping) or not isinstance(resource.get("type"), str):
        return False
    kind, name = (_LAST_WORD.search(str(resource.get(key, ""))) for key in ("type", "name"))
    if kind is None or name is None:
        return False
    strings = [text[1:-1] for text in _STRING.findall(code_of(document))]
    loop = resource.get("copy")
    whole = resource["name"], loop.get("name") if isinstance(loop, Mapping) else None
    return any(text in whole or (_has(text, name[0]) and _has(text, kind[0])) for text in strings)
