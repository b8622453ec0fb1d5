"""What variables may be: types, defaults, `nullable`, `validation`.

Source: HashiCorp, "Terraform language: Input Variables", "Type Constraints" (Optional Object Type Attributes), "Custom
Conditions".
"""

from __future__ import annotations

from typing import Any

import pytest

from nwpolicy.model.unknowns import Domain, Unknown
from nwpolicy.readers.pins import Pins
from tests.terraforming import read, rule, said, sources


def validated(condition: str, type: str = "string", more: str = "") -> str:
    return (
        f'variable "x" {{\n  type = {type}\n  {more}\n  validation {{\n    condition     = {condition}\n'
        '    error_message = "Only what is approved."\n  }\n}\n'
    )


def domain(condition: str, type: str = "string") -> Domain | None:
    (found,) = sources(validated(condition, type) + rule("var.x"))
    assert isinstance(found, Unknown)
    return found.domain


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ('contains(["10.0.0.0/8", "*"], var.x)', ("10.0.0.0/8", "*")),
        ('contains(toset(["10.0.0.0/8"]), var.x)', ("10.0.0.0/8",)),
        ('var.x == "10.0.0.0/8" || "*" == var.x', ("10.0.0.0/8", "*")),
        ('var.x == "a" || contains(["b", "c"], var.x)', ("a", "b", "c")),
        ('(contains(["a", "b"], var.x)) && contains(["b", "c"], var.x)', ("b",)),
        ('contains(["a"], var.x) && length(var.x) > 0', ("a",)),
        ('can(regex("^(Allow|Deny)$", var.x))', ("Allow", "Deny")),
        ('can(regex("^(?:a|b-c)$", var.x))', ("a", "b-c")),
    ],
)
def test_a_validation_tells_the_values_that_a_variable_may_have(condition: str, allowed: tuple[str, ...]) -> None:
    assert domain(condition) == Domain(allowed)


@pytest.mark.parametrize(
    ("condition", "least", "most"),
    [
        ("var.x >= 1024 && var.x <= 2048", 1024, 2048),
        ("1024 < var.x && 2048 > var.x", 1025, 2047),
        ("var.x > 1023.5 && floor(var.x) == var.x", 1024, None),
        ("var.x >= 1 && (var.x >= 10 && var.x < 20.5)", 10, 20),
        ("var.x != 7", None, None),
    ],
)
def test_a_validation_tells_the_limits_of_a_number(condition: str, least: int | None, most: int | None) -> None:
    assert domain(condition, "number") == Domain((), True, least, most)


def test_a_validation_tells_the_numbers_that_a_variable_may_be() -> None:
    assert domain("contains([22, 3389.0], var.x)", "number") == Domain(("22", "3389"), True)


@pytest.mark.parametrize(
    "condition",
    [
        "can(cidrhost(var.x, 0))",
        'contains(["a", local.b], var.x)',
        'contains(["a"], lower(var.x))',
        'var.x == "a" || length(var.x) > 3',
        'var.x == null || contains(["a"], var.x)',
        '!contains(["a"], var.x)',
        'var.y == "a"',
        'can(regex("^(a|b.*)$", var.x))',
        'can(regex("a|b", var.x))',
        'can(regex("^a|b$", var.x))',
    ],
)
def test_a_condition_that_says_less_leaves_a_variable_anything(condition: str) -> None:
    declared = 'locals {\n  b = "b"\n}\nvariable "y" {}\n'
    (found,) = sources(declared + validated(condition) + rule("var.x"))
    assert isinstance(found, Unknown)
    assert found.domain is None


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ('contains(["10.0.0.0/8"], var.x)', "10.1.0.0/16"),
        ('var.x != "0.0.0.0/0"', "0.0.0.0/0"),
        ('can(cidrhost(var.x, 0)) && endswith(var.x, "/8")', "Internet"),
        ("var.x != var.y", "10.0.0.0/8"),
    ],
)
def test_a_value_that_a_validation_refuses_is_an_error(condition: str, value: str) -> None:
    text = 'variable "y" {\n  default = "10.0.0.0/8"\n}\n' + validated(condition) + rule("var.x")
    (found,) = read({"main.tf": text, "terraform.tfvars": f'x = "{value}"'}).diagnostics
    assert str(found.location) == "terraform.tfvars:1:5"
    assert (found.code, found.help) == ("invalid-parameter", "Only what is approved.")
    (pinned,) = read(text, Pins.of({"x": value})).diagnostics
    assert (pinned.code, pinned.location.file) == ("invalid-parameter", "--set")


