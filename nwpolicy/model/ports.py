"""Sets of ports (16 bits) as Azure writes them: `443`, `8000-8080`, `*`."""

from __future__ import annotations

import re
from typing import Final

from nwpolicy.model.intervals import IntervalSet

__all__ = ["ANY_PORT", "format_ports", "parse_ports"]

ANY_PORT: Final = IntervalSet.full(16)
_RANGE = re.compile(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?", re.ASCII)
_MAX_PORT: Final = 65535


def parse_ports(text: str) -> IntervalSet:
    """Reads one port, a range or `*`. Raises ValueError with a message fit for a user."""
    if text.strip() == "*":
        return ANY_PORT
    found = _RANGE.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no port, range of ports or '*'")
    low, high = int(found[1]), int(found[2] or found[1])
    if high > _MAX_PORT or low > _MAX_PORT:
        raise ValueError(f"port {max(low, high)} is above {_MAX_PORT}")
    if low > high:
        raise ValueError(f"the range {text.strip()} runs backwards")
    return IntervalSet(16, ((low, high),))


def format_ports(ports: IntervalSet) -> str:
    """Compact: `*`, `none`, or `80, 443, 8000-8080`."""
    if ports.is_full:
        return "*"
    return ", ".join(f"{low}" if low == high else f"{low}-{high}" for low, high in ports) or "none"
