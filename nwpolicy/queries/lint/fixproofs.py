"""That an edited text says exactly what was meant: the same definitions, rules with the same meaning, or other rules,
and then that these do to every flow what the rules before did to it.

Both texts are read as if no parameter had a value, not even its default one, so a proof holds for every value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Final

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.chains import filter_chain
from nwpolicy.azure.subjects import Subject, SubjectKind, group_subject
from nwpolicy.logic.changes import equivalent
from nwpolicy.logic.errors import TooLarge, Undecided
from nwpolicy.model.assembly import Fragment, assemble
from nwpolicy.model.avnm import AdminRuleCollection
from nwpolicy.model.diagnostics import InputError, Severity
from nwpolicy.model.filters import Chain
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.network import Subnet, VirtualNetwork
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Resource
from nwpolicy.model.rules import AdminRule, EffectiveAdminRules, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot, walk
from nwpolicy.model.source import Document, SourceLocation
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.change import WrittenRule, rewritten, without
from nwpolicy.queries.lint.comments import Comment, code_of, comments_of
from nwpolicy.queries.lint.facts import DIRECTIONS
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.lint.fixmentions import is_named
from nwpolicy.queries.lint.fixrules import NewRules, Rules, intended
from nwpolicy.queries.meaning import meaning
from nwpolicy.queries.textedit import TextEdit, cut, line_starts
from nwpolicy.readers.pins import OpenPins, Pins
from nwpolicy.readers.rereading import read_again

__all__ = ["Edited", "File", "NoSource", "Refused"]

_ANY_NETWORK: Final = "any virtual network"
_OTHERWISE: Final = "flows might fare otherwise, for other values of parameters or because of what other files say"


class Refused(Exception):  # noqa: N818 - an outcome
    """There is no edit that is proved to be right, for this reason."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, and the same with its comments blanked."""

    text: str
    code: str

    @property
    def has_comment(self) -> bool:
        return self.text != self.code


class NoSource(Refused):
    """The file is not for people to change, for this reason."""


class File:
    """A file as it is on the disk, and the definitions in it with parameters of any value. Raises Refused where these
    cannot be told, or are not for people to change."""

    def __init__(self, document: Document, assumptions: Assumptions) -> None:
        self.document = document
        self.assumptions = assumptions
        self.opened = _read(document, document.text, OpenPins())
        makers = (resource.source.document.made_by for resource in self.opened.resources)
        maker = next(filter(None, makers), None)
        if maker is not None:
            raise NoSource(f"{maker} wrote this file, the rules are to be changed where they are defined")
        self._lines = line_starts(document.text)

    def offsets(self, place: SourceLocation) -> tuple[int, int]:
        """Where a place begins and ends in the text."""
        span = place.span
        return self._lines[span.line - 1] + span.column - 1, self._lines[span.end_line - 1] + span.end_column - 1

    def cut(self, start: int, end: int) -> list[TextEdit]:
        """The edits that take out an item of a list that stands there."""
        return cut(self.document.text, self._code, start, end)

    def written(self, place: SourceLocation) -> str:
        """What stands at a place."""
        start, end = self.offsets(place)
        return self.document.text[start:end]

    def lines(self, first: int, last: int) -> Piece:
        """Lines with their ends, as far as there are such."""
        starts = [0, *self._lines, *[len(self.document.text)] * (last + 1)]
        return self.piece(starts[first], starts[last + 1])

    def piece(self, start: int, end: int) -> Piece:
        return Piece(self.document.text[start:end], self._code[start:end])

    @cached_property
    def _code(self) -> str:
        return code_of(self.document)

    @cached_property
    def said(self) -> list[Comment]:
        """What its comments say to the linter, also those that have ended."""
        return [*comments_of(self.document, date.min)]

    @cached_property
    def usual(self) -> Fragment:
        """The definitions with parameters at their default values."""
        return _read(self.document, self.document.text, Pins())

    @cached_property
    def snapshot(self) -> Snapshot:
        return assemble([self.opened])

    @cached_property
    def rules(self) -> Mapping[SourceLocation, list[WrittenRule]]:
        """By the place that they are made of, the rules."""
        found: defaultdict[SourceLocation, list[WrittenRule]] = defaultdict(list)
        for rule in _rules_in(self.opened):
            found[rule.source.location].append(rule)
        return found

    @cached_property
    def assembled(self) -> Rules:
        """The same, in the groups that they are part of."""
        return Rules.of(_written(self.snapshot))


