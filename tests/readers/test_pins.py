"""Values that are given for what the input leaves open.

Microsoft Learn, "Create Resource Manager parameter file", "Parameters in ARM templates", "Use Azure Key Vault to pass
secure parameter value during deployment".
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.resource import AddressPrefix, PortRange, ServiceTag
from nwpolicy.model.rules import Access, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.load import load
from nwpolicy.readers.pins import Pins

Json = dict[str, Any]
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deployment{}.json#"
RULE: Json = {
    "priority": 100,
    "direction": "Inbound",
    "access": "Allow",
    "protocol": "Tcp",
    "sourceAddressPrefix": "[parameters('cidr')]",
    "sourcePortRange": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "[parameters('port')]",
}


def template(parameters: Json, *rules: Json, **more: Any) -> Json:
    group = {
        "type": "Microsoft.Network/networkSecurityGroups",
        "name": "web",
        "properties": {"securityRules": [{"name": f"r{n}", "properties": rule} for n, rule in enumerate(rules)]},
        **more,
    }
    return {"$schema": SCHEMA.format("Template"), "parameters": parameters, "resources": [group]}


TYPES: Json = {"cidr": {"type": "string"}, "port": {"type": "int", "minValue": 1, "maxValue": 1024}}


@pytest.fixture
def files(tmp_path: Path) -> Any:
    def write(**contents: Any) -> Path:
        for name, content in contents.items():
            suffix = "yaml" if isinstance(content, str) else "json"
            text = content if isinstance(content, str) else json.dumps(content, indent=1)
            (tmp_path / f"{name}.{suffix}").write_text(text)
        return tmp_path

    return write


def values(**entries: Any) -> Json:
    return {"$schema": SCHEMA.format("Parameters"), "contentVersion": "1.0.0.0", "parameters": entries}


def only(snapshot: Snapshot) -> SecurityRule:
    (rule,) = snapshot.all(SecurityRule)
    return rule


def source_text(rule: SecurityRule) -> str:
    (source,) = rule.sources
    assert isinstance(source, AddressPrefix)
    return source.text


def refused(top: Path, pins: Pins) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        load(str(top / "t.json"), pins=pins)
    return [(Path(found.location.file).name, found.message) for found in caught.value.diagnostics]


def test_a_parameter_is_set_by_name_without_case(files: Any) -> None:
    top = files(t=template(TYPES, RULE))
    rule = only(load(str(top), pins=Pins.of({"CIDR": "10.0.0.0/8", "port": "443"})))
    assert source_text(rule) == "10.0.0.0/8"
    assert [ports.ports.intervals for ports in rule.destination_port_ranges if isinstance(ports, PortRange)] == [
        ((443, 443),)
    ]


def test_a_parameter_with_a_default_can_be_set(files: Any) -> None:
    top = files(t=template({**TYPES, "cidr": {"type": "string", "defaultValue": "10.0.0.0/8"}}, RULE))
    assert source_text(only(load(str(top), pins=Pins.of({"cidr": "10.1.0.0/16"})))) == "10.1.0.0/16"


def test_values_of_a_parameter_file_and_those_that_are_set_by_name(files: Any) -> None:
    top = files(t=template(TYPES, RULE), p=values(cidr={"value": "10.2.0.0/16"}, port={"value": 22}))
    path = str(top / "t.json")
    assert source_text(only(load(path, pins=Pins.of({}, [str(top / "p.json")])))) == "10.2.0.0/16"
    assert source_text(only(load(path, pins=Pins.of({"cidr": "10.3.0.0/16"}, [str(top / "p.json")])))) == "10.3.0.0/16"


def test_a_later_parameter_file_wins(files: Any) -> None:
    top = files(
        t=template(TYPES, RULE), p=values(cidr={"value": "10.2.0.0/16"}), q=values(cidr={"value": "10.4.0.0/16"})
    )
    pins = Pins.of({}, [str(top / "p.json"), str(top / "q.json")])
    assert source_text(only(load(str(top / "t.json"), pins=pins))) == "10.4.0.0/16"


def test_a_rule_of_a_parameter_file_stands_there(files: Any) -> None:
    """Nothing in a parameter file is an expression."""
    rule = {**RULE, "sourceAddressPrefix": "10.0.0.0/8", "destinationPortRange": "22", "description": "[not('one')]"}
    parameters = {"rules": {"type": "array"}}
    group = template(parameters)
    group["resources"][0]["properties"]["securityRules"] = "[parameters('rules')]"
    top = files(t=group, p=values(rules={"value": [{"name": "r", "properties": rule}]}))
    found = only(load(str(top / "t.json"), pins=Pins.of({}, [str(top / "p.json")])))
    assert Path(found.source.location.file).name == "p.json"
    assert found.source.route == ("parameters", "rules", "value", 0)


@pytest.mark.parametrize(
    "entry", [{"reference": {"keyVault": {"id": "v"}, "secretName": "s"}}, {"expression": "[x()]"}]
)
def test_what_a_parameter_file_only_refers_to_is_unknown(files: Any, entry: Json) -> None:
    parameters = {**TYPES, "cidr": {"type": "string", "defaultValue": "10.0.0.0/8"}}
    top = files(t=template(parameters, RULE), p=values(cidr=entry))
    (source,) = only(load(str(top / "t.json"), pins=Pins.of({}, [str(top / "p.json")]))).sources
    assert isinstance(source, Unknown)
    assert (source.name, source.reason) == ("cidr", "the value of cidr is not in the parameter file")


def test_a_secure_parameter_stays_unknown_whatever_is_given(files: Any) -> None:
    top = files(t=template({**TYPES, "cidr": {"type": "securestring"}}, RULE))
    (source,) = only(load(str(top), pins=Pins.of({"cidr": "10.0.0.0/8"}))).sources
    assert isinstance(source, Unknown)


@pytest.mark.parametrize(
    ("declared", "text", "expected"),
    [
        ({"type": "int"}, "443", 443),
        ({"type": "bool"}, "True", True),
        ({"type": "array"}, '["a", 1]', ["a", 1]),
        ({"type": "object"}, '{"a": {"b": null}}', {"a": {"b": None}}),
        ({"type": "string"}, "443", "443"),
        ({"type": "string"}, "[1]", "[1]"),
        ({"type": "object", "nullable": True}, "null", None),
        ({"$ref": "#/definitions/ports"}, "[22]", [22]),
    ],
)
def test_text_becomes_what_the_parameter_is(files: Any, declared: Json, text: str, expected: Any) -> None:
    shown = "[concat('g-', string(parameters('x')))]"
    made = template({"x": declared}, name=shown)
    made["definitions"] = {"ports": {"type": "array"}}
    (group,) = load(str(files(t=made)), pins=Pins.of({"x": text})).all(NetworkSecurityGroup)
    written = expected if isinstance(expected, str) else json.dumps(expected, separators=(",", ":"))
    assert group.name == "g-" + {True: "True"}.get(expected is True, written)


@pytest.mark.parametrize(
    ("declared", "text", "message"),
    [
        ({"type": "int"}, "x", "parameter port is a whole number, not a string"),
        ({"type": "int"}, "true", "parameter port is a whole number, not a boolean"),
        ({"type": "bool"}, "1", "parameter port is true or false, not a string"),
        ({"type": "array"}, "{}", "parameter port is an array, not an object"),
        ({"type": "int"}, "null", "parameter port cannot be null"),
        ({"type": "int", "minValue": 1}, "0", "parameter port has the minValue 1"),
        ({"type": "int", "maxValue": 9}, "10", "parameter port has the maxValue 9"),
        ({"type": "string", "minLength": 2}, "1", "parameter port has the minLength 2"),
        ({"type": "array", "maxLength": 1}, "[1, 2]", "parameter port has the maxLength 1"),
        ({"type": "string", "allowedValues": ["22", "443"]}, "80", "parameter port is one of 22, 443, not 80"),
    ],
)
def test_values_that_the_template_does_not_take(files: Any, declared: Json, text: str, message: str) -> None:
    top = files(t=template({**TYPES, "port": declared}, RULE))
    assert refused(top, Pins.of({"port": text})) == [("--set", message)]


def test_a_wrong_value_is_told_where_it_stands(files: Any) -> None:
    top = files(t=template(TYPES, RULE), p=values(port={"value": "22"}))
    with pytest.raises(InputError) as caught:
        load(str(top / "t.json"), pins=Pins.of({}, [str(top / "p.json")]))
    (found,) = caught.value.diagnostics
    assert Path(found.location.file).name == "p.json"
    assert found.excerpt is not None
    assert found.excerpt.strip() == '"value": "22"'


def test_a_name_that_the_input_does_not_have(files: Any) -> None:
    top = files(t=template(TYPES, RULE))
    with pytest.raises(InputError) as caught:
        load(str(top), pins=Pins.of({"port": "22", "cdir": "10.0.0.0/8"}))
    (found,) = caught.value.diagnostics
    assert found.message == "the input has no parameter 'cdir', and nothing unknown of that name"
    assert found.help == "did you mean 'cidr'?"
    assert (found.location.span.line, found.excerpt) == (2, "cdir=10.0.0.0/8")


def test_a_parameter_that_nothing_uses_is_there_all_the_same(files: Any) -> None:
    load(str(files(t=template({**TYPES, "other": {"type": "string"}}, RULE))), pins=Pins.of({"other": "x"}))


def test_anything_unknown_is_set_by_the_name_that_answers_give_it(files: Any) -> None:
    rule = {**RULE, "sourceAddressPrefix": "[reference('fw').ip]", "destinationPortRange": "22"}
    top = files(t=template({}, rule))
    rule_as_set = only(load(str(top), pins=Pins.of({"reference('fw').ip": "10.0.0.4"})))
    assert source_text(rule_as_set) == "10.0.0.4"


def test_a_condition_is_set_by_the_parameter_it_rests_on(files: Any) -> None:
    made = template({**TYPES, "on": {"type": "bool"}}, RULE, condition="[not(parameters('on'))]")
    assert load(str(files(t=made)), pins=Pins.of({"on": "true"})).all(NetworkSecurityGroup) == ()


def test_a_value_of_an_object_that_is_not_known(files: Any) -> None:
    rule = {**RULE, "sourceAddressPrefix": "[parameters('net').cidr]", "destinationPortRange": "22"}
    top = files(t=template({"net": {"type": "object"}}, rule))
    assert source_text(only(load(str(top), pins=Pins.of({"net.cidr": "10.0.0.0/8"})))) == "10.0.0.0/8"


def test_one_allowed_value_is_no_unknown(files: Any) -> None:
    top = files(t=template({**TYPES, "cidr": {"type": "string", "allowedValues": ["10.0.0.0/8"]}}, RULE))
    assert source_text(only(load(str(top)))) == "10.0.0.0/8"


DEFINITIONS = """nwpolicy: 1
networkSecurityGroups:
  - name: web
    securityRules:
      - name: r
        priority: 100
        direction: Inbound
        access: {unknown: verdict}
        protocol: Tcp
        sourceAddressPrefix: {unknown: cidr}
        destinationAddressPrefix: '*'
        destinationPortRange: {unknown: port}
