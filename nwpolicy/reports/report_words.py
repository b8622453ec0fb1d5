"""The words that all forms of the report share, and links to the lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.answers import PlaceAnswer, UnknownValueText
from nwpolicy.queries.check.answers import CheckState
from nwpolicy.queries.coverage import PropertyCoverage, State, TypeCoverage
from nwpolicy.queries.differences import ChangeAnswer, ChangeKind, SideAnswer, Witness
from nwpolicy.queries.nexthop import HopAnswer, TakenRoute
from nwpolicy.queries.report.answers import (
    AssertionChange,
    DefinitionChange,
    PolicyChange,
    Risk,
    RouteEffect,
    RouteSide,
)
from nwpolicy.readers.versions import Versions

if TYPE_CHECKING:
    from nwpolicy.queries.report.pathmap import Path

__all__ = [
    "CLASSES",
    "EFFECTS",
    "KINDS",
    "RISKS",
    "SIGNS",
    "STATES",
    "Links",
    "assertion_text",
    "definition_text",
    "hops_text",
    "kind_text",
    "left_out_text",
    "place_text",
    "policy_text",
    "route_name",
    "side_word",
    "values_text",
]

KINDS: Final = {
    ChangeKind.OPENED: "opened",
    ChangeKind.CLOSED: "closed",
    ChangeKind.MAY_CHANGE: "may change",
    ChangeKind.OTHER_RULE: "other rule",
}
_MAY: Final = {ChangeKind.OPENED: "may open", ChangeKind.CLOSED: "may close"}
#: What is not told by colour alone has a sign, and a border or line of its own.
SIGNS: Final = {
    ChangeKind.OPENED: "+",
    ChangeKind.CLOSED: "\N{MINUS SIGN}",
    ChangeKind.MAY_CHANGE: "?",
    ChangeKind.OTHER_RULE: "=",
}
CLASSES: Final = {
    ChangeKind.OPENED: "opened",
    ChangeKind.CLOSED: "closed",
    ChangeKind.MAY_CHANGE: "may",
    ChangeKind.OTHER_RULE: "other",
}
RISKS: Final = {
    Risk.INTERNET: "from the internet",
    Risk.MANAGEMENT: "management port",
    Risk.ISOLATION: "between networks",
    Risk.NOT_PUBLIC: "open to public addresses",
    Risk.EGRESS: "to the internet",
    Risk.NONE: "",
}
EFFECTS: Final = {
    RouteEffect.CUT_OFF: "cut off",
    RouteEffect.REDIRECTED: "redirected",
    RouteEffect.CONNECTED: "newly routed",
    RouteEffect.MAY_CHANGE: "may change",
}
STATES: Final = {
    CheckState.HOLDS: "holds",
    CheckState.EXCEPTED: "holds but for exceptions",
    CheckState.LAPSED: "lapsed",
    CheckState.NOT_PROVED: "is not proved",
    CheckState.EXPIRED_EXCEPTION: "rests on an expired exception",
    CheckState.VIOLATED: "is violated",
}
_WERE: Final = {
    CheckState.HOLDS: "held",
    CheckState.EXCEPTED: "held but for exceptions",
    CheckState.LAPSED: "had lapsed",
    CheckState.NOT_PROVED: "was not proved",
    CheckState.EXPIRED_EXCEPTION: "rested on an expired exception",
    CheckState.VIOLATED: "was violated",
}
_ACCESS: Final = {"Allow": "allowed", "Deny": "denied", "Depends": "depends on what is unknown", "Absent": "not there"}
_PLACES: Final = {"network interface": "NIC", "network security group": "NSG"}
_TYPES: Final = {
    "securityRules": "rule",
    "rules": "rule",
    "routes": "route",
    "networkSecurityGroups": "NSG",
    "networkInterfaces": "NIC",
    "ipConfigurations": "IP configuration",
    "virtualNetworks": "virtual network",
    "virtualNetworkPeerings": "peering",
    "subnets": "subnet",
    "routeTables": "route table",
    "applicationSecurityGroups": "ASG",
    "publicIPAddresses": "public IP",
    "loadBalancers": "load balancer",
}


@dataclass(frozen=True, slots=True)
class Links:
    """How places are shown: under the path that both sides share, with a link where a template is given for their side,
    in which `{path}` and `{line}` stand for the place."""

    versions: Versions
    before: str | None = None
    after: str | None = None

    def text(self, location: SourceLocation) -> str:
        return f"{self._path(location)}:{location.span.line}"

    def url(self, location: SourceLocation) -> str | None:
        template = self.after if self.versions.is_new(location.file) else self.before
        if template is None:
            return None
        path = quote(self._path(location), safe="/")
        return template.replace("{path}", path).replace("{line}", str(location.span.line))

    def _path(self, location: SourceLocation) -> str:
        """The shared path; of a file that was given by itself its own name."""
        shared = self.versions.file(location.file)
        return location.file.replace("\\", "/").rpartition("/")[2] if shared == "." else shared


def kind_text(change: ChangeAnswer | Path) -> str:
    """What happens, or may."""
    certain = change.kind is not ChangeKind.MAY_CHANGE
    return KINDS[change.kind] if certain else _MAY.get(change.may_be, KINDS[change.kind])


def side_word(side: SideAnswer) -> str:
    """What became of flows, up to the name of the rule that follows, if any does."""
    word = _ACCESS[side.access]
    if side.access in ("Depends", "Absent"):
        return word
    if side.rule is None:
        return f"{word}: {'it depends by which rule' if side.rule_depends else 'no rule applies'}"
    return f"{word}: {side.rule.statement}" if side.rule.statement is not None else f"{word} by"


def values_text(witness: Witness) -> str:
    """Under which values of what is unknown a witness shows it."""
    return _values(witness.values)


def _values(values: tuple[UnknownValueText, ...]) -> str:
    return " and ".join(f"{value.name} = {value.value}" for value in values)


def hops_text(side: RouteSide) -> str:
    """Where packets leave by: `VirtualAppliance 10.0.0.4`, and why they get no further."""
    hops = " or ".join(dict.fromkeys(map(_hop, side.hops))) or "no route"
    return hops if side.lost is None else f"{hops} ({side.lost})"


def _hop(hop: HopAnswer) -> str:
    kind = hop.next_hop_type or "an unknown hop"
    return f"{kind} {', '.join(hop.next_hop_ip_addresses)}".rstrip()


def route_name(route: TakenRoute) -> str:
    return f"{route.definition}/{route.name}" if route.name else route.definition


def place_text(place: PlaceAnswer) -> str:
    return f"{_PLACES.get(place.kind, place.kind)} {place.name}"


def definition_text(change: DefinitionChange) -> tuple[str, str, str]:
    """A definition that was reworded: what it is, its name, and what happened to it."""
    what = f"renamed, was {change.old_name}" if change.old_name is not None else change.what
    return _TYPES.get(change.type, change.type), change.name, what


def policy_text(change: PolicyChange) -> tuple[str, str, str]:
    """A part of the policy: what it is, its name, and what happened to it."""
    what = f"renamed, was {change.old_name}" if change.old_name is not None else change.what
    return change.kind, change.name, what


def assertion_text(change: AssertionChange) -> str:
    """What became of it: `is violated, held before`."""
    if change.after is None:
        return f"is gone, {_WERE[change.before]} before" if change.before is not None else "is gone"
    now = STATES[change.after]
    if change.before is None:
        return f"{now}, is new"
    if change.before is change.after:
        return f"{now}, as before" if not change.is_other else f"{now}, and {_WERE[change.before]} as it was before"
    return f"{now}, {_WERE[change.before]} before"


def left_out_text(found: TypeCoverage | PropertyCoverage) -> str:
    """What nothing was made of, how often."""
    state = "is not modelled" if found.state is State.NOT_MODELLED else "is not recognised"
    what = found.type if isinstance(found, TypeCoverage) else f"{found.name} of {found.type}"
    return f"{what} {state}, {found.count:,}×"
