"""How the flows end that meet the same tries: the leaves of a chain's diagram are worked out here.

The chain is run with conditions left open. Where one that nobody has settled is asked for, each of its options is
tried in turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from nwpolicy.logic.diagrams.fates import Cases, Condition, Ending, turn
from nwpolicy.logic.diagrams.tries import Met, Try, common_options
from nwpolicy.logic.errors import NoPossibleValue
from nwpolicy.model.filters import Chain, Choice, Floating, Outcome
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["Endings"]

#: With more combinations of conditions than this, a leaf takes them to have nothing to do with one another.
_MAX_RUNS: Final = 1024


class _Open(Exception):  # noqa: N818 - a step of the search, caught where it is made
    """A condition has to be settled before the run can go on."""

    def __init__(self, condition: Condition, options: tuple[object, ...]) -> None:
        super().__init__()
        self.condition = condition
        self.options = options


class _TooMany(Exception):  # noqa: N818 - a step of the search, caught where it is made
    """More combinations than are looked at."""


class _Run:
    """One run, in which some conditions are settled."""

    def __init__(self, settled: Mapping[Condition, object]) -> None:
        self._settled = settled

    def choose(self, condition: Condition, options: tuple[object, ...]) -> object:
        if len(options) == 1:
            return options[0]
        if condition not in self._settled:
            raise _Open(condition, options)
        return self._settled[condition]

    def meets(self, one: Try) -> bool:
        return all(self._holds(condition) for condition in one.conditions)

    def _holds(self, condition: Condition) -> bool:
        if isinstance(condition.place, tuple):  # several unknowns fill a gap together
            return bool(self.choose(condition, (True, False)))
        each = (Condition((unknown,), condition.place) for unknown in condition.unknowns)
        return any(self.choose(one, (True, False)) for one in each)


class Endings:
    """Works out how flows end in a chain."""

    def __init__(self, chain: Chain) -> None:
        self._options = common_options(chain)
        self._taken = [
            sorted({rule.rank for rule in layer.rules if not isinstance(rule.rank, Floating)}) for layer in chain.layers
        ]

    def cases(self, met: Met) -> Cases:
        """How a flow ends that meets these tries of each layer."""
        runs = 0

        def explore(settled: Mapping[Condition, object]) -> Cases:
            nonlocal runs
            runs += 1
            if runs > _MAX_RUNS:
                raise _TooMany
            try:
                return self._run(_Run(settled), met)
            except _Open as found:
                condition, options = found.condition, found.options
            return turn(condition, ((option, explore({**settled, condition: option})) for option in options))

        try:
            return explore({})
        except _TooMany:
            return self._coarse(met)

    def _coarse(self, met: Met) -> Cases:
        """How a flow can end if whether each try matches has nothing to do with any other."""
        ends: set[Ending] = set()
        through: set[tuple[int | None, int | None]] = {(None, None)}
        for tries in met:
            settled = next((n for n, one in enumerate(tries) if one.certain), None)
            passed = through if settled is None else set()
            for one in tries if settled is None else tries[: settled + 1]:
                for outcome in self._outcomes(one):
                    if outcome is Outcome.PASS:
                        passed = passed | {(one.layer, one.position)}
                    else:
                        ends.add(Ending(outcome is Outcome.ACCEPT, one.layer, one.position))
            through = passed
        ends |= {Ending(True, layer, position) for layer, position in through}
        unknowns = dict.fromkeys(unknown for tries in met for one in tries for unknown in one.unknowns)
        ordered = sorted(ends, key=lambda end: (end.layer or 0, end.position or 0, end.allowed))
        return turn(Condition(tuple(unknowns), "several"), ((end, end) for end in ordered))

    def _outcomes(self, one: Try) -> tuple[Outcome, ...]:
        outcome = one.rule.outcome
        return self._options[outcome.unknown] if isinstance(outcome, Choice) else (outcome,)

    def _run(self, run: _Run, met: Met) -> Ending:
        last: Try | None = None
        for index, tries in enumerate(met):
            hit = self._hit(run, tries, self._taken[index])
            if hit is None:
                continue
            last = hit
            outcome = self._outcome(run, hit)
            if outcome is not Outcome.PASS:
                return Ending(outcome is Outcome.ACCEPT, hit.layer, hit.position)
        return Ending(True, last.layer, last.position) if last else Ending(True, None, None)

    def _outcome(self, run: _Run, hit: Try) -> Outcome:
        outcome = hit.rule.outcome
        if not isinstance(outcome, Choice):
            return outcome
        chosen = run.choose(Condition((outcome.unknown,), "outcome"), self._options[outcome.unknown])
        assert isinstance(chosen, Outcome)
        return chosen

    def _hit(self, run: _Run, tries: tuple[Try, ...], taken: list[int]) -> Try | None:
        """The try that settles the flow in a layer: the first with a known rank that matches, unless one that floats
        comes before it."""
        known = next((one for one in tries if not isinstance(one.rule.rank, Floating) and run.meets(one)), None)
        before = None if known is None else _rank(known)
        first: dict[Unknown, tuple[Try, int, int]] = {}
        for one in tries:
            rank = one.rule.rank
            if isinstance(rank, Floating) and rank.unknown not in first:
                reach = _reach(rank, taken)
                if reach and run.meets(one) and self._precedes(run, one, reach, before):
                    first[rank.unknown] = one, reach[0], reach[1] if before is None else min(reach[1], before)
        return self._foremost(run, first) if first else known

    def _precedes(self, run: _Run, one: Try, reach: tuple[int, int], before: int | None) -> bool:
        """Whether a floating try comes before a known rank."""
        if before is None:
            return True
        options = tuple(side for side, possible in ((True, reach[0] < before), (False, reach[1] > before)) if possible)
        assert isinstance(one.rule.rank, Floating)
        return bool(run.choose(Condition((one.rule.rank.unknown,), ("before", before)), options))

    def _foremost(self, run: _Run, first: dict[Unknown, tuple[Try, int, int]]) -> Try:
        """Which of floating tries, one for each unknown rank, comes first."""
        lowest_end = min(high for _, _, high in first.values())
        options = tuple(unknown for unknown, (_, low, _) in first.items() if low <= lowest_end)
        chosen = run.choose(Condition(tuple(first), "first"), options)
        assert isinstance(chosen, Unknown)
        return first[chosen][0]


def _rank(one: Try) -> int:
    assert not isinstance(one.rule.rank, Floating)
    return one.rule.rank


def _reach(rank: Floating, taken: Iterable[int]) -> tuple[int, int] | None:
    """The lowest and the highest rank that no other rule has. Where there is none, unknown rules do not match. For
    another rule, raises NoPossibleValue."""
    others = set(taken)
    low, high = rank.low, rank.high
    while low in others:
        low += 1
    while high in others:
        high -= 1
    if low <= high:
        return low, high
    if rank.unknown.kind is UnknownKind.RULES:
        return None
    raise NoPossibleValue(f"the unknowns exclude one another: {rank.unknown.name}")
