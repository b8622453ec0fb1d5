"""A change of rules as an edit of the file that holds them, in the file's own format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from nwpolicy.model.ports import format_ports
from nwpolicy.model.protocols import format_protocols
from nwpolicy.model.resource import AddressPrefix, AddressTerm, PortRange, Reference, ServiceTag
from nwpolicy.model.rules import AdminRule, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.source import Source, SourceLocation, Span
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.answers import EditAnswer
from nwpolicy.queries.change import Change, WrittenRule, rules_of

__all__ = ["edit_of"]

#: Azure's names for the fields of a rule, singular and plural, in the order in which it prints them.
_SECURITY_FIELDS: Final = {
    "source_port": ("sourcePortRange", "sourcePortRanges"),
    "destination_port": ("destinationPortRange", "destinationPortRanges"),
    "source": ("sourceAddressPrefix", "sourceAddressPrefixes"),
    "destination": ("destinationAddressPrefix", "destinationAddressPrefixes"),
}
_ADMIN_FIELDS: Final = {
    "source_port": "sourcePortRanges",
    "destination_port": "destinationPortRanges",
    "source": "sources",
    "destination": "destinations",
}
_PROTOCOLS: Final = {"any": "*", "tcp": "Tcp", "udp": "Udp", "icmp": "Icmp", "esp": "Esp", "ah": "Ah"}


def edit_of(change: Change) -> EditAnswer:
    """The edit. Its text is None where the change cannot be written down in the file as it stands, for example
    because an expression stands there."""
    format_ = _format(change.group.source)
    edit = {"json": _json_edit, "yaml": _yaml_edit, "nwp": _nwp_edit}[format_](change)
    return edit or EditAnswer(change.description, _place(change), "", None)


def _format(source: Source) -> str:
    path, text = source.document.path.lower(), source.document.text.lstrip("\ufeff \t\r\n")
    if path.endswith((".yaml", ".yml")):
        return "yaml"
    if text[:1] in {"{", "["} or text[:2] in {"//", "/*"}:
        return "json"
    return "nwp" if path.endswith(".nwp") or not text.startswith(("nwpolicy:", "---")) else "yaml"


def _place(change: Change) -> SourceLocation:
    return (change.old or change.group).source.location


def _neighbour(change: Change) -> WrittenRule | None:
    """The rule of the same file before which a new one is written: the one that is tried next, or else the last."""
    document = change.group.source.document
    rules = [rule for rule in rules_of(change.group) if rule.source.document is document]
    new = change.new.priority
    later = [
        rule
        for rule in rules
        if rule.direction is change.new.direction and isinstance(rule.priority, int) and isinstance(new, int)
        if rule.priority > new
    ]
    return min(later, key=_priority) if later else (rules[-1] if rules else None)


def _priority(rule: WrittenRule) -> int:
    assert isinstance(rule.priority, int)
    return rule.priority


# JSON


def _json_edit(change: Change) -> EditAnswer | None:
    if change.old is not None:
        return _json_replacement(change, change.old)
    neighbour = _neighbour(change)
    if neighbour is None:
        return _json_first(change)
    sibling, span = _json_object(neighbour.source)
    if sibling is None or "type" in sibling:  # a resource of its own, whose name is often an expression
        return None
    nested = any(key.lower() == "properties" for key in sibling)
    text = json.dumps(_json_rule(change.new, nested=nested), indent=_json_indent(neighbour.source))
    indent = _indent(neighbour.source)
    if indent is None:
        return _insertion(change, neighbour.source, span, json.dumps(json.loads(text)) + ", ")
    block = text.replace("\n", "\n" + indent)
    return _insertion(change, neighbour.source, span, f"{block},\n{indent}")


def _json_replacement(change: Change, old: WrittenRule) -> EditAnswer | None:
    """The rule's object with the changed fields; everything else in it stays as it was written."""
    sibling, span = _json_object(old.source)
    if sibling is None:
        return None
    nested = next((key for key in sibling if key.lower() == "properties"), None)
    values: Any = sibling[nested] if nested else sibling
    if not isinstance(values, dict):
        return None
    fields = _json_fields(change.new)
    for name in change.fields:
        if not _replace_member(values, _keys(change.new, name), fields):
            return None
    indent = _indent(old.source)
    text = json.dumps(sibling, indent=_json_indent(old.source), ensure_ascii=False)
    text = json.dumps(sibling, ensure_ascii=False) if indent is None else text.replace("\n", "\n" + indent)
    replaced = _cut(old.source.document.text, span)
    return EditAnswer(change.description, SourceLocation(old.source.document.path, span), replaced, text)


