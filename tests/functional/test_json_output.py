"""What `--output json` prints is described by a schema, the same in every process, and IP flow verify's shape first."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from jsonschema import Draft7Validator

from nwpolicy import cli

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = {
    path.name.partition(".")[0]: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "schemas").glob("*.schema.json"))
}

#: Questions of every sort: an example, and what is asked about it.
QUESTIONS = {
    "single flow": "single-nsg --nsg nsg-web --direction Inbound --protocol TCP"
    " --local 10.0.0.4:443 --remote 203.0.113.9:60000",
    "everything": "single-nsg --nsg nsg-web --direction Inbound",
    "several rules": "single-nsg --nsg nsg-web --direction Inbound --protocol TCP --local 10.0.0.4 --remote Internet",
    "denied by a default rule": "single-nsg --nsg nsg-web --direction Inbound --protocol TCP"
    " --local 10.0.0.4:22 --remote 203.0.113.9:60000",
    "one interface": "three-tier --nic nic-db --direction Inbound --protocol TCP --port 1433 --remote asg-web",
    "one virtual machine": "three-tier --vm vm-web --direction Outbound --remote VirtualNetwork",
    "from and to": "three-tier --from 10.1.1.4 --to vm-db --port 1433 --protocol tcp",
    "depends on a parameter": "unknowns --nsg nsg-app --direction Inbound --protocol TCP --port 22 --local 10.0.0.4"
    " --remote 203.0.113.9",
    "depends on a condition": "unknowns --nsg nsg-app --direction Inbound --protocol TCP --port 9229 --local 10.0.0.4"
    " --remote 203.0.113.9",
    "IPv6": "dual-stack --nic nic-web --direction Inbound --protocol TCP --local [2001:db8:4:1::4]:80"
    " --remote 2001:db8:ffff::9",
    "ICMPv6, no ports": "dual-stack --nic nic-web --direction Inbound --protocol ICMPv6 --local 2001:db8:4:1::4",
    "both families": "dual-stack --nic nic-web --direction Inbound --protocol TCP --port 80",
    "admin rule denies": "avnm-exceptions --nic nic-data --direction Inbound --protocol TCP --local 10.11.1.4:22",
    "admin rule always allows": "avnm-exceptions --nic nic-data --direction Inbound --protocol TCP"
    " --local 10.11.1.4:443 --remote 10.9.0.10",
    "no group at all": "avnm-exceptions --nic nic-legacy --direction Inbound --protocol TCP",
    "exempt: the platform's DNS": "three-tier --nic nic-web --direction Outbound --protocol UDP"
    " --remote 168.63.129.16:53",
    "exempt: instance metadata": "three-tier --nic nic-web --direction Outbound --protocol TCP"
    " --remote 169.254.169.254:80",
    "never carried: multicast": "three-tier --nic nic-web --direction Outbound --remote 224.0.0.1",
    "effective rules": "exported-nsg/effective-nsg.json --nic nic-jump --direction Outbound --protocol TCP --port 25",
    "service tag": "service-tags --nsg nsg-batch --direction Outbound --protocol TCP --port 443 --remote Storage",
    "unknown service tag": "service-tags --nsg nsg-deploy --direction Outbound --protocol TCP"
    " --remote 198.51.100.200:443",
    "another assumption": "forced-tunnel --nic nic-tunnelled --direction Inbound --protocol TCP --port 22"
    " --remote 203.0.113.9 --assume virtual-network-udr=none",
    "virtual network given": "exported-nsg/nsg-show.json --nsg nsg-jump --direction Inbound --protocol TCP --port 9100"
    " --virtual-network 10.6.0.0/16",
    "rules not exported": "batfish --nic vm1346 --direction Outbound --protocol TCP --port 443",
}
ANSWERS = list(product(("verify", "why"), QUESTIONS))


def _arguments(command: str, question: str) -> tuple[str, ...]:
    estate, *rest = QUESTIONS[question].split()
    if estate == "batfish":
        names = ("VM-vnet.json", "vm1346.json", "VM1.json")
        return (command, *(f"tests/data/batfish-cloud-azure/{name}" for name in names), *rest, "--output", "json")
    return (command, f"rules-examples/{estate}", *rest, "--output", "json")


def _answer(command: str, question: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(ROOT), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(_arguments(command, question))
    return code, out.getvalue(), err.getvalue()


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_are_schemas(name: str) -> None:
    Draft7Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_every_answer_has_a_schema() -> None:
    assert {"verify", "why"} <= set(SCHEMAS)


def _objects(schema: Any, place: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of an object within a schema."""
    if isinstance(schema, list):
        for index, inner in enumerate(schema):
            yield from _objects(inner, f"{place}/{index}")
    elif isinstance(schema, dict):
        if "properties" in schema:
            yield place, schema
        for word in ("properties", "definitions", "patternProperties"):
            for key, inner in schema.get(word, {}).items():
                yield from _objects(inner, f"{place}/{word}/{key}")
        for word in ("items", "additionalProperties", "allOf", "anyOf", "oneOf", "not", "if", "then", "else"):
            yield from _objects(schema.get(word), f"{place}/{word}")


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_property_is_described(name: str) -> None:
    for place, schema in _objects(SCHEMAS[name]):
        for key, inner in schema["properties"].items():
            assert inner is False or inner.get("description") or "$ref" in inner, f"{place}: {key}"


