"""From what a person names as one end of a flow to addresses."""

from __future__ import annotations

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.subjects import Subject
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.filters import Values
from nwpolicy.model.snapshot import Snapshot

__all__ = ["EndpointError", "resolve_endpoint"]


class EndpointError(ValueError):
    """Nothing in the input, and no address or tag, is called this. `candidates` are names that would do."""

    def __init__(self, message: str, candidates: tuple[str, ...]) -> None:
        super().__init__(message)
        self.candidates = candidates


def resolve_endpoint(snapshot: Snapshot, subject: Subject, text: str, assumptions: Assumptions) -> Values[AddressSet]:
    """The addresses that `text` names, seen from the subject. Raises EndpointError."""
    raise EndpointError(text, ())
