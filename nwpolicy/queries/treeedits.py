"""Changes of rules as edits of JSON and YAML: only the values that change, or one more entry in a list.

Nothing here is trusted: whoever asks for an edit reads the edited text again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import AdminRule, NetworkSecurityGroup
from nwpolicy.model.source import Document, Source
from nwpolicy.queries.change import Change, RuleGroup, WrittenRule
from nwpolicy.queries.rulejson import field_keys, field_values, rule_fields
from nwpolicy.queries.textedit import TextEdit, indent_at, joined, offsets
from nwpolicy.readers.tree import Raw

__all__ = ["Tree"]

_DEFINITIONS: Final = re.compile(r'^[\s{]*"?nwpolicy"?\s*:', re.MULTILINE)
#: What a resource of its own shares with its sibling; the rest is the sibling's own.
_SHARED: Final = ("type", "apiVersion", "name", "dependsOn", "scope")
_NAMED: Final = re.compile(r"\[(parameters|variables)\('([^']+)'\)\]")
_PLAIN: Final = re.compile(r"[A-Za-z][\w.\-]*")


@dataclass(frozen=True, slots=True)
class Tree:
    """A document, and the plain values in it."""

    document: Document
    raw: Raw
    is_yaml: bool

    @classmethod
    def of(cls, document: Document) -> Tree:
        text = document.text.lstrip("\ufeff \t\r\n")
        if document.path.lower().endswith((".yaml", ".yml")) or text[:1] not in {"{", "[", "/"}:
            from nwpolicy.readers import yamltext

            raw, again = yamltext.parse(document.path, document.text)
            return cls(again, raw, is_yaml=text[:1] != "{")
        from nwpolicy.readers import jsontext

        raw, again = jsontext.parse(document.path, document.text)
        return cls(again, raw, is_yaml=False)

    # One field of a rule

    def replacement(self, change: Change) -> TextEdit | None:
        """The rule with other values; None where an expression makes them."""
        assert change.old is not None
        found = self._fields_of(self._here(change.old.source))
        if found is None:
            return None
        edits: list[TextEdit] = []
        for name in change.fields:
            written = self._field_edits(found, change.new, name)
            if written is None:
                return None
            edits += written
        return joined(self.document.text, edits)

    def _here(self, source: Source) -> Source:
        return Source(self.document, source.route)

    def _at(self, source: Source) -> Any:
        """The plain value at a place; None where the text has none, because an expression made it."""
        value: Any = self.raw
        for key in source.route:
            value = _child(value, key)
        return value

    def _fields_of(self, source: Source) -> Source | None:
        """Where the fields of a resource stand: in its `properties`, or beside its name."""
        value = self._at(source)
        if not isinstance(value, Mapping):
            return None
        inner = _key(value, "properties")
        return source if inner is None else source.at(inner)

    def _field_edits(self, fields: Source, rule: WrittenRule, name: str) -> list[TextEdit] | None:
        members = self._at(fields)
        if not isinstance(members, Mapping):
            return None
        single, plural = field_keys(rule, name)
        one = None if single is None else _key(members, single)
        many = _key(members, plural)
        new = field_values(rule, name, short=self._is_short)
        expression = next(
            (members[key] for key in (one, many) if key is not None and _is_expression(members[key])), None
        )
        if expression is not None:
            return self._named_list(expression, new)
        if not isinstance(new, list):
            return None if many is None else [self._value_edit(fields.at(many), new)]
        if one is not None and len(new) == 1:
            emptied = [] if many is None or not members[many] else [self._value_edit(fields.at(many), [])]
            return [self._value_edit(fields.at(one), new[0]), *emptied]
        if many is not None:
            nothing = [] if one is None else [self._value_edit(fields.at(one), None)]
            return [*nothing, self._list_edit(fields.at(many), members[many], new)]
        if one is not None:
            return [self._member_edit(fields.at(one), plural, new)]
        return self._new_member(fields, members, plural, new)

    def _named_list(self, expression: str, new: Any) -> list[TextEdit] | None:
        """A longer list where an expression is nothing but the name of a variable, or of a parameter with a default."""
        found = _NAMED.fullmatch(expression)
        if found is None or not isinstance(new, list):
            return None
        route = [found[1], found[2], *(["defaultValue"] if found[1] == "parameters" else [])]
        value = self._at(self.document.root().at(*route))
        if not isinstance(value, list) or not 0 < len(value) < len(new):
            return None
        return [self._list_edit(self.document.root().at(*route), value, new)]

    def _value_edit(self, source: Source, value: Any) -> TextEdit:
        return TextEdit(*offsets(source), self._text(value))

    def _member_edit(self, source: Source, key: str, value: Any) -> TextEdit:
        """Another key with another value, in the place of a member."""
        return TextEdit(self._key_start(source), offsets(source)[1], f"{self._key_text(key)}{self._text(value)}")

    def _list_edit(self, source: Source, old: Any, new: list[Any]) -> TextEdit:
        """One more entry in a list, or the list anew."""
        written = old if isinstance(old, list) else [old]
        plain = [str(value) if isinstance(value, int) else value for value in written]
        if not isinstance(old, list) or not old or plain != new[: len(old)] or len(new) == len(old):
            return self._value_edit(source, new)
        start, end = offsets(source.at(len(old) - 1))
        line = indent_at(self.document.text, start)
        added = [self._text(value) for value in new[len(old) :]]
        dash = re.search(r"(?:^|\n)([ ]*)- $", self.document.text[:start]) if self.is_yaml else None
        if dash is not None:
            return TextEdit(end, end, "".join(f"{self._newline}{dash[1]}- {text}" for text in added))
        between = self._between(line)
        return TextEdit(end, end, "".join(between + text for text in added))

    def _new_member(self, fields: Source, members: Mapping[str, Any], key: str, value: Any) -> list[TextEdit] | None:
        first = next(iter(members), None)
        if first is None:
            return None
        start = self._key_start(fields.at(first))
        line = indent_at(self.document.text, start)
        dash = self.document.text[:start].rpartition("\n")[2]
        if self.is_yaml and dash.strip() in {"-", ""}:
            return [TextEdit(start, start, f"{key}: {self._text(value)}{self._newline}{' ' * len(dash)}")]
        between = self._between(line)
        return [TextEdit(start, start, f"{self._key_text(key)}{self._text(value)}{between}")]

    def _key_start(self, source: Source) -> int:
        """Where the key of a member begins."""
        start = offsets(source)[0]
        key = re.escape(str(source.route[-1]))
        found = re.search(rf"([\"']?){key}\1\s*:\s*$", self.document.text[:start])
        return start if found is None else found.start()

    # A new rule

    def addition(self, change: Change, neighbour: WrittenRule, *, before: bool) -> TextEdit | None:
        """A new rule in the list that holds another."""
        source = self._here(neighbour.source)
        sibling = self._at(source)
        if not isinstance(sibling, Mapping):
            return None
        rule = self._rule(change.new, nested=_key(sibling, "properties") is not None)
        if _key(sibling, "type") is not None and neighbour.parent is not None:
            rule = _standing_alone(sibling, rule, neighbour.name)
        start, end = offsets(source)
        if self.is_yaml:
            return self._yaml_addition(rule, start, end, before=before)
        line = indent_at(self.document.text, start)
        text = self._block(rule, line, self._width(source))
        between = self._between(line)
        return TextEdit(start, start, text + between) if before else TextEdit(end, end, between + text)

    def _yaml_addition(self, rule: dict[str, Any], start: int, end: int, *, before: bool) -> TextEdit | None:
        text = self.document.text
        head = text[:start].rpartition("\n")[2]
        if head.strip() != "-":
            return None
        indent, inner = head[: head.index("-")], " " * len(head)
        lines = [f"{key}: {self._text(value)}" for key, value in rule.items()]
        block = f"{indent}- " + f"{self._newline}{inner}".join(lines)
        if before:
            at = start - len(head)
            return TextEdit(at, at, block + self._newline)
        last = start + len(text[start:end].rstrip())
        line_end = text.find("\n", last)
        if line_end < 0:
            return TextEdit(len(text), len(text), self._newline + block)
        return TextEdit(line_end + 1, line_end + 1, block + self._newline)

    def first(self, group: RuleGroup, rules: Sequence[WrittenRule]) -> TextEdit | None:
        """Rules for a group that has none yet."""
        key = "securityRules" if isinstance(group, NetworkSecurityGroup) else "rules"
        source = self._here(group.source)
        resource = self._at(source)
        if not isinstance(resource, Mapping) or (self.is_yaml and _key(resource, "properties") is not None):
            return None
        nested = _key(resource, "properties") is not None or (_key(resource, "type") is not None and not self._is_short)
        written = [self._rule(rule, nested=nested) for rule in rules]
        fields = self._fields_of(source)
        assert fields is not None
        members = self._at(fields)
        if nested and fields is source:
            value: Any = {key: written}
            return self._as_member(source, resource, "properties", value)
        if not isinstance(members, Mapping):
            return None
        present = next((name for name in members if name.lower() == key.lower()), None)
        if present is not None:
            return None if members[present] else self._laid_out(fields.at(present), written)
        return self._as_member(fields, members, key, written)

    def _laid_out(self, source: Source, value: Any) -> TextEdit:
        start, end = offsets(source)
        line = self.document.text[:start].rpartition("\n")[2]
        blanks = None if self._is_minified or self.is_yaml else line[: len(line) - len(line.lstrip())]
        return TextEdit(start, end, self._block(value, blanks, 2))

    def _as_member(self, source: Source, members: Mapping[str, Any], key: str, value: Any) -> TextEdit | None:
        """One more member of an object."""
        if not members:
            return self._laid_out(source, {key: value})
        last = list(members)[-1]
        end = offsets(source.at(last))[1]
        line = indent_at(self.document.text, self._key_start(source.at(last)))
        if self.is_yaml:
            return self._yaml_member(source, members, key, value)
        between = self._between(line)
        return TextEdit(end, end, f"{between}{self._key_text(key)}{self._block(value, line, 2)}")

    def _yaml_member(self, source: Source, members: Mapping[str, Any], key: str, value: Any) -> TextEdit | None:
        """Before the second member, or behind the only one."""
        first = self._key_start(source.at(next(iter(members))))
        inner = " " * len(self.document.text[:first].rpartition("\n")[2])
        line_end = self.document.text.find("\n", offsets(source.at(next(iter(members))))[1])
        text = f"{inner}{key}: {self._text(value)}"
        if line_end < 0:
            return TextEdit(len(self.document.text), len(self.document.text), self._newline + text)
        return TextEdit(line_end + 1, line_end + 1, text + self._newline)

    def _rule(self, rule: WrittenRule, *, nested: bool) -> dict[str, Any]:
        fields = rule_fields(rule, short=self._is_short)
        kind = {"kind": "Custom"} if isinstance(rule, AdminRule) and not self._is_short else {}
        return {"name": rule.name, **kind, **({"properties": fields} if nested else fields)}

    # Text

    @property
    def _is_short(self) -> bool:
        """Whether this is a definitions file."""
        return _DEFINITIONS.search(self.document.text) is not None

    @property
    def _is_minified(self) -> bool:
        return '": ' not in self.document.text and "\n" not in self.document.text.strip()

    @property
    def _newline(self) -> str:
        return "\r\n" if "\r\n" in self.document.text else "\n"

    @property
    def _comma(self) -> str:
        return "," if self._is_minified else ", "

    def _between(self, line: str | None) -> str:
        """What stands between two items of a list or an object: behind blanks on a line of its own, or on one line."""
        return self._comma if line is None else f",{self._newline}{line}"

    def _text(self, value: Any) -> str:
        """A value in one line."""
        if self.is_yaml and isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
            return value
        separators = (",", ":") if self._is_minified else None
        return json.dumps(value, ensure_ascii=False, separators=separators)

    def _key_text(self, key: str) -> str:
        return f"{key}: " if self.is_yaml else f'"{key}":' if self._is_minified else f'"{key}": '

    def _block(self, value: Any, line: str | None, width: int) -> str:
        """A value over several lines, behind blanks; in one line where others are written so too."""
        if line is None or self.is_yaml:
            return self._text(value)
        return json.dumps(value, indent=width, ensure_ascii=False).replace("\n", self._newline + line)

    def _width(self, source: Source) -> int:
        """How far the members of an object are indented, seen from the object."""
        span = source.location.span
        own, inner = (self.document.line(number) for number in (span.line, span.line + 1))
        width = len(inner) - len(inner.lstrip()) - (len(own) - len(own.lstrip()))
        return width if span.end_line > span.line and 1 <= width <= 8 else 2  # noqa: PLR2004 - what people indent by


#: Words that YAML readers take for something else than text.
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def _child(value: Any, key: str | int) -> Any:
    if isinstance(value, Mapping):
        return value.get(key)
    return value[key] if isinstance(value, list) and isinstance(key, int) and key < len(value) else None


def _key(members: Mapping[str, Any], name: str) -> str | None:
    """The key as written, if it has a value."""
    found = (key for key, value in members.items() if key.lower() == name.lower() and value is not None)
    return next(found, None)


def _is_expression(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("[") and not value.startswith("[[")


def _standing_alone(sibling: Mapping[str, Any], rule: dict[str, Any], old_name: str) -> dict[str, Any]:
    """A rule as a resource of its own, named as its sibling is."""
    shared = {key: value for key, value in sibling.items() if key.lower() in {name.lower() for name in _SHARED}}
    name = str(shared.get("name", ""))
    at = name.rfind(old_name)
    if at >= 0:
        shared["name"] = name[:at] + str(rule["name"]) + name[at + len(old_name) :]
    return {**shared, "properties": rule["properties"]}
