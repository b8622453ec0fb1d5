"""What all definitions have in common: a name, an identity, a place in the input; and how they name one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar, TypeAlias

from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown

__all__ = [
    "AddressPrefix",
    "AddressTerm",
    "PortRange",
    "Reference",
    "Resource",
    "ResourceId",
    "ServiceTag",
]


@dataclass(frozen=True, slots=True)
class ResourceId:
    """The parts of an ARM resource id that tell resources apart.

    `type` is the last segment of the ARM type (`subnets`), `names` the names along the path (`vnet1`, `web`),
    `scope` what stands before `/providers/` (empty where the input gives only names). All lower case: ARM
    compares ids without case.
    """

    type: str
    names: tuple[str, ...]
    scope: str = ""

    @property
    def is_open(self) -> bool:
        """Whether a name has a placeholder (`{prefix}-nsg`): a template does not know all of it."""
        return any("{" in name for name in self.names)

    @classmethod
    def parse(cls, text: str, type: str) -> ResourceId:
        """Reads a full ARM id, or a name (`web`, `vnet1/web`) of a resource of `type`."""
        lowered = text.strip().lower()
        scope, provider, path = lowered.rpartition("/providers/")
        if not provider:
            return cls(type.lower(), tuple(part for part in lowered.split("/") if part))
        segments = path.strip("/").split("/")[1:]
        return cls(segments[-2] if len(segments) > 1 else type.lower(), tuple(segments[1::2]), scope)


@dataclass(frozen=True, slots=True)
class Reference:
    """One resource naming another: by full ARM id or by name, as written.

    `type` is the last segment of the ARM type that is wanted, e.g. `networkSecurityGroups`.
    """

    type: str
    target: str
    source: Source = field(compare=False, repr=False)

    @property
    def id(self) -> ResourceId:
        return ResourceId.parse(self.target, self.type)

    @property
    def name(self) -> str:
        """The last name of the target, as written."""
        return self.target.rstrip("/").rpartition("/")[2]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class AddressPrefix:
    """An address, prefix or range as written, or `*`."""

    addresses: AddressSet
    text: str = field(compare=False)
    source: Source = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ServiceTag:
    """A service tag by name. `expansion` is Azure's own, where the input is an export that carries it; it then
    beats every other source (an effective security rule's `expandedSourceAddressPrefix`)."""

    name: str
    source: Source = field(compare=False, repr=False)
    expansion: AddressSet | None = None


@dataclass(frozen=True, slots=True)
class PortRange:
    """A port, a range of ports, or `*`, as written."""

    ports: IntervalSet
    source: Source = field(compare=False, repr=False)


#: One entry of a rule's sources or destinations. A `Reference` names an application security group
#: (`applicationSecurityGroups`) or, in an admin rule, a network group (`networkGroups`).
AddressTerm: TypeAlias = AddressPrefix | ServiceTag | Reference | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A definition as written.

    `id` is the full ARM id where the input gives one. `location` is the Azure region, in Azure's normal form
    (`westeurope`). `parent` is set where a child stands on its own instead of inside its parent (a
    `networkSecurityGroups/securityRules` resource), `existing` for a parent that the input only mentions in this way.
    `condition` is set where the input decides by an unknown whether the resource exists. `fields` tells where the value
    of a field (Azure's name) was written, `unread` names those that nothing was made of.
    """

    #: The last segment of the ARM type.
    type: ClassVar[str] = ""

    name: str
    id: str | None = field(default=None, compare=False)
    location: str | None = None
    parent: Reference | None = None
    existing: bool = field(default=False, compare=False)
    condition: Unknown | None = None
    source: Source = field(compare=False, repr=False)
    fields: Mapping[str, Source] = field(default_factory=dict, compare=False, repr=False)
    unread: tuple[str, ...] = field(default=(), compare=False, repr=False)

    def field_source(self, *names: str) -> Source:
        """Where the first of these fields that was written stands; the whole definition if none was."""
        return next((self.fields[name] for name in names if name in self.fields), self.source)
