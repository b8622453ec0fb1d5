"""Everything that a question can come to while some values are not known.

A question is put to a *world*, which knows some of the values. Where it needs another one it is put anew, once for each
value that there could be; what is never needed is never looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import field
from typing import Generic, TypeVar

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown

__all__ = ["Outcomes", "World", "outcomes"]

T = TypeVar("T", bound=Hashable)


class _Needed(Exception):  # noqa: N818 - a step of the search
    def __init__(self, key: tuple[Unknown, str], options: tuple[Hashable, ...]) -> None:
        super().__init__()
        self.key, self.options = key, options


@dataclass(frozen=True, slots=True)
class World:
    """What is taken for true while a question is answered. `consulted` gathers the assumptions that were asked for."""

    assumptions: Assumptions
    values: Mapping[tuple[Unknown, str], Hashable] = field(default_factory=dict)
    consulted: dict[str, None] = field(default_factory=dict)
    lenient: bool = False
    """Takes the first that a value could be, where it is not known."""

    def holds(self, condition: Unknown) -> bool:
        return self.choose(condition, "", (True, False)) is True

    def choose(self, unknown: Unknown, role: str, options: tuple[Hashable, ...]) -> Hashable:
        """The value of an unknown in a role that it plays."""
        key = (unknown, role)
        if key not in self.values:
            if self.lenient:
                return options[0]
            raise _Needed(key, options)
        return self.values[key]

    def assumed(self, name: str) -> str:
        """The choice of an assumption."""
        self.consulted[name] = None
        return self.assumptions[name]


@dataclass(frozen=True, slots=True)
class Outcomes(Generic[T]):
    """All that a question can come to, the unknowns that make the difference, and the assumptions behind it."""

    results: tuple[T, ...]
    unknowns: tuple[Unknown, ...] = ()
    assumptions: tuple[str, ...] = ()


def outcomes(assumptions: Assumptions, ask: Callable[[World], T], same: Callable[[T], Hashable]) -> Outcomes[T]:
    """Everything that `ask` can come to; results for which `same` gives equal keys are one."""
    consulted: dict[str, None] = {}

    def explore(values: dict[tuple[Unknown, str], Hashable]) -> tuple[dict[Hashable, T], dict[Unknown, None]]:
        try:
            result = ask(World(assumptions, values, consulted))
        except _Needed as step:
            needed = step
        else:
            return {same(result): result}, {}
        branches = [explore({**values, needed.key: option}) for option in needed.options]
        results: dict[Hashable, T] = {}
        for branch, _ in branches:
            results |= {key: found for key, found in branch.items() if key not in results}
        if len(results) == 1:
            return results, {}
        return results, dict.fromkeys([needed.key[0], *(u for _, others in branches for u in others)])

    found, unknowns = explore({})
    return Outcomes(tuple(found.values()), tuple(unknowns), tuple(consulted))
