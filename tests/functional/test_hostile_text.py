"""Names and texts of files that anybody may have written, in every form of every answer.

Sources: GitHub Docs, Workflow commands for GitHub Actions; Microsoft Learn, Azure Pipelines logging commands; ECMA-48;
Unicode Standard Annex #9 (bidirectional controls); OWASP, CSV Injection.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import pytest

from nwpolicy import cli

#: What gives commands somewhere, each at the beginning of a name and in the middle of one.
COMMANDS: Final = (
    "::error::gotcha",
    "##vso[task.complete result=Failed;]gotcha",
    "##[error]gotcha",
    "\x1b[31mgotcha\x1b]8;;javascript:x\x07",
    "\n::set-output name=a::gotcha",
    "\r\x85\u2028\u2029::warning::gotcha",
    "\u202egotcha\u2066",
    "<script>alert(1)<img src=x onerror=alert(1)>",
    "[gotcha](javascript:x) ![x](data:x) `x` | @team #1",
    "=cmd|' calc'!A0",
    'a"]; b --> c["gotcha',
    "]]><!-- --> &amp; \x00",
)
FLOW: Final = ("--direction", "Inbound", "--protocol", "tcp", "--remote", "203.0.113.9", "--port", "22")
CONNECTION: Final = ("--from", "Internet", "--to", "10.0.0.4", "--protocol", "tcp", "--port", "22")


@pytest.fixture(scope="module", params=COMMANDS, ids=range(len(COMMANDS)))
def estate(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every name and text is hostile; one command for each estate, so that none hides another."""
    evil: str = request.param
    folder = tmp_path_factory.mktemp("hostile") / re.sub(r"[/\x00]", "_", f"::error::{evil}")[:60]
    folder.mkdir()

    def rule(name: str, priority: int, access: str) -> dict[str, object]:
        ends = {"sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "destinationPortRange": "22"}
        fields = {"priority": priority, "direction": "Inbound", "access": access, "protocol": "Tcp"}
        return {"name": f"{evil}{name}", "description": evil, **fields, **ends}

    definitions = {
        "nwpolicy": 1,
        "networkSecurityGroups": [
            {"name": f"{evil}nsg", "securityRules": [rule("a", 100, "Allow"), rule("b", 110, "Deny")]}
        ],
        "virtualNetworks": [
            {
                "name": f"{evil}net",
                "addressSpace": "10.0.0.0/16",
                "subnets": [{"name": f"{evil}s", "addressPrefix": "10.0.0.0/24", "networkSecurityGroup": f"{evil}nsg"}],
            }
        ],
        "networkInterfaces": [
            {
                "name": f"{evil}nic",
                "ipConfigurations": [
                    {
                        "name": f"{evil}ip",
                        "privateIPAddress": "10.0.0.4",
                        "subnet": f"{evil}net/{evil}s",
                        "publicIPAddress": f"{evil}pip",
                    }
                ],
            }
        ],
        "publicIPAddresses": [{"name": f"{evil}pip", "sku": "Standard"}],
        "assertions": [
            {"name": f"{evil}never", "kind": "never", "protocol": "Tcp", "destinationPortRange": "22"},
        ],
    }
    for side in ("old", "new"):
        (folder / side).mkdir()
        (folder / side / "web.yaml").write_text(json.dumps(definitions), encoding="utf-8")
        definitions["networkSecurityGroups"] = [{"name": f"{evil}nsg", "securityRules": [rule("b", 110, "Deny")]}]
    return folder


def printed(folder: Path, *arguments: str) -> tuple[str, str]:
    """What goes to standard output and to standard error, where paths begin with the folder's name."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder.parent), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        cli.main(arguments)
    return out.getvalue(), err.getvalue()


# --- what each channel must not be given ---


def harmless_in_logs(text: str, *, commands: str = "") -> None:
    """No control character but line ends, nothing that turns text around, no command but our own."""
    for line in text.split("\n"):
        faults = [char for char in line if unicodedata.category(char) in {"Cc", "Zl", "Zp"} or char in BIDIRECTIONAL]
        assert faults == [], line
        own = bool(commands) and line.startswith(commands)
        assert own or not line.lstrip().startswith("::"), line
        assert line.count("##vso[") + line.count("##[") == int(own and commands.startswith("##")), line


BIDIRECTIONAL: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def is_json(text: str) -> None:
    assert text.isascii()
    json.loads(text)


def is_xml(text: str) -> None:
    """Nothing that a name brought is an element."""
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter()}
    assert not tags & {"script", "img", "a", "foreignObject"}


def is_csv(text: str) -> None:
    for row in csv.reader(io.StringIO(text)):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row), row


def is_markdown(text: str) -> None:
    """No element, link, picture or mention that a name brought."""
    bare = re.sub(r"`+[^`]*`+", "", text)
    assert not re.search(r"<(script|img)|(?<!\\)\]\((javascript|data):|(?<![\w\\])@team", bare)


class _Elements(HTMLParser):
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert tag not in {"iframe", "object", "embed"}
        assert not any(name.startswith("on") for name in given)
        assert (given.get("src") or "data:image/").startswith("data:image/")
        assert not (given.get("href") or "").startswith(("javascript:", "data:"))

    def handle_data(self, data: str) -> None:
        """What runs is the page's own."""
        if self.cdata_elem == "script":
            assert not re.search("gotcha|alert|calc", data)


def is_html(text: str) -> None:
    """Pictures and what runs are the page's own."""
    _Elements().feed(text)


def is_plain(text: str) -> None:
    assert text


#: The forms of each command, and what they are besides lines in a log.
FORMS: Final[dict[str, dict[str, Callable[[str], None]]]] = {
    "lint": {
        "text": is_plain,
        "json": is_json,
        "sarif": is_json,
        "github": is_plain,
        "gitlab": is_json,
        "junit": is_xml,
        "azure": is_plain,
    },
    "check": {"text": is_plain, "json": is_json, "junit": is_xml, "sarif": is_json},
    "why": {"text": is_plain, "json": is_json, "html": is_html},
    "verify": {"text": is_plain, "json": is_json},
    "enumerate": {"text": is_plain, "table": is_plain, "json": is_json, "csv": is_csv, "svg": is_xml},
    "diff": {"text": is_plain, "json": is_json},
    "report": {
        "text": is_plain,
        "markdown": is_markdown,
        "summary": is_markdown,
        "html": is_html,
        "json": is_json,
        "sarif": is_json,
    },
    "equivalent": {"text": is_plain, "json": is_json},
    "troubleshoot": {"text": is_plain, "json": is_json},
    "reach": {"text": is_plain, "json": is_json, "csv": is_csv, "html": is_html},
    "routes": {"text": is_plain, "json": is_json},
    "graph": {"svg": is_xml, "dot": is_plain, "mermaid": is_plain, "json": is_json},
    "show": {"nwp": is_plain, "yaml": is_plain, "json": is_json},
}
OWN: Final = {"github": "::", "azure": "##vso[task.logissue "}


def question(command: str, folder: Path) -> list[str]:
    """What is asked of the definitions, whatever the names in them are."""
    old, new = f"{folder.name}/old", f"{folder.name}/new"
    match command:
        case "lint":
            return [old, "--isolated", "--severity", "note", "--select", "all"]
        case "diff" | "equivalent" | "report":
            return [old, new]
        case "why" | "verify" | "enumerate":
            return [old, *FLOW]
        case "troubleshoot":
            return [old, *CONNECTION]
        case _:
            return [old]


@pytest.mark.parametrize(("command", "form"), [(command, form) for command, forms in FORMS.items() for form in forms])
def test_no_form_gives_commands(estate: Path, command: str, form: str) -> None:
    out, err = printed(estate, command, *question(command, estate), "--output", form)
    harmless_in_logs(out.replace("\r\n", "\n") if form == "csv" else out, commands=OWN.get(form, ""))
    harmless_in_logs(err)
    assert any(word in out + err for word in ("gotcha", "alert", "calc", "amp"))
    if out:
        FORMS[command][form](out)
