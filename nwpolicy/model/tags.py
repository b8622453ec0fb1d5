"""Service tag catalogues: which prefixes a tag stands for, as Microsoft publishes them.

Source: Service Tags JSON files (`ServiceTags_Public_*.json`) and the Service Tag Discovery API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Resource

__all__ = ["ServiceTagCatalogue", "ServiceTagEntry"]


@dataclass(frozen=True, slots=True)
class ServiceTagEntry:
    """One tag. The prefixes stay text until a rule needs them: a catalogue has some hundred thousand."""

    name: str
    address_prefixes: tuple[str, ...] = field(repr=False)
    network_features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTagCatalogue(Resource):
    """A published list; `name` is the file's. `tags` is keyed by lower-case name: Azure compares without case."""

    type: ClassVar[str] = "serviceTags"

    cloud: str = "Public"
    change_number: str = ""
    tags: Mapping[str, ServiceTagEntry] = field(default_factory=dict, repr=False)
