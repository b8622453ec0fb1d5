"""A connection as people read it: the verdict, the hops in order, the way back, and what all of it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.answers import Dependency, FlowExample
from nwpolicy.queries.nexthop import HopAnswer, TakenRoute
from nwpolicy.queries.troubleshoot_answer import (
    CheckAnswer,
    DecidedBy,
    FlowGroup,
    PathAnswer,
    PathVerdict,
    ReplyAnswer,
    ResultName,
    StopAnswer,
    TroubleshootAnswer,
)
from nwpolicy.reports.screen import Line, Style, Styled
from nwpolicy.reports.text import premise_lines

__all__ = ["troubleshoot_head", "troubleshoot_lines"]

_HEADS: Final = {
    PathVerdict.REACHABLE: ("REACHABLE", Style.ALLOWED),
    PathVerdict.UNREACHABLE: ("UNREACHABLE", Style.DENIED),
    PathVerdict.MIXED: ("MIXED", Style.DOUBTFUL),
    PathVerdict.DEPENDS: ("DEPENDS", Style.DOUBTFUL),
}
_RESULTS: Final = {
    ResultName.THROUGH: ("through", Style.ALLOWED),
    ResultName.STOPPED: ("stopped", Style.DENIED),
    ResultName.DEPENDS: ("depends", Style.DOUBTFUL),
}
_ACCESS: Final = {"Allow": ("ALLOW", Style.ALLOWED), "AlwaysAllow": ("ALWAYS ALLOW", Style.ALLOWED)} | {
    "Deny": ("DENY", Style.DENIED),
    "Mixed": ("MIXED", Style.DOUBTFUL),
    "Depends": ("DEPENDS", Style.DOUBTFUL),
}
#: How much of a list is shown; JSON has all of it.
_FLOWS: Final = 6
_PATHS: Final = 8
_TEXT: Final = 100


def troubleshoot_head(answer: TroubleshootAnswer) -> Line:
    """The first line: the verdict, and the asked flows."""
    word, style = _HEADS[answer.verdict]
    return (Styled(word, style), f"  {answer.asked_text}")


def troubleshoot_lines(answer: TroubleshootAnswer) -> Iterator[Line]:
    """The whole answer."""
    yield troubleshoot_head(answer)
    yield from _causes(answer)
    for number, path in enumerate(answer.paths[:_PATHS], 1):
        yield ()
        if len(answer.paths) > 1:
            yield (Styled(f"Way {number}", Style.STRONG), f"  {_short(path.sources)} → {_short(path.destinations)}")
            yield from _missing(path.depends_on, "     taken or not by ")
        yield from _path(path)
    if len(answer.paths) > _PATHS:
        yield ()
        yield (f"and {len(answer.paths) - _PATHS} more ways (--output json lists them)",)
    yield from premise_lines(answer)
    yield (Styled(f"Not measured: {', '.join(answer.not_measured)}", Style.FAINT),)


def _causes(answer: TroubleshootAnswer) -> Iterator[Line]:
    """What becomes of the flows: in a line where all fare alike."""
    if len(answer.groups) == 1 and not answer.groups[0].depends_on:
        group = answer.groups[0]
        if group.cause is not None:
            yield (
                f"  stopped {_where(group, answer)}{group.cause}",
                *_place(group.rule.location if group.rule else None),
            )
        if group.count > 1:
            yield (f"  e.g. {group.example.text}",)
        yield from _help(group, "  ")
        return
    for group in answer.groups:
        yield from _group(group, answer)
    yield from _sides(answer)


def _group(group: FlowGroup, answer: TroubleshootAnswer) -> Iterator[Line]:
    word, style = _RESULTS[group.result]
    cause = f"  {_where(group, answer)}{group.cause}" if group.cause is not None else ""
    yield ("  ", Styled(word, style), cause, *_place(group.rule.location if group.rule else None))
    yield from ((f"           {text}",) for text in group.texts[:_FLOWS])
    if len(group.texts) > _FLOWS or not group.complete:
        more = f"{len(group.texts) - _FLOWS}" if group.complete else "many"
        yield (f"           and {more} more sets of flows",)
    yield (f"           e.g. {group.example.text}",)
    yield from _missing(group.depends_on, "           on ")
    yield from _help(group, "           ")


def _help(group: FlowGroup, before: str) -> Iterator[Line]:
    if group.help is not None:
        yield (f"{before}= help: {group.help}",)


def _where(group: FlowGroup, answer: TroubleshootAnswer) -> str:
    if group.on_the_way_back:
        return "on the way back: "
    if group.stop is None:
        return "on every way: " if group.result is ResultName.STOPPED else ""
    way = f" of way {group.path + 1}" if group.path is not None and len(answer.paths) > 1 else ""
    return f"at hop {group.stop}{way}: " if group.stop else f"before it comes in{way}: "


def _sides(answer: TroubleshootAnswer) -> Iterator[Line]:
    """Where it depends: one flow that fares both ways."""
    for word, style, example in (
        ("through", Style.ALLOWED, answer.reached),
        ("stopped", Style.DENIED, answer.not_reached),
    ):
        if example is not None:
            yield ("  ", Styled(word, style), f"  for example if {_values(example)}")
            yield (f"           {example.text}",)


def _values(example: FlowExample) -> str:
    return " and ".join(f"{value.name} = {value.value}" for value in example.values) or "nothing else matters"


def _path(path: PathAnswer) -> Iterator[Line]:
    for stop in path.stops:
        yield from _stop(stop)
    if not path.end.arrives:
        mark, style = ("?", Style.DOUBTFUL) if path.end.kind == "unknown" else ("✗", Style.DENIED)
        yield (f"  {mark}  ", Styled(path.end.reason, style))
    for reply in path.replies:
        yield from _reply(reply, alone=len(path.replies) == 1)
    for warning in path.warnings:
        yield (Styled(f"     note: {warning}", Style.DOUBTFUL),)


def _stop(stop: StopAnswer) -> Iterator[Line]:
    kind = "" if stop.kind in ("source", "destination") else f"  ({stop.kind})"
    number = f"{stop.number}" if stop.number else "·"
    address = "" if stop.kind == "internet" else f" {_cut(stop.address)}"
    yield (f"  {number}  ", Styled(stop.name, Style.STRONG), address, kind)
    for check in stop.checks:
        yield from _check(check)
    if stop.next_hop is not None:
        yield ("       route  ", *_route(stop.route, stop.next_hop))


def _check(check: CheckAnswer) -> Iterator[Line]:
    word, style = _ACCESS[check.verdict]
    direction = "in   " if check.direction == "Inbound" else "out  "
    yield (f"       {direction}  ", Styled(word, style), "  ", *(() if check.depends_on else _rule(check)))
    yield from _missing(check.depends_on, "              on ")


def _rule(check: CheckAnswer) -> Line:
    rule = check.rule
    if rule is None:
        return ("no rule applies" if check.decided_by is DecidedBy.NO_RULE else "several rules",)
    if rule.statement is not None:
        return (rule.statement,)
    priority = f" ({rule.priority})" if rule.priority is not None else ""
    return (f"{rule.name}{priority}  {rule.layer}", *_place(rule.location))


def _route(route: TakenRoute | None, hop: HopAnswer) -> Line:
    leads = f"{hop.next_hop_type or 'an unknown next hop'} {hop.next_hop_ip_address or ''}".rstrip()
    if route is None:
        return (leads, "  no route covers the address")
    name = f"{route.name} of {route.definition}" if route.name else route.definition
    return (leads, f"  by {route.kind} {name}", *_place(route.location))


def _reply(reply: ReplyAnswer, *, alone: bool) -> Iterator[Line]:
    style = Style.DENIED if reply.breaks else Style.DOUBTFUL if reply.fault else Style.ALLOWED
    sources = "" if alone else f"to {_short(reply.sources)}: "
    yield ("  ↩  ", sources, Styled(reply.reason, style))
    if reply.fault is not None:
        for route in reply.routes:
            name = f"{route.name} of {route.definition}" if route.name else route.definition
            yield (f"       route  {route.kind} {name}", *_place(route.location))
    yield from _missing(reply.depends_on, "       taken or not by ")


def _missing(depends_on: Iterable[Dependency], before: str) -> Iterator[Line]:
    for unknown in depends_on:
        yield (before, Styled(unknown.name, Style.STRONG), *_place(unknown.location), f": {unknown.reason}")


def _place(location: SourceLocation | None) -> Line:
    return (Styled(f"   {location}", Style.FAINT),) if location is not None else ()


def _short(parts: Sequence[str]) -> str:
    return _cut(", ".join(parts))


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT else f"{text[:_TEXT].rpartition(', ')[0]}, …"
