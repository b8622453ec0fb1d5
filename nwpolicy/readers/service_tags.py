"""Service tag files (`ServiceTags_Public_*.json`) and answers of the Service Tag Discovery API.

Prefixes stay text (a file has some hundred thousand), and nothing is located that has nothing to say.
Source: Microsoft Learn, Virtual network service tags; Azure Network REST API, `ServiceTagsListResult`.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Final, TypeGuard

from nwpolicy.model.assembly import Fragment
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.source import Document, Source
from nwpolicy.model.tags import ServiceTagCatalogue, ServiceTagEntry
from nwpolicy.readers.tree import Raw

__all__ = ["is_service_tags", "read"]

_MARKS: Final = ("cloud", "changeNumber")


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
            message = f"the service tag {entry.name} is given twice, the last one counts"
            diagnostics.append(Diagnostic.warning("duplicate-tag", message, root.at("values", index, "name")))
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
    features = properties.get("networkFeatures")
    return ServiceTagEntry(name, tuple(prefixes), tuple(features) if _are_texts(features) else ())


def _are_texts(value: Raw) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(part, str) for part in value)
