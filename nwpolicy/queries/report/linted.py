"""What the linter says of both sides, and the difference: what it would say of both whole estates.

Where no more than groups changed, it looks at these and at what is attached to the same places, which is a small part
of a large estate. What it finds about anything but a group may rest on places that are not in that part. So rules of
the linter that seem to find something else about such things, or that comments began or ceased to speak of, are then
looked for in the whole estates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final, TypeAlias

from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import NetworkSecurityGroup
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.change import rules_of
from nwpolicy.queries.definitions import DefinitionPair
from nwpolicy.queries.lint.answer import LintAnswer, Options, is_shown, may_be_shown
from nwpolicy.queries.lint.finding import Finding, Suppressed, numbered
from nwpolicy.queries.lint.linting import lint_both
from nwpolicy.queries.report.findings import FindingChanges, finding_changes
from nwpolicy.queries.report.focus import focused
from nwpolicy.queries.report.silencing import Comments, Covering, differing

__all__ = ["Naming", "linted"]

_UNUSED: Final = "NWP901"
_ABOUT_COMMENTS: Final = frozenset({_UNUSED, "NWP902"})
#: That a group is attached to nothing rests on what everything else is attached to.
_REST_ON_ALL: Final = frozenset({"NWP301"})


@dataclass(frozen=True, slots=True)
class Naming:
    """How both sides call files, and what definitions were called before."""

    file: Callable[[str], str]
    former: Callable[[str], str] = str

    def changes(self, before: Iterable[Finding], after: Iterable[Finding]) -> FindingChanges:
        return finding_changes(before, after, self.file, self.former)


@dataclass(frozen=True, slots=True)
class _Found:
    """What there is to say of one side."""

    left: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]

    @property
    def silent(self) -> list[Finding]:
        return [one.finding for one in self.suppressed]


_Both: TypeAlias = tuple[_Found, _Found]


def linted(
    old: Snapshot, new: Snapshot, trees: Iterable[DefinitionPair], options: Options, naming: Naming
) -> tuple[FindingChanges, tuple[str, ...]]:
    """What is on one side only, and what could not be settled."""
    comments = Comments(old, options.today), Comments(new, options.today)
    others = differing(*comments, naming.file)
    focus = focused(old, new, trees, (name for one in others for name in one.groups))
    options = replace(options, listed_only=True)
    if focus is None:
        found, undecided = _found(old, new, options)
        return _changes(found, naming), undecided
    parts, undecided = _found(focus.before, focus.after, replace(options, groups_only=True))
    knowing = tuple(_Knowing(side, focus.whole, own) for side, own in zip((old, new), comments, strict=True))
    shown = {rule_id for rule_id in _REST_ON_ALL if may_be_shown(rule_id, options)}
    doubtful = options.selected & shown.union(_named(others), _doubtful(parts, knowing, naming))
    whole, unsettled = _found(old, new, replace(options, selected=doubtful)) if doubtful else (_NOTHING, ())
    settled = _where(_changes(parts, naming), *(know.is_settled for know in knowing))
    others_found = _where(_changes(whole, naming), *(know.is_open for know in knowing))
    return _joined(settled, others_found), (*undecided, *unsettled)


_NOTHING: Final[_Both] = (_Found((), ()), _Found((), ()))


def _found(old: Snapshot, new: Snapshot, options: Options) -> tuple[_Both, tuple[str, ...]]:
    def shown(answer: LintAnswer) -> _Found:
        kept = sorted((one for one in answer.suppressed if is_shown(one.finding, options)), key=_place)
        marked = numbered([one.finding for one in kept])
        return _Found(answer.findings, tuple(map(_with_finding, kept, marked)))

    before, after = lint_both(old, new, options)
    return (shown(before), shown(after)), (*before.undecided, *after.undecided)


def _place(one: Suppressed) -> tuple[object, ...]:
    return one.finding.sort_key


def _with_finding(one: Suppressed, finding: Finding) -> Suppressed:
    return replace(one, finding=finding)


def _changes(found: _Both, naming: Naming) -> FindingChanges:
    """What a comment silences is not mended."""
    before, after = found
    changes = naming.changes(before.left, after.left)
    silenced = {id(finding) for finding in naming.changes(before.silent, after.silent).new}
    return FindingChanges(
        changes.new,
        naming.changes(changes.mended, after.silent).mended,
        tuple(one for one in after.suppressed if id(one.finding) in silenced),
    )


def _where(
    changes: FindingChanges, before: Callable[[Finding], bool], after: Callable[[Finding], bool]
) -> FindingChanges:
    """The changes about findings of which that holds on their side."""
    silenced = tuple(one for one in changes.silenced if after(one.finding))
    return FindingChanges(tuple(filter(after, changes.new)), tuple(filter(before, changes.mended)), silenced)


def _joined(one: FindingChanges, other: FindingChanges) -> FindingChanges:
    """Both, in the order of the input."""
    new, mended = (
        tuple(sorted(findings, key=lambda finding: finding.sort_key))
        for findings in ((*one.new, *other.new), (*one.mended, *other.mended))
    )
    return FindingChanges(new, mended, tuple(sorted((*one.silenced, *other.silenced), key=_place)))


class _Knowing:
    """What is known of findings in the part of an estate in which the groups of these names are `whole`."""

    def __init__(self, snapshot: Snapshot, whole: frozenset[str], comments: Comments) -> None:
        self._whole = whole
        self._comments = comments
        self._groups: dict[str, list[NetworkSecurityGroup]] = {}
        for group in snapshot.all(NetworkSecurityGroup):
            self._groups.setdefault(group.name.lower(), []).append(group)
        self._scopes = frozenset(place for name in whole for place in self._places(name))

    def is_settled(self, finding: Finding) -> bool:
        """Whether it is one about the whole estate, too."""
        if finding.rule in _REST_ON_ALL:
            return False
        comment = self._comment(finding)
        if comment is not None:
            return not comment.has_others and comment.groups <= self._whole
        return finding.scope in self._scopes

    def is_open(self, finding: Finding) -> bool:
        """Whether it may rest on what is not in the part. What is found about groups that share no place with one that
        changed is the same on both sides."""
        return not self.is_settled(finding) and not self._is_the_same(finding)

    def _is_the_same(self, finding: Finding) -> bool:
        if finding.rule in _REST_ON_ALL:
            return False
        comment = self._comment(finding)
        if comment is not None:
            return not comment.has_others and comment.groups.isdisjoint(self._whole)
        return finding.scope in self._places(finding.subject.partition("/")[0].lower())

    def _comment(self, finding: Finding) -> Covering | None:
        """The comment that it is about."""
        own = self._comments.of(finding.location.file) if finding.rule in _ABOUT_COMMENTS else ()
        return next((one for one in own if one.comment.location == finding.location), None)

    def _places(self, name: str) -> Iterator[SourceLocation]:
        for group in self._groups.get(name, ()):
            yield group.source.location
            yield from (rule.source.location for rule in rules_of(group))


def _named(comments: Iterable[Covering]) -> Iterator[str]:
    """The rules of the linter in comments about anything but groups, and those that rest on everything."""
    for one in comments:
        if one.has_others or not _REST_ON_ALL.isdisjoint(one.comment.ids):
            yield from (*one.comment.ids, *_ABOUT_COMMENTS)


def _doubtful(parts: _Both, knowing: tuple[_Knowing, ...], naming: Naming) -> Iterator[str]:
    """The rules of the linter by which the parts differ in more than groups."""
    before, after = parts
    for changes in (naming.changes(before.left, after.left), naming.changes(before.silent, after.silent)):
        for findings, know in zip((changes.mended, changes.new), knowing, strict=True):
            for finding in filter(know.is_open, findings):
                yield finding.rule
                if finding.rule == _UNUSED:
                    yield finding.detail
