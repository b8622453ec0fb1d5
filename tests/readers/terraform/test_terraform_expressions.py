"""Expressions, and the functions in them: the expected values are what `terraform console` (1.11) prints.

Source: HashiCorp, "Terraform language: Expressions", "Terraform language: Functions".
"""

from __future__ import annotations

from typing import Any, Final

import pytest

from nwpolicy.readers.terraform.access import member
from nwpolicy.readers.terraform.values import EvaluationError, Open, Value, plain
from tests.terraforming import evaluate

#: An expression, and its value.
VALUES: Final[list[tuple[str, Any]]] = [
    ('cidrsubnet("10.0.0.0/16", 8, 2)', "10.0.2.0/24"),
    ('cidrsubnet("fd00::/48", 16, 3)', "fd00:0:0:3::/64"),
    ('cidrsubnets("10.1.0.0/16", 4, 4, 8, 4)', ["10.1.0.0/20", "10.1.16.0/20", "10.1.32.0/24", "10.1.48.0/20"]),
    ('cidrhost("10.12.112.0/20", 16)', "10.12.112.16"),
    ('cidrhost("10.12.112.0/20", -1)', "10.12.127.255"),
    ('cidrnetmask("172.16.0.0/12")', "255.240.0.0"),
    ('format("%s-%03d-%.2f", "a", 7, 1.5)', "a-007-1.50"),
    ('format("%5s|%-5s|%t|%v", "ab", "cd", true, 12)', "   ab|cd   |true|12"),
    ('formatlist("%s/24", ["10.0.0.0", "10.0.1.0"])', ["10.0.0.0/24", "10.0.1.0/24"]),
    ('join(",", ["a", "b"], ["c"])', "a,b,c"),
    ('split(",", "a,b,,c")', ["a", "b", "", "c"]),
    ('replace("hello world", "world", "there")', "hello there"),
    ('replace("hello world", "/w.*d/", "x")', "hello x"),
    ('replace("1.2.3", "/(\\\\d)\\\\.(\\\\d)/", "$2-$1")', "2-1.3"),
    ('regex("(\\\\d+)-(\\\\d+)", "from 12-34")', ["12", "34"]),
    ('regex("(?P<a>\\\\d+)", "x12")', {"a": "12"}),
    ('regexall("[a-z]+", "12ab34cd")', ["ab", "cd"]),
    ('substr("hello", 1, 3)', "ell"),
    ('substr("hello", -3, -1)', "llo"),
    ('title("hello world")', "Hello World"),
    ('trim("?!hello?!", "!?")', "hello"),
    ('trimprefix("helloworld", "hello")', "world"),
    ('upper("abc")', "ABC"),
    ('contains([22], "22")', False),
    ('contains(["a"], "a")', True),
    ('coalesce("", "b")', "b"),
    ("coalesce(null, 3)", 3),
    ('coalescelist([], ["b"])', ["b"]),
    ('compact(["a", "", "b"])', ["a", "b"]),
    ('concat(["a"], ["b", 1])', ["a", "b", 1]),
    ('distinct(["a", "b", "a"])', ["a", "b"]),
    ('element(["a", "b", "c"], 4)', "b"),
    ('flatten([["a", ["b"]], [], ["c"]])', ["a", "b", "c"]),
    ('index(["a", "b"], "b")', 1),
    ("keys({b = 1, a = 2})", ["a", "b"]),
    ("values({b = 1, a = 2})", [2, 1]),
    ("length({a = 1})", 1),
    ('length("héllo")', 5),
    ('lookup({a = 1}, "b", 3)', 3),
    ("merge({a = 1, b = 2}, {b = 3}, null)", {"a": 1, "b": 3}),
    ("range(3)", [0, 1, 2]),
    ("range(1, 8, 3)", [1, 4, 7]),
    ("range(4, 1)", [4, 3, 2]),
    ("reverse([1, 2, 3])", [3, 2, 1]),
    ('setproduct(["a", "b"], [1, 2])', [["a", 1], ["a", 2], ["b", 1], ["b", 2]]),
    ('setunion(["b", "a"], ["c"])', ["a", "b", "c"]),
    ('setintersection(["b", "a"], ["a"])', ["a"]),
    ('setsubtract(["b", "a"], ["a"])', ["b"]),
    ('slice(["a", "b", "c"], 1, 2)', ["b"]),
    ('sort(["b", "a", "10", "9"])', ["10", "9", "a", "b"]),
    ("sum([1, 2.5])", 3.5),
    ('transpose({a = ["x", "y"], b = ["x"]})', {"x": ["a", "b"], "y": ["a"]}),
    ('zipmap(["a", "b"], [1, 2])', {"a": 1, "b": 2}),
    ("chunklist([1, 2, 3], 2)", [[1, 2], [3]]),
    ('matchkeys(["i1", "i2", "i3"], ["a", "b", "a"], ["a"])', ["i1", "i3"]),
    ('alltrue([true, "true"])', True),
    ("anytrue([])", False),
    ("one([])", None),
    ('one(["a"])', "a"),
    ('toset(["b", "a", "b"])', ["a", "b"]),
    ('tolist(toset(["b", "a"]))', ["a", "b"]),
    ('tomap({a = 1, b = "x"})', {"a": "1", "b": "x"}),
    ('tonumber("12")', 12),
    ("tostring(1.50)", "1.5"),
    ('tobool("true")', True),
    ('try(tonumber("x"), "no")', "no"),
    ('can(tonumber("x"))', False),
    ('1 == "1"', False),
    ('"a" == "a"', True),
    ("[1, 2] == [1, 2]", True),
    ("5 % 3", 2),
    ("-5 % 3", -2),
    ("7 / 2", 3.5),
    ("2 + 3 * 4", 14),
    ("!(1 > 2) && true || false", True),
    ('true ? "a" : 1', "a"),
    ('[for i, x in ["a", "b"] : "${i}${x}" if x != "b"]', ["0a"]),
    ("{for k, v in {a = 1, b = 2} : v => k}", {"1": "a", "2": "b"}),
    ('{for x in ["a", "ab", "b"] : substr(x, 0, 1) => x...}', {"a": ["a", "ab"], "b": ["b"]}),
    ("[for k, v in {b = 1, a = 2} : k]", ["a", "b"]),
    ("[{a = 1}, {a = 2}][*].a", [1, 2]),
    ("[{a = [1, 2]}][0].a[1]", 2),
    ('"a${1 + 1}b"', "a2b"),
    ('"${true}"', True),
    ('"%{ if true }yes%{ else }no%{ endif }"', "yes"),
    ('"%{ for x in ["a", "b"] }<${x}>%{ endfor }"', "<a><b>"),
    ('"a $${b} %%{c}"', "a ${b} %{c}"),
    ('jsonencode({b = [1, true, null], a = "x<y"})', '{"a":"x\\u003cy","b":[1,true,null]}'),
    ('jsondecode("{\\"a\\": [1, 2.5]}")', {"a": [1, 2.5]}),
    ('yamldecode("a: [1, x]")', {"a": [1, "x"]}),
    ('csvdecode("a,b\\n1,2\\n")', [{"a": "1", "b": "2"}]),
    ('base64encode("héllo")', "aMOpbGxv"),
    ('base64decode("aGk=")', "hi"),
    ('md5("a")', "0cc175b9c0f1b6a831c399e269772661"),
    ("max(1, 3, 2)", 3),
    ("pow(2, 10)", 1024),
    ("ceil(1.2)", 2),
    ("floor(-1.2)", -2),
    ('parseint("ff", 16)', 255),
    ("log(8, 2)", 3),
    ("signum(-3)", -1),
    ("abs(-3)", 3),
    ('strrev("abc")', "cba"),
    ('startswith("abc", "ab")', True),
    ('strcontains("abc", "bc")', True),
    ('indent(2, "a\\nb")', "a\n  b"),
    ('chomp("a\\n")', "a"),
    ("1e3", 1000),
    ("0.1 + 0.2", 0.3),
    ("10 / 4", 2.5),
    ("null == null", True),
    ('lower("ABC")', "abc"),
    ('basename("a/b/c.txt")', "c.txt"),
    ('dirname("a/b/c.txt")', "a/b"),
    ('{"a b" = 1, (upper("c")) = 2}', {"C": 2, "a b": 1}),
    ('length(setproduct(["a"], ["b", "c"]))', 2),
    ('tolist(["a", 1])', ["a", "1"]),
    ('[1, "a", true]', [1, "a", True]),
    ('trimspace("  a ")', "a"),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES)
