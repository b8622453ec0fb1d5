"""Whether definitions in one place mean the same as those in another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from nwpolicy.model.assertions import Assertion
from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.check.answers import CheckState, WitnessAnswer
from nwpolicy.queries.check.finding import HOLDS, Finding
from nwpolicy.queries.differences import EquivalenceAnswer, SideAnswer
from nwpolicy.queries.equivalent import equivalent

__all__ = ["same_meaning"]


def same_meaning(
    checked: Snapshot, assertion: Assertion, assume: Mapping[str, str], read: Callable[[str], Snapshot]
) -> Finding:
    """Whether all flows fare alike in both; `read` reads what lies at a path. Raises InputError where a file cannot
    be read."""
    before, after = (_definitions(checked, assertion, path, read) for path in (assertion.before, assertion.after))
    answer = equivalent(before, after, assume=assume)
    if not (answer.places or answer.only_before or answer.only_after):
        raise InputError(Diagnostic.error("no-place", "neither of the two has rules to compare", assertion.source))
    if answer.equivalent:
        return HOLDS
    return Finding(CheckState.VIOLATED, _difference(answer), _witness(answer))


def _definitions(
    checked: Snapshot, assertion: Assertion, path: str | None, read: Callable[[str], Snapshot]
) -> Snapshot:
    """What lies at a path that is relative to the file of the assertion."""
    if path is None:
        return checked
    return read(str(Path(assertion.source.document.path).parent / path))


def _difference(answer: EquivalenceAnswer) -> str:
    if answer.place is not None and answer.before is not None and answer.after is not None:
        sides = f"{_side(answer.before)} before, {_side(answer.after)} after"
        return f"{answer.direction} flows at {answer.place.name} fare otherwise: {sides}"
    lone = (*answer.only_before, *answer.only_after)
    return f"only one of the two has {', '.join(place.place.name for place in lone)}"


def _witness(answer: EquivalenceAnswer) -> WitnessAnswer | None:
    if answer.witness is None or answer.place is None:
        return None
    shown = answer.witness
    return WitnessAnswer(shown.text, shown.source, shown.destination, None, shown.values, (), ())


def _side(side: SideAnswer) -> str:
    return f"{side.access} by {side.rule.name}" if side.rule is not None else side.access
