"""Who can reach whom in an estate, on which protocols and ports: all of it at once, by classes of interfaces."""

from __future__ import annotations

from nwpolicy.queries.reach.question import reach

__all__ = ["reach"]
