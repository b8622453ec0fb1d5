"""One assertion or test case: from what it says to what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from nwpolicy.azure.origins import RuleOrigin
from nwpolicy.azure.spaces import union
from nwpolicy.logic.diagrams import Fate
from nwpolicy.logic.matrix import Service
from nwpolicy.model.assertions import Assertion, AssertionException, AssertionKind, Expectation
from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.rules import Access
from nwpolicy.queries.check.answers import CheckState
from nwpolicy.queries.check.finding import Finding, worst
from nwpolicy.queries.check.paths import courses, get_through, stay_out
from nwpolicy.queries.check.population import Population
from nwpolicy.queries.check.routed import leaves_by
from nwpolicy.queries.check.rules import RuleScope, courses_by_rules, decide_by_rules
from nwpolicy.queries.check.scope import Scope, without
from nwpolicy.queries.check.services import NOTHING, rest_of, service_of
from nwpolicy.queries.check.who import ANYWHERE, Who, who
from nwpolicy.queries.reach.ends import End
from nwpolicy.queries.troubleshoot_gates import Course, GateKind

__all__ = ["Case"]

#: Both ends of an exception, and its protocols and ports.
_Excepted: TypeAlias = tuple[tuple[Who, Who], Service]


class Case:
    """A statement about flows, with those whom it speaks of."""

    def __init__(self, population: Population, statement: Assertion | Expectation) -> None:
        self._population = population
        self._statement = statement
        self._source = who(population, statement.sources)
        self._destination = who(population, statement.destinations)
        self._service = service_of(statement)
        if not any(rest_of(self._service, NOTHING)):
            message = "this speaks of no flow at all: only TCP and UDP have ports"
            raise InputError(Diagnostic.error("no-flows", message, statement.source))
        self._rules_only = statement.rules_only or not population.has_network

    def decide(self, exceptions: Sequence[AssertionException]) -> Finding:
        """What becomes of it but for the flows of these exceptions. Raises InputError where it speaks of nothing."""
        if isinstance(self._statement, Assertion) and self._statement.kind is AssertionKind.ROUTED:
            finding = leaves_by(self._population, self._statement, self._source, self._destination)
        else:
            find = self._by_rules if self._rules_only else self._by_paths
            finding = find([(_who(self._population, one), service_of(one)) for one in exceptions])
        return self._under_rule(self._with_open_ends(finding))

    @property
    def _through(self) -> bool:
        """Whether flows have to get through."""
        statement = self._statement
        if isinstance(statement, Expectation):
            return statement.verdict is Access.ALLOW
        return statement.kind is AssertionKind.ALWAYS

    @property
    def _kind(self) -> AssertionKind | None:
        return self._statement.kind if isinstance(self._statement, Assertion) else None

    # through networks

    def _by_paths(self, exceptions: list[_Excepted]) -> Finding:
        others = [Scope(source.end, destination.end, service) for (source, destination), service in exceptions]
        asked = tuple(self._scopes())
        if not any(next(scope.pairs(), None) for scope in asked) and not (self._source.open or self._destination.open):
            message = "this speaks of no flow at all between members of the input"
            help = "add rules-only if rules are meant, whatever sends"
            raise InputError(Diagnostic.error("no-flows", message, self._statement.source, help))
        if self._kind is AssertionKind.ONLY:
            others.append(Scope(self._source.end, self._destination.end, self._service))
        if self._kind is AssertionKind.ISOLATED:
            others += [Scope(other.destination, other.source, other.service) for other in others]
        judge = get_through if self._through else stay_out
        found = judge(self._population, without(asked, others))
        return replace(found, notes=tuple(self._unseen()))

    def _unseen(self) -> Iterator[str]:
        """Addresses that are spoken of and that nothing in the input has."""
        for end in (self._source, self._destination):
            if end.has_unseen:
                yield f"of {end.name} only what the input shows is looked at"

    def _scopes(self) -> Iterator[Scope]:
        source = self._population.everybody if self._kind is AssertionKind.ONLY else self._source.end
        yield Scope(source, self._destination.end, self._service)
        if self._kind is AssertionKind.ISOLATED:
            yield Scope(self._destination.end, self._source.end, self._service)

    # by rules alone

    def _by_rules(self, exceptions: list[_Excepted]) -> Finding:
        found = worst(
            decide_by_rules(self._population, scope, self._statement.source, through=self._through)
            for scope in self._rule_scopes(exceptions)
        )
        note = () if self._statement.rules_only else ("the input shows no network, so rules alone decide",)
        return replace(found, notes=(*found.notes, *note))

    def _rule_scopes(self, exceptions: list[_Excepted]) -> Iterator[RuleScope]:
        excepted = tuple(RuleScope(source, destination, service) for (source, destination), service in exceptions)
        source = _others(self._source) if self._kind is AssertionKind.ONLY else self._source
        yield RuleScope(source, self._destination, self._service, excepted)
        if self._kind is AssertionKind.ISOLATED:
            back = tuple(replace(one, source=one.destination, destination=one.source) for one in excepted)
            yield RuleScope(self._destination, self._source, self._service, (*excepted, *back))

    # what else it depends on

    def _with_open_ends(self, finding: Finding) -> Finding:
        """Who else may be meant is not looked at, so nothing is proved of them; of others than those who are meant to
        be the only ones, it is not known whether they are."""
        only = self._kind is AssertionKind.ONLY
        more = self._destination.open if only else (*self._source.open, *self._destination.open)
        fewer = self._source.open if only else ()
        if finding.holds and more:
            message = "who else is meant is not known"
            return replace(finding, state=CheckState.NOT_PROVED, message=message, unknowns=more)
        if finding.state is CheckState.VIOLATED and fewer:
            return replace(finding, state=CheckState.NOT_PROVED, unknowns=fewer)
        return finding

    def _under_rule(self, finding: Finding) -> Finding:
        """Whether it is the expected rule that decides."""
        wanted = self._statement.rule if isinstance(self._statement, Expectation) else None
        if wanted is None or not finding.holds:
            return finding
        for course in self._courses():
            names = _deciding(course, allowed=self._through)
            if not any({name.lower() for name in one} == {wanted.lower()} for one in names):
                others = sorted({name for one in names for name in one}) or ["no rule"]
                message = f"not {wanted} decides, but {', '.join(others)}"
                return replace(finding, state=CheckState.VIOLATED, message=message)
        return finding

    def _courses(self) -> Iterator[Course]:
        if self._rules_only:
            return (c for scope in self._rule_scopes([]) for c in courses_by_rules(self._population, scope))
        found = (courses(self._population, scope, with_replies=self._through) for scope in self._scopes())
        return (course for several in found for course in several)


def _who(population: Population, exception: AssertionException) -> tuple[Who, Who]:
    return who(population, exception.sources), who(population, exception.destinations)


def _others(meant: Who) -> Who:
    """Every other address."""
    addresses = ANYWHERE - union((meant.addresses, *(place.local for place in meant.places)))
    return Who(End((), ()), addresses=addresses, name=f"others than {meant.name}")


def _deciding(course: Course, *, allowed: bool) -> list[set[str]]:
    """The names of the rules that decide: of those that deny, or, filter by filter, of those that let flows through."""
    if not allowed:
        return [{_name(fate) for fate in course.decisions.counts()}]
    return [
        {_name(fate) for fate in found.counts()}
        for track, several in zip(course.tracks, course.by_gate, strict=True)
        for gate, found in zip(track.gates, several, strict=True)
        if gate.kind is GateKind.FILTER
    ]


def _name(fate: Fate) -> str:
    if fate.rule is None:
        return "no rule"
    return fate.rule.origin.name if isinstance(fate.rule.origin, RuleOrigin) else fate.rule.name
