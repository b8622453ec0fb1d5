"""The report as HTML: one file that loads nothing, holds nothing but what it says, and takes names for names."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from nwpolicy.cli import main
from tests.functional.goldens import answer

PULL_REQUEST = "docs/examples/pull-request/base docs/examples/pull-request/head --today 2027-03-31 --output html"
VOID = {"meta", "br", "input", "img"}
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"' {{ 7 * 7 }} javascript:alert(3)"


class Page(HTMLParser):
    """The elements of a page, and whether each one that begins ends where it should."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def text_of(self, tag: str) -> str:
        return "".join(data for at, data in self.texts if at == tag)


@pytest.fixture(scope="module")
def page() -> Page:
    found = Page(answer(PULL_REQUEST, "report")[1])
    assert found.open == []
    return found


def chips(text: str) -> list[str]:
    """The counts below the verdict."""
    listed = text.partition('<ul class="counts"')[2].partition("</ul>")[0]
    return [
        " ".join("".join(ElementTree.fromstring(line).itertext()).split()) for line in listed.splitlines()[1:] if line
    ]


def test_the_counts_follow_the_verdict() -> None:
    assert chips(answer(PULL_REQUEST, "report")[1]) == [
        "2 opened",
        "1 closed",
        "1 may open",
        "1 way newly routed",
        "3 rules reworded without effect",
        "1 rule removed without effect",
        "2 assertions newly violated",
        "1 new finding",
        "3 places with the same meaning",
    ]


def test_the_counts_tell_groups_that_are_attached_to_nothing_and_what_was_not_compared(tmp_path: Path) -> None:
    for side, text in (("old", ""), ("new", "nsg spare { inbound { 100 x deny tcp from * to * port 22 } }\n")):
        (tmp_path / side).mkdir()
        (tmp_path / side / "own.nwp").write_text(f"nsg own {{ }}\n{text}", encoding="utf-8")
        (tmp_path / side / "bad.nwp").write_text("nsg {", encoding="utf-8")
    assert chips(answer(f"{tmp_path}/old {tmp_path}/new --output html", "report")[1]) == [
        "1 group attached to nothing added",
        "1 not compared",
        "1 place with the same meaning",
    ]


def test_the_page_loads_nothing(page: Page) -> None:
    assert page.all("link") == page.all("iframe") == page.all("object") == []
    assert all("src" not in attributes for attributes in page.all("script"))
    assert all(str(image["src"]).startswith("data:image/svg+xml;base64,") for image in page.all("img"))


