"""What Bicep would refuse although it is well-formed."""

from __future__ import annotations

from nwpolicy.readers.bicep.pieces import Extent

__all__ = ["Misuse"]


class Misuse(Exception):  # noqa: N818 - one of many in a file, collected and not thrown at the user
    """An expression that Bicep would refuse: why, and where."""

    def __init__(self, message: str, where: Extent) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