@pytest.mark.parametrize("name", ["verify", "why", "enumerate"])
def test_answers_are_closed_and_have_all_their_keys(name: str) -> None:
    """A key that is misspelt, or only sometimes there, would be a trap for programs."""
    for place, schema in _objects(SCHEMAS[name]):
        assert schema.get("additionalProperties") is False, place
        assert sorted(schema["required"]) == sorted(schema["properties"]), place


@pytest.mark.parametrize(("command", "question"), ANSWERS)
def test_every_answer_is_as_its_schema_says(command: str, question: str) -> None:
    code, out, err = _answer(command, question)
    answer = json.loads(out)
    faults = [f"{fault.json_path}: {fault.message}" for fault in Draft7Validator(SCHEMAS[command]).iter_errors(answer)]
    assert faults == [], err
    assert code == (3 if answer["verdict"] == "Depends" else 0)
    assert bool(answer["dependsOn"]) == (answer["verdict"] == "Depends")


def test_the_questions_are_of_every_sort() -> None:
    verdicts = {json.loads(_answer("verify", question)[1])["verdict"] for question in QUESTIONS}
    assert verdicts == {"Allow", "Deny", "Mixed", "Depends"}


@pytest.mark.parametrize("question", QUESTIONS)
def test_access_and_rule_name_come_first_as_ip_flow_verify_has_them(question: str) -> None:
    """Source: Azure Network REST API, `VerificationIPFlowResult`: `access` Allow or Deny, `ruleName`."""
    answer = json.loads(_answer("verify", question)[1])
    assert list(answer)[:3] == ["schemaVersion", "access", "ruleName"]
    assert answer["access"] == (answer["verdict"] if answer["verdict"] in {"Allow", "Deny"} else None)
    accesses = {part["access"] for part in answer["parts"]}
    assert answer["access"] is None or accesses == {answer["access"]}
    if answer["ruleName"] is not None:
        assert answer["rule"]["ruleName"] == answer["ruleName"]
        assert answer["rule"]["priority"] is not None


@pytest.mark.parametrize(
    ("question", "access", "rule_name"),
    [
        ("single flow", "Allow", "securityRules/allow-https"),
        ("denied by a default rule", "Deny", "defaultSecurityRules/DenyAllInBound"),
        ("everything", None, None),
        ("depends on a parameter", None, None),
    ],
)
def test_rules_are_named_as_ip_flow_verify_names_them(question: str, access: str | None, rule_name: str | None) -> None:
    """Source: Microsoft Learn, Diagnose a virtual machine network traffic filter problem: the result names
    `securityRules/NAME` or `defaultSecurityRules/NAME`."""
    answer = json.loads(_answer("verify", question)[1])
    assert (answer["access"], answer["ruleName"]) == (access, rule_name)


def test_answers_do_not_depend_on_the_hashes_of_a_process(
    nwpolicy_cli: Callable[..., CompletedProcess[str]],
) -> None:
    """Sets and dictionaries may come in another order in every process; answers do not."""
    chosen = ("several rules", "one virtual machine", "depends on a parameter")

    def ask(what: tuple[str, str, str]) -> str:
        seed, command, question = what
        return nwpolicy_cli(*_arguments(command, question), cwd=ROOT, env={"PYTHONHASHSEED": seed}).stdout

    asked = [(command, question) for command in ("verify", "why") for question in chosen]
    with ThreadPoolExecutor(2) as pool:
        first, second = (list(pool.map(ask, [(seed, *what) for what in asked])) for seed in ("1", "2"))
    assert first == second
    assert all(first)


def test_the_answer_is_ascii_whatever_the_names() -> None:
    assert all(_answer("verify", question)[1].isascii() for question in ("single flow", "depends on a parameter"))
