"""Numbers of flows as people read them."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from nwpolicy.queries.cubes import Amounts, LeftOut

__all__ = ["amounts_text", "count_text", "left_out_text", "percent", "shares_text"]

#: Numbers above this are no easier to read for being written out.
_WRITTEN_OUT: Final = 10**15
#: Shares of less than a tenth of a per cent, and of all but that, are not told apart.
_LEAST: Final = Fraction(1, 1000)


def percent(share: Fraction) -> str:
    """`12.5 %`. Only nothing is `0 %`, and only everything is `100 %`."""
    if share in {0, 1}:
        return f"{int(share * 100)} %"
    if share < _LEAST:
        return "< 0.1 %"
    if share > 1 - _LEAST:
        return "> 99.9 %"
    return f"{float(round(share * 100, 1)):g} %"


def count_text(count: int) -> str:
    """`4,294,967,296`, `2^72`, `about 3.4e38`."""
    if count < _WRITTEN_OUT:
        return f"{count:,}"
    if count.bit_count() == 1:
        return f"2^{count.bit_length() - 1}"
    digits = str(count)
    return f"about {digits[0]}.{digits[1]}e{len(digits) - 1}"


def shares_text(amounts: Amounts) -> str:
    """The share of the asked flows; of each family, where that does not read the same."""
    found = [(amount, name) for amount, name in ((amounts.ipv4, "IPv4"), (amounts.ipv6, "IPv6")) if amount is not None]
    texts = [percent(amount.share) for amount, _ in found]
    if len(set(texts)) == 1:
        return texts[0]
    return ", ".join(f"{text} of {name}" for text, (amount, name) in zip(texts, found, strict=True) if amount.count)


def amounts_text(amounts: Amounts) -> str:
    """Shares and the number of flows."""
    flows = "flow" if amounts.count == 1 else "flows"
    return f"{shares_text(amounts)}: {count_text(amounts.count)} {flows}"


def left_out_text(left: LeftOut) -> str:
    """What a limited list does not show."""
    sets = "more than 10,000 more" if left.sets is None else f"{left.sets:,} more"
    return f"{sets}, with {count_text(left.flows)} flows, left out by the limit"
