"""What was understood of the input, for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nwpolicy.queries.coverage import Coverage, PropertyCoverage, State, TypeCoverage
from nwpolicy.reports.screen import Line, Style, Styled

__all__ = ["coverage_lines", "coverage_summary"]

_STYLES = {
    State.UNDERSTOOD: Style.ALLOWED,
    State.IN_PART: Style.DOUBTFUL,
    State.NOT_MODELLED: Style.DENIED,
    State.IGNORED: Style.FAINT,
    State.NOT_RECOGNISED: Style.DENIED,
}


def coverage_summary(found: Coverage) -> Line:
    """All of it in one line."""
    resources = ", ".join(f"{found.count(state)} {state}" for state in State if found.count(state))
    missed = sum(each.state is State.NOT_RECOGNISED for each in found.properties)
    rest = f"; {len(found.unknowns)} unknown{_s(len(found.unknowns))}, {missed} propert{_ies(missed)} not read"
    return (f"resources: {resources or 'none'}{rest}",)


def coverage_lines(found: Coverage) -> Iterator[Line]:
    yield coverage_summary(found)
    for state in State:
        types = [each for each in found.types if each.state is state]
        if types:
            yield ()
            yield (Styled(state, _STYLES[state]),)
            yield from _table(types)
    properties = [each for each in found.properties if each.state is State.NOT_RECOGNISED]
    if properties:
        yield ()
        yield (Styled("properties that nothing was made of", Style.DOUBTFUL),)
        yield from _table(properties)
    if found.unknowns:
        yield ()
        yield (Styled("unknown", Style.DOUBTFUL),)
        for unknown in found.unknowns:
            yield (f"  {unknown.name}", Styled(f"  {unknown.location}  {unknown.reason}", Style.FAINT))
    if found.expressions:
        yield ()
        yield (Styled("expressions that are not supported", Style.DOUBTFUL),)
        for expression in found.expressions:
            yield (f"  {expression.message}", Styled(f"  {expression.location}", Style.FAINT))


def _table(found: Iterable[TypeCoverage | PropertyCoverage]) -> Iterator[Line]:
    for each in found:
        name = f"{each.type}/{each.name}" if isinstance(each, PropertyCoverage) else each.type
        yield (f"{each.count:6d}  {name}", Styled(f"  {each.location}", Style.FAINT))


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _ies(count: int) -> str:
    return "y" if count == 1 else "ies"
