"""The pages that are looked at: small, hostile and large."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from benchmarks import changes
from tests.functional.goldens import answer

#: So many changes has the large report.
LARGE: Final = 2000
#: What ran would leave its mark, or open a dialogue.
_RUN: Final = "window.ran=1;alert(1)"
HOSTILE: Final = (
    f"</script></style></title></textarea>--><script>{_RUN}</script>",
    f"<img src=x onerror={_RUN}><svg onload={_RUN}><iframe srcdoc='<script>parent.ran=1</script>'>",
    f'"\' onfocus="{_RUN}" autofocus x=\'',
    f"javascript:{_RUN}",
    "{{ 7 * 7 }} {% include 'page.css' %} ${7*7} &lt;b&gt; &#0; ]]>",
    "\u202egnp.exe\u2066 \u200b\u200d \U0001f469\u200d\U0001f4bb \U0001f600 e\u0301\u0302\u0303",
    "<link rel=stylesheet href=https://example.com/a.css><base href=https://example.com>",
    "x" * 1000,
    "\U0001f600" * 200,
)


def small(_: Path) -> str:
    return _asked("report", "docs/examples/pull-request/base docs/examples/pull-request/head --today 2027-03-31")


def hostile(folder: Path) -> str:
    """Every name is hostile."""
    hostile_estates(folder)
    link = "--link 'https://git.example/{path}#L{line}'"
    return _asked("report", f"{folder / 'old.nwp'} {folder / 'new.nwp'} {link}")


def hostile_estates(folder: Path) -> None:
    """The same names before and now; now everything is open."""
    for side, source in (("old", "10.0.0.0/8"), ("new", "Internet")):
        names = (json.dumps(name, ensure_ascii=False) for name in HOSTILE)
        text = "".join(_network(name, number, source) for number, name in enumerate(names))
        (folder / f"{side}.nwp").write_text(text, encoding="utf-8")


def _network(name: str, number: int, source: str) -> str:
    return (
        f"nsg {name} {{ inbound {{ 100 {name} allow tcp from {source} to * port 22 }} }}\n"
        f"vnet {name} {{ address 10.{number}.0.0/16; subnet {name} {{ address 10.{number}.0.0/24; nsg {name} }} }}\n"
        f"vnet net{number} {{ address 10.1{number}.0.0/16; subnet s {{ address 10.1{number}.0.0/24; nsg {name} }} }}\n"
        f"nic {name} {{ ip ipconfig1 {{ address 10.1{number}.0.4; subnet net{number}/s; public-ip {name} }} }}\n"
        f"public-ip {name} {{ sku Standard }}\n"
        f"assert {name} never tcp from Internet to 10.{number}.0.0/24 port 22\n"
    )


def _asked(command: str, question: str) -> str:
    """What the command prints; it is no page where the input cannot be read."""
    page = answer(f"{question} --output html", command)[1]
    assert page.startswith("<!doctype html>")
    return page


def large(folder: Path) -> str:
    """A hundred groups of fifty rules each, that let in other ports than before."""
    old, new = changes.write(folder, LARGE)
    return _asked("report", f"{old} {new}")


def why(_: Path) -> str:
    return _asked("why", "rules-examples/three-tier --nic nic-db --direction Inbound --protocol TCP --remote asg-web")


def why_hostile(folder: Path) -> str:
    hostile_estates(folder)
    place = shlex.quote(HOSTILE[3])
    return _asked("why", f"{folder / 'old.nwp'} --nsg {place} --direction Inbound --protocol tcp --port 22")


def reach(_: Path) -> str:
    return _asked("reach", "tests/data/connections")


def reach_hostile(folder: Path) -> str:
    hostile_estates(folder)
    return _asked("reach", str(folder / "new.nwp"))


#: By name; each may write its input into a folder.
PAGES: Final[Mapping[str, Callable[[Path], str]]] = {
    "small": small,
    "hostile": hostile,
    "large": large,
    "why": why,
    "why-hostile": why_hostile,
    "reach": reach,
    "reach-hostile": reach_hostile,
}
