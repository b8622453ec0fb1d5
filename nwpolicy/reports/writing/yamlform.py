"""Definitions as a definitions file in YAML.

PyYAML writes it; what YAML 1.2 reads otherwise than 1.1, which PyYAML knows, stands in quotes. What a build log would
take for a command (`##vso[`, a line that begins with `::`) is escaped there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import yaml

from nwpolicy.model.resource import Resource
from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.yamlscalars import ScalarError, resolve
from nwpolicy.reports.writing.sections import sections

__all__ = ["yaml_text"]

_WIDTH: Final = 120
#: Where a text in quotes goes on in another line.
_COMMAND: Final = re.compile(r"^([ \t]*)::", re.MULTILINE)


def yaml_text(resources: Iterable[Resource]) -> str:
    """The whole file. Raises NotWritable."""
    form = {"nwpolicy": 1, **sections(resources)}
    text = _dumped(form, allow_unicode=True)
    is_plain = all(character.isprintable() or character == "\n" for character in text)
    return text if is_plain else _dumped(form, allow_unicode=False)


def _dumped(form: dict[str, Any], *, allow_unicode: bool) -> str:
    text: str = yaml.dump(form, Dumper=_Dumper, sort_keys=False, width=_WIDTH, allow_unicode=allow_unicode)
    return _COMMAND.sub(r"\1\\x3a:", text).replace("##", "#\\x23")


class _Dumper(yaml.SafeDumper):
    """Lists stand in by two spaces; what fits into a line stands in one."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML's names
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's names
        return True


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    try:
        is_text = resolve(text, None, is_plain=True) == text
    except ScalarError:
        is_text = False
    is_plain = is_text and "##" not in text and "::" not in text
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_plain else '"')


def _list(dumper: _Dumper, elements: list[Any]) -> yaml.Node:
    is_short = all(not isinstance(element, dict) or list(element) == ["networkGroup"] for element in elements)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", elements, flow_style=is_short)


def _unknown(dumper: _Dumper, unknown: Unknown) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", {"unknown": unknown.name}, flow_style=True)


def _mapping(dumper: _Dumper, members: dict[str, Any]) -> yaml.Node:
    is_short = len(members) == 1 and next(iter(members)) not in ("name", "nwpolicy")
    inner = next(iter(members.values()), None)
    flow = not members or (is_short and not isinstance(inner, dict | list))
    return dumper.represent_mapping("tag:yaml.org,2002:map", members, flow_style=flow)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)
_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(Unknown, _unknown)
