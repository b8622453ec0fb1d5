from __future__ import annotations

from dataclasses import replace

import pytest

from nwpolicy.model.addresses import ANY_ADDRESS, AddressSet
from nwpolicy.model.domains import limits, may_be, options
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.unknowns import Domain, Unknown, UnknownKind
from tests.builders import unknown


def limited(kind: UnknownKind, domain: Domain | None) -> Unknown:
    return replace(unknown("x", kind), domain=domain)


def test_values_are_told_for_what_has_any() -> None:
    prefixes = limited(UnknownKind.ADDRESS, Domain(("10.0.0.0/8", "2001:db8::1", "*")))
    assert options(prefixes) == (AddressSet.parse("10.0.0.0/8"), AddressSet.parse("2001:db8::1"), ANY_ADDRESS)
    ports = limited(UnknownKind.PORT, Domain(("22", "8000-8080")))
    assert options(ports) == (IntervalSet(16, ((22, 22),)), IntervalSet(16, ((8000, 8080),)))


@pytest.mark.parametrize(
    ("kind", "allowed"),
    [
        (UnknownKind.ADDRESS, ("10.0.0.0/8", "Internet")),
        (UnknownKind.ADDRESS, ("10.0.0.1-10.0.0.3",)),
        (UnknownKind.PORT, ("http",)),
        (UnknownKind.CONDITION, ("true",)),
        (UnknownKind.PORT, ()),
        (UnknownKind.PORT, tuple(str(port) for port in range(2000))),
    ],
)
def test_a_list_that_cannot_be_said_exactly_says_nothing(kind: UnknownKind, allowed: tuple[str, ...]) -> None:
    assert options(limited(kind, Domain(allowed))) is None


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        (None, None),
        (Domain(), None),
        (Domain(is_number=True), (0, 65535)),
        (Domain(is_number=True, least=8000, most=8010), (8000, 8010)),
        (Domain(is_number=True, least=-1, most=99999), (0, 65535)),
        (Domain(is_number=True, least=70000), None),
    ],
)
def test_limits_of_a_number(domain: Domain | None, expected: tuple[int, int] | None) -> None:
    assert limits(limited(UnknownKind.PORT, domain)) == expected


def test_what_an_unknown_may_be() -> None:
    number = limited(UnknownKind.PORT, Domain(is_number=True, least=22, most=23))
    assert may_be(number, IntervalSet(16, ((22, 22),)))
    assert not may_be(number, IntervalSet(16, ((22, 23),)))
    assert not may_be(number, IntervalSet(16, ((24, 24),)))
    assert may_be(limited(UnknownKind.PORT, None), IntervalSet(16, ((22, 23),)))
