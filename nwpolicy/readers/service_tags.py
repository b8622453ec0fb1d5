"""Service tag files (`ServiceTags_Public_*.json`) and answers of the Service Tag Discovery API.

Prefixes stay text (a file has some hundred thousand), and nothing is located that has nothing to say.
Source: Microsoft Learn, Virtual network service tags; Azure Network REST API, `ServiceTagsListResult`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath
from typing import Final, TypeGuard

from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.assembly import Fragment
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.source import Document, Source
from nwpolicy.model.tags import ServiceTagCatalogue, ServiceTagEntry
from nwpolicy.readers.tree import Raw

__all__ = ["is_service_tags", "read"]

_MARKS: Final = ("cloud", "changeNumber")
_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
#: How nearly all prefixes are written. These need no parser, which would take a second for a whole file.
_USUAL: Final = re.compile(
    rf"{_OCTET}(?:\.{_OCTET}){{3}}/(?:[12]?[0-9]|3[0-2])"
    r"|(?:[0-9a-fA-F]{1,4}:){1,6}:/(?:[1-9]?[0-9]|1[01][0-9]|12[0-8])"
)


def is_service_tags(raw: Raw) -> TypeGuard[dict[str, Raw]]:
    """Whether this has the shape of a service tag list, right or wrong in its parts."""
    return isinstance(raw, dict) and isinstance(raw.get("values"), list) and all(mark in raw for mark in _MARKS)


def read(raw: dict[str, Raw], document: Document) -> Fragment:
    """The catalogue. Entries that cannot be read are left out, each with a diagnostic."""
    diagnostics: list[Diagnostic] = []
    root = document.root()
    values = raw["values"]
    tags: dict[str, ServiceTagEntry] = {}
    for index, value in enumerate(values if isinstance(values, list) else ()):
        entry = _entry(value, root.at("values", index), diagnostics)
        if entry is None:
            continue
        if entry.name.lower() in tags:
            message = f"the service tag {entry.name} is given twice"
            diagnostics.append(Diagnostic.error("duplicate-tag", message, root.at("values", index, "name")))
        tags[entry.name.lower()] = entry
    if raw.get("nextLink"):
        message = "this is one page of a longer list of service tags"
        help = "export all pages, tags of the others are not known"
        diagnostics.append(Diagnostic.warning("incomplete-export", message, root.at("nextLink"), help))
    catalogue = ServiceTagCatalogue(
        name=PurePath(document.path).stem,
        source=root,
        cloud=str(raw["cloud"]),
        change_number=str(raw["changeNumber"]),
        tags=tags,
    )
    return Fragment((catalogue,), tuple(diagnostics))


def _entry(value: Raw, source: Source, diagnostics: list[Diagnostic]) -> ServiceTagEntry | None:
    name = value.get("name") if isinstance(value, dict) else None
    properties = value.get("properties") if isinstance(value, dict) else None
    prefixes = properties.get("addressPrefixes") if isinstance(properties, dict) else None
    if not isinstance(name, str) or not isinstance(properties, dict) or not _are_texts(prefixes):
        message = "a service tag needs a name and properties with addressPrefixes, an array of strings"
        diagnostics.append(Diagnostic.error("bad-service-tag", message, source))
        return None
    diagnostics.extend(_bad_prefixes(prefixes, source.at("properties", "addressPrefixes")))
    features = properties.get("networkFeatures")
    return ServiceTagEntry(name, tuple(prefixes), tuple(features) if _are_texts(features) else ())


def _are_texts(value: Raw) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(part, str) for part in value)


def _bad_prefixes(prefixes: Iterable[str], source: Source) -> Iterable[Diagnostic]:
    for index, text in enumerate(prefixes):
        if not _USUAL.fullmatch(text):
            try:
                AddressSet.parse(text)
            except ValueError as error:
                yield Diagnostic.error("bad-prefix", str(error), source.at(index))
