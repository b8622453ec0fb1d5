"""Paths in the picture of a topology: each can be read, and seen for what it is without colour."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from nwpolicy.queries.report import report
from nwpolicy.queries.report.pathmap import PathMap, path_map
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.versions import versions_of_paths
from nwpolicy.reports.graph_paths import path_texts
from nwpolicy.reports.graph_svg import paths_svg

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
#: Graphviz rounds to points and their fractions.
NEAR = 1.5


@pytest.fixture(scope="module")
def found() -> PathMap:
    """Two open, one closes, one may change; from outside, and from network to network."""
    folder = ROOT / "docs" / "examples" / "pull-request"
    versions = versions_of_paths(str(folder / "base"), str(folder / "head"), Pins())
    return path_map(versions.before.definitions, versions.after.definitions, report(versions))


@pytest.fixture(scope="module")
def root(found: PathMap) -> ET.Element:
    return ET.fromstring(paths_svg(found))


def lines_of(group: ET.Element) -> list[str]:
    return [str(text.text) for text in group.findall(f"{SVG}text")]


def groups(root: ET.Element) -> list[ET.Element]:
    """What is drawn of each path."""
    return [
        one
        for one in root.iter(f"{SVG}g")
        if any("tag" in str(rect.get("class")).split() for rect in one.findall(f"{SVG}rect"))
    ]


def css(group: ET.Element, tag: str) -> set[str]:
    return {word for one in group.findall(f"{SVG}{tag}") for word in str(one.get("class")).split()}


def test_each_path_has_a_sign_a_word_and_the_numbers_of_its_changes(root: ET.Element) -> None:
    assert [lines_of(one) for one in groups(root)] == [
        ["+ opened", "1: tcp 22"],
        ["? may open", "2: tcp 9443"],
        ["+ opened", "3: tcp 1433"],
        ["\N{MINUS SIGN} closed", "4: tcp 80"],
    ]


def test_what_becomes_of_a_path_is_told_by_its_pattern(root: ET.Element) -> None:
    """Source: W3C, Web Content Accessibility Guidelines 2.2, 1.4.1, Use of Color."""
    style = str(root.findtext(f"{SVG}style"))
    for one in groups(root):
        looks = css(one, "path")
        assert ("core" in looks) == ("closed" in looks)
        assert len(one.findall(f"{SVG}rect")) == (2 if "closed" in looks else 1)
    assert re.search(r"\.path\.may\{[^}]*stroke-dasharray", style)
    assert not re.search(r"\.path\.(opened|closed)\{[^}]*stroke-dasharray", style)


def test_dark_has_its_own_colour_for_each_kind(root: ET.Element) -> None:
    light, dark = str(root.findtext(f"{SVG}style")).split("@media (prefers-color-scheme:dark)")
    for kind in ("opened", "closed", "may"):
        colours = [re.search(rf"[^.\w]\.{kind}\{{stroke:(#\w+)\}}", f" {part}") for part in (light, dark)]
        assert all(colours)
        assert len({colour[1] for colour in colours if colour}) == 2


def test_the_head_of_a_path_is_at_its_target(root: ET.Element) -> None:
    """Its line ends a head's length before the box of what it leads to."""
    cards = [
        tuple(float(str(rect.get(name))) for name in ("x", "y", "width", "height"))
        for rect in root.iter(f"{SVG}rect")
        if str(rect.get("class")).split()[0] in ("card", "frame")
    ]
    for one in groups(root):
        heads = [path for path in one.findall(f"{SVG}path") if path.get("marker-end")]
        assert len(heads) == 1
        *_, x, y = map(float, re.findall(r"-?[\d.]+", str(heads[0].get("d"))))
        sides = [(left, left + width) for left, top, width, height in cards if top <= y <= top + height]
        assert any(min(abs(x + 9 - left), abs(x - 9 - right)) < NEAR for left, right in sides)


def test_the_legend_explains_the_kinds_that_there_are(root: ET.Element) -> None:
    told = [text.text for text in root.findall(f"{SVG}text")]
    assert [text for text in told if text in ("+ opened", "\N{MINUS SIGN} closed", "? may change", "peering")] == [
        "+ opened",
        "? may change",
        "\N{MINUS SIGN} closed",
        "peering",
    ]


def test_the_same_is_told_in_words(found: PathMap) -> None:
    assert list(path_texts(found)) == [
        "opened from Internet to subnet web of shop: tcp 22 (change 1)",
        "may open from * (any address) to subnet web of shop: tcp 9443 (change 2)",
        "opened from network interface nic-reports of jump to subnet data of shop: tcp 1433 (change 3)",
        "closed from Internet to subnet web of shop: tcp 80 (change 4)",
    ]


def test_paths_within_a_network_have_their_tags_beside_it(tmp_path: Path) -> None:
    network = (
        "vnet v { address 10.0.0.0/16; subnet a { address 10.0.0.0/24 }; subnet b { address 10.0.1.0/24; nsg g } }\n"
    )
    for side, port in (("old", 80), ("new", 81)):
        rules = (
            f"nsg g {{ inbound {{ 100 in allow tcp from 10.0.0.0/24 to * port {port}\n 200 d deny * from * to *\n}} }}"
        )
        (tmp_path / f"{side}.nwp").write_text(network + rules, encoding="utf-8")
    versions = versions_of_paths(str(tmp_path / "old.nwp"), str(tmp_path / "new.nwp"), Pins())
    one = path_map(versions.before.definitions, versions.after.definitions, report(versions))
    root = ET.fromstring(paths_svg(one))
    (frame,) = [rect for rect in root.iter(f"{SVG}rect") if str(rect.get("class")).startswith("frame")]
    right = float(str(frame.get("x"))) + float(str(frame.get("width")))
    assert len(groups(root)) == 2
    for group in groups(root):
        assert all(float(str(rect.get("x"))) > right for rect in group.findall(f"{SVG}rect"))
