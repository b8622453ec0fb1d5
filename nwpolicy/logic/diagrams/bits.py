"""Sets of tries as whole numbers with a bit for each: the first try of the first layer has the highest.

So the first of some tries is told by the length of their number, which takes no time however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from nwpolicy.logic.diagrams.tries import Try
from nwpolicy.model.filters import Choice, FilterRule, Floating, Match, Outcome
from nwpolicy.model.records import dataclass

__all__ = ["OUTCOMES", "LayerBits", "bits_of", "first_of", "layers_of", "places_of", "stand_ins"]

OUTCOMES: Final = (Outcome.PASS, Outcome.DENY, Outcome.ACCEPT)


@dataclass(frozen=True, slots=True)
class LayerBits:
    """The bits of a layer's tries: all of them, those that are certain, that float, and those of each outcome."""

    all: int
    known: int
    floating: int
    outcomes: tuple[tuple[Outcome, int], ...]
    may_pass: int

    @property
    def passes(self) -> int:
        return self.outcomes[0][1]

    def simplified(self, live: int, last: int) -> int:
        """Tries that do the same, where it does not matter which of them matches: those before the last, which holds
        everything (or before the end of the layer), are dropped where they do as it does, up to one that does not; and
        for the last stands the layer's own try of that outcome, or nothing for handing on."""
        for outcome, bits in self.outcomes:
            if last & bits or (not last and outcome is Outcome.PASS):
                live = live & ~last
                others = live & ~bits
                return live & -(others & -others) | self.default(outcome)
        return live

    def default(self, outcome: Outcome) -> int:
        """The layer's own try of an outcome, which stands behind all others."""
        end = self.all & -self.all
        return {Outcome.DENY: 2 * end, Outcome.ACCEPT: end, Outcome.PASS: 0}[outcome]


def layers_of(layers: tuple[tuple[Try, ...], ...], end: int) -> Iterator[LayerBits]:
    """The bits of each layer, from before `end` down."""
    for tries in layers:
        end -= len(tries)
        outcomes = [one.rule.outcome for one in reversed(tries)]
        yield LayerBits(
            (1 << len(tries)) - 1 << end,
            bits_of(one.certain for one in reversed(tries)) << end,
            bits_of(isinstance(one.rule.rank, Floating) for one in reversed(tries)) << end,
            tuple((each, bits_of(outcome is each for outcome in outcomes) << end) for each in OUTCOMES),
            bits_of(isinstance(outcome, Choice) or outcome is Outcome.PASS for outcome in outcomes) << end,
        )


def stand_ins(layer: int) -> Iterator[Try]:
    """The tries that stand for any that hold everything."""
    for outcome in (Outcome.DENY, Outcome.ACCEPT):
        yield Try(layer, -1, FilterRule("", Match(), outcome, 0), {}, ())


def bits_of(flags: Iterable[bool]) -> int:
    """A bit for each flag, from the lowest up."""
    return int("".join("01"[flag] for flag in reversed(list(flags))) or "0", 2)


def first_of(bits: int) -> int:
    """The highest bit that is set alone; 0 of none."""
    return 1 << bits.bit_length() - 1 if bits else 0


def places_of(bits: int) -> Iterator[int]:
    """The places of the bits that are set, from the highest down."""
    while bits:
        at = bits.bit_length() - 1
        bits ^= 1 << at
        yield at