@pytest.mark.parametrize(
    "condition", ['contains(["10.0.0.0/8"], var.x)', "var.nothing == var.x", "length(var.x) > tonumber(var.x)"]
)
def test_a_value_that_no_validation_is_known_to_refuse_is_taken(condition: str) -> None:
    text = validated(condition, more='default = "10.0.0.0/8"') + rule("var.x")
    assert said(read(text)) == []
    assert sources(text) == ["10.0.0.0/8"]


def test_validations_of_modules_count_too() -> None:
    call = 'module "m" {\n  source = "./m"\n  x = "10.1.0.0/16"\n}\n'
    found = said(read({"main.tf": call, "m/main.tf": validated('contains(["a"], var.x)') + rule("var.x")}))
    assert found == [
        "error main.tf:3:7 invalid-parameter: the variable x cannot have this value: its validation refuses it"
    ]


@pytest.mark.parametrize(
    ("more", "expected"), [("", None), ("nullable = true", None), ("nullable = false", "10.0.0.0/8")]
)
def test_null_is_the_default_of_a_variable_that_is_not_nullable(more: str, expected: str | None) -> None:
    """`nullable`: false means that a null becomes the default."""
    child = f'variable "x" {{\n  default = "10.0.0.0/8"\n  {more}\n}}\n' + rule('var.x == null ? "*" : var.x')
    files = {"main.tf": 'module "m" {\n  source = "./m"\n  x = null\n}\n', "m/main.tf": child}
    assert sources(files) == [expected or "*"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("{}", "10.0.0.0/8"),
        ("{ from = null }", "10.0.0.0/8"),
        ('{ from = "10.1.0.0/16" }', "10.1.0.0/16"),
        ("{ inner = { ports = [1] } }", "10.0.0.0/8"),
    ],
)
def test_optional_attributes_have_defaults(given: str, expected: str) -> None:
    text = 'variable "x" {\n  type = object({\n    from = optional(string, "10.0.0.0/8")\n'
    text += '    inner = optional(object({ ports = optional(list(number), []), to = optional(string, "x") }), {})\n'
    text += "    note = optional(string)\n  })\n}\n"
    text += rule('var.x.note == null && var.x.inner.to == "x" ? var.x.from : "Internet"')
    assert sources({"main.tf": text, "terraform.tfvars": f"x = {given}"}) == [expected]


@pytest.mark.parametrize(
    ("type", "given"),
    [
        ("map(string)", '{ a = "10.0.0.0/8" }'),
        ("map(object({ from = string }))", '{ a = { from = "10.0.0.0/8", more = 1 } }'),
        ("list(list(string))", '[["10.0.0.0/8"]]'),
        ("set(string)", '["10.0.0.0/8", "10.0.0.0/8"]'),
        ("tuple([string, number])", '["10.0.0.0/8", "1"]'),
        ("any", '"10.0.0.0/8"'),
    ],
)
def test_values_of_any_type_reach_the_rule(type: str, given: Any) -> None:
    value = 'try(var.x.a.from, var.x.a, var.x[0][0], one(var.x), var.x[0], "Internet")'
    if type == "any":
        value = "var.x"
    text = f'variable "x" {{\n  type = {type}\n}}\n' + rule(value)
    assert sources({"main.tf": text, "terraform.tfvars": f"x = {given}"}) == ["10.0.0.0/8"]