def test_its_policy_allows_its_own_script_and_style_only(page: Page) -> None:
    """Source: W3C, Content Security Policy Level 3, section 2.3.1: hashes are of the text of the element."""
    (policy,) = [str(one["content"]) for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    for tag in ("script", "style"):
        digest = b64encode(hashlib.sha256(page.text_of(tag).encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}';" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    handlers = [
        name for _, attributes in page.elements for name in attributes if name.startswith("on") or name == "style"
    ]
    assert handlers == []


def test_everything_can_be_read_without_seeing_it(page: Page) -> None:
    """Sources: W3C, Web Content Accessibility Guidelines 2.2, 1.1.1, 1.3.1, 2.4.1, 3.1.1, 4.1.2."""
    assert page.all("html") == [{"lang": "en"}]
    assert all(image["alt"] for image in page.all("img"))
    ids = [str(attributes["id"]) for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    labels = {str(label["for"]) for label in page.all("label")}
    assert labels == {str(one["id"]) for tag in ("input", "select") for one in page.all(tag)}
    named = {str(attributes["aria-labelledby"]) for _, attributes in page.elements if "aria-labelledby" in attributes}
    assert named <= set(ids)
    assert all(cell.get("scope") in {"col", "row"} for cell in page.all("th"))
    anchors = {str(link["href"])[1:] for link in page.all("a") if str(link["href"]).startswith("#")}
    assert anchors <= set(ids)


def test_pictures_are_svg(page: Page) -> None:
    sources = [str(image["src"]).partition(",")[2] for image in page.all("img")]
    assert len(sources) >= 4
    assert {ElementTree.fromstring(b64decode(source)).tag for source in sources} == {"{http://www.w3.org/2000/svg}svg"}


def test_what_is_drawn_on_the_topology_is_told_in_words(page: Page) -> None:
    texts = [data for at, data in page.texts if at == "li"]
    for told in (
        "opened from Internet to subnet web of shop: tcp 22 (change 1)",
        "may open from * (any address) to subnet web of shop: tcp 9443 (change 2)",
        "opened from network interface nic-reports of jump to subnet data of shop: tcp 1433 (change 3)",
        "closed from Internet to subnet web of shop: tcp 80 (change 4)",
    ):
        assert told in texts


def test_it_says_what_the_other_forms_say(page: Page) -> None:
    found = json.loads(answer(PULL_REQUEST.replace("html", "json"), "report")[1])
    assert page.text_of("h1").lower() == found["sentence"].lower()
    rows = [row for row in page.all("tbody") if "data-tags" in row]
    assert len(rows) == len(found["changes"]) + len(found["routeChanges"])
    text = " ".join(data for _, data in page.texts)
    for change in found["changes"]:
        assert change["change"]["witness"]["text"] in text


def test_names_are_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = json.dumps(HOSTILE)
    rules = f"nsg {name} {{ inbound {{ 100 {name} allow tcp from %s to * port 22 }} }}\n"
    place = f"vnet {name} {{ address 10.0.0.0/16; subnet {name} {{ address 10.0.0.0/24; nsg {name} }} }}\n"
    for side, source in (("old", "10.0.0.0/8"), ("new", "Internet")):
        (tmp_path / f"{side}.nwp").write_text(rules % source + place, encoding="utf-8")
    main(["report", str(tmp_path / "old.nwp"), str(tmp_path / "new.nwp"), "--output", "html"])
    found = Page(capsys.readouterr().out)
    assert found.open == []
    assert len(found.all("script")) == 1
    assert [image for image in found.all("img") if not str(image["src"]).startswith("data:")] == []
    assert HOSTILE in " ".join(data for _, data in found.texts)


def rules(*ports: int) -> str:
    inner = "\n".join(f"{100 + port} r{port} allow tcp from 10.9.0.0/16 to * port {port}" for port in ports)
    return (
        "vnet v { address 10.0.0.0/16; subnet s { address 10.0.0.0/24; nsg n } }\n"
        f"nsg n {{ inbound {{\n{inner}\n4000 rest deny * from * to *\n}} }}\n"
    )


@pytest.mark.parametrize(("others", "title"), [(5, ""), (50, ", of the ports in question")])
def test_a_map_has_the_ports_that_change_where_all_are_too_many(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], others: int, title: str
) -> None:
    more = range(1000, 1000 + 2 * others, 2)
    (tmp_path / "old.nwp").write_text(rules(22, *more), encoding="utf-8")
    (tmp_path / "new.nwp").write_text(rules(80, *more), encoding="utf-8")
    main(["report", str(tmp_path / "old.nwp"), str(tmp_path / "new.nwp"), "--output", "html"])
    found = Page(capsys.readouterr().out)
    titles = [data for at, data in found.texts if at == "summary" and data.startswith("What is open")]
    assert titles == [f"What is open inbound at s, by address and port{title}"]
    maps = [str(image["src"]).partition(",")[2] for image in found.all("img") if str(image["alt"]).startswith("a map")]
    for one, changed in zip(maps, ("22 ssh", "80 http"), strict=True):
        texts = {text.text for text in ElementTree.fromstring(b64decode(one)).iter("{http://www.w3.org/2000/svg}text")}
        assert changed in texts
        assert ("1000" in texts) == (not title)
