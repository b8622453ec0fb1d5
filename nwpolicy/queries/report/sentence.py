"""The verdict in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nwpolicy.queries.differences import ChangeKind
from nwpolicy.queries.report.answers import ReportVerdict, Risk, RouteChange, RouteEffect, RuleChange, Totals

__all__ = ["counted", "verdict_sentence"]


def verdict_sentence(
    verdict: ReportVerdict,
    totals: Totals,
    changes: Iterable[RuleChange],
    routes: Iterable[RouteChange],
    lone: tuple[int, int],
) -> str:
    """`lone` is how many places are new, and how many are gone.

    `opens 2 (1 to the internet), closes 1, 14 rules reworded without effect; 1 assertion newly violated`"""
    meaning = [*_rules(totals, list(changes)), *_routes(list(routes))]
    meaning += [
        f"{word} {counted(count, 'place')}" for word, count in zip(("adds", "removes"), lone, strict=True) if count
    ]
    if not meaning:
        meaning.append("no change in meaning" if verdict is ReportVerdict.SAME else "no path opened or closed")
    if totals.reworded_rules:
        meaning.append(f"{counted(totals.reworded_rules, 'rule')} reworded without effect")
    return "; ".join((", ".join(meaning), *_judged(totals)))


def _rules(totals: Totals, changes: list[RuleChange]) -> Iterator[str]:
    if totals.opened:
        risky = {risk: sum(1 for one in changes if _opens(one) and one.risk is risk) for risk in _RISKY}
        told = ", ".join(f"{count} {_RISKY[risk]}" for risk, count in risky.items() if count)
        yield f"opens {totals.opened}" + (f" ({told})" if told else "")
    if totals.closed:
        yield f"closes {totals.closed}"
    if totals.may_change:
        yield f"may change {totals.may_change}"


_RISKY = {
    Risk.INTERNET: "to the internet",
    Risk.MANAGEMENT: "on management ports",
    Risk.ISOLATION: "between networks",
    Risk.EGRESS: "towards the internet",
}


def _opens(one: RuleChange) -> bool:
    return one.change.kind is ChangeKind.OPENED


def _routes(routes: list[RouteChange]) -> Iterator[str]:
    words = {
        RouteEffect.CUT_OFF: "cuts off {}",
        RouteEffect.REDIRECTED: "redirects {}",
        RouteEffect.CONNECTED: "newly routes {}",
        RouteEffect.MAY_CHANGE: "may reroute {}",
    }
    for effect, text in words.items():
        count = sum(1 for route in routes if route.effect is effect)
        if count:
            yield text.format(counted(count, "way"))


def _judged(totals: Totals) -> Iterator[str]:
    """What assertions and the linter say of it."""
    if totals.newly_violated:
        yield f"{counted(totals.newly_violated, 'assertion')} newly violated"
    if totals.newly_unproved:
        yield f"{counted(totals.newly_unproved, 'assertion')} no longer proved"
    if totals.still_violated:
        yield f"{counted(totals.still_violated, 'assertion')} still violated"
    if totals.mended:
        yield f"{counted(totals.mended, 'assertion')} mended"
    if totals.new_findings:
        yield counted(totals.new_findings, "new finding")
    if totals.mended_findings:
        yield counted(totals.mended_findings, "finding") + " mended"


def counted(count: int, what: str) -> str:
    """`1 rule`, `2,000 rules`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
