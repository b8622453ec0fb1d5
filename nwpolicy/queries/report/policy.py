"""What became of the policy itself: assertions, test cases, exceptions and environments that say something else.

Meaning counts, not words: comments, layout, owners and reasons change nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final, TypeAlias

from nwpolicy.model.assertions import Assertion, AssertionException, Environment, Expectation, Statement
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.source import Source
from nwpolicy.queries.report.answers import PolicyChange, PolicyText

__all__ = ["policy_changes"]

_Part: TypeAlias = Statement | Environment
_KINDS: Final[dict[type[_Part], str]] = {
    Assertion: "assertion",
    Expectation: "test case",
    AssertionException: "exception",
    Environment: "environment",
}
_ORDER: Final = ("removed", "changed", "added", "renamed")
#: So many lines of a definition are quoted.
_LINES: Final = 8


def policy_changes(old: Snapshot, new: Snapshot) -> tuple[PolicyChange, ...]:
    """What is gone first, then what says something else, then what is new."""
    found = [one for kind in _KINDS for one in _of_kind(kind, old, new)]
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.what)))


def _of_kind(kind: type[_Part], old: Snapshot, new: Snapshot) -> Iterator[PolicyChange]:
    """By name; several exceptions of one name are told apart by what they say."""
    before, after = _by_name(old.all(kind)), _by_name(new.all(kind))
    gone: list[_Part] = []
    come: list[_Part] = []
    for name in dict.fromkeys((*after, *before)):
        _, left, right = _twins(before[name], after[name], _is_same)
        both = min(len(left), len(right))
        yield from (_change(kind, "changed", *pair) for pair in zip(left[:both], right[:both], strict=True))
        gone += left[both:]
        come += right[both:]
    renamed, gone, come = _twins(gone, come, _is_same_but_for_its_name)
    yield from (_change(kind, "renamed", *pair) for pair in renamed)
    yield from (_change(kind, "removed", one, None) for one in gone)
    yield from (_change(kind, "added", None, one) for one in come)


def _by_name(parts: Iterable[_Part]) -> defaultdict[str, list[_Part]]:
    found: defaultdict[str, list[_Part]] = defaultdict(list)
    for part in parts:
        found[part.name.lower()].append(part)
    return found


def _twins(
    old: Iterable[_Part], new: Iterable[_Part], same: Callable[[_Part, _Part], bool]
) -> tuple[list[tuple[_Part, _Part]], list[_Part], list[_Part]]:
    """What is the same on both sides, in pairs, and what is left of each side."""
    pairs: list[tuple[_Part, _Part]] = []
    gone, left = [], list(new)
    for part in old:
        at = next((at for at, one in enumerate(left) if same(part, one)), None)
        if at is None:
            gone.append(part)
        else:
            pairs.append((part, left.pop(at)))
    return pairs, gone, left


def _is_same(old: _Part, new: _Part) -> bool:
    """Unknowns belong to their files, whose paths differ: of them the names count."""
    one, other = _meaning(old), _meaning(new)
    return one == other or repr(one) == repr(other)


def _meaning(part: _Part) -> _Part:
    named = replace(part, name=part.name.lower())
    return named if isinstance(named, Environment) else replace(named, owner=None, reason=None)


def _is_same_but_for_its_name(old: _Part, new: _Part) -> bool:
    return _is_same(replace(old, name=""), replace(new, name=""))


def _change(kind: type[_Part], what: str, old: _Part | None, new: _Part | None) -> PolicyChange:
    one = new or old
    assert one is not None
    former = old.name if old is not None and what == "renamed" else None
    return PolicyChange(_KINDS[kind], one.name, what, former, _text(old), _text(new))


def _text(part: _Part | None) -> PolicyText | None:
    return PolicyText(part.source.location, tuple(_lines(part))) if part is not None else None


def _lines(part: _Part) -> Iterator[str]:
    """The lines that it stands in, the values of an environment among them."""
    values = part.values if isinstance(part, Environment) else ()
    numbers = sorted(
        {number for source in (part.source, *(one.source for one in values)) for number in _numbers(source)}
    )
    yield from (part.source.document.line(number).strip() for number in numbers[:_LINES])
    if len(numbers) > _LINES:
        yield "…"


def _numbers(source: Source) -> range:
    span = source.location.span
    return range(span.line, max(span.line, span.end_line - (span.end_column == 1)) + 1)
