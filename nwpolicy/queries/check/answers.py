"""The answer of `nwpolicy check`: plain frozen data, the JSON of `schemas/check.schema.json`."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.answers import AssumptionUsed, Dependency, UnknownValueText
from nwpolicy.queries.nexthop import TakenRoute
from nwpolicy.queries.reach.answers import ChainAnswer

__all__ = [
    "ALSO",
    "CheckAnswer",
    "CheckState",
    "ExceptionAnswer",
    "ResultAnswer",
    "TotalsAnswer",
    "Violation",
    "WitnessAnswer",
    "counted",
    "described",
    "summary",
]


#: So much else that is as bad is told to people.
ALSO: Final = 8


class CheckState(StrEnum):
    """What became of an assertion or test case."""

    HOLDS = "Holds"
    """for all flows, whatever the input leaves open"""
    EXCEPTED = "Excepted"
    """for all flows but those of exceptions that are in force"""
    LAPSED = "Lapsed"
    """its last day is over, nothing is asserted any more"""
    NOT_PROVED = "NotProved"
    """it depends on something that the input does not say"""
    EXPIRED_EXCEPTION = "ExpiredException"
    """it would hold if exceptions were still in force"""
    VIOLATED = "Violated"

    @property
    def is_good(self) -> bool:
        return self in (CheckState.HOLDS, CheckState.EXCEPTED, CheckState.LAPSED)

    @property
    def is_wrong(self) -> bool:
        return self in (CheckState.VIOLATED, CheckState.EXPIRED_EXCEPTION)


@dataclass(frozen=True, slots=True)
class WitnessAnswer:
    """One flow that shows what is wrong: from where to where, the values that unknowns have, the routes it takes, the
    rules that decide at each filter it meets, and what stops it, if that is what is wrong."""

    text: str
    source: str
    destination: str
    cause: str | None
    values: tuple[UnknownValueText, ...]
    chains: tuple[ChainAnswer, ...]
    routes: tuple[TakenRoute, ...]


@dataclass(frozen=True, slots=True)
class ExceptionAnswer:
    """An exception from an assertion; `is_used`: without it the assertion would not hold."""

    location: SourceLocation
    owner: str | None
    reason: str | None
    expires: str | None
    is_expired: bool
    is_used: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultAnswer:
    """An assertion or test case, and what became of it in one environment. `text` is what it says, in a line;
    `message` tells why, `also` what else is as bad, `depends_on` what would have to be known to prove it."""

    name: str
    kind: str
    environment: str | None
    state: CheckState
    text: str
    message: str
    also: tuple[str, ...]
    location: SourceLocation
    owner: str | None
    reason: str | None
    expires: str | None
    rules_only: bool
    witness: WitnessAnswer | None
    depends_on: tuple[Dependency, ...]
    exceptions: tuple[ExceptionAnswer, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TotalsAnswer:
    """How many results are in which state."""

    results: int
    holds: int
    excepted: int
    lapsed: int
    not_proved: int
    expired_exception: int
    violated: int


class Violation(AssertionError):  # noqa: N818 - it is the policy that is violated
    """Not everything that is asserted holds; the text says what does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAnswer:
    """All results. It is true if everything holds, and its text is what people read."""

    results: tuple[ResultAnswer, ...]
    totals: TotalsAnswer
    today: str
    environments: tuple[str, ...]
    assumptions: tuple[AssumptionUsed, ...]
    diagnostics: tuple[Diagnostic, ...]

    def __bool__(self) -> bool:
        return all(result.state.is_good for result in self.results)

    @property
    def failures(self) -> tuple[ResultAnswer, ...]:
        """What does not hold, or is not proved."""
        return tuple(result for result in self.results if not result.state.is_good)

    def __repr__(self) -> str:
        return summary(self)

    def raise_on_violation(self) -> None:
        """Raises Violation if anything does not hold, or is not proved."""
        if not self:
            raise Violation(summary(self))


def summary(answer: CheckAnswer) -> str:
    """How many results there are of each sort, and of what does not hold a few lines each."""
    lines = (line for result in answer.failures for line in described(result))
    return "\n".join((f"{counted(answer.totals)}  (dates as of {answer.today})", *lines))


def counted(totals: TotalsAnswer) -> str:
    """`5 of 7 hold, 1 violated, 1 excepted`"""
    counts = (
        (totals.violated, "violated"),
        (totals.expired_exception, "with an expired exception"),
        (totals.not_proved, "not proved"),
        (totals.excepted, "excepted"),
        (totals.lapsed, "lapsed"),
    )
    rest = (f"{count:,} {word}" for count, word in counts if count)
    return ", ".join((f"{totals.holds:,} of {totals.results:,} hold", *rest))


def described(result: ResultAnswer) -> tuple[str, ...]:
    """A result in lines of plain text."""
    where = f" in {result.environment}" if result.environment is not None else ""
    lines = [f"{result.location}: {result.name}{where}: {result.message}", f"    {result.text}"]
    if result.witness is not None:
        lines.append(f"    for example {result.witness.text}")
        for chain in result.witness.chains:
            rules = ", ".join(f"{rule.access} by {rule.name} {rule.location or ''}".rstrip() for rule in chain.rules)
            lines.append(f"      {chain.direction.lower()} at {chain.place}: {rules or 'no rule applies'}")
    lines += [f"    also: {sentence}" for sentence in result.also[:ALSO]]
    if len(result.also) > ALSO:
        lines.append(f"    and {len(result.also) - ALSO} more")
    lines += [f"    depends on {unknown.name}: {unknown.reason}" for unknown in result.depends_on]
    return tuple(lines)
