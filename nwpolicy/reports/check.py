"""The results of assertions as people read them: what does not hold first, each with a flow that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.queries.answers import RuleAnswer
from nwpolicy.queries.check.answers import (
    ALSO,
    CheckAnswer,
    CheckState,
    ExceptionAnswer,
    ResultAnswer,
    WitnessAnswer,
    counted,
)
from nwpolicy.queries.nexthop import TakenRoute
from nwpolicy.queries.reach.answers import ChainAnswer
from nwpolicy.reports.screen import Line, Style, Styled
from nwpolicy.reports.text import assumed_line

__all__ = ["check_head", "check_lines"]

_HEADS: Final = {
    CheckState.VIOLATED: ("VIOLATED", Style.DENIED),
    CheckState.EXPIRED_EXCEPTION: ("EXPIRED EXCEPTION", Style.DENIED),
    CheckState.NOT_PROVED: ("NOT PROVED", Style.DOUBTFUL),
    CheckState.EXCEPTED: ("EXCEPTED", Style.ALLOWED),
    CheckState.LAPSED: ("LAPSED", Style.FAINT),
    CheckState.HOLDS: ("HOLDS", Style.ALLOWED),
}


def check_head(answer: CheckAnswer) -> Line:
    """How many results there are of each sort, and on which day."""
    return (Styled(counted(answer.totals), Style.STRONG), f"  (dates as of {answer.today})")


def check_lines(answer: CheckAnswer) -> Iterator[Line]:
    """All results: those that need attention in full, of the others a line each."""
    order = list(_HEADS)
    for result in sorted(answer.results, key=lambda result: order.index(result.state)):
        yield from _result(result)
    yield ()
    yield check_head(answer)
    yield from map(assumed_line, answer.assumptions)


def _result(result: ResultAnswer) -> Iterator[Line]:
    word, style = _HEADS[result.state]
    where = f"  in {result.environment}" if result.environment is not None else ""
    place = Styled(f"   {result.location}", Style.FAINT)
    rules = "  (rules only)" if result.rules_only else ""
    yield (Styled(word, style), "  ", Styled(result.name, Style.STRONG), f"{where}  {result.text}{rules}", place)
    if not result.state.is_good or result.state is CheckState.LAPSED:
        yield (f"  {result.message}",)
    if result.witness is not None:
        yield from _witness(result.witness)
    yield from ((f"  also: {sentence}",) for sentence in result.also[:ALSO])
    if len(result.also) > ALSO:
        yield (f"  and {len(result.also) - ALSO:,} more (--output json lists them)",)
    for unknown in result.depends_on:
        location = f" ({unknown.location})" if unknown.location else ""
        yield ("  depends on ", Styled(unknown.name, Style.STRONG), f"{location}: {unknown.reason}")
    if result.depends_on:
        yield ("  = help: give values with --set NAME=VALUE, or in an environment",)
    yield from map(_exception, result.exceptions)
    yield from ((f"  note: {note}",) for note in result.notes)
    if not result.state.is_good:
        yield from _responsible(result)


def _witness(witness: WitnessAnswer) -> Iterator[Line]:
    values = " and ".join(f"{value.name} = {value.value}" for value in witness.values)
    yield (f"  e.g. {witness.text}", f"  if {values}" if values else "")
    for chain in witness.chains:
        yield from _chain(chain)
    yield from map(_route, witness.routes)
    if witness.cause is not None:
        yield (f"    stopped: {witness.cause}",)


def _chain(chain: ChainAnswer) -> Iterator[Line]:
    head = f"    {chain.direction.lower()} at {chain.place}: "
    if not chain.rules:
        yield (head, "no rule applies")
    for rule in chain.rules:
        yield (head, *_rule(rule))


def _rule(rule: RuleAnswer) -> Line:
    style = Style.DENIED if rule.access == "Deny" else Style.ALLOWED
    place = (Styled(f"   {rule.location}", Style.FAINT),) if rule.location is not None else ()
    what = rule.statement or f"by {rule.name} of {rule.layer}"
    return (Styled(rule.access, style), f" {what}", *place)


def _route(route: TakenRoute) -> Line:
    name = f"{route.name} of {route.definition}" if route.name else route.definition
    place = (Styled(f"   {route.location}", Style.FAINT),) if route.location is not None else ()
    return (f"    routed by {route.kind} {name}", *place)


def _exception(exception: ExceptionAnswer) -> Line:
    until = f" until {exception.expires}" if exception.expires is not None else ""
    state = f"expired on {exception.expires}" if exception.is_expired else f"in force{until}"
    words = [state if exception.is_used or exception.is_expired else f"{state}, not needed"]
    words += [word for word in (exception.owner, exception.reason) if word is not None]
    return (f"  exception {', '.join(words)}", Styled(f"   {exception.location}", Style.FAINT))


def _responsible(result: ResultAnswer) -> Iterator[Line]:
    words = [f"owner: {result.owner}"] if result.owner is not None else []
    words += [f"reason: {result.reason}"] if result.reason is not None else []
    if words:
        yield (f"  {', '.join(words)}",)