def test_expressions_have_the_value_that_terraform_gives_them(expression: str, expected: Any) -> None:
    found = plain(evaluate(expression))
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)
    assert isinstance(found, bool) == isinstance(expected, bool)


#: Heredocs, and what `terraform console` (1.11) makes of them.
HEREDOCS: Final = [
    ("<<E\n  a\nE", "  a\n"),
    ("<<-E\n    a\n      b ${1 + 1}\n  E", "a\n  b 2\n"),
    ("<<-E\n    a\n    %{~ if true }\n    b\n    %{~ endif }\n  E", "    a\n\n    b\n\n"),
    ('<<E\n%{ for x in ["p", "q"] ~}\n  ${x}\n%{ endfor ~}\nE', "  p\n  q\n"),
    ("<<E\na\n%{~ if false }\nb\n%{ else ~}\nc\n%{~ endif ~}\nE", "ac"),
    ("<<E\n$${a} %%{b} \\n\nE", "${a} %{b} \\n\n"),
]


@pytest.mark.parametrize(("heredoc", "expected"), HEREDOCS)
def test_heredocs_have_the_value_that_terraform_gives_them(heredoc: str, expected: str) -> None:
    assert evaluate(heredoc).data == expected


#: What is declared for the expressions below.
DECLARED: Final = """
variable "cidr" {}
variable "ports" {}
variable "enabled" {}
locals {
  known = ["a", "b"]
}
data "azurerm_subnet" "s" {
  name = "s"
}
"""


