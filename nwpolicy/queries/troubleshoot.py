"""Connection troubleshoot: do the asked flows reach their destination, and do their replies come back.

Source: Microsoft Learn, Connection troubleshoot overview; Network Watcher REST API, `ConnectivityInformation`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, TypeVar

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.chains import FilterChain
from nwpolicy.azure.checks import check_definitions
from nwpolicy.azure.paths import Estate
from nwpolicy.azure.subjects import Subject
from nwpolicy.logic.doubts import used_doubts
from nwpolicy.model.diagnostics import Diagnostic, InputError, Severity
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.ports import format_ports
from nwpolicy.model.protocols import format_protocols
from nwpolicy.model.resource import Resource
from nwpolicy.model.rules import Direction
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.closing import Closing
from nwpolicy.queries.errors import QuestionError
from nwpolicy.queries.explain import asked_flows, chain_premises, end_text
from nwpolicy.queries.grounds import used
from nwpolicy.queries.naming import Names
from nwpolicy.queries.nexthop import HopAnswer, distinct_hops
from nwpolicy.queries.question import assumptions_of, protocols_of, refuse_nothing, with_port
from nwpolicy.queries.troubleshoot_analysis import rule_analysis
from nwpolicy.queries.troubleshoot_answer import (
    ConnectivityHop,
    PathAnswer,
    PathVerdict,
    ResultName,
    RuleAnalysis,
    TroubleshootAnswer,
)
from nwpolicy.queries.troubleshoot_ends import Ends, ends_of
from nwpolicy.queries.troubleshoot_gates import courses_of, in_use
from nwpolicy.queries.troubleshoot_groups import bundles_of, examples, group_answer
from nwpolicy.queries.troubleshoot_hops import Hops
from nwpolicy.queries.troubleshoot_stops import holder_of, holders, path_answer
from nwpolicy.queries.verify import end_name
from nwpolicy.readers.inputs import Input, loaded

__all__ = ["Inquiry", "inquire", "troubleshoot"]

T = TypeVar("T", bound=Hashable)

NOT_MEASURED: Final = (
    "latency and loss of packets",
    "CPU and memory of the machines",
    "firewalls and routes inside the machines",
    "whether anything listens on the port",
    "DNS resolution",
)
#: So many places are named where one thing holds for several.
_NAMED: Final = 4
_VERDICTS: Final = {
    frozenset({ResultName.THROUGH}): PathVerdict.REACHABLE,
    frozenset({ResultName.STOPPED}): PathVerdict.UNREACHABLE,
    frozenset({ResultName.THROUGH, ResultName.STOPPED}): PathVerdict.MIXED,
}


def troubleshoot(
    estate: Input,
    source: str,
    destination: str,
    *,
    protocol: str | None = None,
    port: str | None = None,
    assume: Mapping[str, str] = MappingProxyType({}),
    unknowns: str | None = None,
) -> TroubleshootAnswer:
    """Follows what goes from `source` to `destination`: each a network interface, virtual machine, subnet, address,
    prefix or service tag, the source also a gateway, the destination also a private endpoint. What is None may be
    anything. `unknowns`, `any` or `none`, says what counts where it depends.

    Raises QuestionError, InputError, TooLarge, Undecided; ValueError for other `unknowns`.
    """
    return inquire(
        loaded(estate), source, destination, protocol=protocol, port=port, assume=assume, unknowns=unknowns
    ).answer()


def inquire(
    snapshot: Snapshot,
    source: str,
    destination: str,
    *,
    protocol: str | None = None,
    port: str | None = None,
    assume: Mapping[str, str] = MappingProxyType({}),
    unknowns: str | None = None,
) -> Inquiry:
    """The same, with what stops stand for besides."""
    found = snapshot.derived(check_definitions)
    errors = [diagnostic for diagnostic in found if diagnostic.severity is Severity.ERROR]
    if errors:
        raise InputError(*errors)
    estate = Estate(snapshot, assumptions_of(assume))
    ends = ends_of(estate, source, destination)
    ends = replace(ends, destination=with_port(ends.destination, port))
    asked = FlowSet(
        protocols_of(protocol),
        ends.source.addresses,
        ends.source.ports,
        ends.destination.addresses,
        ends.destination.ports,
    )
    refuse_nothing(asked, ends.source, ends.destination)
    closing = None if unknowns is None else Closing(unknowns)
    return Inquiry(estate, ends, asked, _unique((*snapshot.diagnostics, *found)), closing)


class Inquiry:
    """One question, with the ways that the asked flows take."""

    def __init__(
        self,
        estate: Estate,
        ends: Ends,
        asked: FlowSet,
        diagnostics: tuple[Diagnostic, ...],
        closing: Closing | None = None,
    ) -> None:
        self.estate, self.ends, self.asked, self.diagnostics = estate, ends, asked, diagnostics
        self._closing = closing
        self.courses = tuple(courses_of(estate, ends, in_use(estate, ends, asked), closing))
        if not self.courses:
            raise QuestionError(f"the input shows no address of {end_name(ends.destination)}")
        self.tracks = tuple(track for course in self.courses for track in course.tracks)
        self.bundles = bundles_of(self.courses)

    @property
    def assumptions(self) -> Assumptions:
        return self.estate.assumptions

    @property
    def target(self) -> Resource | None:
        """The one thing that flows are meant for, if they are."""
        return holder_of(self.ends.target) if self.ends.target is not None else None

    def holders(self) -> tuple[tuple[Resource | None, ...], ...]:
        """What the stops of each path of the answer stand for."""
        return tuple(holders(track, self.ends.target) for track in self.tracks)

    def answer(self) -> TroubleshootAnswer:
        verdict = _VERDICTS.get(frozenset(bundle.result for bundle in self.bundles), PathVerdict.DEPENDS)
        paths = tuple(self._paths())
        names = self._names()
        groups = tuple(group_answer(bundle, self.tracks, names, self.estate) for bundle in self.bundles)
        open_ = next((bundle for bundle in self.bundles if bundle.result is ResultName.DEPENDS), None)
        reached, not_reached = examples(open_, self.assumptions) if open_ is not None else (None, None)
        certain = verdict in (PathVerdict.REACHABLE, PathVerdict.UNREACHABLE)
        return TroubleshootAnswer(
            connection_status=verdict.value if certain else None,
            hops=self._hops(),
            avg_latency_in_ms=None,
            min_latency_in_ms=None,
            max_latency_in_ms=None,
            probes_sent=0,
            probes_failed=0,
            next_hop_analysis=_next_hop(paths),
            source_security_rule_analysis=self._analysis(self._start, Direction.OUTBOUND),
            destination_security_rule_analysis=self._analysis(self.ends.target, Direction.INBOUND),
            verdict=verdict,
            asked=asked_flows(self.asked),
            asked_text=self._asked_text(),
            source_name=end_name(self.ends.source),
            destination_name=end_name(self.ends.destination),
            paths=paths,
            groups=groups,
            reached=reached,
            not_reached=not_reached,
            depends_on=_unique(unknown for group in groups for unknown in group.depends_on),
            not_measured=NOT_MEASURED,
            rests_on=tuple(self._premises()),
            assumptions=used(self.assumptions, self._used()),
            notes=(*self.ends.notes, *self._closing_notes()),
            diagnostics=self.diagnostics,
        )

    def _closing_notes(self) -> Iterator[str]:
        names = _unique(unknown.name for course in self.courses for unknown in course.open_unknowns)
        if self._closing is not None and names:
            yield f"{self._closing.note} (it depends on {', '.join(names)})"

    def _paths(self) -> Iterator[PathAnswer]:
        for course in self.courses:
            for index in range(len(course.tracks)):
                yield path_answer(self.estate, course, index, self.ends.target)

    @property
    def _start(self) -> Subject | None:
        """The one place of the input that flows start from, if there is one."""
        start = self.ends.legs[0].start
        return start if len(self.ends.legs) == 1 and isinstance(start, Subject) else None

    def _hops(self) -> tuple[ConnectivityHop, ...]:
        hops = Hops()
        for track in self.tracks:
            hops.add(track, end_name(self.ends.destination))
        for bundle in self.bundles:
            for obstacle in bundle.obstacles:
                hops.report(obstacle, bundle.result)
        return hops.answer()

    def _analysis(self, subject: Subject | None, direction: Direction) -> RuleAnalysis | None:
        if subject is None:
            return None
        return rule_analysis(self.estate.chain(subject, direction), self.asked)

    def _names(self) -> Names:
        """The person's own words first."""
        ends = (self.ends.source, self.ends.destination)
        named = [(end.terms[0], end.addresses) for end in ends if len(end.terms) == 1]
        named += [(leg.name, leg.sources) for leg in self.ends.legs]
        reached = (track.way.ending.subject for track in self.tracks)
        named += [(subject.name, subject.local) for subject in reached if subject is not None]
        return Names(named)

    def _asked_text(self) -> str:
        source = end_text(end_name(self.ends.source), format_ports(self.asked.source_port))
        target = end_text(end_name(self.ends.destination), format_ports(self.asked.destination_port))
        return f"{format_protocols(self.asked.protocol)} {source} → {target}"

    def _filters(self) -> Iterator[tuple[FilterChain, FlowSet]]:
        """All chains that asked flows meet, with those that meet them."""
        for course in self.courses:
            for track in course.tracks:
                yield from ((gate.filters, course.asked) for gate in track.gates if gate.filters is not None)

    def _premises(self) -> Iterator[str]:
        """What tags stand for, which may be something else at each place, and other facts."""
        places: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for filters, asked in self._filters():
            for fact in chain_premises(filters, asked):
                places[fact].setdefault(filters.subject.name)
        for fact, names in places.items():
            yield f"{fact} at {_some(tuple(names))}" if " = " in fact else fact

    def _used(self) -> set[str]:
        """The names of all assumptions behind the answer."""
        names = {*self.ends.source.assumptions, *self.ends.destination.assumptions}
        for filters, asked in self._filters():
            names |= {*filters.assumptions, *used_doubts(filters.chain, asked)}
        for track in self.tracks:
            names |= {*track.way.assumptions, *(name for reply in track.replies for name in reply.assumptions)}
        return names


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _next_hop(paths: tuple[PathAnswer, ...]) -> HopAnswer | None:
    """The one next hop of the source, if there is one."""
    found = distinct_hops(path.stops[0].next_hop for path in paths if path.stops and path.stops[0].next_hop is not None)
    return found[0] if len(found) == 1 else None


def _unique(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))
