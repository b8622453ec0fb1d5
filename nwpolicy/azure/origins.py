"""Where the layers and rules of a chain come from, in Azure's terms: carried along for the answer."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import Final, TypeAlias

from nwpolicy.model.filters import FilterRule, Layer
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import AdminRule, SecurityRule
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown

__all__ = [
    "BLOCKED",
    "EXEMPT",
    "NO_NSG",
    "UNFILTERED",
    "AnyRule",
    "Association",
    "LayerKind",
    "LayerOrigin",
    "PlatformRule",
    "RuleOrigin",
    "layer_kind",
    "origin_of",
]


class LayerKind(StrEnum):
    """What sort of filter a layer is."""

    PLATFORM = "platform"
    ADMIN_RULES = "admin rules"
    SUBNET_NSG = "subnet NSG"
    NIC_NSG = "NIC NSG"
    NSG = "NSG"
    """a network security group alone, attached to nothing in particular"""


@dataclass(frozen=True, slots=True)
class Association:
    """What a group of rules is attached to; `type` is `subnets`, `networkInterfaces` or `virtualNetworks`."""

    type: str
    name: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class LayerOrigin:
    """The origin of a layer: a network security group, all admin rules of a virtual network, or the platform."""

    kind: LayerKind
    name: str
    id: str | None = None
    association: Association | None = None
    source: Source | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class PlatformRule:
    """Something that Azure does by itself. `reason` is for machines, `statement` for people."""

    reason: str
    statement: str


EXEMPT: Final = PlatformRule("PlatformExempt", "DNS, DHCP, metadata and health traffic of the platform is exempt")
BLOCKED: Final = PlatformRule("PlatformBlocked", "Azure blocks or reserves this traffic in every virtual network")
UNFILTERED: Final = PlatformRule("NotFiltered", "Azure does not filter this protocol")
NO_NSG: Final = PlatformRule("StandardPublicIpClosed", "a Standard public IP address is closed without an NSG")

#: What a filter rule stems from. An `Unknown` stands for rules that the input does not show.
AnyRule: TypeAlias = SecurityRule | AdminRule | PlatformRule | Unknown


@dataclass(frozen=True, slots=True)
class RuleOrigin:
    """The origin of a filter rule: the rule as written, and the layer's origin. `path` names what an admin rule
    stands in: manager, configuration, collection. `id` is the rule's ARM id where it is known."""

    layer: LayerOrigin
    rule: AnyRule
    path: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The rule's own name; the reason of a platform rule."""
        if isinstance(self.rule, PlatformRule):
            return self.rule.reason
        return self.rule.name

    @property
    def id(self) -> str | None:
        """The ARM id, as far as the input tells it."""
        if isinstance(self.rule, PlatformRule | Unknown):
            return None
        if self.rule.id or not self.layer.id or not isinstance(self.rule, SecurityRule):
            return self.rule.id
        kind = "defaultSecurityRules" if self.rule.is_default else "securityRules"
        return f"{self.layer.id}/{kind}/{self.name}"

    @property
    def source(self) -> Source | None:
        """Where the rule was written; None for one that Azure adds."""
        if isinstance(self.rule, PlatformRule):
            return None
        if isinstance(self.rule, SecurityRule) and self.rule.is_default and not self.rule.fields:
            return None
        return self.rule.source


def origin_of(rule: FilterRule) -> RuleOrigin:
    """The Azure origin that every filter rule of a chain carries."""
    assert isinstance(rule.origin, RuleOrigin), rule
    return rule.origin


def layer_kind(layer: Layer) -> LayerKind:
    """What sort of filter a layer of a chain is."""
    assert isinstance(layer.origin, LayerOrigin), layer
    return layer.origin.kind