def elements(expression: str, declared: str) -> tuple[Value, ...]:
    found = evaluate(expression, declared).data
    assert isinstance(found, tuple)
    return found


def open_of(expression: str) -> Open:
    found = evaluate(expression, DECLARED).data
    assert isinstance(found, Open)
    return found


#: An expression that is not known, and what it is called.
UNKNOWN: Final = [
    ("var.cidr", "var.cidr"),
    ("var.ports[0].from", "var.ports[0].from"),
    ("data.azurerm_subnet.s.address_prefixes[0]", "data.azurerm_subnet.s.address_prefixes[0]"),
    ('"${var.cidr}"', "var.cidr"),
    ('"10.0.0.${var.cidr}"', '"10.0.0.${var.cidr}"'),
    ('var.enabled ? "Allow" : "Deny"', 'var.enabled ? "Allow" : "Deny"'),
    ("cidrhost(var.cidr,   1)", "cidrhost(var.cidr, 1)"),
    ("length(var.ports)", "length(var.ports)"),
    ("length(concat(local.known, var.ports))", "length(concat(local.known, var.ports))"),
    ("var.ports[*].from", "var.ports[*].from"),
    ("[for port in var.ports : port]", "[for port in var.ports : port]"),
    ("{for port in var.ports : port => 1}", "{for port in var.ports : port => 1}"),
    ("local.known[var.ports]", "local.known[var.ports]"),
    ('contains(["a", var.cidr], "b")', 'contains(["a", var.cidr], "b")'),
    ("try(var.ports.first, null)", "try(var.ports.first, null)"),
    ("coalesce(var.cidr, 1)", "coalesce(var.cidr, 1)"),
    ('var.cidr == "a"', 'var.cidr == "a"'),
    ("!var.enabled", "!var.enabled"),
    ('sensitive("a")', 'sensitive("a")'),
    ("timestamp()", "timestamp()"),
    ("terraform.workspace", "terraform.workspace"),
    ("path.cwd", "path.cwd"),
    ('distinct(["a", var.cidr])', 'distinct(["a", var.cidr])'),
    ("sort([var.cidr])", "sort([var.cidr])"),
    ("element(var.ports, 0)", "element(var.ports, 0)"),
    ("provider::own::call(1)", "provider::own::call(1)"),
]


@pytest.mark.parametrize(("expression", "name"), UNKNOWN)
def test_what_depends_on_an_unknown_is_unknown_by_its_expression(expression: str, name: str) -> None:
    assert open_of(expression).name == name


#: Expressions that are known although something in them is not.
DECIDED: Final = [
    ("false && var.enabled", False),
    ("var.enabled || true", True),
    ("var.enabled ? 1 : 1", 1),
    ("var.cidr == var.cidr", True),
    ("length([var.cidr, 1])", 2),
    ('contains(["a", var.cidr], "a")', True),
    ("[var.cidr, 1][1]", 1),
    ('{a = var.cidr, b = 2}["b"]', 2),
    ("concat([1], var.ports)[0]", 1),
    ('lookup({a = 1}, "a", var.cidr)', 1),
    ("element([1, var.cidr], 2)", 1),
    ("merge({a = 1}, {b = var.cidr}).a", 1),
    ("[for x in [var.cidr, 1] : 2]", [2, 2]),
    ("keys({a = var.cidr})", ["a"]),
    ("data.azurerm_subnet.s.name", "s"),
    ("alltrue([false, var.enabled])", False),
    ("anytrue([true, var.enabled])", True),
]


