"""Checks of definitions: what Azure would not accept, would ignore, or means otherwise than it looks."""

from __future__ import annotations

from itertools import chain

from nwpolicy.azure.managerchecks import check_managers
from nwpolicy.azure.namechecks import check_names
from nwpolicy.azure.networkchecks import check_network
from nwpolicy.azure.rulechecks import check_rules
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.snapshot import Snapshot

__all__ = ["check_definitions"]


def check_definitions(snapshot: Snapshot) -> tuple[Diagnostic, ...]:
    """Everything doubtful in the definitions, in the order of the input."""
    found = chain(check_names(snapshot), check_rules(snapshot), check_network(snapshot), check_managers(snapshot))
    return tuple(sorted(set(found), key=lambda diagnostic: diagnostic.sort_key))
