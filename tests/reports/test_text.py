"""What people read: the verdict first, then the reason, the place, and what to do. Whole answers, word for word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nwpolicy.queries.answers import Answer
from nwpolicy.queries.verify import verify
from nwpolicy.queries.why import why
from nwpolicy.readers.load import load
from nwpolicy.reports.screen import render
from nwpolicy.reports.text import answer_lines, verdict_line
from tests.fixing import estate, rule, write

ASK: dict[str, Any] = {"nic": "a", "direction": "Inbound", "protocol": "tcp"}


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def shown(answer: Answer, *, color: bool = False) -> str:
    return render(answer_lines(answer), color=color)


def shown_why(content: Any, **ask: Any) -> str:
    write(Path(), content)
    return shown(why(load("estate.json"), **{**ASK, **ask}))


def shown_verify(content: Any, **ask: Any) -> str:
    write(Path(), content)
    return shown(verify(load("estate.json"), **{**ASK, **ask}))


def test_why_something_is_denied() -> None:
    content = estate(rule("web", 100, "Allow", source="203.0.113.7", destination="10.0.0.4", port="80"), nic_rules=[])
    assert shown_why(content, remote="203.0.113.7", port="443") == (
        "DENIED  tcp 203.0.113.7 → 10.0.0.4:443   inbound at a\n"
        "\n"
        "  1  NSG web (subnet s)  DENY  DenyAllInBound  priority 65500\n"
        "       would have decided otherwise but for:\n"
        "         web                              100  port 80 ≠ 443   estate.json:24:9\n"
        "         AllowVnetInBound               65000  source VirtualNetwork ≠ 203.0.113.7\n"
        "         AllowAzureLoadBalancerInBound  65001  source AzureLoadBalancer ≠ 203.0.113.7\n"
        "  ·  NSG own (NIC a)     not reached; would deny (DenyAllInBound, 65500)\n"
        "\n"
        "Smallest fix, to allow  (proved: nothing else changes)\n"
        "  estate.json:33:11  web: add 443 to its destination ports\n"
        '    - "destinationPortRange": "80"\n'
        '    + "destinationPortRanges": ["80", "443"]\n'
        "  estate.json:39:24  new rule allow-tcp-443-from-203-0-113-7 in own, priority 100: "
        "Allow Inbound tcp 203.0.113.7 → 10.0.0.4 port 443\n"
        "    - []\n"
        "    + [\n"
        "    +   {\n"
        '    +     "name": "allow-tcp-443-from-203-0-113-7",\n'
        '    +     "priority": 100,\n'
        '    +     "direction": "Inbound",\n'
        '    +     "access": "Allow",\n'
        '    +     "protocol": "Tcp",\n'
        '    +     "sourceAddressPrefix": "203.0.113.7",\n'
        '    +     "sourcePortRange": "*",\n'
        '    +     "destinationAddressPrefix": "10.0.0.4",\n'
        '    +     "destinationPortRange": "443"\n'
        "    +   }\n"
        "    + ]\n"
        "\n"
        "Rests on: VirtualNetwork = 10.0.0.0/16, 168.63.129.16\n"
    )


def test_why_something_is_allowed() -> None:
    content = estate(rule("no-ssh", 90 + 10, "Deny", port="22"), rule("all", 200, "Allow"))
    assert shown_why(content, remote="203.0.113.7", port="443") == (
        "ALLOWED  tcp 203.0.113.7 → 10.0.0.4:443   inbound at a\n"
        "\n"
        "  1  NSG web (subnet s)  ALLOW  all  priority 200   estate.json:35:9\n"
        "       would have decided otherwise but for:\n"
        "         no-ssh    100  port 22 ≠ 443   estate.json:24:9\n"
    )


def test_side_effects_are_said_to_be_there() -> None:
    rules = [rule(f"no{i}", 100 + i, "Deny", protocol="*") for i in range(8)]
    text = shown_why(estate(*rules), remote="203.0.113.7", port="443")
    assert "Smallest fix, to allow  (not without side effects)\n" in text
    assert "  also changes, e.g.: " in text


def test_large_openings_are_counted() -> None:
    text = shown_why(estate(), remote="0.0.0.0/1", port="443")
    assert (
        "  opens to 0.0.0.0/1: 2,147,483,648 IPv4 addresses; ask about the one that needs it for a narrower fix\n"
        in text
    )


def test_no_fix_says_why() -> None:
    text = shown_why(estate(), direction="Outbound", remote="224.0.0.1", protocol="udp")
    assert "\nNo fix  Azure blocks or reserves this traffic in every virtual network: no rule changes that\n" in text


def test_long_lists_of_near_misses_are_cut() -> None:
    rules = [rule(f"r{i}", 100 + i, "Allow", port=str(i + 1)) for i in range(9)]
    assert "         and 5 rules that match less\n" in shown_why(estate(*rules), remote="203.0.113.7", port="443")


def test_several_deciding_rules_have_a_head_each() -> None:
    text = shown_why(estate(rule("web", 100, "Allow", port="80")), remote="203.0.113.7", port="80,443")
    assert text.startswith("MIXED  tcp 203.0.113.7 → 10.0.0.4:80, 443   inbound at a\n")
    assert "\nALLOWED  tcp 203.0.113.7 → 10.0.0.4:80\n" in text
    assert "\nDENIED  tcp 203.0.113.7 → 10.0.0.4:443\n" in text


def test_verify_of_one_flow() -> None:
    assert shown_verify(estate(rule("web", 100, "Allow", port="80")), remote="203.0.113.7", port="80") == (
        "ALLOWED  tcp 203.0.113.7 → 10.0.0.4:80   inbound at a\n"
        "  allowed by securityRules/web (100)   estate.json:24:9\n"
        "  in NSG web (subnet s)\n"
    )


def test_verify_without_groups() -> None:
    content = estate()
    del content["virtualNetworks"][0]["subnets"][0]["networkSecurityGroup"]
    assert "  allowed: no rule applies, nothing filters this traffic\n" in shown_verify(content, remote="203.0.113.7")


def test_verify_of_a_set_has_an_example_for_each_rule() -> None:
    text = shown_verify(estate(rule("web", 100, "Allow", port="80")), remote="203.0.113.7", port="80,443")
    assert "  allowed  securityRules/web (100)   estate.json:24:9\n" in text
    assert "  denied   defaultSecurityRules/DenyAllInBound (65500)\n" in text
    assert text.count("e.g. tcp 203.0.113.7:") == 2


def test_notes_and_assumptions_stand_last() -> None:
    lines = shown_verify(estate(), local="10.0.0.77", remote="203.0.113.7", port="1").splitlines()
    assert "Note: 10.0.0.77 is no address of a" in lines[-2:]


def test_verdict_line_is_the_first_line() -> None:
    write(Path(), estate())
    answer = verify(load("estate.json"), **ASK, remote="203.0.113.7", port="443")
    first = render([verdict_line(answer)], color=False)
    assert shown(answer).startswith(first)
    assert first == "DENIED  tcp 203.0.113.7 → 10.0.0.4:443   inbound at a\n"


def test_colour_only_where_wanted() -> None:
    write(Path(), estate())
    answer = verify(load("estate.json"), **ASK, remote="203.0.113.7", port="443")
    assert shown(answer, color=True).startswith("\x1b[31mDENIED\x1b[0m  tcp ")
    assert "\x1b" not in shown(answer)


def test_names_from_files_cannot_write_to_the_terminal() -> None:
    content = estate(rule("x\x1b[2J\r", 100, "Deny", port="443"))
    text = shown_why(content, remote="203.0.113.7", port="443")
    assert "\x1b" not in text
    assert "\r" not in text
    assert "x\\x1b[2J\\r" in text


UNKNOWN = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "parameters": {"office": {"type": "string"}},
    "resources": [
        {
            "type": "Microsoft.Network/networkSecurityGroups",
            "apiVersion": "2024-05-01",
            "name": "web",
            "properties": {
                "securityRules": [
                    {
                        "name": "ssh",
                        "properties": {
                            "priority": 100,
                            "direction": "Inbound",
                            "access": "Allow",
                            "protocol": "Tcp",
                            "sourceAddressPrefix": "[parameters('office')]",
                            "sourcePortRange": "*",
                            "destinationAddressPrefix": "*",
                            "destinationPortRange": "22",
                        },
                    }
                ]
            },
        }
    ],
}


def test_what_an_answer_depends_on_comes_with_its_place() -> None:
    write(Path(), UNKNOWN)
    ask: dict[str, Any] = {"nsg": "web", "direction": "Inbound", "protocol": "tcp"}
    answer = verify(load("estate.json"), **ask, local="198.51.100.4", remote="203.0.113.7", port="22")
    lines = shown(answer).splitlines()
    assert lines[0] == "DEPENDS  tcp 203.0.113.7 → 198.51.100.4:22   inbound at web"
    assert lines[1].startswith("  on office (estate.json:")
    assert lines[2].startswith("  allowed  for example if office = ")
    assert lines[3].endswith(" by securityRules/ssh")
    assert lines[4].startswith("  denied   for example if office = ")
