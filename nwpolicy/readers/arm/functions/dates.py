"""The template functions for dates, as far as their results do not depend on the culture of a server.

Source: Microsoft Learn, "Date functions for ARM templates".
"""

from __future__ import annotations

from typing import Final

from nwpolicy.readers.arm.functions.function import INT, TEXT, Function, Functions, Undecided
from nwpolicy.readers.arm.values import ExpressionError

__all__ = ["DATES"]


def _to_epoch(text: str) -> int:
    """Raises Undecided where no time zone is told."""
    from datetime import datetime

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ExpressionError(f"'{text}' is no date and time of ISO 8601") from None
    if moment.tzinfo is None:
        raise Undecided
    return int(moment.timestamp())


def _from_epoch(seconds: int) -> str:
    from datetime import UTC, datetime

    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        raise ExpressionError(f"{seconds} is no date that a calendar has") from None


DATES: Final[Functions] = {
    "datetimefromepoch": Function(_from_epoch, (INT,)),
    "datetimetoepoch": Function(_to_epoch, (TEXT,)),
}
