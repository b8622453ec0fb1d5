"""Changes of rules as edits of Terraform's configurations: arguments, and blocks or resources for new rules.

As for other formats, nothing here is trusted: whoever asks for an edit reads the edited text again. What an expression
or a loop makes is left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import AdminRule
from nwpolicy.model.source import Document, Source
from nwpolicy.queries.change import Change, RuleGroup, WrittenRule
from nwpolicy.queries.rulejson import field_keys, field_values, rule_fields
from nwpolicy.queries.textedit import TextEdit, indent_at, joined, offsets
from nwpolicy.readers.terraform.hcl.syntax import Array, Attribute, Block, Body, Literal

__all__ = ["TerraformText"]

_GROUP: Final = "azurerm_network_security_group"
_RULE: Final = "azurerm_network_security_rule"
_ADMIN_RULE: Final = "azurerm_network_manager_admin_rule"
_BLOCK: Final = "security_rule"
#: Arguments that make several of a resource.
_LOOPS: Final = frozenset({"count", "for_each"})
#: What a resource of its own shares with its sibling.
_SHARED: Final = ("network_security_group_name", "resource_group_name", "admin_rule_collection_id")
#: The fields of admin rules that are blocks.
_NESTED: Final = {"sources": "source", "destinations": "destination"}
_CAMEL: Final = re.compile(r"[A-Z]")
_STEP: Final = "  "


@dataclass(frozen=True, slots=True)
class TerraformText:
    """A file in Terraform's own syntax, and what is written in it."""

    document: Document
    body: Body

    @classmethod
    def of(cls, document: Document) -> TerraformText | None:
        """None for a file in JSON, or one that cannot be read."""
        from nwpolicy.readers.terraform.hcl import SyntaxFault, parse

        if document.path.endswith(".json"):
            return None
        try:
            return cls(document, parse(document.text))
        except SyntaxFault:
            return None

    # The parts of a rule that change

    def replacement(self, change: Change) -> TextEdit | None:
        """The rule with other values; None where an expression makes them."""
        assert change.old is not None
        block = self._rule_at(change.old.source)
        if block is None:
            return None
        edits: list[TextEdit] = []
        for name in change.fields:
            written = self._field_edits(block, change.new, name)
            if written is None:
                return None
            edits += written
        return joined(self.document.text, edits)

    def _rule_at(self, source: Source) -> Block | None:
        """The block of a rule, if it stands for one rule only."""
        found = self._block_at(source)
        return found if found is not None and _is_rule(found) else None

    def _block_at(self, source: Source) -> Block | None:
        start, end = offsets(source)
        return next((one for one in _unlooped(self.body) if (one.start, one.end) == (start, end)), None)

    def _field_edits(self, block: Block, rule: WrittenRule, name: str) -> list[TextEdit] | None:
        single, plural = (None if key is None else _argument(key, rule) for key in field_keys(rule, name))
        one, many = _given(block, single), _given(block, plural)
        new = field_values(rule, name)
        if not isinstance(new, list):
            return None if many is None or not _is_literal(many) else [self._value_edit(many, new)]
        if plural in _NESTED:
            return None
        if any(given is not None and not _is_literal(given) for given in (one, many)):
            return None
        if one is not None:
            return [self._value_edit(one, new[0]) if len(new) == 1 else self._renamed(one, plural, new)]
        return [self._list_edit(many, new) if many is not None else self._added(block, plural, new)]

    def _value_edit(self, attribute: Attribute, value: Any) -> TextEdit:
        return TextEdit(attribute.value.start, attribute.value.end, _text(value))

    def _renamed(self, attribute: Attribute, name: str | None, value: Any) -> TextEdit:
        """Another argument in the place of one; the signs of equality stay below one another where there is room."""
        between = self.document.text[attribute.start + len(attribute.name) : attribute.value.start]
        spare = len(between) - len(between.lstrip()) - (len(name or "") - len(attribute.name))
        text = f"{name}{' ' * max(1, spare)}{between.lstrip()}{_text(value)}"
        return TextEdit(attribute.start, attribute.value.end, text)

    def _list_edit(self, attribute: Attribute, new: list[Any]) -> TextEdit:
        """More entries behind those of a list, or the list anew."""
        old = attribute.value.elements if isinstance(attribute.value, Array) else ()
        values = [_value(element) for element in old]
        if not old or values != new[: len(old)] or len(new) == len(old):
            return self._value_edit(attribute, new)
        line = indent_at(self.document.text, old[-1].start)
        between = ", " if line is None else f",{self._newline}{line}"
        return TextEdit(old[-1].end, old[-1].end, "".join(between + _text(value) for value in new[len(old) :]))

    def _added(self, block: Block, name: str | None, value: Any) -> TextEdit:
        """One more argument, before the first one."""
        start = min(attribute.start for attribute in block.body.attributes.values())
        line = indent_at(self.document.text, start)
        return TextEdit(start, start, f"{name} = {_text(value)}{self._newline}{line or ''}")

    # New rules

    def addition(self, change: Change, neighbour: WrittenRule, *, before: bool) -> TextEdit | None:
        """A new rule beside another one: a block, or a resource of its own."""
        sibling = self._rule_at(neighbour.source)
        indent = None if sibling is None else indent_at(self.document.text, sibling.start)
        if sibling is None or indent is None:
            return None
        head = _BLOCK
        if sibling.type == "resource":
            head = f'resource "{sibling.labels[0]}" "{self._label(change.new)}"'
        text = self._rule(head, change.new, sibling, indent)
        gap = self._newline * 2 + indent
        if before:
            return TextEdit(sibling.start, sibling.start, text + gap)
        return TextEdit(sibling.end, sibling.end, gap + text)

    def first(self, group: RuleGroup, rules: Sequence[WrittenRule]) -> TextEdit | None:
        """Blocks of a network security group that has none yet, at its end."""
        holder = self._block_at(group.source)
        if holder is None or holder.labels[:1] != (_GROUP,):
            return None
        indent = indent_at(self.document.text, holder.start)
        at = holder.end - 1
        own = indent_at(self.document.text, at)
        if indent is None or own is None:
            return None
        inner = indent + _STEP
        blocks = (self._rule(_BLOCK, rule, None, inner) for rule in rules)
        text = "".join(f"{self._newline}{inner}{block}{self._newline}" for block in blocks)
        return TextEdit(at - len(own), at - len(own), text)

    def _rule(self, head: str, rule: WrittenRule, sibling: Block | None, indent: str) -> str:
        """A rule in full; with the arguments of its sibling that tell what it is part of."""
        fields = rule_fields(rule)
        nested = [(name, one) for key, name in _NESTED.items() for one in fields.pop(key, ())]
        given = {"name": _text(rule.name), **{_argument(key, rule): _text(value) for key, value in fields.items()}}
        if sibling is not None and sibling.type == "resource":
            for shared in filter(None, (_given(sibling, name) for name in _SHARED)):
                given[shared.name] = self.document.text[shared.value.start : shared.value.end]
        return self._block(head, given, nested, indent)

    def _block(self, head: str, given: Mapping[str, str], nested: Iterable[tuple[str, Any]], indent: str) -> str:
        inner = indent + _STEP
        width = max(map(len, given))
        lines = [f"{inner}{name.ljust(width)} = {value}" for name, value in given.items()]
        for name, values in nested:
            arguments = {_snake(key): _text(value) for key, value in values.items()}
            lines += ["", inner + self._block(name, arguments, (), inner)]
        return self._newline.join((f"{head} {{", *lines, f"{indent}}}"))

    def _label(self, rule: WrittenRule) -> str:
        """A name of Terraform's that no resource has."""
        plain = re.sub(r"\W", "_", rule.name)
        taken = {block.labels[1] for block in self.body.blocks if len(block.labels) == 2}  # noqa: PLR2004 - type, name
        names = (plain if number == 1 else f"{plain}_{number}" for number in range(1, len(taken) + 2))
        return next(name for name in names if name not in taken)

    @property
    def _newline(self) -> str:
        return "\r\n" if "\r\n" in self.document.text else "\n"


