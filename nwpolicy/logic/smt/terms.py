"""Smart constructors: the one place that builds Z3 terms, folding whatever is settled.

Python's `True` and `False` stand for the constant formulas; no `And` or `Or` of fewer than two terms is ever built.
Comparisons are unsigned throughout, and equality is written `equal`, as `==` on Z3 terms invites mistakes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

import z3

from nwpolicy.model.intervals import IntervalSet

__all__ = [
    "Formula",
    "Leading",
    "Number",
    "at_least",
    "at_most",
    "below",
    "boolean",
    "choose",
    "conj",
    "differ",
    "disj",
    "equal",
    "member",
    "neg",
    "number",
    "variable",
    "within_bounds",
]

#: A truth value, constant (`bool`) or a Z3 term. Z3 ships no types.
Formula: TypeAlias = Any
#: A bit-vector term.
Number: TypeAlias = Any

#: An interval is written as blocks of shared leading bits if there are at most this many, else as two comparisons.
_MAX_BLOCKS: Final = 2


def boolean(name: str, context: Any) -> Formula:
    return z3.Bool(name, context)


def variable(name: str, width: int, context: Any) -> Number:
    return z3.BitVec(name, width, context)


def number(value: int, width: int, context: Any) -> Number:
    return z3.BitVecVal(value, width, context)


def neg(term: Formula) -> Formula:
    if isinstance(term, bool):
        return not term
    return z3.BoolRef(z3.Z3_mk_not(term.ctx.ref(), term.ast), term.ctx)


def conj(terms: Iterable[Formula]) -> Formula:
    kept = [term for term in terms if term is not True]
    if any(term is False for term in kept):
        return False
    if not kept:
        return True
    return kept[0] if len(kept) == 1 else _joined(z3.Z3_mk_and, kept)


def disj(terms: Iterable[Formula]) -> Formula:
    kept = [term for term in terms if term is not False]
    if any(term is True for term in kept):
        return True
    if not kept:
        return False
    return kept[0] if len(kept) == 1 else _joined(z3.Z3_mk_or, kept)


def _joined(make: Callable[..., Any], terms: list[Formula]) -> Formula:
    """As `z3.And` and `z3.Or` do it, but for checks of arguments that take longer than the making."""
    context = terms[0].ctx
    operands = (z3.Ast * len(terms))(*(term.ast for term in terms))
    return z3.BoolRef(make(context.ref(), len(terms), operands), context)


def choose(condition: Formula, then: Formula, otherwise: Formula) -> Formula:
    """If-then-else over formulas."""
    if isinstance(condition, bool):
        return then if condition else otherwise
    if isinstance(then, bool):
        return disj((condition, otherwise)) if then else conj((neg(condition), otherwise))
    if isinstance(otherwise, bool):
        return disj((neg(condition), then)) if otherwise else conj((condition, then))
    made = z3.Z3_mk_ite(condition.ctx.ref(), condition.ast, then.ast, otherwise.ast)
    return z3.BoolRef(made, condition.ctx)


def choose_number(condition: Formula, then: Number, otherwise: Number) -> Number:
    """If-then-else over numbers."""
    if isinstance(condition, bool):
        return then if condition else otherwise
    return z3.If(condition, then, otherwise)


def equal(left: Any, right: Any) -> Formula:
    """Equality of two terms of one sort."""
    return left == right


def differ(left: Formula, right: Formula) -> Formula:
    """Exclusive or of two formulas."""
    if isinstance(left, bool):
        return neg(right) if left else right
    if isinstance(right, bool):
        return neg(left) if right else left
    return z3.Xor(left, right)


def below(left: Number, right: Number) -> Formula:
    return z3.ULT(left, right)


def at_least(term: Number, low: int) -> Formula:
    return True if low == 0 else z3.UGE(term, low)


def at_most(term: Number, high: int) -> Formula:
    return True if high == (1 << term.size()) - 1 else z3.ULE(term, high)


class Leading:
    """The leading bits of terms. Terms of one session share them, as sets of addresses ask for the same ones again and
    again, and each costs time to make."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int], Number] = {}

    def __call__(self, term: Number, length: int) -> Number:
        width: int = term.size()
        key = term.get_id(), length
        if key not in self._made:
            self._made[key] = term if length == width else z3.Extract(width - 1, width - length, term)
        return self._made[key]


def member(term: Number, numbers: IntervalSet, leading: Leading | None = None) -> Formula:
    """Whether the term's value is in the set."""
    if numbers.is_full:
        return True
    cut = leading or Leading()
    return disj(part for interval in numbers for part in _interval(term, interval, cut))


def within_bounds(term: Number, numbers: IntervalSet) -> Formula:
    """As `member`, by the bounds of the intervals alone. Sets that touch share a bound, which helps where a formula
    tells many of them apart."""
    if numbers.is_full:
        return True
    return disj(conj((low == 0 or neg(at_most(term, low - 1)), at_most(term, high))) for low, high in numbers)


def _interval(term: Number, interval: tuple[int, int], leading: Leading) -> list[Formula]:
    """Aligned blocks compare leading bits with a constant, which costs the solver less than two comparisons."""
    low, high = interval
    width: int = term.size()
    blocks: list[tuple[int, int]] = []
    for block in IntervalSet(width, (interval,)).prefixes():
        blocks.append(block)
        if len(blocks) > _MAX_BLOCKS:
            return [conj((at_least(term, low), at_most(term, high)))]
    return [leading(term, length) == base >> (width - length) for base, length in blocks]
