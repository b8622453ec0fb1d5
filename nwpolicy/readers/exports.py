"""What Azure exports as JSON: resources one by one, in lists, pages and rows of Resource Graph, effective rules and
routes, service tags.

Sources: Azure Network REST API; the Azure CLI's `show`, `list`, `list-effective-nsg`, `show-effective-route-table`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum, auto
from pathlib import PurePath
from typing import Final

from nwpolicy.model.assembly import Fragment, Page
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.resource import Resource
from nwpolicy.model.rules import EffectiveAdminRules
from nwpolicy.model.snapshot import PassedOver
from nwpolicy.model.source import Document, Source
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers import effective, service_tags
from nwpolicy.readers.resources import read_resource, type_of
from nwpolicy.readers.resources.dispatch import is_read
from nwpolicy.readers.tree import Node, Raw, wrap

__all__ = ["missing_pages", "read"]

#: The fields that hold an answer's rows: of the REST API and the CLI, of Resource Graph.
_ROWS: Final = ("value", "data")
#: What tells that more pages follow, and how many rows there are on all of them, in lower case.
_MORE: Final = ("nextlink", "skiptoken", "skip_token", "$skiptoken", "resulttruncated")
_OTHER_PAGES: Final = "export the other pages too, what stands on them is not known"
_TOTALS: Final = ("total_records", "totalrecords")
#: Without these fields a resource says nothing that matters: its properties were not exported.
_NEEDED: Final = {
    "microsoft.compute/virtualmachines": "networkProfile",
    "microsoft.network/networkinterfaces": "ipConfigurations",
    "microsoft.network/networksecuritygroups": "securityRules",
    "microsoft.network/routetables": "routes",
    "microsoft.network/virtualnetworks": "addressSpace",
}


class _Kind(Enum):
    """What a row of an export is."""

    EFFECTIVE_GROUP = auto()
    EFFECTIVE_ADMIN_RULE = auto()
    ACTIVE_ADMIN_RULE = auto()
    DEPLOYMENT_STATUS = auto()
    EFFECTIVE_ROUTE = auto()
    RESOURCE = auto()


def read(raw: Raw, document: Document) -> Fragment | None:
    """The definitions in an export; None for anything that is no export."""
    if service_tags.is_service_tags(raw):
        return service_tags.read(raw, document)
    rows = _rows(raw, document.root())
    kind = next((found for found in (_kind(row) for row, _ in rows or ()) if found is not None), None)
    if rows is None or (rows and kind is None):
        return None
    diagnostics: list[Diagnostic] = []
    page = _page(raw, len(rows), document.root())
    more = _more(raw, document.root(), diagnostics) if page is None else None
    nodes = _nodes(rows, kind, diagnostics)
    resources = tuple(_with_more(found, more) for found in _definitions(nodes, kind, document, diagnostics))
    if not resources and not diagnostics:
        message = "this export holds nothing that filters or routes traffic"
        diagnostics.append(Diagnostic.note("empty-export", message, document.root()))
    return Fragment(resources, tuple(diagnostics), passed_over=tuple(_passed_over(nodes, kind)), page=page)


def _passed_over(nodes: Sequence[Node], kind: _Kind | None) -> Iterator[PassedOver]:
    for node in nodes if kind is _Kind.RESOURCE else ():
        type = type_of(node)
        if type is not None and not is_read(type):
            yield PassedOver(type, node.source)


def _rows(raw: Raw, root: Source) -> list[tuple[Raw, Source]] | None:
    """The rows of an answer and where they stand; an answer of one thing is one row. None: this is no answer."""
    if isinstance(raw, list):
        return [(row, root.at(index)) for index, row in enumerate(raw)]
    if not isinstance(raw, dict):
        return None
    for key, found in raw.items():
        if key.lower() in _ROWS and isinstance(found, list):
            return [(row, root.at(key, index)) for index, row in enumerate(found)]
        if key.lower() in _ROWS and isinstance(found, dict) and "columns" in found:
            return _table(found, root.at(key))
    return [(raw, root)]


def _table(table: dict[str, Raw], source: Source) -> list[tuple[Raw, Source]]:
    """Rows of Resource Graph as a table: the names of the columns once, and the values of each row."""
    columns, rows = table["columns"], table.get("rows")
    named = [column.get("name") for column in columns if isinstance(column, dict)] if isinstance(columns, list) else []
    names = [name for name in named if isinstance(name, str)]
    return [
        (dict(zip(names, row, strict=False)) if isinstance(row, list) else row, source.at("rows", index))
        for index, row in enumerate(rows if isinstance(rows, list) else [])
    ]


def _kind(row: Raw) -> _Kind | None:
    if not isinstance(row, dict):
        return None
    keys = {key.lower() for key in row}
    if "effectivesecurityrules" in keys:
        return _Kind.EFFECTIVE_GROUP
    if keys & {"rulegroups", "rulecollectionappliestogroups"}:
        return _Kind.ACTIVE_ADMIN_RULE if keys & {"committime", "region"} else _Kind.EFFECTIVE_ADMIN_RULE
    if {"deploymentstatus", "configurationids"} <= keys:
        return _Kind.DEPLOYMENT_STATUS
    if {"nexthoptype", "state", "source"} <= keys:
        return _Kind.EFFECTIVE_ROUTE
    texts = {key.lower(): value for key, value in row.items() if isinstance(value, str)}
    type, full = texts.get("type", "").lower(), texts.get("id", "").lower()
    is_resource = (type.startswith("microsoft.") and "/" in type) or "/providers/microsoft." in full
    return _Kind.RESOURCE if is_resource and "$schema" not in keys else None


def _nodes(rows: list[tuple[Raw, Source]], kind: _Kind | None, diagnostics: list[Diagnostic]) -> list[Node]:
    """The rows of the kind that the export is of."""
    nodes = []
    for row, source in rows:
        if _kind(row) is kind:
            nodes.append(wrap(row, source))
        else:
            message = "this row is not of the kind that the export's other rows are"
            diagnostics.append(Diagnostic.error("unexpected-row", message, source))
    return nodes


def _definitions(
    nodes: Sequence[Node], kind: _Kind | None, document: Document, diagnostics: list[Diagnostic]
) -> tuple[Resource, ...]:
    root, name = document.root(), PurePath(document.path).stem
    match kind:
        case _Kind.EFFECTIVE_GROUP:
            return (effective.security_groups(nodes, root, name, diagnostics),)
        case _Kind.EFFECTIVE_ADMIN_RULE:
            return (effective.admin_rules(nodes, root, name, diagnostics),)
        case _Kind.EFFECTIVE_ROUTE:
            return (effective.routes(nodes, root, name, diagnostics),)
        case _Kind.ACTIVE_ADMIN_RULE | _Kind.DEPLOYMENT_STATUS:
            message = "what a network manager has deployed to a region does not tell what applies to a virtual network"
            help = "export the effective admin rules of each virtual network instead"
            diagnostics.append(Diagnostic.warning("not-modelled", message, root, help))
            return ()
        case _Kind.RESOURCE | None:
            return tuple(found for node in nodes for found in read_resource(_complete(node, diagnostics), diagnostics))


def _complete(node: Node, diagnostics: list[Diagnostic]) -> Node:
    """The resource, its properties unknown where they were not exported: an empty list would be something else."""
    needed = _NEEDED.get((type_of(node) or "").lower())
    if needed is None or not isinstance(node.value, Mapping) or (node.get("properties") or node).get(needed):
        return node
    name = node.get("name")
    shown = "a resource" if name is None or name.text is None else name.text
    message = f"the export does not list the {needed} of {shown}"
    help = "`az resource list` leaves properties out, use the command for the type, such as `az network nsg list`"
    diagnostics.append(Diagnostic.warning("incomplete-export", message, node.source, help))
    gap = Unknown(f"properties of {shown}", UnknownKind.TEXT, message, node.source)
    return Node({**node.value, "properties": Node(gap, node.source)}, node.source)


def _with_more(found: Resource, more: Unknown | None) -> Resource:
    """Effective admin rules of which some are on another page."""
    return replace(found, rules=(*found.rules, more)) if more and isinstance(found, EffectiveAdminRules) else found


def _page(raw: Raw, rows: int, root: Source) -> Page | None:
    """Some rows of an answer of Resource Graph; the others may be in other files."""
    for key, total in raw.items() if isinstance(raw, dict) else ():
        if key.lower() in _TOTALS and isinstance(total, int) and rows < total:
            return Page(rows, total, root.at(key))
    return None


def missing_pages(pages: Iterable[Page]) -> Iterator[Diagnostic]:
    """What to say of answers of which not all rows were read. The pages of one are in one folder."""
    answers: dict[tuple[PurePath, int], list[Page]] = {}
    for page in pages:
        answers.setdefault((PurePath(page.source.document.path).parent, page.total), []).append(page)
    for (_, total), found in answers.items():
        for page in found if sum(page.rows for page in found) % total else ():
            message = f"this answer holds {page.rows} of {total} rows, and the files beside it do not hold the others"
            yield Diagnostic.warning("incomplete-export", message, page.source, _OTHER_PAGES)


def _more(raw: Raw, root: Source, diagnostics: list[Diagnostic]) -> Unknown | None:
    """What stands on another page is missing, and nothing else would say so."""
    more: Unknown | None = None
    for key, value in raw.items() if isinstance(raw, dict) else ():
        if key.lower() in _MORE and value not in (None, "", False, "false"):
            message = "this is one page of a longer list"
            diagnostics.append(Diagnostic.warning("incomplete-export", message, root.at(key), _OTHER_PAGES))
            more = Unknown("rules on other pages", UnknownKind.RULES, message, root.at(key))
    return more
