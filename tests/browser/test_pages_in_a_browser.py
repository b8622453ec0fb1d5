"""The pages, in a browser: they load nothing, run nothing but their own, and can be read and used by everybody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.browser.chromium import Browser
from tests.browser.needs import skip_without_browser
from tests.browser.pages import LARGE, PAGES

skip_without_browser()
pytestmark = pytest.mark.browser

PageOf = Callable[[str], Path]
SCHEMES: Final = ("light", "dark")
WIDTHS: Final = (360, 800, 1400)
OPEN_ALL: Final = "document.querySelectorAll('details').forEach((one) => { one.open = true; });"
SHOWN: Final = "return [...document.querySelectorAll('[data-tags]')].filter((one) => one.checkVisibility()).length"
#: Words that only the last change of the large report has.
LAST: Final = f"nsg-9-9 {LARGE} 1180"
#: Milliseconds.
IN_TIME: Final = 2000
#: How long it takes from a word in the search until what it finds is drawn.
SEARCHED: Final = """
const [word, done] = arguments, start = performance.now(), told = document.getElementById("told");
const drawn = () => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
new MutationObserver(drawn).observe(told, {childList: true});
const search = document.getElementById("search");
search.value = word;
search.dispatchEvent(new Event("input"));
"""
every_page = pytest.mark.parametrize("name", PAGES)
every_scheme = pytest.mark.parametrize("scheme", SCHEMES)


def told(browser: Browser, expected: str) -> None:
    browser.wait_for(f"return document.getElementById('told').textContent === {expected!r}")


# --- what a page must not do ---


@every_page
def test_it_asks_nothing_of_anybody(browser: Browser, page_of: PageOf, name: str) -> None:
    browser.open(page_of(name))
    browser.run(OPEN_ALL)
    asked = browser.requests()
    assert [url for url in asked if not url.startswith(("file:", "data:image/svg+xml;"))] == []
    assert asked[0] == page_of(name).as_uri()


@every_page
def test_it_keeps_its_own_policy(browser: Browser, page_of: PageOf, name: str) -> None:
    browser.open(page_of(name))
    browser.run(OPEN_ALL)
    assert browser.complaints() == []
    assert browser.run("return violations") == []


@every_page
def test_nothing_of_the_input_runs(browser: Browser, page_of: PageOf, name: str) -> None:
    """A dialogue would end the test, too."""
    browser.open(page_of(name))
    browser.run(OPEN_ALL)
    assert browser.run("return window.ran ?? null") is None
    assert browser.run("return document.scripts.length") == 1
    assert browser.run("return document.querySelectorAll('iframe, object, embed, link, base, form').length") == 0
    links = browser.run("return [...document.links].map((one) => one.protocol)")
    assert set(links) <= {"https:", "file:"}


def test_its_policy_forbids_what_the_input_might_try(browser: Browser, page_of: PageOf) -> None:
    """Even if an element came through, it would neither run nor load."""
    browser.open(page_of("small"))
    browser.run("""
        const script = document.createElement("script"), image = document.createElement("img");
        script.textContent = "window.ran = 1";
        image.src = "https://example.com/pixel.png";
        document.body.append(script, image);""")
    browser.wait_for("return violations.length >= 2")
    assert browser.run("return window.ran ?? null") is None
    assert sorted(browser.run("return violations")) == ["img-src", "script-src-elem"]


# --- who can read it ---


@every_scheme
@every_page
def test_axe_finds_nothing(browser: Browser, page_of: PageOf, axe: str, name: str, scheme: str) -> None:
    """Source: axe-core, which checks the Web Content Accessibility Guidelines and best practices."""
    browser.open(page_of(name), scheme=scheme)
    browser.run("document.querySelectorAll('.rest > table').forEach((rows) => rows.remove())")  # like those before
    browser.run(OPEN_ALL)
    found = browser.axe(axe)
    assert [(one["id"], one["impact"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found] == []


@every_scheme
def test_the_colours_are_those_that_were_asked_for(browser: Browser, page_of: PageOf, scheme: str) -> None:
    browser.open(page_of("small"), scheme=scheme)
    background = browser.run("return getComputedStyle(document.body).backgroundColor")
    lightness = sum(map(int, background[4:-1].split(","))) / 3
    assert (lightness > 200) == (scheme == "light")


@pytest.mark.parametrize("width", WIDTHS)
@every_page
def test_nothing_is_wider_than_the_screen(browser: Browser, page_of: PageOf, name: str, width: int) -> None:
    browser.open(page_of(name), width=width)
    browser.run(OPEN_ALL)
    assert browser.run("return document.documentElement.scrollWidth") <= width
    assert beyond(browser, width) == []


def beyond(browser: Browser, width: int) -> list[str]:
    """The elements of which something is cut on the right, or runs into the next column."""
    found: list[str] = browser.run(
        "return [...document.querySelectorAll('main *, header *')].filter((one) => one.checkVisibility()"
        " && !one.closest('.unseen') && (one.getBoundingClientRect().right > arguments[0] + 1"
        " || one.matches('td, th') && one.scrollWidth > one.clientWidth + 1))"
        ".map((one) => one.outerHTML.slice(0, 200))",
        width,
    )
    return found


# --- how it is used ---


def test_the_keyboard_reaches_everything_in_order(browser: Browser, page_of: PageOf) -> None:
    browser.open(page_of("small"))
    browser.run("document.body.focus()")
    seen: list[str] = []
    for _ in range(6):
        browser.press("tab")
        seen.append(browser.run("const at = document.activeElement; return at.id || at.className || at.localName"))
        style = browser.run(
            "const style = getComputedStyle(document.activeElement); return [style.outlineStyle, style.outlineWidth]"
        )
        assert style == ["solid", "3px"]
    assert seen == ["skip", "search", "kind", "all", "summary", "summary"]


def test_the_first_stop_skips_to_the_answer(browser: Browser, page_of: PageOf) -> None:
    browser.open(page_of("small"))
    browser.press("tab")
    assert browser.run("return document.activeElement.getBoundingClientRect().left") >= 0
    browser.press("enter")
    assert browser.run("return document.activeElement.localName") == "main"


@pytest.mark.parametrize("key", ["enter", "space"])
def test_details_open_and_close_by_keys(browser: Browser, page_of: PageOf, key: str) -> None:
    browser.open(page_of("small"))
    browser.press(*["tab"] * 5)
    is_open = "return document.activeElement.parentElement.open"
    browser.press(key)
    assert browser.run(is_open) is True
    browser.press(key)
    assert browser.run(is_open) is False


def test_a_search_is_told_to_those_who_listen(browser: Browser, page_of: PageOf) -> None:
    """Source: W3C, WAI-ARIA, live regions: they are there, and empty, before something is said."""
    browser.open(page_of("small"))
    assert browser.run(
        "const told = document.getElementById('told'); return [told.role, told.ariaLive, told.textContent]"
    ) == [
        "status",
        "polite",
        "",
    ]
    browser.press("tab", "tab", *"SSH-temp")
    told(browser, "1 of 5 changes shown")
    assert browser.run(SHOWN) == 1
    browser.press(*["backspace"] * 8)
    told(browser, "5 of 5 changes shown")
    assert browser.run(SHOWN) == 5


def test_words_may_stand_anywhere_in_a_row(browser: Browser, page_of: PageOf) -> None:
    browser.open(page_of("small"))
    browser.press("tab", "tab", *"1433 opened")
    told(browser, "1 of 5 changes shown")


def test_who_reaches_whom_is_searched_alike(browser: Browser, page_of: PageOf) -> None:
    browser.open(page_of("reach"))
    texts = browser.run("return [...document.querySelectorAll('[data-tags]')].map((one) => one.textContent)")
    expected = sum("on" in text and "premises" in text for text in texts)
    assert 0 < expected < len(texts)
    browser.press("tab", "tab", *"premises on")
    told(browser, f"{expected} of {len(texts)} entries shown")
    assert browser.run(SHOWN) == expected


def test_a_kind_or_a_risk_is_picked_by_keys(browser: Browser, page_of: PageOf) -> None:
    browser.open(page_of("small"))
    browser.press("tab", "tab", "tab", "down")
    told(browser, "2 of 5 changes shown")
    visible = browser.run("return [...document.querySelectorAll('tbody:not([hidden])')].map((one) => one.id)")
    assert visible == ["change-1", "change-3"]


def test_all_details_open_and_close_at_once(browser: Browser, page_of: PageOf) -> None:
    browser.open(page_of("small"))
    browser.press("tab", "tab", "tab", "tab", "enter")
    state = "return [document.querySelectorAll('details:not([open])').length, document.activeElement.textContent]"
    assert browser.run(state) == [0, "Close all details"]
    browser.press("enter")
    assert browser.run("return document.querySelectorAll('details[open]').length") == 0


@pytest.mark.parametrize("name", ["small", "large"])
def test_it_does_without_scripts(browser: Browser, page_of: PageOf, name: str) -> None:
    browser.open(page_of(name), scripts=False)
    assert browser.run("return document.getElementById('tools').checkVisibility()") is False
    assert browser.run(SHOWN) == (5 if name == "small" else 50)
    browser.press("tab", "tab", "enter")
    assert browser.run("return document.activeElement.parentElement.open") is True


# --- on paper ---


@every_page
def test_it_is_printed_with_all_details_and_left_as_it_was(browser: Browser, page_of: PageOf, name: str) -> None:
    browser.open(page_of(name))
    before = browser.run("return document.querySelectorAll('details[open]').length")
    assert browser.pdf().startswith(b"%PDF-")
    assert browser.run("return window.closedInPrint") == 0
    assert browser.run("return document.querySelectorAll('details[open]').length") == before


@every_page
def test_paper_cuts_nothing(browser: Browser, page_of: PageOf, name: str) -> None:
    """A4 with margins of one centimetre, at 96 points an inch, has room for 718."""
    browser.open(page_of(name), width=718)
    browser.look(media="print")
    if name != "large":
        browser.run(OPEN_ALL)
    assert beyond(browser, 718) == []


def test_paper_has_closed_details_without_scripts_too(browser: Browser, page_of: PageOf) -> None:
    browser.open(page_of("small"), scripts=False)
    browser.look(media="print")
    contents = browser.run(
        "return [...document.querySelectorAll('details > :not(summary)')].map((one) => one.checkVisibility())"
    )
    assert set(contents) == {True}


# --- how much there is ---


def test_a_large_report_shows_the_riskiest_and_finds_the_last(browser: Browser, page_of: PageOf) -> None:
    browser.open(page_of("large"))
    assert browser.run(SHOWN) == 50
    browser.press("tab", "tab", *LAST)
    told(browser, f"1 of {LARGE:,} changes shown")
    assert browser.run(SHOWN) == 1
    browser.press(*["backspace"] * len(LAST))
    told(browser, f"{LARGE:,} of {LARGE:,} changes shown")
    browser.wait_for(f"{SHOWN} === 50")


def test_a_large_report_is_used_at_once(browser: Browser, page_of: PageOf) -> None:
    """Until search and filters answer, which the script at the end of the page makes them do; and until the first of
    half of all changes are there, on the screen."""
    browser.open(page_of("large"))
    ready = "const [page] = performance.getEntriesByType('navigation'); return page.domComplete"
    assert 0 < browser.wait_for(ready) < IN_TIME
    assert browser.run_later(SEARCHED, "opened") < IN_TIME
    told(browser, f"{LARGE // 2:,} of {LARGE:,} changes shown")
    browser.wait_for(f"{SHOWN} === {LARGE // 2}")


def test_a_large_report_is_no_heavy_one(browser: Browser, page_of: PageOf) -> None:
    """What a browser has to build and to read, for each change."""
    browser.open(page_of("large"))
    assert browser.run("return document.querySelectorAll('*').length") < 50 * LARGE
    assert page_of("large").stat().st_size < 1536 * LARGE
