"""The pages that are looked at: small, hostile and large."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from nwpolicy.queries.report import report
from nwpolicy.queries.report.answers import Report
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.versions import versions_of_paths
from nwpolicy.reports.report_html import report_html
from nwpolicy.reports.report_words import Links
from tests.functional.goldens import ROOT, answer

_PULL_REQUEST: Final = ROOT / "docs" / "examples" / "pull-request"
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
    return answer(
        "docs/examples/pull-request/base docs/examples/pull-request/head --today 2027-03-31 --output html", "report"
    )[1]


def hostile(folder: Path) -> str:
    """Every name is hostile, and so are the links."""
    old, new = hostile_estates(folder)
    link = "--link 'https://git.example/{path}#L{line}'"
    return answer(f"{old} {new} {link} --output html", "report")[1]


def hostile_estates(folder: Path) -> tuple[Path, Path]:
    """The same names before and now; now everything is open."""
    paths = folder / "old.yaml", folder / "new.yaml"
    for path, source in zip(paths, ("10.0.0.0/8", "Internet"), strict=True):
        path.write_text(json.dumps(_estate(source)), encoding="utf-8")
    return paths


def _estate(source: str) -> dict[str, object]:
    return {
        "nwpolicy": 1,
        "networkSecurityGroups": [{"name": name, "securityRules": [_rule(name, source)]} for name in HOSTILE],
        "virtualNetworks": [
            {"name": name, "addressSpace": f"10.{number}.0.0/16", "subnets": [_subnet(name, number)]}
            for number, name in enumerate(HOSTILE)
        ],
        "assertions": [
            {"name": name, "kind": "never", "protocol": "Tcp", "source": "Internet", "destinationPortRange": "22"}
            for name in HOSTILE
        ],
    }


def _rule(name: str, source: str) -> dict[str, object]:
    ends = {"sourceAddressPrefix": source, "destinationAddressPrefix": "*", "destinationPortRange": "22"}
    return {"name": name, "priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp", **ends}


def _subnet(name: str, number: int) -> dict[str, object]:
    return {"name": name, "addressPrefix": f"10.{number}.0.0/24", "networkSecurityGroup": name}


def large(_: Path) -> str:
    """The small report with its changes over and over, each at another place."""
    versions = versions_of_paths(str(_PULL_REQUEST / "base"), str(_PULL_REQUEST / "head"), Pins())
    return report_html(_repeated(report(versions)), Links(versions))


def _repeated(found: Report) -> Report:
    kinds = len(found.changes)
    changes = [
        replace(one, number=number, change=replace(one.change, place_text=f"subnet app-{number}"))
        for number in range(1, LARGE + 1)
        for one in (found.changes[(number - 1) * kinds // LARGE],)
    ]
    return replace(found, changes=tuple(changes), route_changes=(), open_questions=())


#: By name; each may write its input into a folder.
PAGES: Final[Mapping[str, Callable[[Path], str]]] = {"small": small, "hostile": hostile, "large": large}
