"""From two versions of definitions to the report about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from os import PathLike
from types import MappingProxyType

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.subjects import SubjectKind
from nwpolicy.model.diagnostics import Diagnostic, InputError, Severity
from nwpolicy.model.rules import NetworkSecurityGroup
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.answers import Dependency
from nwpolicy.queries.check.answers import CheckAnswer
from nwpolicy.queries.coverage import left_out
from nwpolicy.queries.definitions import differing_trees, innermost, may_differ
from nwpolicy.queries.diff import assumptions_of, attached_groups, diff
from nwpolicy.queries.differences import ChangeKind, Difference, DiffVerdict, LonePlace, WayInState
from nwpolicy.queries.errors import QuestionError
from nwpolicy.queries.lint.answer import Options
from nwpolicy.queries.pairing import former_names, name_now, pair_places, renamed_definitions
from nwpolicy.queries.report.answers import (
    AssertionChange,
    DefinitionChange,
    OpenQuestion,
    PolicyChange,
    Report,
    ReportVerdict,
    RouteChange,
    RouteEffect,
    RuleChange,
    Totals,
    UnreadChange,
)
from nwpolicy.queries.report.assertions import (
    assertion_changes,
    checked,
    is_mended,
    is_newly_excepted,
    is_newly_unproved,
    is_newly_violated,
    is_removed_violated,
    is_still_violated,
)
from nwpolicy.queries.report.causes import Causes
from nwpolicy.queries.report.findings import FindingChanges
from nwpolicy.queries.report.linted import Naming, linted
from nwpolicy.queries.report.policy import policy_changes
from nwpolicy.queries.report.risks import risk_of, urgency
from nwpolicy.queries.report.routes import RouteChanges, route_changes
from nwpolicy.queries.report.sentence import Told, verdict_sentence
from nwpolicy.queries.report.unchanged import unchanged
from nwpolicy.queries.report.unread import comparable, undefined, unread_changes
from nwpolicy.queries.report.wording import is_rule, reworded
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.versions import Versions, versions_of_paths

__all__ = ["report"]


def report(
    before: Versions | str | PathLike[str],
    after: str | PathLike[str] | None = None,
    *,
    pins: Pins | None = None,
    today: date | None = None,
    assume: Mapping[str, str] = MappingProxyType({}),
    options: Options | None = None,
) -> Report:
    """What a change of definitions does, from one path to another or between two versions of what they hold. `pins` are
    the values of what two paths leave open, and those under which assertions are checked, `today` the day that their
    last days are compared with, `options` what the linter looks for. Raises InputError, QuestionError, TooLarge,
    Undecided."""
    versions = comparable(before if isinstance(before, Versions) else _versions(before, after, pins))
    return _Reporting(versions, assume).report(pins or Pins(), today, options or Options(lowest=Severity.WARNING))


def _versions(before: str | PathLike[str], after: str | PathLike[str] | None, pins: Pins | None) -> Versions:
    if after is None:
        raise QuestionError("give two paths, or two versions that were loaded")
    return versions_of_paths(before, after, pins, partly=True)


class _Reporting:
    """Both sides, and what is found about them."""

    def __init__(self, versions: Versions, assume: Mapping[str, str]) -> None:
        self._versions = versions
        self._assume = assume
        self._assumptions: Assumptions = assumptions_of(assume)
        self._old, self._new = versions.before.definitions, versions.after.definitions
        self._undecided: list[str] = []
        self._former = former_names(self._old, self._new)
        self._trees = differing_trees(self._old, self._new)
        self._texts = reworded(innermost(self._trees, self._former))
        self._causes = Causes(self._old, self._new, self._texts)

    def report(self, pins: Pins, today: date | None, options: Options) -> Report:
        difference = diff(self._old, self._new, assume=self._assume)
        changes = self._rule_changes(difference)
        routed = self._route_changes(len(changes) + 1)
        routes = routed.changes
        difference = replace(difference, same=unchanged(difference.same, self._new, self._trees, routes))
        without, others = self._without_effect(changes, routes)
        policy = policy_changes(self._old, self._new)
        assertions = self._assertions(pins, today, policy)
        findings = self._findings(replace(options, assumptions=self._assumptions))
        lone = _lone(self._new, difference.only_after), _lone(self._old, difference.only_before)
        totals = _totals(difference, lone, routes, without, policy, assertions, findings)
        unread = unread_changes(self._versions)
        verdict = _verdict(difference, routes, unread)
        renamed = self._renamed(difference)
        return Report(
            verdict=verdict,
            sentence=verdict_sentence(
                Told(
                    verdict=verdict,
                    totals=totals,
                    changes=changes,
                    routes=routes,
                    without=without,
                    renamed=len(renamed),
                    policy=policy,
                    unread=unread,
                    silenced=findings.silenced,
                )
            ),
            before=self._versions.before.name,
            after=self._versions.after.name,
            totals=totals,
            changes=changes,
            route_changes=routes,
            only_before=difference.only_before,
            only_after=difference.only_after,
            by_default=difference.by_default,
            renamed=difference.renamed,
            reworded=without,
            other_definitions=others,
            unreached=difference.unreached,
            same=difference.same,
            policy_changes=policy,
            assertions=assertions,
            new_findings=findings.new,
            mended_findings=findings.mended,
            silenced_findings=findings.silenced,
            open_questions=_open_questions(changes, routes),
            assumed_equal=tuple(
                dict.fromkeys((*renamed, *difference.unknowns, *routed.taken_as_one, *undefined(self._versions)))
            ),
            unread=unread,
            undecided=tuple(dict.fromkeys(self._undecided)),
            not_understood=left_out(self._new),
            rests_on=(*difference.rests_on, *_rests_on_unseen(changes)),
            assumptions=difference.assumptions,
            diagnostics=_told_once(self._versions, difference.diagnostics),
        )

    def _rule_changes(self, difference: Difference) -> tuple[RuleChange, ...]:
        found = [(risk_of(self._new, change), change) for change in difference.changes]
        ordered = sorted(found, key=lambda one: urgency(one[1], one[0]))
        return tuple(
            RuleChange(number, risk, change, self._causes.of(change))
            for number, (risk, change) in enumerate(ordered, 1)
        )

    def _route_changes(self, first: int) -> RouteChanges:
        """Nothing is routed otherwise where no more than filters differ."""
        if all(isinstance(pair.one, NetworkSecurityGroup) for pair in self._trees):
            return RouteChanges((), ())
        concerned = may_differ(self._old, self._new)
        pairs = [pair for pair in pair_places(self._old, self._new).both if concerned(pair)]
        return route_changes(self._old, self._new, pairs, self._assumptions, first)

    def _renamed(self, difference: Difference) -> tuple[str, ...]:
        """The definitions of another name that are taken to be the same, by both names."""
        places = (name_now(pair.before.name, pair.after.name) for pair in difference.renamed)
        others = (name_now(one.old, one.new) for one in renamed_definitions(self._old, self._new))
        return tuple(dict.fromkeys((*places, *others)))

    def _without_effect(
        self, changes: Sequence[RuleChange], routes: Sequence[RouteChange]
    ) -> tuple[tuple[DefinitionChange, ...], tuple[DefinitionChange, ...]]:
        """Rules that are written otherwise and decide about nothing that fares otherwise; and what else is written
        otherwise."""
        taken = {
            route.location
            for one in routes
            for side in (one.before, one.after)
            for route in side.routes
            if route.location is not None
        }
        deciding = {number for one in changes for number in self._causes.deciding(one.change)}
        rules = [
            told
            for number, (pair, told) in enumerate(self._texts)
            if is_rule(pair) and number not in deciding and not taken & {told.before, told.after}
        ]
        return tuple(rules), tuple(told for pair, told in self._texts if not is_rule(pair))

    def _assertions(
        self, pins: Pins, today: date | None, policy: Iterable[PolicyChange]
    ) -> tuple[AssertionChange, ...]:
        found: list[CheckAnswer | None] = []
        for version in (self._versions.before, self._versions.after):
            try:
                found.append(checked(version, pins or version.pins, today, self._assume))
            except (InputError, QuestionError) as error:
                self._undecided.append(f"the assertions of {version.name} are not checked: {error}")
                found.append(None)
        return assertion_changes(found[0], found[1], policy)

    def _findings(self, options: Options) -> FindingChanges:
        naming = Naming(self._versions.file, self._former)
        found, undecided = linted(self._old, self._new, self._trees, options, naming)
        self._undecided += [f"the linter: {text}" for text in undecided]
        return found


def _lone(snapshot: Snapshot, lone: Iterable[LonePlace]) -> tuple[int, int]:
    """How many places there are, and groups that are attached to nothing: what others mean is that of the places that
    have them."""
    attached = attached_groups(snapshot)
    groups = (group for group in snapshot.all(NetworkSecurityGroup) if id(group) in attached)
    taken = {(group.name, group.source.location) for group in groups}
    kinds = [one.place.kind for one in lone if (one.place.name, one.location) not in taken]
    unused = kinds.count(SubjectKind.NETWORK_SECURITY_GROUP)
    return len(kinds) - unused, unused


def _totals(
    difference: Difference,
    lone: tuple[tuple[int, int], tuple[int, int]],
    routes: tuple[RouteChange, ...],
    without: tuple[DefinitionChange, ...],
    policy: tuple[PolicyChange, ...],
    assertions: tuple[AssertionChange, ...],
    findings: FindingChanges,
) -> Totals:
    return Totals(
        opened=len(difference.of_kind(ChangeKind.OPENED)),
        closed=len(difference.of_kind(ChangeKind.CLOSED)),
        may_change=len(difference.of_kind(ChangeKind.MAY_CHANGE)),
        rerouted=len(routes),
        places_added=lone[0][0],
        places_removed=lone[1][0],
        groups_added=lone[0][1],
        groups_removed=lone[1][1],
        reworded_rules=len(without),
        places_same=len(difference.same),
        newly_violated=sum(map(is_newly_violated, assertions)),
        newly_unproved=sum(map(is_newly_unproved, assertions)),
        newly_excepted=sum(map(is_newly_excepted, assertions)),
        mended=sum(map(is_mended, assertions)),
        still_violated=sum(map(is_still_violated, assertions)),
        policy_changes=sum(one.may_loosen for one in policy),
        violated_removed=sum(map(is_removed_violated, assertions)),
        new_findings=len(findings.new),
        mended_findings=len(findings.mended),
        silenced_findings=len(findings.silenced),
    )


def _verdict(
    difference: Difference, routes: tuple[RouteChange, ...], unread: tuple[UnreadChange, ...]
) -> ReportVerdict:
    effects = {route.effect for route in routes}
    if difference.verdict is DiffVerdict.CHANGED or effects - {RouteEffect.MAY_CHANGE}:
        return ReportVerdict.CHANGED
    may = effects or any(one.differs for one in unread) or difference.verdict is DiffVerdict.MAY_CHANGE
    return ReportVerdict.MAY_CHANGE if may else ReportVerdict.SAME


def _open_questions(changes: Iterable[RuleChange], routes: Iterable[RouteChange]) -> tuple[OpenQuestion, ...]:
    """Each unknown with the changes that depend on it."""
    found: dict[Dependency, list[int]] = {}
    for number, unknowns in (
        *((one.number, one.change.depends_on) for one in changes),
        *((one.number, one.depends_on) for one in routes),
    ):
        for unknown in unknowns:
            found.setdefault(unknown, []).append(number)
    return tuple(OpenQuestion(unknown, tuple(numbers)) for unknown, numbers in found.items())


def _rests_on_unseen(changes: Iterable[RuleChange]) -> Iterator[str]:
    """What is taken to be so where the input does not show what rules apply to."""
    states = {one.change.way_in.state for one in changes if one.change.way_in is not None}
    if WayInState.UNSEEN in states:
        yield "public addresses lead to places of which the input shows no network interface"


def _told_once(versions: Versions, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """What is said of both sides is said of the newer one; notes are left out."""
    told: dict[object, Diagnostic] = {}
    for found in reversed(list(diagnostics)):
        if found.severity is not Severity.NOTE:
            file = versions.file(found.location.file)
            told.setdefault((found.code, found.message, found.location.span, file), found)
    return tuple(sorted(told.values(), key=lambda found: found.sort_key))
