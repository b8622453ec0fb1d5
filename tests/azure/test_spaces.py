"""Sets of addresses of many networks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nwpolicy.azure.spaces import contested
from nwpolicy.model.addresses import AddressSet, Family
from nwpolicy.model.intervals import IntervalSet

INTERVALS = st.tuples(st.integers(0, 20), st.integers(0, 6)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def addresses(family: Family, intervals: list[tuple[int, int]]) -> AddressSet:
    return AddressSet.of(family, IntervalSet.of(family.width, intervals))


@given(st.lists(st.lists(INTERVALS, max_size=4), max_size=5), st.sampled_from(Family))
def test_what_several_sets_hold_is_contested(sets: list[list[tuple[int, int]]], family: Family) -> None:
    found = contested(addresses(family, intervals) for intervals in sets)
    for number in range(30):
        holders = sum(any(low <= number <= high for low, high in intervals) for intervals in sets)
        assert (number in found.family(family)) is (holders > 1)


def test_families_are_apart() -> None:
    both = (AddressSet.parse("0.0.0.1"), AddressSet.parse("::1"))
    assert not contested(both)
