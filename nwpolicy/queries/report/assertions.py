"""What became of the assertions and test cases of both sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, TypeAlias

from nwpolicy.model.assertions import Assertion, Expectation
from nwpolicy.queries.check import check
from nwpolicy.queries.check.answers import CheckAnswer, CheckState, ResultAnswer
from nwpolicy.queries.report.answers import AssertionChange, PolicyChange
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.versions import Version

__all__ = [
    "assertion_changes",
    "checked",
    "is_mended",
    "is_newly_excepted",
    "is_newly_unproved",
    "is_newly_violated",
    "is_removed_violated",
    "is_still_violated",
    "is_worth_telling",
]

_ORDER: Final = tuple(CheckState)
_ENVIRONMENT: Final = "environment"
_Key: TypeAlias = tuple[str, str, str]


def checked(version: Version, pins: Pins, today: date | None, assume: Mapping[str, str]) -> CheckAnswer | None:
    """The results of one side; None where it asserts nothing."""
    found = version.definitions
    if not found.all(Assertion) and not found.all(Expectation):
        return None
    return check(version.read, today=today, pins=pins, assume=assume, elsewhere=version.elsewhere)


def assertion_changes(
    before: CheckAnswer | None, after: CheckAnswer | None, policy: Iterable[PolicyChange] = ()
) -> tuple[AssertionChange, ...]:
    """All results of both sides by name, the worst first; `policy` is what says something else."""
    others = {(one.kind == _ENVIRONMENT, one.name.lower()) for one in policy if one.what != "renamed"}
    former = {one.name.lower(): one.old_name.lower() for one in policy if one.old_name is not None}
    old, new = _by_name(before, {}), _by_name(after, former)
    found = [
        AssertionChange(
            old[key].state if key in old else None,
            new[key].state if key in new else None,
            (one := new[key] if key in new else old[key]),
            not others.isdisjoint(((False, one.name.lower()), (True, (one.environment or "").lower()))),
        )
        for key in dict.fromkeys((*new, *old))
    ]
    return tuple(sorted(found, key=_urgency))


def _by_name(answer: CheckAnswer | None, former: Mapping[str, str]) -> dict[_Key, ResultAnswer]:
    results = answer.results if answer is not None else ()
    named = ((one.name.lower(), one) for one in results)
    return {(one.environment or "", one.kind, former.get(name, name)): one for name, one in named}


def _urgency(change: AssertionChange) -> tuple[bool, bool, int, bool]:
    state = change.after or CheckState.HOLDS
    worse = is_newly_violated(change) or is_newly_unproved(change)
    return not worse, not is_still_violated(change), -_ORDER.index(state), not is_mended(change)


def is_newly_violated(change: AssertionChange) -> bool:
    return (
        change.after is not None
        and change.after.is_wrong
        and not (change.before is not None and change.before.is_wrong)
    )


def is_newly_unproved(change: AssertionChange) -> bool:
    was_good = change.before is None or change.before.is_good
    return change.after is CheckState.NOT_PROVED and was_good


def is_still_violated(change: AssertionChange) -> bool:
    return all(state is not None and state.is_wrong for state in (change.before, change.after))


def is_newly_excepted(change: AssertionChange) -> bool:
    """Whether it does not hold, and an exception is the reason why nothing is said of that any more."""
    return change.after is CheckState.EXCEPTED and change.before not in (None, CheckState.EXCEPTED)


def is_removed_violated(change: AssertionChange) -> bool:
    return change.after is None and change.before is not None and change.before.is_wrong


def is_mended(change: AssertionChange) -> bool:
    """Whether it holds now, and the same did not before."""
    was_bad = change.before is not None and not change.before.is_good
    return was_bad and change.after is CheckState.HOLDS and not change.is_other


def is_worth_telling(change: AssertionChange) -> bool:
    """Whether a reviewer has to see it: all but what holds as before."""
    is_as_before = change.before is change.after and not change.is_other
    return not is_as_before or not (change.after is not None and change.after.is_good)
