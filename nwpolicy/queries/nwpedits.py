"""Changes of rules as edits of `.nwp` files, in which a rule is a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Document
from nwpolicy.queries.change import Change, RuleGroup, WrittenRule
from nwpolicy.queries.textedit import TextEdit, indent_at, offsets

__all__ = ["NwpText"]

_INDENT: Final = "  "
_ACCESS: Final = {"Allow": "allow", "Deny": "deny"}


@dataclass(frozen=True, slots=True)
class NwpText:
    """A document in the policy language."""

    document: Document

    def replacement(self, change: Change) -> TextEdit:
        """The word that changes, where it stands alone; else the whole rule."""
        assert change.old is not None
        if change.fields == ("priority",) and "priority" in change.old.fields:
            return TextEdit(*offsets(change.old.fields["priority"]), str(change.new.priority))
        if change.fields == ("access",) and "access" in change.old.fields:
            return TextEdit(*offsets(change.old.fields["access"]), _ACCESS[str(change.new.access)])
        return TextEdit(*offsets(change.old.source), _line(change.new))

    def addition(self, change: Change, neighbour: WrittenRule, *, before: bool) -> TextEdit | None:
        """A line before or behind another rule; a block of its own for the first rule of a direction."""
        start, end = offsets(neighbour.source)
        indent = indent_at(self.document.text, start)
        if indent is None:
            return None
        if neighbour.direction is not change.new.direction:
            return self.first(change.group, [change.new])
        line = _line(change.new)
        if before:
            return TextEdit(start, start, f"{line}\n{indent}")
        return TextEdit(end, end, f"\n{indent}{line}")

    def first(self, group: RuleGroup, rules: Sequence[WrittenRule]) -> TextEdit | None:
        """A block before the end of the group's."""
        start, end = offsets(group.source)
        outer = indent_at(self.document.text, start)
        if outer is None:
            return None
        lines = "".join(f"{outer}{_INDENT * 2}{_line(rule)}\n" for rule in rules)
        block = f"{outer}{_INDENT}{str(rules[0].direction).lower()} {{\n{lines}{outer}{_INDENT}}}\n"
        written = self.document.text[start:end]
        if not written.endswith("}"):
            return TextEdit(end, end, f" {{\n{block}{outer}}}")
        inside = written[:-1].rstrip(" \t")
        lead = "" if inside.endswith("\n") else "\n"
        return TextEdit(start + len(inside), end - 1, f"{lead}{block}{outer}")


def _line(rule: WrittenRule) -> str:
    from nwpolicy.readers.nwp import rule_line

    return rule_line(rule)
