"""`nwpolicy check`: all assertions and test cases of the input, in each of its environments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.checks import check_definitions
from nwpolicy.azure.subjects import close_names
from nwpolicy.logic.errors import TooLarge, Undecided
from nwpolicy.model.assertions import (
    Assertion,
    AssertionException,
    AssertionKind,
    Environment,
    Expectation,
    Statement,
)
from nwpolicy.model.diagnostics import Diagnostic, InputError, Severity
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.check.answers import CheckAnswer, CheckState, ExceptionAnswer, ResultAnswer, TotalsAnswer
from nwpolicy.queries.check.deciding import Case
from nwpolicy.queries.check.finding import Finding
from nwpolicy.queries.check.meanings import same_meaning
from nwpolicy.queries.check.population import Population
from nwpolicy.queries.check.wording import kind_of, text_of
from nwpolicy.queries.errors import QuestionError
from nwpolicy.queries.grounds import dependencies, used
from nwpolicy.queries.question import assumptions_of, choices
from nwpolicy.readers.inputs import Input, paths_of
from nwpolicy.readers.pins import Pin, Pins

__all__ = ["check", "mistaken"]

#: Kinds that have no exceptions.
_WITHOUT_EXCEPTIONS = frozenset({AssertionKind.ROUTED, AssertionKind.EQUIVALENT})


def check(
    *what: Input | Callable[[Pins], Snapshot],
    today: date | None = None,
    environment: str | None = None,
    pins: Pins | None = None,
    assume: Mapping[str, str] = MappingProxyType({}),
    elsewhere: Callable[[str], Snapshot] | None = None,
) -> CheckAnswer:
    """Decides every assertion and test case of files and folders, or of definitions that were loaded. The values of
    environments are for what is loaded here, or by a function that is given instead. An assertion, exception or test
    case with a last day before `today` (the date on which this is called) no longer counts. `elsewhere` reads what the
    paths of assertions lead to; without it, that is on the disk.

    Raises InputError, also for an assertion that speaks of nothing; QuestionError.
    """
    from nwpolicy.readers.load import load

    assumptions, day = assumptions_of(assume), today or date.today()
    found = [_Checking(s, assumptions, day, name) for name, s in _worlds(what, environment, pins or Pins())]
    results = tuple(result for one in found for result in one.results(assume, elsewhere or load))
    if not results:
        help = "write one: assert no-rdp never tcp from Internet to * port 3389"
        raise QuestionError("the input holds no assertion and no test case", help)
    return CheckAnswer(
        results=results,
        totals=_totals(results),
        today=day.isoformat(),
        environments=tuple(one.environment for one in found if one.environment is not None),
        assumptions=used(assumptions, {name for one in found for name in one.assumed}),
        diagnostics=tuple(dict.fromkeys(diagnostic for one in found for diagnostic in one.diagnostics)),
    )


def _worlds(
    what: tuple[Input | Callable[[Pins], Snapshot], ...], wanted: str | None, pins: Pins
) -> Iterator[tuple[str | None, Snapshot]]:
    """What is checked, under the name of each environment; None without one."""
    from nwpolicy.readers.load import load

    loaded = [one for one in what if isinstance(one, Snapshot)]
    readers = [one for one in what if callable(one)]
    paths = [path for one in what if not isinstance(one, Snapshot) and not callable(one) for path in paths_of(one)]
    if bool(paths) + len(loaded) + len(readers) != 1:
        raise QuestionError("give paths, or definitions that were loaded")
    read = readers[0] if readers else lambda pins: load(*paths, pins=pins)
    snapshot = loaded[0] if loaded else read(pins)
    environments = _environments(snapshot)
    if wanted is not None and wanted not in environments:
        known = ", ".join(environments)
        raise QuestionError(f"there is no environment {wanted!r}", f"known here: {known}" if known else None)
    if environments and loaded:
        raise QuestionError("the definitions have environments, each of which has to be loaded", "give the paths")
    for name, one in environments.items():
        if wanted in (None, name):
            given = [_pin(value.name, value.values, one) for value in one.values]
            yield name, read(pins.over(given))
    if not environments:
        yield None, snapshot


def _environments(snapshot: Snapshot) -> dict[str, Environment]:
    found: dict[str, Environment] = {}
    for one in snapshot.all(Environment):
        first = found.setdefault(one.name, one)
        if first is not one:
            message = f"the environment {one.name} is defined twice, first at {first.source}"
            raise InputError(Diagnostic.error("duplicate-name", message, one.source))
    return found


def _pin(name: str, values: tuple[str, ...], environment: Environment) -> Pin:
    source = next(value.source for value in environment.values if value.name == name)
    return Pin(name, values[0] if len(values) == 1 else list(values), source, is_text=len(values) == 1)


class _Checking:
    """All statements of one snapshot."""

    def __init__(self, snapshot: Snapshot, assumptions: Assumptions, today: date, environment: str | None) -> None:
        self.environment = environment
        self.assumed: set[str] = set()
        self._snapshot, self._today = snapshot, today
        found = snapshot.derived(check_definitions)
        errors = [d for d in (*found, *mistaken(snapshot)) if d.severity is Severity.ERROR]
        if errors:
            raise InputError(*errors)
        self.diagnostics = (*snapshot.diagnostics, *found)
        self._population = Population(snapshot, assumptions)
        self._exceptions: defaultdict[str, list[AssertionException]] = defaultdict(list)
        for exception in snapshot.all(AssertionException):
            self._exceptions[exception.name.lower()].append(exception)

    def results(self, assume: Mapping[str, str], elsewhere: Callable[[str], Snapshot]) -> Iterator[ResultAnswer]:
        """Raises InputError with everything that speaks of nothing."""
        wrong: list[Diagnostic] = []
        statements: list[Assertion | Expectation] = [*self._snapshot.all(Assertion), *self._snapshot.all(Expectation)]
        for statement in statements:
            try:
                yield self._result(statement, assume, elsewhere)
            except InputError as error:
                wrong += error.diagnostics
            except (TooLarge, Undecided) as error:
                yield self._answer(statement, Finding(CheckState.NOT_PROVED, f"undecided: {error}"), ())
        if wrong:
            raise InputError(*dict.fromkeys(wrong))

    def _result(
        self, statement: Assertion | Expectation, assume: Mapping[str, str], elsewhere: Callable[[str], Snapshot]
    ) -> ResultAnswer:
        if _is_over(statement, self._today):
            return self._answer(statement, Finding(CheckState.LAPSED, f"lapsed after {statement.expires}"), ())
        if isinstance(statement, Assertion) and statement.kind is AssertionKind.EQUIVALENT:
            finding = same_meaning(self._snapshot, statement, assume, elsewhere)
            return self._answer(statement, _if_at_all(statement, finding), ())
        case = Case(self._population, statement)
        finding, exceptions = self._with_exceptions(case, statement)
        self.assumed |= finding.assumptions
        return self._answer(statement, _if_at_all(statement, finding), exceptions)

    def _with_exceptions(
        self, case: Case, statement: Statement
    ) -> tuple[Finding, tuple[tuple[AssertionException, bool], ...]]:
        """What becomes of it, and its exceptions with whether they are needed."""
        written = self._exceptions[statement.name.lower()] if isinstance(statement, Assertion) else []
        plain = case.decide(())
        if plain.holds or not written:
            return plain, tuple((one, False) for one in written)
        live = [one for one in written if not _is_over(one, self._today)]
        finding = case.decide(live)
        if finding.holds:
            message = f"holds but for {len(live)} exception{'s' if len(live) > 1 else ''}"
            excepted = replace(finding, state=CheckState.EXCEPTED, message=message)
            return excepted, tuple((one, one in live and self._is_needed(case, one, live)) for one in written)
        expired = [one for one in written if one not in live]
        if expired and case.decide(written).holds:
            state, message = CheckState.EXPIRED_EXCEPTION, f"{finding.message}, and the exception has expired"
            return replace(finding, state=state, message=message), tuple((one, True) for one in written)
        return finding, tuple((one, one in live) for one in written)

    def _is_needed(self, case: Case, exception: AssertionException, live: list[AssertionException]) -> bool:
        return len(live) == 1 or not case.decide([one for one in live if one is not exception]).holds

    def _answer(
        self,
        statement: Statement,
        finding: Finding,
        exceptions: Iterable[tuple[AssertionException, bool]],
    ) -> ResultAnswer:
        return ResultAnswer(
            name=statement.name,
            kind=kind_of(statement),
            environment=self.environment,
            state=finding.state,
            text=text_of(statement),
            message=finding.message,
            also=finding.also,
            location=statement.source.location,
            owner=statement.owner,
            reason=statement.reason,
            expires=statement.expires,
            rules_only=isinstance(statement, Assertion | Expectation) and statement.rules_only,
            witness=finding.witness,
            depends_on=dependencies(_each_once(finding)),
            exceptions=tuple(self._exception(one, is_used=is_used) for one, is_used in exceptions),
            notes=finding.notes,
        )

    def _exception(self, one: AssertionException, *, is_used: bool) -> ExceptionAnswer:
        expired = _is_over(one, self._today)
        return ExceptionAnswer(one.source.location, one.owner, one.reason, one.expires, expired, is_used)


def _is_over(statement: Statement, today: date) -> bool:
    return statement.expires is not None and date.fromisoformat(statement.expires) < today


def _if_at_all(statement: Statement, finding: Finding) -> Finding:
    """Where it is not known whether it has to hold, it may not have to."""
    if statement.condition is None or finding.state.is_good:
        return finding
    unknowns = (statement.condition, *finding.unknowns)
    return replace(finding, state=CheckState.NOT_PROVED, unknowns=unknowns)


def _each_once(finding: Finding) -> tuple[Unknown, ...]:
    """One value that matters in several ways is told once."""
    return tuple({(unknown.name, unknown.scope): unknown for unknown in finding.unknowns}.values())


def mistaken(snapshot: Snapshot) -> Iterator[Diagnostic]:
    """Names that mean nothing, or two things."""
    known: dict[tuple[str, str], Statement] = {}
    for statement in (*snapshot.all(Assertion), *snapshot.all(Expectation)):
        first = known.setdefault((statement.type, statement.name.lower()), statement)
        if first is not statement:
            message = f"{statement.name} is asserted twice, first at {first.source}"
            yield Diagnostic.error("duplicate-name", message, statement.source, "give each a name of its own")
    for exception in snapshot.all(AssertionException):
        assertion = known.get((Assertion.type, exception.name.lower()))
        if assertion is None:
            message = f"there is no assertion {exception.name!r}"
            yield Diagnostic.error("unknown-name", message, exception.source, _near(exception, snapshot))
        elif isinstance(assertion, Assertion) and assertion.kind in _WITHOUT_EXCEPTIONS:
            message = f"an assertion of the kind {assertion.kind} has no exceptions"
            yield Diagnostic.error("misplaced", message, exception.source)


def _near(exception: AssertionException, snapshot: Snapshot) -> str | None:
    return choices(close_names(exception.name, [assertion.name for assertion in snapshot.all(Assertion)]))


def _totals(results: tuple[ResultAnswer, ...]) -> TotalsAnswer:
    def count(state: CheckState) -> int:
        return sum(result.state is state for result in results)

    return TotalsAnswer(
        results=len(results),
        holds=count(CheckState.HOLDS),
        excepted=count(CheckState.EXCEPTED),
        lapsed=count(CheckState.LAPSED),
        not_proved=count(CheckState.NOT_PROVED),
        expired_exception=count(CheckState.EXPIRED_EXCEPTION),
        violated=count(CheckState.VIOLATED),
    )
