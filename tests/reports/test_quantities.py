from __future__ import annotations

from fractions import Fraction

import pytest

from nwpolicy.queries.cubes import Amount, Amounts, LeftOut
from nwpolicy.reports.quantities import amounts_text, count_text, left_out_text, percent, shares_text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Fraction(0), "0 %"),
        (Fraction(1), "100 %"),
        (Fraction(1, 8), "12.5 %"),
        (Fraction(1, 3), "33.3 %"),
        (Fraction(1, 2), "50 %"),
        (Fraction(1, 10**6), "< 0.1 %"),
        (Fraction(1, 1000), "0.1 %"),
        (1 - Fraction(1, 10**6), "> 99.9 %"),
        (1 - Fraction(1, 2**200), "> 99.9 %"),
    ],
)
def test_only_nothing_is_0_and_only_everything_is_100(share: Fraction, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (65536, "65,536"),
        (2**48, "281,474,976,710,656"),
        (2**72, "2^72"),
        (2**72 - 1, "about 4.7e21"),
        (10**90 + 7, "about 1.0e90"),
    ],
)
def test_counts(count: int, text: str) -> None:
    assert count_text(count) == text


HALF, NONE, WHOLE = Amount(2, Fraction(1, 2)), Amount(0, Fraction(0)), Amount(4, Fraction(1))


@pytest.mark.parametrize(
    ("amounts", "text"),
    [
        (Amounts(HALF, None), "50 %"),
        (Amounts(None, HALF), "50 %"),
        (Amounts(HALF, HALF), "50 %"),
        (Amounts(HALF, NONE), "50 % of IPv4"),
        (Amounts(HALF, WHOLE), "50 % of IPv4, 100 % of IPv6"),
        (Amounts(NONE, NONE), "0 %"),
    ],
)
def test_shares_are_of_each_family(amounts: Amounts, text: str) -> None:
    assert shares_text(amounts) == text


def test_amounts() -> None:
    assert amounts_text(Amounts(Amount(1, Fraction(1, 4)), None)) == "25 %: 1 flow"
    assert amounts_text(Amounts(HALF, HALF)) == "50 %: 4 flows"


def test_what_is_left_out() -> None:
    assert left_out_text(LeftOut(1234, 5)) == "1,234 more, with 5 flows, left out by the limit"
    assert left_out_text(LeftOut(None, 2**80)) == "more than 10,000 more, with 2^80 flows, left out by the limit"
