"""The verdict in a sentence."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from nwpolicy.model.records import dataclass
from nwpolicy.model.routes import Route
from nwpolicy.queries.differences import ChangeAnswer, ChangeKind, WayInState
from nwpolicy.queries.lint.finding import Finding, Suppressed
from nwpolicy.queries.report.answers import (
    DefinitionChange,
    PolicyChange,
    ReportVerdict,
    Risk,
    RouteChange,
    RouteEffect,
    RuleChange,
    Totals,
    UnreadChange,
)

__all__ = ["Told", "counted", "verdict_sentence", "without_effect"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the sentence is about: `without` are the rules and routes whose change does nothing, `renamed` is how many
    definitions of another name are taken for the same."""

    verdict: ReportVerdict
    totals: Totals
    changes: Sequence[RuleChange]
    routes: Sequence[RouteChange]
    without: Sequence[DefinitionChange]
    renamed: int
    policy: Sequence[PolicyChange]
    unread: Sequence[UnreadChange]
    silenced: Sequence[Suppressed]


def verdict_sentence(told: Told) -> str:
    """`opens 2 (1 from the internet), closes 1, 14 rules reworded without effect; 1 assertion newly violated`"""
    meaning = [*_rules(told.changes), *_routes(told.routes)]
    meaning += _lone("adds", told.totals.places_added, told.totals.groups_added)
    meaning += _lone("removes", told.totals.places_removed, told.totals.groups_removed)
    if not meaning:
        is_same = told.verdict is ReportVerdict.SAME and not (told.totals.policy_changes or told.silenced)
        meaning.append("no change in meaning" if is_same else "no path opened or closed")
    if told.renamed:
        meaning.append(f"{counted(told.renamed, 'definition')} renamed")
    if told.without:
        meaning.append(f"{_joined(list(_without(told.without)))} without effect")
    return "; ".join((", ".join(meaning), *_unread(told.unread), *_judged(told)))


def _rules(changes: Iterable[RuleChange]) -> Iterator[str]:
    found: defaultdict[str, list[RuleChange]] = defaultdict(list)
    for one in changes:
        found[_word(one.change)].append(one)
    for word in _WORDS:
        told = "; ".join(_details(found[word])) if word in _OPENING else ""
        if found[word]:
            yield f"{word} {len(found[word])}" + (f" ({told})" if told else "")


def _details(changes: Sequence[RuleChange]) -> Iterator[str]:
    """The risks of what opens, and how much of it nothing from the internet gets to as yet."""
    risks = Counter(one.risk for one in changes)
    if told := [f"{risks[risk]} {text}" for risk, text in _RISKY.items() if risks[risk]]:
        yield ", ".join(told)
    entered = [one.change.way_in.state for one in changes if one.change.way_in is not None]
    if closed := entered.count(WayInState.NONE):
        yield f"no public address leads {'there' if closed == len(changes) else f'to {closed}'}"


#: So many of what was not compared have a name in the sentence.
_SHOWN: Final = 3
_OPENING: Final = ("opens", "may open")
_WORDS: Final = ("opens", "closes", "may open", "may close", "may change")
#: What became of rules that do what they did.
_DONE: Final = {"renamed": "reworded", "changed": "reworded", "added": "added", "removed": "removed"}
_MAY: Final = {
    ChangeKind.OPENED: "may open",
    ChangeKind.CLOSED: "may close",
    ChangeKind.MAY_CHANGE: "may change",
}
_RISKY = {
    Risk.INTERNET: "from the internet",
    Risk.MANAGEMENT: "on management ports",
    Risk.ISOLATION: "between networks",
    Risk.EGRESS: "to the internet",
}


def _word(change: ChangeAnswer) -> str:
    """What happens, or may."""
    if change.kind is not ChangeKind.MAY_CHANGE:
        return "opens" if change.kind is ChangeKind.OPENED else "closes"
    return _MAY[change.may_be]


def _lone(word: str, places: int, groups: int) -> Iterator[str]:
    if places:
        yield f"{word} {counted(places, 'place')}"
    if groups:
        yield f"{word} {counted(groups, 'group')} attached to nothing"


