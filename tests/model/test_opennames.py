from __future__ import annotations

import pytest

from nwpolicy.model.opennames import known_parts, renaming

NAMES = {"gw-{b}": "gw-{a}", "gw-{b}-2": "gw-{a}-2", "{b}": "{a}"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("web", ("web",)),
        ("nsg-{location}-1", ("nsg-", None, "-1")),
        ("{hub: format('{0}-x', name)}-1", (None, "-1")),
        ("a{b", ("a{b",)),
    ],
)
def test_what_is_known_of_a_name(text: str, parts: tuple[str | None, ...]) -> None:
    assert known_parts(text) == parts


@pytest.mark.parametrize(
    ("text", "former"),
    [
        ("prefixes behind gw-{b}", "prefixes behind gw-{a}"),
        ("prefixes behind gw-{b}-2", "prefixes behind gw-{a}-2"),
        ("prefixes behind gw-{b}-3", "prefixes behind gw-{b}-3"),
        ("prefixes behind big-gw-{b}", "prefixes behind big-gw-{b}"),
        ("'/networks/gw-{b}/subnets/{b}'", "'/networks/gw-{a}/subnets/{a}'"),
        ("{{b}}", "{{b}}"),
        ("{b}", "{a}"),
    ],
)
def test_names_are_put_in_the_place_of_whole_names(text: str, former: str) -> None:
    assert renaming(NAMES)(text) == former


def test_a_text_may_be_left_alone_that_says_nothing_about_a_name() -> None:
    put = renaming(NAMES, alone=False)
    assert (put("{b}"), put("rules of {b}")) == ("{b}", "rules of {a}")
    assert renaming({})("gw-{b}") == "gw-{b}"
