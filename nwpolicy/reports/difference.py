"""The answers of `diff` and `equivalent` as people read them: what opened and closed, by which rules, was and now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from nwpolicy.queries.answers import PlaceAnswer, RuleAnswer
from nwpolicy.queries.differences import (
    NOT_SHOWN,
    ChangeAnswer,
    ChangeKind,
    DefaultChange,
    Difference,
    DiffVerdict,
    EquivalenceAnswer,
    LonePlace,
    RenamedPlace,
    SideAnswer,
    WayInState,
    Witness,
)
from nwpolicy.queries.proving import Proof
from nwpolicy.reports.screen import Line, Style, Styled

__all__ = [
    "change_lines",
    "default_text",
    "difference_head",
    "difference_lines",
    "equivalence_head",
    "equivalence_lines",
    "way_in_text",
]

_WORDS: Final = {
    ChangeKind.OPENED: ("OPENED", Style.DENIED),
    ChangeKind.CLOSED: ("CLOSED", Style.ALLOWED),
    ChangeKind.MAY_CHANGE: ("MAY CHANGE", Style.DOUBTFUL),
    ChangeKind.OTHER_RULE: ("OTHER RULE", Style.FAINT),
}
_MAY: Final = {ChangeKind.OPENED: "MAY OPEN", ChangeKind.CLOSED: "MAY CLOSE"}
_ACCESS: Final = {"Allow": "allowed", "Deny": "denied", "Depends": "depends on what is unknown", "Absent": "not there"}
_KIND_NAMES: Final = {"network interface": "NIC", "network security group": "NSG"}
#: How much of a list is shown; the JSON output has all of it.
_SETS_SHOWN: Final = 4
_PLACES_SHOWN: Final = 8


def difference_head(answer: Difference) -> Line:
    """The first line: what the change means, in one count."""
    if answer.verdict is DiffVerdict.SAME:
        if not answer.same:
            return (
                Styled("NO CHANGE", Style.ALLOWED),
                " in meaning: neither side defines a place that filters apply to",
            )
        return (
            Styled("NO CHANGE", Style.ALLOWED),
            f" in meaning (proved): {_count(len(answer.same), 'place')} compared",
        )
    opened, closed = len(answer.of_kind(ChangeKind.OPENED)), len(answer.of_kind(ChangeKind.CLOSED))
    parts = [f"{_count(opened, 'path')} opened", f"{closed} closed"]
    if may := len(answer.of_kind(ChangeKind.MAY_CHANGE)):
        parts.append(f"{may} may change")
    if other := len(answer.of_kind(ChangeKind.OTHER_RULE)):
        parts.append(f"{other} decided by another rule")
    style = Style.DENIED if opened else Style.DOUBTFUL
    word = "MAY CHANGE" if answer.verdict is DiffVerdict.MAY_CHANGE else "CHANGED"
    return (Styled(word, style), f"  {', '.join(parts)}")


def difference_lines(answer: Difference, limit: int | None = None) -> Iterator[Line]:
    """The whole answer; at most `limit` changes."""
    yield difference_head(answer)
    shown = answer.changes[:limit]
    for change in shown:
        yield from change_lines(change)
    if len(shown) < len(answer.changes):
        left = answer.changes[len(shown) :]
        yield (f"  {_count(len(left), 'more change')} left out by the limit: {_kinds(left)}",)
    yield from _renamed(answer.renamed)
    yield from _alone("only before", answer.only_before)
    yield from _alone("only now   ", answer.only_after)
    yield from ((f"  by default   {default_text(change)}",) for change in answer.by_default)
    yield from _same(answer)
    yield from _premises(answer)


def change_lines(change: ChangeAnswer) -> Iterator[Line]:
    """Flows that fare otherwise, and by which rules."""
    word, style = _WORDS[change.kind]
    if change.kind is ChangeKind.MAY_CHANGE:
        word = _MAY.get(change.may_be, word)
    first, *rest = [flows.text for flows in change.flows]
    if change.summary is not None and len(rest) > 1:
        first, rest = f"{change.summary.text}, with exceptions; exactly:", [first, *rest]
    yield ("  ", Styled(word, style), f"  {first}")
    indent = " " * (len(word) + 4)
    yield from ((f"{indent}{text}",) for text in rest[:_SETS_SHOWN])
    if len(rest) > _SETS_SHOWN:
        yield (f"{indent}and {len(rest) - _SETS_SHOWN} more sets of flows",)
    yield ("      was  ", *_side(change.before))
    yield ("      now  ", *_side(change.after))
    if told := way_in_text(change):
        yield (f"      {told[0]}  {told[1]}",)
    for unknown in change.depends_on:
        yield ("      on   ", Styled(unknown.name, Style.STRONG), f" ({unknown.location}): {unknown.reason}")
    yield (f"      e.g. {_witness(change.witness)}",)


def way_in_text(change: ChangeAnswer) -> tuple[str, str] | None:
    """`via`, and what leads from the internet to the places; `but`, and that nothing does."""
    found = change.way_in
    if found is None or found.text == NOT_SHOWN:
        return None
    return "but" if found.state in (WayInState.NONE, WayInState.UNSEEN) else "via", found.text


def _side(side: SideAnswer) -> Line:
    word = _ACCESS[side.access]
    rule = side.rule
    if side.access in ("Depends", "Absent"):
        return (word,)
    if rule is None:
        return (
            f"{word}: it depends on what is unknown by which rule" if side.rule_depends else f"{word}: no rule applies",
        )
    if rule.statement is not None:
        return (f"{word}: {rule.statement}",)
    return (f"{word} by ", *_rule(rule))


def _rule(rule: RuleAnswer) -> Line:
    priority = f" {rule.priority}" if rule.priority is not None else ""
    place = f"   {rule.location}" if rule.location else ""
    return (Styled(rule.name, Style.STRONG), f"{priority}{place}", Styled(f"   in {rule.layer}", Style.FAINT))


def _witness(witness: Witness) -> str:
    values = " and ".join(f"{value.name} = {value.value}" for value in witness.values)
    return f"{witness.text}, if {values}" if values else witness.text


def _renamed(pairs: Sequence[RenamedPlace]) -> Iterator[Line]:
    for pair in pairs:
        names = f"{_kind(pair.before)} {pair.before.name} before, {pair.after.name} now"
        yield (f"  compared     {names}: nothing else of either side can be it",)


def _alone(title: str, places: Sequence[LonePlace]) -> Iterator[Line]:
    for lone in places[:_PLACES_SHOWN]:
        yield (f"  {title}  {_kind(lone.place)} {lone.place.name}   {lone.location}",)
    if len(places) > _PLACES_SHOWN:
        yield (f"  {title}  and {len(places) - _PLACES_SHOWN} more",)


def default_text(change: DefaultChange) -> str:
    """What opens or closes by default, and at how many places: `inbound by AllowVnetInBound at 2 new places`."""
    age = "new" if change.kind is ChangeKind.OPENED else "former"
    return f"{change.direction.lower()} by {change.rule} at {_count(len(change.places), f'{age} place')}"


def _same(answer: Difference) -> Iterator[Line]:
    if answer.unreached:
        names = _listed(answer.unreached)
        yield (f"  rules of {names} changed, where no network interface or subnet of the input is reached by it",)
    if answer.same and answer.verdict is not DiffVerdict.SAME:
        yield (f"  same meaning (proved): {_listed(answer.same)}",)


def _premises(answer: Difference) -> Iterator[Line]:
    if answer.proof is not None:
        yield (_proof_text(answer.proof),)
    if answer.unknowns:
        yield (f"Unknowns taken to be the same before and after: {', '.join(answer.unknowns)}",)
    if answer.rests_on:
        yield (f"Rests on: {'; '.join(answer.rests_on)}",)
    if answer.assumptions:
        used = ", ".join(f"{used.name}={used.choice}" for used in answer.assumptions)
        yield (Styled(f"Assumes: {used}", Style.FAINT),)


def _proof_text(proof: Proof) -> str:
    return f"Proved with Z3: {_count(proof.cells, 'cell')} in {proof.seconds:.2f} s"


def _kinds(changes: Sequence[ChangeAnswer]) -> str:
    counts = {kind: sum(1 for change in changes if change.kind is kind) for kind in ChangeKind}
    return ", ".join(f"{count} {_WORDS[kind][0].lower()}" for kind, count in counts.items() if count)


def _listed(places: Sequence[PlaceAnswer]) -> str:
    names = [f"{_kind(place)} {place.name}" for place in places[:_PLACES_SHOWN]]
    more = f" and {len(places) - _PLACES_SHOWN} more" if len(places) > _PLACES_SHOWN else ""
    return ", ".join(names) + more


def _kind(place: PlaceAnswer) -> str:
    return _KIND_NAMES.get(place.kind, place.kind)


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def equivalence_head(answer: EquivalenceAnswer) -> Line:
    """The verdict."""
    if answer.equivalent:
        return (Styled("EQUIVALENT", Style.ALLOWED), f" (proved): {_listed(answer.places)}")
    where = (
        f"  {answer.direction.lower()} at {_kind(answer.place)} {answer.place.name}"
        if answer.place and answer.direction
        else ""
    )
    return (Styled("NOT EQUIVALENT", Style.DENIED), where)


def equivalence_lines(answer: EquivalenceAnswer) -> Iterator[Line]:
    """The whole answer."""
    yield equivalence_head(answer)
    if answer.witness is not None and answer.before is not None and answer.after is not None:
        yield (f"  e.g. {_witness(answer.witness)}",)
        yield ("  was  ", *_side(answer.before))
        yield ("  now  ", *_side(answer.after))
    yield from _renamed(answer.renamed)
    yield from _alone("only before", answer.only_before)
    yield from _alone("only now   ", answer.only_after)