def _routes(routes: Sequence[RouteChange]) -> Iterator[str]:
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


def _without(changes: Sequence[DefinitionChange]) -> Iterator[str]:
    """`12 rules reworded`, `1 removed`, `100 routes removed`"""
    last = None
    for count, noun, word in without_effect(changes):
        yield f"{count:,} {word}" if noun == last else f"{counted(count, noun)} {word}"
        last = noun


def without_effect(changes: Sequence[DefinitionChange]) -> Iterator[tuple[int, str, str]]:
    """How many rules and routes were reworded, added and removed, as `12, "rule", "reworded"`."""
    for noun in ("rule", "route"):
        own = Counter(_DONE[one.what] for one in changes if (one.type == Route.type) is (noun == "route"))
        yield from ((own[word], noun, word) for word in ("reworded", "added", "removed") if own[word])


def _joined(texts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


def _unread(changes: Sequence[UnreadChange]) -> Iterator[str]:
    """What nobody compared, which may be all that matters."""
    yield from _passed([one for one in changes if one.errors])
    files = [one for one in changes if one.kind == "parameters"]
    modules = [one for one in changes if one.kind == "submodule"]
    if len(files) > 1:
        yield f"parameters changed in {len(files):,} files, which were not applied"
    elif files:
        yield f"parameters {files[0].what} in {files[0].path}, which was not applied"
    if len(modules) > 1:
        yield f"{len(modules):,} submodules changed, which are not read"
    elif modules:
        yield f"submodule {modules[0].path} {modules[0].what}, which is not read"


def _passed(parts: Sequence[UnreadChange]) -> Iterator[str]:
    """`2 files were not compared: infra/web.json cannot be read before, infra/db.json cannot be read now`"""
    if not parts:
        return
    kinds = Counter(one.kind for one in parts)
    what = _joined([counted(count, kind) for kind, count in kinds.items()])
    named, others = [one.verdict for one in parts[:_SHOWN]], parts[_SHOWN:]
    if others:
        differ = sum(one.differs for one in others)
        named.append(f"{len(others):,} more" + (f", {differ:,} of which differ or may" if differ else ""))
    yield f"{what} {'was' if len(parts) == 1 else 'were'} not compared: {_joined(named)}"


def _judged(told: Told) -> Iterator[str]:
    """What assertions and the linter say of it."""
    totals = told.totals
    if totals.newly_violated:
        yield f"{counted(totals.newly_violated, 'assertion')} newly violated"
    if totals.newly_unproved:
        yield f"{counted(totals.newly_unproved, 'assertion')} no longer proved"
    if totals.newly_excepted:
        yield f"{counted(totals.newly_excepted, 'assertion')} newly excepted"
    yield from _policy([one for one in told.policy if one.may_loosen])
    if totals.violated_removed:
        yield f"{counted(totals.violated_removed, 'violation')} no longer asserted"
    if totals.still_violated:
        yield f"{counted(totals.still_violated, 'assertion')} still violated"
    if totals.mended:
        yield f"{counted(totals.mended, 'assertion')} mended"
    if totals.new_findings:
        yield counted(totals.new_findings, "new finding")
    yield from _silenced([one.finding for one in told.silenced])
    if totals.mended_findings:
        yield counted(totals.mended_findings, "finding") + " mended"


def _silenced(findings: Sequence[Finding]) -> Iterator[str]:
    for severity in dict.fromkeys(one.severity for one in findings):
        own = [one for one in findings if one.severity is severity]
        by = f"a comment: {own[0].message}" if len(own) == 1 else "comments"
        yield f"{counted(len(own), severity.value)} newly silenced by {by}"


def _policy(changes: Sequence[PolicyChange]) -> Iterator[str]:
    """`1 assertion changed, 2 removed`, `1 exception added`"""
    for kind in dict.fromkeys(one.kind for one in changes):
        own = Counter(one.what for one in changes if one.kind == kind)
        first, *others = (what for what in ("changed", "removed", "added") if own[what])
        yield ", ".join((f"{counted(own[first], kind)} {first}", *(f"{own[what]:,} {what}" for what in others)))


def counted(count: int, what: str) -> str:
    """`1 rule`, `2,000 rules`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
