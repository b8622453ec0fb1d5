"""Changes of rules as edits of the files that hold them, in each file's own format.

Every edit is made on the text and the text read again. Only what then says exactly the changed rules is printed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from nwpolicy.model.assembly import Fragment
from nwpolicy.model.diagnostics import InputError, Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Resource
from nwpolicy.model.rules import EffectiveAdminRules, Rule
from nwpolicy.model.snapshot import Snapshot, walk
from nwpolicy.model.source import Document, SourceLocation
from nwpolicy.queries.answers import EditAnswer
from nwpolicy.queries.change import Change, RuleGroup, WrittenRule, rules_of
from nwpolicy.queries.meaning import meaning
from nwpolicy.queries.nwpedits import NwpText
from nwpolicy.queries.textedit import TextEdit, applied, span_of
from nwpolicy.queries.treeedits import Tree
from nwpolicy.readers.load import format_of
from nwpolicy.readers.rereading import read_again

if TYPE_CHECKING:
    from nwpolicy.queries.terraformedits import TerraformText

__all__ = ["edits_of", "replacement"]


@dataclass(frozen=True, slots=True)
class _Written:
    """Changes that are one edit; None where there is no way to write them."""

    changes: tuple[Change, ...]
    document: Document
    edit: TextEdit | None

    @property
    def description(self) -> str:
        return "; ".join(change.description for change in self.changes)


def edits_of(changes: Iterable[Change], snapshot: Snapshot) -> tuple[EditAnswer, ...]:
    """The edits of the definitions, each of the file as it now stands. The text of one is None where the change cannot
    be written into its file, for example because an expression or a loop makes the rule."""
    written = list(_written(tuple(changes)))
    fitting = {document: _fits([w for w in written if w.document is document]) for document in _documents(written)}
    several = _made_several_times(snapshot)
    return tuple(_answer(w) if fitting[w.document] and not _is_among(w, several) else _unwritten(w) for w in written)


def _made_several_times(snapshot: Snapshot) -> frozenset[object]:
    """The places of which several rules or groups are made: in a module that is called more than once."""
    resources = (entry.resource for entry in walk(snapshot.resources) if isinstance(entry.resource, Rule | RuleGroup))
    count = Counter(_place(resource) for resource in resources)
    return frozenset(place for place, number in count.items() if number > 1)


def _place(resource: Resource) -> object:
    return resource.source.document.path, resource.source.route


def _is_among(written: _Written, places: frozenset[object]) -> bool:
    return any(
        _place(one) in places for change in written.changes for one in (change.old or change.group, change.group)
    )


def _documents(written: Iterable[_Written]) -> dict[Document, None]:
    return dict.fromkeys(w.document for w in written)


def _answer(written: _Written) -> EditAnswer:
    edit, text = written.edit, written.document.text
    assert edit is not None
    place = SourceLocation(written.document.path, span_of(text, edit.start, edit.end))
    return EditAnswer(written.description, place, text[edit.start : edit.end], edit.text)


def _unwritten(written: _Written) -> EditAnswer:
    first = written.changes[0]
    if _is_export(first.group):
        why = "this file is an export of what is in effect: change the rules where they are defined"
    else:
        why = "not shown as an edit: an expression, a loop or a module makes what stands here"
    return EditAnswer(f"{written.description} ({why})", (first.old or first.group).source.location, "", None)


def _is_export(group: RuleGroup) -> bool:
    """Whether the rules were read from a list of what is in effect, which is not where they are defined."""
    return isinstance(group, EffectiveAdminRules) or "effectiveSecurityRules" in group.source.document.text


# Writing


def _written(changes: tuple[Change, ...]) -> Iterator[_Written]:
    """First ones of a group together, everything else one by one."""
    firsts: dict[int, list[Change]] = {}
    for change in changes:
        neighbour = _neighbour(change)
        if change.old is None and neighbour is None:
            firsts.setdefault(id(change.group), []).append(change)
            continue
        document = (change.old or neighbour or change.group).source.document
        yield _Written((change,), document, _edit(document, change, neighbour))
    for together in firsts.values():
        document = together[0].group.source.document
        yield _Written(tuple(together), document, _first_edit(document, together))


def _edit(document: Document, change: Change, neighbour: WrittenRule | None) -> TextEdit | None:
    text = _text(document)
    if text is None:
        return None
    try:
        if change.old is not None:
            return text.replacement(change)
        assert neighbour is not None
        return text.addition(change, neighbour, before=_comes_before(change.new, neighbour))
    except ValueError:
        return None


def replacement(change: Change) -> TextEdit | None:
    """The edit that gives a rule other values where it stands, and that nobody has read again; None where there is no
    way to write it."""
    assert change.old is not None
    return _edit(change.old.source.document, change, None)


def _first_edit(document: Document, together: Sequence[Change]) -> TextEdit | None:
    text = _text(document)
    try:
        return None if text is None else text.first(together[0].group, [change.new for change in together])
    except ValueError:
        return None


def _text(document: Document) -> Tree | NwpText | TerraformText | None:
    try:
        match format_of(document.path, document.text):
            case "nwp":
                return NwpText(document)
            case "bicep":
                from nwpolicy.queries.bicepedits import BicepText

                return BicepText.of(document)
            case "terraform":
                from nwpolicy.queries.terraformedits import TerraformText

                return TerraformText.of(document)
            case _:
                return Tree.of(document)
    except InputError:
        return None


def _neighbour(change: Change) -> WrittenRule | None:
    """A rule beside which a new one is written: the one that is tried next, or else the last of its direction."""
    new = change.new
    rules = [rule for rule in rules_of(change.group) if rule.source != change.group.source]
    same = [rule for rule in rules if rule.direction is new.direction and isinstance(rule.priority, int)] or rules
    later = [rule for rule in same if _comes_before(new, rule)]
    return min(later, key=_priority) if later else max(same, key=_priority, default=None)


def _comes_before(new: WrittenRule, other: WrittenRule) -> bool:
    return _priority(new) <= _priority(other)


def _priority(rule: WrittenRule) -> int:
    return rule.priority if isinstance(rule.priority, int) else 0


# Reading again


def _fits(written: Sequence[_Written]) -> bool:
    """Whether the document, after all edits, defines the changed rules and otherwise what it did before."""
    document = written[0].document
    edits = [w.edit for w in written if w.edit is not None]
    changes = [change for w in written for change in w.changes]
    if len(edits) != len(written) or any(_is_export(change.group) for change in changes):
        return False
    try:
        before = read_again(document, document.text)
        after = read_again(document, applied(document.text, edits))
    except InputError:
        return False
    old = Counter(meaning(change.old) for change in changes if change.old is not None)
    new = Counter(meaning(change.new) for change in changes)
    was, became = _rules(before), _rules(after)
    return was - became == old - new and became - was == new - old and _errors(before) == _errors(after)


def _rules(fragment: Fragment) -> Counter[Hashable]:
    return Counter(meaning(entry.resource) for entry in walk(fragment.resources) if isinstance(entry.resource, Rule))


def _errors(fragment: Fragment) -> int:
    return sum(diagnostic.severity is Severity.ERROR for diagnostic in fragment.diagnostics)