@pytest.mark.parametrize(("expression", "expected"), DECIDED)
def test_an_unknown_that_does_not_matter_leaves_a_value_known(expression: str, expected: object) -> None:
    assert plain(evaluate(expression, DECLARED)) == expected


def test_an_unknown_list_is_any_number_of_elements_of_a_longer_one() -> None:
    _, first, rest = elements("concat(local.known, var.ports)", DECLARED)
    assert (first.data, rest.data) == ("b", Open("var.ports", "", first.source, many=True))


def test_the_same_expression_in_two_turns_of_a_loop_is_two_values() -> None:
    found = elements('[for x in ["a", "b"] : cidrhost(var.cidr, x == "a" ? 1 : 2)]', DECLARED)
    names = [element.data.name for element in found if isinstance(element.data, Open)]
    assert len(set(names)) == 2
    assert all("x = " in name for name in names)


def test_the_same_expression_that_does_not_depend_on_the_turn_is_one_value() -> None:
    found = elements('[for x in ["a", "b"] : cidrhost(var.cidr, 1)]', DECLARED)
    assert found[0] == found[1]


#: What Terraform refuses, and what is said of it.
WRONG: Final = [
    ("local.nothing", "there is no local value 'nothing'"),
    ("var.nothing", "there is no variable 'nothing'"),
    ("azurerm_subnet.nothing.id", "there is no resource azurerm_subnet.nothing"),
    ("data.azurerm_subnet.other.id", "there is no data source data.azurerm_subnet.other"),
    ("module.nothing.x", "there is no module 'nothing'"),
    ("nothing", "'nothing' means nothing here"),
    ("each.key", None),
    ("[1][3]", "there is no element 3 in a list of 1"),
    ("{a = 1}.b", "there is no 'b'"),
    ("null.a", "null has no 'a'"),
    ("toset([1])[0]", "the elements of a set have no keys"),
    ('cidrsubnet("10.0.0.0/16", 20, 1)', "cidrsubnet: 10.0.0.0/16 has no subnets of length 36"),
    ('cidrsubnet("x", 8, 1)', "cidrsubnet: 'x' is no address prefix"),
    ("upper(1, 2)", "upper: takes 1 argument, not 2"),
    ("1 + [1]", "expected a number, found a list"),
    ("1 / 0", "the result is no number, or too large"),
    ("pow(10, 400)", "pow: the result is no number, or too large"),
    ("[for x in 1 : x]", "cannot loop over a number"),
    ('{for x in [1, 2] : "a" => x}', "two results have the key 'a'"),
    ("range(100000)", "range: makes more than 1024 numbers"),
    ("local.value", "local.value needs itself: local.value → local.value"),
    ("coalesce(null)", "coalesce: has no argument that is not null or empty"),
    ('tonumber("x")', "tonumber: expected a number, found 'x'"),
    ('jsondecode("{")', None),
    ('"a${[1]}"', "a list has no text"),
]


@pytest.mark.parametrize(("expression", "message"), WRONG)
def test_what_terraform_refuses_has_no_value(expression: str, message: str | None) -> None:
    if expression == "each.key":
        assert open_of(expression).name == "each.key"
        return
    if expression == "local.value":  # soft: it is said where the local value is
        assert open_of(expression).reason == message
        return
    with pytest.raises(EvaluationError) as raised:
        evaluate(expression, DECLARED)
    assert message is None or raised.value.message == message


def test_values_stand_where_they_are_written() -> None:
    declared = 'locals {\n  rules = [{ port = 1 }, { "port" = 2 }]\n}'
    found = elements("concat(local.rules, [{ port = 3 }])", declared)
    ports = [member(element, Value("port", element.source)) for element in found]
    assert [str(port.source) for port in ports] == ["main.tf:5:21", "main.tf:5:37", "main.tf:2:41"]


@pytest.mark.parametrize("pattern", ["(a+)+$", "(?:a|b*)*", r"\\pL", "[[:alpha:]]"])
def test_patterns_that_python_may_read_otherwise_or_never_are_not_worked_out(pattern: str) -> None:
    found = open_of(f'regex("{pattern}", "{"a" * 50}!")')
    assert found.reason == "it is not worked out before the configuration is applied"
