"""IP protocols: Azure's names for them and their numbers (IANA, Assigned Internet Protocol Numbers)."""

from __future__ import annotations

import re
from typing import Final

from nwpolicy.model.intervals import IntervalSet

__all__ = ["AH", "ANY_PROTOCOL", "ESP", "ICMP", "ICMPV6", "PORTED", "TCP", "UDP", "format_protocols", "parse_protocol"]

ICMP: Final = 1
TCP: Final = 6
UDP: Final = 17
ESP: Final = 50
AH: Final = 51
ICMPV6: Final = 58

#: Every protocol number.
ANY_PROTOCOL: Final = IntervalSet.full(8)
#: The protocols that have ports.
PORTED: Final = IntervalSet.of(8, [(TCP, TCP), (UDP, UDP)])

_NUMBERS: Final = {"icmp": ICMP, "tcp": TCP, "udp": UDP, "esp": ESP, "ah": AH, "icmpv6": ICMPV6}
_NAMES: Final = {number: name for name, number in _NUMBERS.items()}
_NUMBER: Final = re.compile(r"\d{1,3}", re.ASCII)


def parse_protocol(text: str) -> IntervalSet:
    """Reads `Tcp`, `Udp`, `Icmp`, `Esp`, `Ah` in any case, `*`/`Any`/`All`, or a number. Raises ValueError."""
    name = text.strip().lower()
    if name in {"*", "any", "all"}:
        return ANY_PROTOCOL
    number = _NUMBERS.get(name, int(name) if _NUMBER.fullmatch(name) else -1)
    if not 0 <= number < 256:  # noqa: PLR2004 - the protocol field has 8 bits
        raise ValueError(f"{text!r} is no protocol (Tcp, Udp, Icmp, Esp, Ah or *)")
    return IntervalSet(8, ((number, number),))


def format_protocols(protocols: IntervalSet) -> str:
    """Compact: `any`, `none`, or names and numbers: `tcp, udp`, `tcp, 89`."""
    if protocols.is_full:
        return "any"
    names = [_format_interval(low, high) for low, high in protocols]
    return ", ".join(names) or "none"


def _format_interval(low: int, high: int) -> str:
    if high - low < 2:  # noqa: PLR2004 - one or two numbers are named each
        return ", ".join(_NAMES.get(number, str(number)) for number in range(low, high + 1))
    return f"{low}-{high}"