def _replace_member(values: dict[str, Any], keys: tuple[str, ...], fields: Mapping[str, Any]) -> bool:
    """Puts the new value in the place of the old one, under the key that the new value needs; False where an
    expression makes the old list."""
    present = [key for key in values if key.lower() in {name.lower() for name in keys}]
    if any(isinstance(values[key], str) and values[key].startswith("[") for key in present):
        return False
    new = {key: fields[key] for key in keys if key in fields}
    rebuilt: dict[str, Any] = {}
    for key, value in values.items():
        if key not in present:
            rebuilt[key] = value
        elif new:
            rebuilt.update(new)
            new = {}
    values.clear()
    values.update({**rebuilt, **new})
    return True


def _keys(rule: WrittenRule, name: str) -> tuple[str, ...]:
    if name in ("access", "priority"):
        return (name,)
    return _SECURITY_FIELDS[name] if isinstance(rule, SecurityRule) else (_ADMIN_FIELDS[name],)


def _json_first(change: Change) -> EditAnswer | None:
    """The first rule of a group: into its empty list."""
    group = change.group
    source = group.fields.get("securityRules") or group.fields.get("rules")
    if source is None or not isinstance(group, NetworkSecurityGroup):
        return None
    span = source.location.span
    if _cut(source.document.text, span).replace(" ", "").replace("\n", "") != "[]":
        return None
    nested = "properties" in source.route
    line = source.document.line(span.line)
    indent = line[: len(line) - len(line.lstrip())]
    rule = json.dumps(_json_rule(change.new, nested=nested), indent=2).replace("\n", f"\n{indent}  ")
    text = f"[\n{indent}  {rule}\n{indent}]"
    return EditAnswer(change.description, SourceLocation(source.document.path, span), "[]", text)


def _json_object(source: Source) -> tuple[dict[str, Any] | None, Span]:
    """The object that stands at a place, if one does."""
    span = source.location.span
    try:
        value = json.loads(_cut(source.document.text, span))
    except ValueError:
        value = None
    return (value if isinstance(value, dict) else None), span


def _json_indent(source: Source) -> int:
    """How far the members of an object are indented, seen from the object."""
    span = source.location.span
    own, inner = (source.document.line(number) for number in (span.line, span.line + 1))
    width = len(inner) - len(inner.lstrip()) - (len(own) - len(own.lstrip()))
    return width if span.end_line > span.line and 1 <= width <= 8 else 2  # noqa: PLR2004 - what people indent by


def _json_rule(rule: WrittenRule, *, nested: bool) -> dict[str, Any]:
    fields = _json_fields(rule)
    kind = {"kind": "Custom"} if isinstance(rule, AdminRule) else {}
    return {"name": rule.name, **kind, **({"properties": fields} if nested else fields)}


