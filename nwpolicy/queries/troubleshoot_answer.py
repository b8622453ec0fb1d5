"""The answer of `troubleshoot`: Connection troubleshoot's own, and what it rests on.

Every class is one object of the JSON that `schemas/troubleshoot.schema.json` documents; attribute names are the
camelCase keys in snake_case.

Source: Network Watcher REST API, `ConnectivityInformation`; Microsoft Learn, Connection troubleshoot overview.
"""

from __future__ import annotations

from enum import StrEnum

from nwpolicy.azure.diagnose import Diagnosis
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.answers import AskedFlows, AssumptionUsed, Dependency, FlowExample, RuleAnswer
from nwpolicy.queries.nexthop import HopAnswer, TakenRoute

__all__ = [
    "AnalysisProfile",
    "AnalysisResult",
    "CheckAnswer",
    "ConnectivityHop",
    "ConnectivityIssue",
    "ContextEntry",
    "DecidedBy",
    "EndAnswer",
    "FlowGroup",
    "HopLink",
    "PathAnswer",
    "PathVerdict",
    "ReplyAnswer",
    "ResultName",
    "RuleAnalysis",
    "StopAnswer",
    "TroubleshootAnswer",
]


class PathVerdict(StrEnum):
    """Whether the asked flows reach their destination, and their replies come back: all, none, some, or it depends on
    something that the input does not say."""

    REACHABLE = "Reachable"
    UNREACHABLE = "Unreachable"
    MIXED = "Mixed"
    DEPENDS = "Depends"


class ResultName(StrEnum):
    """What becomes of a set of flows."""

    THROUGH = "Through"
    STOPPED = "Stopped"
    DEPENDS = "Depends"


class DecidedBy(StrEnum):
    """How many rules decide about the flows of a path."""

    ONE_RULE = "one rule"
    SEVERAL = "several rules"
    NO_RULE = "no rule"


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """What an issue is about, e.g. `RuleName` or `RouteType`."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class ConnectivityIssue:
    """An issue as Connection troubleshoot lists it."""

    origin: str
    severity: str
    type: str
    context: tuple[ContextEntry, ...]


@dataclass(frozen=True, slots=True)
class HopLink:
    """From one hop to the next. Nothing is measured."""

    next_hop_id: str
    link_type: str
    issues: tuple[ConnectivityIssue, ...]


@dataclass(frozen=True, slots=True)
class ConnectivityHop:
    """A hop as Connection troubleshoot lists it."""

    type: str
    id: str
    address: str
    resource_id: str | None
    next_hop_ids: tuple[str, ...]
    previous_hop_ids: tuple[str, ...]
    links: tuple[HopLink, ...]
    issues: tuple[ConnectivityIssue, ...]


@dataclass(frozen=True, slots=True)
class AnalysisProfile:
    """What NSG diagnostics is asked."""

    direction: str
    protocol: str
    source: str
    destination: str
    destination_port: str


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """One profile with its result."""

    profile: AnalysisProfile
    network_security_group_result: Diagnosis


@dataclass(frozen=True, slots=True)
class RuleAnalysis:
    """The answer of NSG diagnostics for one end."""

    results: tuple[AnalysisResult, ...]


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """What the rules of one network interface do to the flows of a path in one direction: `verdict` is `Allow`,
    `Deny`, `Mixed` or `Depends`; `rule` the one that decides, if one rule decides about all of them."""

    direction: str
    verdict: str
    decided_by: DecidedBy
    rule: RuleAnswer | None
    depends_on: tuple[Dependency, ...]


@dataclass(frozen=True, slots=True)
class StopAnswer:
    """A place on the way. `checks` are its filters in the order in which flows meet them, `route` the one by which
    they leave, `next_hop` what Next hop would say."""

    number: int
    kind: str
    name: str
    address: str
    resource_id: str | None
    location: SourceLocation | None
    checks: tuple[CheckAnswer, ...]
    route: TakenRoute | None
    next_hop: HopAnswer | None


@dataclass(frozen=True, slots=True)
class EndAnswer:
    """What becomes of packets at the end of a way, whatever rules say: `delivered`, `internet`, `dropped`, …"""

    kind: str
    reason: str
    name: str | None
    resource_id: str | None
    arrives: bool


@dataclass(frozen=True, slots=True)
class ReplyAnswer:
    """A way back: `fault` is `lost`, `asymmetric` or None; `breaks` tells whether connections fail by it."""

    sources: tuple[str, ...]
    fault: str | None
    breaks: bool
    reason: str
    appliances: tuple[str, ...]
    routes: tuple[TakenRoute, ...]
    depends_on: tuple[Dependency, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathAnswer:
    """A way from one source to destinations. `depends_on` is what decides whether this way is taken."""

    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    stops: tuple[StopAnswer, ...]
    end: EndAnswer
    replies: tuple[ReplyAnswer, ...]
    warnings: tuple[str, ...]
    depends_on: tuple[Dependency, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowGroup:
    """Flows with one fate. `path` is the index of the path, `stop` the number of the stop on it that stops them; both
    are None where they get through, or are stopped elsewhere on each of several ways, `stop` also where replies are
    stopped. `flows` are disjoint; `complete` tells whether they are all; `count` is exact. `help` is what to do."""

    result: ResultName
    cause: str | None
    help: str | None
    path: int | None
    stop: int | None
    on_the_way_back: bool
    rule: RuleAnswer | None
    flows: tuple[AskedFlows, ...]
    texts: tuple[str, ...]
    """the same flows in the words of the question"""
    complete: bool
    count: int
    example: FlowExample
    depends_on: tuple[Dependency, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleshootAnswer:
    """The fields down to `destination_security_rule_analysis` are Connection troubleshoot's. `connection_status` is
    None where there is not one for all asked flows."""

    connection_status: str | None
    hops: tuple[ConnectivityHop, ...]
    avg_latency_in_ms: None
    min_latency_in_ms: None
    max_latency_in_ms: None
    probes_sent: int
    probes_failed: int
    next_hop_analysis: HopAnswer | None
    source_security_rule_analysis: RuleAnalysis | None
    destination_security_rule_analysis: RuleAnalysis | None
    verdict: PathVerdict
    asked: AskedFlows
    asked_text: str
    source_name: str
    destination_name: str
    paths: tuple[PathAnswer, ...]
    groups: tuple[FlowGroup, ...]
    reached: FlowExample | None
    """where it depends: a flow that gets through for the values that it gives"""
    not_reached: FlowExample | None
    depends_on: tuple[Dependency, ...]
    not_measured: tuple[str, ...]
    rests_on: tuple[str, ...]
    assumptions: tuple[AssumptionUsed, ...]
    notes: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
