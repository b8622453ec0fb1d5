"""Checks of definitions: what Azure would not accept, would ignore, or means otherwise than it looks."""

from __future__ import annotations

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.snapshot import Snapshot

__all__ = ["check_definitions"]


def check_definitions(snapshot: Snapshot) -> tuple[Diagnostic, ...]:
    """Everything doubtful in the definitions, in the order of the input."""
    return ()