def _json_fields(rule: WrittenRule) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "priority": rule.priority,
        "direction": str(rule.direction),
        "access": str(rule.access),
        "protocol": _protocol(rule),
    }
    lists = {
        "source": [_term(term, rule) for term in rule.sources],
        "source_port": [_ports(ports) for ports in rule.source_port_ranges],
        "destination": [_term(term, rule) for term in rule.destinations],
        "destination_port": [_ports(ports) for ports in rule.destination_port_ranges],
    }
    for name, values in lists.items():
        if isinstance(rule, AdminRule):
            fields[_ADMIN_FIELDS[name]] = values
        else:
            singular, plural = _SECURITY_FIELDS[name]
            fields.update({singular: values[0]} if len(values) == 1 else {plural: values})
    return fields


def _protocol(rule: WrittenRule) -> str:
    if isinstance(rule.protocol, Unknown):
        return rule.protocol.name
    name = _PROTOCOLS.get(format_protocols(rule.protocol), format_protocols(rule.protocol))
    return "Any" if name == "*" and isinstance(rule, AdminRule) else name


def _term(term: AddressTerm, rule: WrittenRule) -> Any:
    text = term.text if isinstance(term, AddressPrefix) else term.target if isinstance(term, Reference) else term.name
    if not isinstance(rule, AdminRule):
        return text
    kind = (
        "ServiceTag" if isinstance(term, ServiceTag) else "NetworkGroup" if isinstance(term, Reference) else "IPPrefix"
    )
    return {"addressPrefix": text, "addressPrefixType": kind}


def _ports(ports: PortRange | Unknown) -> str:
    return ports.name if isinstance(ports, Unknown) else format_ports(ports.ports)


# YAML


def _yaml_edit(change: Change) -> EditAnswer | None:
    """A new rule as one line before another; a changed one is described only, for its layout is the author's."""
    if change.old is not None:
        return None
    neighbour = _neighbour(change)
    if neighbour is None:
        return None
    span = neighbour.source.location.span
    line = neighbour.source.document.line(span.line)
    before = line[: span.column - 1]
    if before.strip() != "-":
        return None
    fields = {"name": change.new.name, **_json_fields(change.new)}
    text = ", ".join(f"{key}: {_yaml_value(value)}" for key, value in fields.items())
    start = Span(span.line, 1, span.line, 1)
    indent = before[: before.index("-")]
    place = SourceLocation(neighbour.source.document.path, start)
    return EditAnswer(change.description, place, "", f"{indent}- {{{text}}}\n")


def _yaml_value(value: Any) -> str:
    """JSON is YAML; plain words need no quotes."""
    if isinstance(value, str) and value.replace("-", "").isalnum() and not value.isdigit():
        return value
    return json.dumps(value)


# .nwp


def _nwp_edit(change: Change) -> EditAnswer | None:
    """A rule is a line."""
    from nwpolicy.readers.nwp import rule_line

    if change.old is not None:
        span = change.old.source.location.span
        replaced = _cut(change.old.source.document.text, span)
        place = SourceLocation(change.old.source.document.path, span)
        return EditAnswer(change.description, place, replaced, rule_line(change.new))
    neighbour = _neighbour(change)
    indent = None if neighbour is None else _indent(neighbour.source)
    if neighbour is None or indent is None or neighbour.direction is not change.new.direction:
        return None
    line = neighbour.source.location.span.line
    place = SourceLocation(neighbour.source.document.path, Span(line, 1, line, 1))
    return EditAnswer(change.description, place, "", f"{indent}{rule_line(change.new)}\n")


# Text


def _indent(source: Source) -> str | None:
    """The blanks before a value that begins its line; None if something else stands before it."""
    span = source.location.span
    before = source.document.line(span.line)[: span.column - 1]
    return before if not before.strip() else None


def _cut(text: str, span: Span) -> str:
    """What stands in the span."""
    lines = text.splitlines(keepends=True)[span.line - 1 : span.end_line]
    if not lines:
        return ""
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "".join(lines)


def _insertion(change: Change, source: Source, span: Span, text: str) -> EditAnswer:
    start = Span(span.line, span.column, span.line, span.column)
    return EditAnswer(change.description, SourceLocation(source.document.path, start), "", text)