@dataclass(frozen=True, slots=True)
class Edited:
    """A file whose text becomes another one, to mend findings. Each proof raises Refused where it fails."""

    file: File
    text: str
    findings: tuple[Finding, ...]

    def says_the_same(self) -> None:
        """Equal definitions mean the same: a prefix is equal to another one with the same addresses. They have to be
        equal with the default values of parameters too, as one may be what is edited."""
        for was, pins in ((self.file.opened, OpenPins()), (self.file.usual, Pins())):
            if was.resources != self._read(pins).resources:
                raise Refused("the file would define something else")

    def means_the_same(self) -> None:
        """Rules that match the same and do the same, whatever order and form their lists have; all else is equal."""
        before = self.file.opened
        self._rules()
        after = self._after
        was, became = (list(map(meaning, _rules_in(fragment))) for fragment in (before, after))
        if was != became or _others(before) != _others(after):
            raise Refused("the file would define something else")

    def does_the_same(self) -> None:
        """The rules are as they are meant to be, all else is equal, and names none that is gone, and no flow fares
        otherwise."""
        self._rules()
        new = intended(self.findings, Rules.of(rules[0] for rules in self.file.rules.values() if len(rules) == 1))
        within = intended(self.findings, self.file.assembled)
        if new is None or within is None or rewritten(self.file.opened.resources, new) != self._after.resources:
            raise Refused("the file would define something else, or what it defines cannot be told")
        left = Document(self.file.document.path, self.text, self.file.document.locator)
        if any(is_named(self.file.written(place), left) for place in self._gone(new)):
            raise Refused("something else names it, such as an output, or what depends on it")
        _same_with(self.file, within)

    def _gone(self, new: NewRules) -> Iterator[SourceLocation]:
        for place, rules in self.file.rules.items():
            if any(new.get(id(rule), rule) is None for rule in rules):
                yield place

    @property
    def _after(self) -> Fragment:
        return self._read(OpenPins())

    def _read(self, pins: Pins) -> Fragment:
        return _read(self.file.document, self.text, pins)

    def _rules(self) -> list[WrittenRule]:
        """The rules that the findings are about; there must be one that is made from each place, and not several."""
        return [self._rule(finding) for finding in self.findings]

    def _rule(self, finding: Finding) -> WrittenRule:
        if not finding.scope.holds(finding.location):
            raise Refused("the value is written elsewhere, where it may be for other rules too")
        found = self.file.rules.get(finding.scope, [])
        if len(found) != 1:
            raise Refused("a loop makes several rules of what stands there" if found else "no rule is written there")
        return found[0]


def _read(document: Document, text: str, pins: Pins) -> Fragment:
    reason = "the file cannot be read by itself" if text == document.text else "the file could not be read any more"
    try:
        fragment = read_again(document, text, pins)
    except InputError:
        raise Refused(reason) from None
    if any(one.severity is Severity.ERROR for one in fragment.diagnostics):
        raise Refused(reason)
    return fragment


def _rules_in(fragment: Fragment) -> list[WrittenRule]:
    return [
        entry.resource for entry in walk(fragment.resources) if isinstance(entry.resource, SecurityRule | AdminRule)
    ]


def _written(snapshot: Snapshot) -> Iterator[WrittenRule]:
    yield from snapshot.all(SecurityRule)
    yield from snapshot.all(AdminRule)


def _others(fragment: Fragment) -> tuple[Resource, ...]:
    """What is no rule, and not in one."""
    return without(fragment.resources, _rules_in(fragment))


# --- with other rules ---


def _same_with(file: File, new: NewRules) -> None:
    """Whether the groups treat every flow alike with other rules, wherever they are attached."""
    whole = file.snapshot
    rest = Snapshot.of(rewritten(whole.resources, new))
    holders = {id(holder): holder for holder in (whole.parent(rule) for rule in _written(whole) if id(rule) in new)}
    try:
        for holder in holders.values():
            old, changed = _chains(whole, holder, new, rest, file.assumptions)
            if any(equivalent(before, after, FlowSet()) for before, after in zip(old, changed, strict=True)):
                raise Refused(_OTHERWISE)
    except (Undecided, TooLarge):
        raise Refused("whether flows fare otherwise cannot be told") from None


def _chains(
    whole: Snapshot, holder: Resource | None, new: NewRules, rest: Snapshot, assumptions: Assumptions
) -> tuple[list[Chain], list[Chain]]:
    """What filters by a group alone, with the rules as they are and with the others."""
    if isinstance(holder, NetworkSecurityGroup):
        place = next(index for index, one in enumerate(whole.all(NetworkSecurityGroup)) if one is holder)
        after = rest.all(NetworkSecurityGroup)[place]
        return _of_group(whole, holder, assumptions), _of_group(rest, after, assumptions)
    if isinstance(holder, AdminRuleCollection):
        left = rewritten(holder.rules, new)
        return _of_rules(whole, holder.rules, assumptions), _of_rules(rest, left, assumptions)
    raise Refused("its group is in another file")


def _of_group(snapshot: Snapshot, group: NetworkSecurityGroup, assumptions: Assumptions) -> list[Chain]:
    subject = group_subject(group)
    return [filter_chain(snapshot, subject, direction, assumptions).chain for direction in DIRECTIONS]


def _of_rules(snapshot: Snapshot, rules: tuple[AdminRule | Unknown, ...], assumptions: Assumptions) -> list[Chain]:
    """Admin rules as Azure would list them for a virtual network of which nothing else is known."""
    where = snapshot.resources[0].source
    subnet = Subnet(name=_ANY_NETWORK, source=where)
    network = VirtualNetwork(name=_ANY_NETWORK, subnets=(subnet,), source=where)
    listed = EffectiveAdminRules(name=_ANY_NETWORK, rules=rules, source=where)
    within = Snapshot.of((*snapshot.resources, network, listed))
    subject = Subject(SubjectKind.SUBNET, _ANY_NETWORK, subnet=subnet, virtual_network=network)
    return [filter_chain(within, subject, direction, assumptions).chain for direction in DIRECTIONS]