"""


def test_unknowns_of_definitions_files_are_set_too(files: Any) -> None:
    given = {"cidr": '["10.0.0.0/8", "Internet"]', "verdict": "deny", "port": "22"}
    rule = only(load(str(files(d=DEFINITIONS)), pins=Pins.of(given)))
    prefix, tag = rule.sources
    assert isinstance(prefix, AddressPrefix)
    assert isinstance(tag, ServiceTag)
    assert (prefix.text, tag.name, rule.access) == ("10.0.0.0/8", "Internet", Access.DENY)
    assert not any(isinstance(ports, Unknown) for ports in rule.destination_port_ranges)


def test_a_value_that_does_not_fit_is_told_where_it_is_given(files: Any) -> None:
    top = files(d=DEFINITIONS)
    with pytest.raises(InputError) as caught:
        load(str(top), pins=Pins.of({"port": "http"}))
    (found,) = caught.value.diagnostics
    assert (found.location.file, found.message) == ("--set", "'http' is no port, range of ports or '*'")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "this is no parameter file"),
        ({"parameters": []}, "this is no parameter file"),
        (values(x=1), "the parameter x has no 'value'"),
        (values(x={"metadata": {}}), "the parameter x has no 'value'"),
    ],
)
def test_files_that_are_no_parameter_files(files: Any, content: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        Pins.of({}, [str(files(p=content) / "p.json")])
    assert [found.message for found in caught.value.diagnostics] == [message]


def test_a_parameter_file_that_is_named_as_input(files: Any) -> None:
    with pytest.raises(InputError) as caught:
        load(str(files(p=values(x={"value": 1})) / "p.json"))
    assert [found.help for found in caught.value.diagnostics] == ["values for parameters are given with --param-file"]