def _unlooped(body: Body) -> Iterator[Block]:
    """The blocks of which there is one each: none that a loop makes, and none in such a one."""
    for block in body.blocks:
        if block.type != "dynamic" and _LOOPS.isdisjoint(block.body.attributes):
            yield block
            yield from _unlooped(block.body)


def _is_rule(block: Block) -> bool:
    return block.type == _BLOCK or (block.type == "resource" and block.labels[:1] in ((_RULE,), (_ADMIN_RULE,)))


def _given(block: Block, name: str | None) -> Attribute | None:
    """An argument that is there and not null."""
    found = None if name is None else block.body.attributes.get(name)
    absent = found is None or (isinstance(found.value, Literal) and found.value.value is None)
    return None if absent else found


def _is_literal(attribute: Attribute) -> bool:
    value = attribute.value
    elements = value.elements if isinstance(value, Array) else (value,)
    return all(isinstance(element, Literal) for element in elements)


def _value(expression: object) -> object:
    """What a list of Azure's has for a literal."""
    value = expression.value if isinstance(expression, Literal) else None
    return str(value) if isinstance(value, int) else value


def _argument(key: str, rule: WrittenRule) -> str:
    """The argument for a property."""
    return "action" if key == "access" and isinstance(rule, AdminRule) else _snake(key)


def _snake(key: str) -> str:
    return _CAMEL.sub(lambda found: f"_{found[0].lower()}", key)


def _text(value: Any) -> str:
    """A value as an expression; nothing in it is one."""
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("${", "$${").replace("%{", "%%{") if isinstance(value, str) else text
