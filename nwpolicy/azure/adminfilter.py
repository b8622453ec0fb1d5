"""The layer of security admin rules: all that applies to one virtual network, merged in Azure's order."""

from __future__ import annotations

from dataclasses import dataclass

from nwpolicy.azure.platform import Exemption
from nwpolicy.azure.terms import Terms
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.filters import Layer
from nwpolicy.model.rules import Direction

__all__ = ["AdminFilter", "admin_filter"]


@dataclass(frozen=True, slots=True)
class AdminFilter:
    """No layer where no admin rule applies; several where managers are taken to act one after another."""

    layers: tuple[Layer, ...] = ()
    rests_on: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def admin_filter(terms: Terms, direction: Direction, exempt: tuple[Exemption, ...]) -> AdminFilter:
    """What the managers' rules do to flows of the subject."""
    return AdminFilter()
