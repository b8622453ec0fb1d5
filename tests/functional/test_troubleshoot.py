"""`nwpolicy troubleshoot` as a command: its forms, its exit codes, and the same from Python."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator

import nwpolicy
from nwpolicy.queries.errors import QuestionError
from tests.functional.goldens import CONNECTIONS, FOLDER, ROOT, answer

SCHEMA = json.loads((ROOT / "schemas" / "troubleshoot.schema.json").read_text(encoding="utf-8"))
HUB = "tests/data/connections"
#: The fields of Connection troubleshoot's own answer, in its words.
AZURE = ("connectionStatus", "hops", "avgLatencyInMs", "minLatencyInMs", "maxLatencyInMs", "probesSent", "probesFailed")
HOP = ("type", "id", "address", "resourceId", "nextHopIds", "previousHopIds", "links", "issues")


def asked(question: str) -> tuple[int, Any]:
    code, out = answer(f"{question} --output json", "troubleshoot")
    return code, json.loads(out)


@pytest.mark.parametrize("name", CONNECTIONS)
def test_the_answer_is_the_one_that_is_kept(name: str) -> None:
    code, out = answer(CONNECTIONS[name], "troubleshoot")
    assert out == (FOLDER / name).read_bytes().decode()
    assert code == (3 if "DEPENDS" in out or '"verdict": "Depends"' in out else 0)


@pytest.mark.parametrize(
    "question",
    [
        f"{HUB} --from nic-shop --to nic-bank",
        f"{HUB} --from nic-kiosk --to Internet --port 443",
        f"{HUB} --from Internet --to nic-bank",
        f"{HUB} --from 192.168.0.0/24 --to snet-shop --protocol icmp",
        f"{HUB} --from vnet-shop --to vnet-bank --assume appliance-policy=unknown",
        "rules-examples/three-tier --from Internet --to snet-web",
        "rules-examples/hub-and-spoke --from vm-orders --to Internet --protocol tcp --port 443",
        "rules-examples/managed-hub-and-spoke --from nic-orders --to 0.0.0.0/0",
        "rules-examples/dual-stack --from Internet --to nic-web",
        "rules-examples/forced-tunnel --from nic-tunnelled --to nic-plain",
        "rules-examples/avnm-exceptions --from Internet --to nic-data --protocol tcp",
    ],
)
def test_json_is_as_its_schema_says(question: str) -> None:
    code, found = asked(question)
    assert [f"{fault.json_path}: {fault.message}" for fault in Draft7Validator(SCHEMA).iter_errors(found)] == []
    assert code == (3 if found["verdict"] == "Depends" else 0)
    status = found["connectionStatus"]
    assert status == (found["verdict"] if found["verdict"] in ("Reachable", "Unreachable") else None)


def test_azures_own_fields_come_first_and_by_its_names() -> None:
    _, found = asked(f"{HUB} --from nic-shop --to nic-bank --protocol tcp --port 80")
    assert tuple(found)[1:8] == AZURE
    assert [tuple(hop) for hop in found["hops"]] == [HOP] * 3
    (issue,) = found["hops"][2]["issues"]
    assert issue == {
        "origin": "Inbound",
        "severity": "Error",
        "type": "NetworkSecurityRule",
        "context": [{"key": "RuleName", "value": "UserRule_rest"}],
    }
    result = found["destinationSecurityRuleAnalysis"]["results"][0]["networkSecurityGroupResult"]
    assert result["securityRuleAccessResult"] == "Deny"
    assert result["evaluatedNetworkSecurityGroups"][0]["matchedRule"] == {"ruleName": "UserRule_rest", "action": "Deny"}
    assert found["nextHopAnalysis"]["nextHopIpAddress"] == "10.0.1.4"


@pytest.mark.parametrize(
    ("expect", "port", "code"),
    [("Reachable", "443", 0), ("reachable", "80", 1), ("Unreachable", "80", 0), ("Reachable", "22", 3)],
)
def test_an_expectation_decides_about_the_exit_code(expect: str, port: str, code: int) -> None:
    question = f"{HUB} --from nic-shop --to nic-bank --protocol tcp --port {port} --expect {expect}"
    assert answer(question, "troubleshoot")[0] == code


def test_quiet_is_the_verdict_alone() -> None:
    _, out = answer(f"{HUB} --from nic-shop --to nic-bank --protocol tcp --port 443 --quiet", "troubleshoot")
    assert out == "REACHABLE  tcp nic-shop → nic-bank:443\n"


def test_a_value_that_is_given_settles_what_depended_on_it() -> None:
    question = f"{HUB} --from nic-shop --to nic-bank --protocol tcp --port 22"
    assert asked(f"{question} --set adminCidr=10.1.0.0/16")[1]["verdict"] == "Reachable"
    assert asked(f"{question} --set adminCidr=10.9.0.0/16")[1]["verdict"] == "Unreachable"


def test_the_same_from_python() -> None:
    estate = nwpolicy.load(str(ROOT / HUB))
    assert nwpolicy.troubleshoot(estate, "nic-shop", "nic-bank:443", protocol="tcp").connection_status == "Reachable"


@pytest.mark.parametrize(
    ("source", "destination", "said"),
    [
        ("10.9.9.9", "nic-bank", "nothing in the input sends from 10.9.9.9"),
        ("nic-nobody", "nic-bank", "'nic-nobody' is no address, no service tag and nothing in the input"),
        ("nic-shop", "nic-nobody", "'nic-nobody' is no address, no service tag and nothing in the input"),
        ("nic-shop", "2001:db8::1", "no flow is asked about: one end is IPv4, the other IPv6"),
    ],
)
def test_what_cannot_be_answered_is_said(source: str, destination: str, said: str) -> None:
    with pytest.raises(QuestionError) as caught:
        nwpolicy.troubleshoot(nwpolicy.load(str(ROOT / HUB)), source, destination)
    assert caught.value.message == said
