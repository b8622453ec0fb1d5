"""Values are those of Microsoft Learn, "ARM template functions", the page named above each table."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nwpolicy.model.diagnostics import Severity
from nwpolicy.readers.arm.evaluation import evaluated
from nwpolicy.readers.arm.frames import Frame, Reading, Scope, Target
from nwpolicy.readers.arm.values import Open, Value
from nwpolicy.readers.jsontext import parse

OBJECT = {"one": "a", "two": "b", "three": "c"}
ARRAY = ["one", "two", "three"]
DOGS = [
    {"name": "Evie", "age": 5, "interests": ["Ball", "Frisbee"]},
    {"name": "Casper", "age": 3, "interests": ["Other dogs"]},
    {"name": "Indy", "age": 2, "interests": ["Butter"]},
    {"name": "Kira", "age": 8, "interests": ["Rubs"]},
]
VARIABLES = {
    "object": OBJECT,
    "array": ARRAY,
    "numbers": [0, 3, 2, 5, 4],
    "dogs": DOGS,
    "ages": "[map(variables('dogs'), lambda('dog', lambdaVariables('dog').age))]",
    "singleQuoted": "{'one': 'a', 'two': 'b'}",
    "nulls": {"null1": None, "null2": None, "string": "default", "int": 1, "object": {"first": "default"}},
    "prefixes": ["10.0.0.0/8", "[parameters('cidr')]"],
    "rules": "[concat(createArray('r1'), parameters('extra'))]",
    "entities": {
        "item002": {"enabled": False, "displayName": "Example item 2"},
        "item001": {"enabled": True, "displayName": "Example item 1"},
    },
}
PARAMETERS = {
    "cidr": {"type": "string"},
    "extra": {"type": "array"},
    "on": {"type": "bool"},
    "vnet": {"type": "object"},
    "prefix": {"type": "string"},
}


def run(expression: str) -> tuple[Value, list[tuple[Severity, str]]]:
    """The value of an expression in a template with the parameters and variables above, and what was said."""
    template = {"parameters": PARAMETERS, "variables": VARIABLES, "x": f"[{expression}]"}
    raw, document = parse("t.json", json.dumps(template))
    assert isinstance(raw, dict)
    scope = Scope(Reading(document), raw, document.root(), Target())
    value = evaluated(raw["x"], document.root().at("x"), Frame(scope))
    return value, [(found.severity, found.message) for found in scope.reading.diagnostics]


def known(expression: str) -> Value:
    value, said = run(expression)
    assert said == []
    return value


# Microsoft Learn, "String functions for ARM templates"
STRINGS: list[tuple[str, Any]] = [
    ("base64('one, two, three')", "b25lLCB0d28sIHRocmVl"),
    ("base64ToString('b25lLCB0d28sIHRocmVl')", "one, two, three"),
    ('base64ToJson(base64(\'{"one": "a", "two": "b"}\'))', {"one": "a", "two": "b"}),
    ("contains('OneTwoThree', 'e')", True),
    ("contains('OneTwoThree', 'z')", False),
    ("contains(variables('object'), 'one')", True),
    ("contains(variables('object'), 'ONE')", True),
    ("contains(variables('object'), 'a')", False),
    ("contains(variables('array'), 'three')", True),
    ("contains(variables('array'), 'four')", False),
    ("empty('')", True),
    ("startsWith('abcdef', 'ab')", True),
    ("startsWith('abcdef', 'A')", True),
    ("startsWith('abcdef', 'e')", False),
    ("endsWith('abcdef', 'ef')", True),
    ("endsWith('abcdef', 'F')", True),
    ("endsWith('abcdef', 'e')", False),
    ("first('One Two Three')", "O"),
    ("last('One Two Three')", "e"),
    (
        "format('{0}, {1}. Formatted number: {2:N0}', 'Hello', 'User', 8175133)",
        "Hello, User. Formatted number: 8,175,133",
    ),
    ("format('{{{0}}}-{0,4}-{0,-3}|{1:D3}', 'a', 7)", "{a}-   a-a  |007"),
    ("format('{0:X4}-{1:x}', 255, 171)", "00FF-ab"),
    ("format('{0:N1}|{0:000}|{0,5:D2}', 7)", "7.0|007|   07"),
    ("indexOf('test', 't')", 0),
    ("lastIndexOf('test', 't')", 3),
    ("indexOf('abcdef', 'CD')", 2),
    ("lastIndexOf('abcdef', 'AB')", 0),
    ("indexOf('abcdef', 'z')", -1),
    ("join(createArray('one', 'two', 'three'), ', ')", "one, two, three"),
    ("length('One Two Three')", 13),
    ("padLeft('123', 10, '0')", "0000000123"),
    ("padLeft('12345', 3)", "12345"),
    ("replace('123-123-1234', '-', '')", "1231231234"),
    ("replace('123-123-1234', '1234', 'xxxx')", "123-123-xxxx"),
    ("skip('one two three', 4)", "two three"),
    ("split('one,two,three', ',')", ["one", "two", "three"]),
    ("split('one;two,three', createArray(',', ';'))", ["one", "two", "three"]),
    ("string(createObject('valueA', 10, 'valueB', 'Example Text'))", '{"valueA":10,"valueB":"Example Text"}'),
    ("string(createArray('a', 'b', 'c'))", '["a","b","c"]'),
    ("string(5)", "5"),
    ("substring('one two three', 4, 3)", "two"),
    ("substring('one two three', 8)", "three"),
    ("take('one two three', 2)", "on"),
    ("take('one', -1)", ""),
    ("take('one', 9)", "one"),
    ("toLower('One Two Three')", "one two three"),
    ("toUpper('One Two Three')", "ONE TWO THREE"),
    ("trim('    one two three   ')", "one two three"),
    ("concat('prefix', '-', 1)", "prefix-1"),
    ("base64ToJson(base64(variables('singleQuoted')))", {"one": "a", "two": "b"}),
    ('json(\'{/* a */ "one": "//b" // c\n}\')', {"one": "//b"}),
    ("dataUri('Hello')", "data:text/plain;charset=utf8;base64,SGVsbG8="),
    ("dataUriToString('data:;base64,SGVsbG8sIFdvcmxkIQ==')", "Hello, World!"),
    ("dataUriToString('data:text/plain,a%20b')", "a b"),
    ("uri('http://contoso.org/firstpath', 'myscript.sh')", "http://contoso.org/myscript.sh"),
    ("uri('http://contoso.org/firstpath/', 'myscript.sh')", "http://contoso.org/firstpath/myscript.sh"),
    ("uri('http://contoso.org/firstpath/', '/myscript.sh')", "http://contoso.org/firstpath/myscript.sh"),
    (
        "uri('http://contoso.org/firstpath/azuredeploy.json', 'myscript.sh')",
        "http://contoso.org/firstpath/myscript.sh",
    ),
    (
        "uri('http://contoso.org/firstpath/azuredeploy.json/', 'myscript.sh')",
        "http://contoso.org/firstpath/azuredeploy.json/myscript.sh",
    ),
    ("uri('http://contoso.org', 'nested/a.json')", "http://contoso.org/nested/a.json"),
    (
        "uriComponent('http://contoso.com/resources/nested/azuredeploy.json')",
        "http%3A%2F%2Fcontoso.com%2Fresources%2Fnested%2Fazuredeploy.json",
    ),
    (
        "uriComponentToString('http%3A%2F%2Fcontoso.com%2Fresources%2Fnested%2Fazuredeploy.json')",
        "http://contoso.com/resources/nested/azuredeploy.json",
    ),
]

# Microsoft Learn, "Array functions for ARM templates", "Object functions for ARM templates"
COLLECTIONS: list[tuple[str, Any]] = [
    ("array(1)", [1]),
    ("array('efgh')", ["efgh"]),
    ("array(createObject('a', 'b', 'c', 'd'))", [{"a": "b", "c": "d"}]),
    ("concat(createArray('1-1', '1-2'), createArray('2-1'))", ["1-1", "1-2", "2-1"]),
    ("createArray('a', 'b', 'c')", ["a", "b", "c"]),
    ("createArray(variables('array'))", [ARRAY]),
    ("createArray()", []),
    ("empty(createArray())", True),
    ("empty(createObject())", True),
    ("empty(null())", True),
    ("first(variables('array'))", "one"),
    ("last(variables('array'))", "three"),
    (
        "intersection(variables('object'), createObject('one', 'a', 'two', 'z', 'three', 'c'))",
        {"one": "a", "three": "c"},
    ),
    ("intersection(variables('array'), createArray('two', 'three'))", ["two", "three"]),
    ("length(variables('array'))", 3),
    ("length(variables('object'))", 3),
    ("max(variables('numbers'))", 5),
    ("max(0, 3, 2, 5, 4)", 5),
    ("min(variables('numbers'))", 0),
    ("min(0, 3, 2, 5, 4)", 0),
    ("range(5, 3)", [5, 6, 7]),
    ("skip(variables('array'), 2)", ["three"]),
    ("take(variables('array'), 2)", ["one", "two"]),
    (
        "union(variables('object'), createObject('three', 'c2', 'four', 'd', 'five', 'e'))",
        {"one": "a", "two": "b", "three": "c2", "four": "d", "five": "e"},
    ),
    ("union(variables('array'), createArray('three', 'four'))", ["one", "two", "three", "four"]),
    (
        'union(json(\'{"p":{"one":"a","three":"c1"},"n":[1,2]}\'), json(\'{"p":{"three":"c2"},"n":[3,4]}\'))',
        {"p": {"one": "a", "three": "c2"}, "n": [3, 4]},
    ),
    (
        'union(json(\'[["one","two"],["three"]]\'), json(\'[["three"],["four","two"]]\'))',
        [["one", "two"], ["three"], ["four", "two"]],
    ),
    ("items(variables('entities'))[0].key", "item001"),
    ("items(variables('entities'))[1].value.displayName", "Example item 2"),
    ("objectKeys(createObject('b', 1, 'a', 2))", ["a", "b"]),
    (
        "shallowMerge(createArray(createObject('a', createObject('x', 1)), createObject('a', createObject('y', 2))))",
        {"a": {"y": 2}},
    ),
    ("flatten(createArray(createArray('a', 'b'), createArray('c')))", ["a", "b", "c"]),
    ("tryGet(variables('object'), 'one')", "a"),
    ("tryGet(variables('object'), 'four')", None),
    ("tryGet(variables('array'), 7)", None),
    ("tryGet(variables('entities'), 'item001', 'enabled')", True),
    ("tryGet(variables('entities'), 'item009', 'enabled')", None),
    ("json('null')", None),
    ('json(\'{"a": "b"}\')', {"a": "b"}),
    ("json('[1, 2, 3]')", [1, 2, 3]),
    ("null()", None),
    ("indexOf(variables('array'), 'two')", 1),
    ("indexOf(variables('array'), 'TWO')", -1),
    ("lastIndexOf(createArray('a', 'b', 'a'), 'a')", 2),
    ("indexFromEnd(variables('array'), 1)", "three"),
    ("indexFromEnd(variables('array'), 3)", "one"),
    ("tryIndexFromEnd(variables('array'), 2)", "two"),
    ("tryIndexFromEnd(variables('array'), 4)", None),
    ("tryIndexFromEnd(variables('array'), 0)", None),
]

# Microsoft Learn, "Lambda functions for ARM templates"
LAMBDAS: list[tuple[str, Any]] = [
    ("map(variables('dogs'), lambda('dog', lambdaVariables('dog').name))", ["Evie", "Casper", "Indy", "Kira"]),
    ("map(range(0, 2), lambda('i', variables('dogs')[lambdaVariables('i')].age))", [5, 3]),
    ("map(variables('array'), lambda('x', 'i', lambdaVariables('i')))", [0, 1, 2]),
    (
        "map(filter(variables('dogs'), lambda('dog', greaterOrEquals(lambdaVariables('dog').age, 5))), "
        "lambda('d', lambdaVariables('d').name))",
        ["Evie", "Kira"],
    ),
    ("filter(range(0, 10), lambda('i', equals(0, mod(lambdaVariables('i'), 2))))", [0, 2, 4, 6, 8]),
    ("reduce(variables('ages'), 0, lambda('cur', 'next', add(lambdaVariables('cur'), lambdaVariables('next'))))", 18),
    ("reduce(variables('ages'), 1, lambda('cur', 'next', add(lambdaVariables('cur'), lambdaVariables('next'))))", 19),
    (
        "reduce(createArray(createObject('foo', 123), createObject('bar', 456)), createObject(), "
        "lambda('cur', 'next', union(lambdaVariables('cur'), lambdaVariables('next'))))",
        {"foo": 123, "bar": 456},
    ),
    (
        "map(sort(variables('dogs'), lambda('a', 'b', less(lambdaVariables('a').age, lambdaVariables('b').age))), "
        "lambda('d', lambdaVariables('d').name))",
        ["Indy", "Casper", "Evie", "Kira"],
    ),
    (
        "toObject(variables('dogs'), lambda('e', lambdaVariables('e').name), lambda('e', lambdaVariables('e').age))",
        {"Evie": 5, "Casper": 3, "Indy": 2, "Kira": 8},
    ),
    (
        "groupBy(createArray('foo', 'bar', 'baz'), lambda('x', substring(lambdaVariables('x'), 0, 1)))",
        {"f": ["foo"], "b": ["bar", "baz"]},
    ),
    (
        "groupBy(createArray('foo', 'bar', 'baz'), lambda('x', substring(lambdaVariables('x'), 0, 1)), "
        "lambda('x', toUpper(lambdaVariables('x'))))",
        {"f": ["FOO"], "b": ["BAR", "BAZ"]},
    ),
    (
        "mapValues(createObject('foo', 'foo'), lambda('val', toUpper(lambdaVariables('val'))))",
        {"foo": "FOO"},
    ),
]

# Microsoft Learn, "Date functions for ARM templates"
DATES: list[tuple[str, Any]] = [
    ("dateTimeFromEpoch(1683040573)", "2023-05-02T15:16:13Z"),
    ("dateTimeToEpoch('2023-05-02T15:16:13Z')", 1683040573),
    ("dateTimeToEpoch('20230502T151613Z')", 1683040573),
    ("dateTimeToEpoch('2023-05-02T17:16:13+02:00')", 1683040573),
]

# Microsoft Learn, "Comparison functions", "Logical functions", "Numeric functions", "CIDR functions for ARM templates"
SCALARS: list[tuple[str, Any]] = [
    ("coalesce(variables('nulls').null1, variables('nulls').null2, variables('nulls').string)", "default"),
    ("coalesce(variables('nulls').null1, variables('nulls').null2)", None),
    ("equals(1, 1)", True),
    ("equals('a', 'A')", False),
    ("equals(1, '1')", False),
    ("equals(1, true())", False),
    ("equals(createArray('a', 'b'), createArray('a', 'b'))", True),
    ("equals(createObject('a', 'b'), createObject('a', 'b'))", True),
    ("not(equals(1, 2))", True),
    ("greater(1, 2)", False),
    ("greater('A', 'a')", True),
    ("greaterOrEquals('A', 'a')", True),
    ("less(1, 2)", True),
    ("less('A', 'a')", False),
    ("lessOrEquals(1, 2)", True),
    ("and(bool('true'), bool('false'))", False),
    ("or(bool('true'), bool('false'))", True),
    ("not(bool('true'))", False),
    ("if(equals('a', 'a'), 'yes', 'no')", "yes"),
    ("if(false(), variables('array')[9], 'lazy')", "lazy"),
    ("bool(1)", True),
    ("bool('False')", False),
    ("add(5, 3)", 8),
    ("sub(7, 3)", 4),
    ("mul(5, 3)", 15),
    ("div(8, 3)", 2),
    ("div(-8, 3)", -2),
    ("mod(7, 3)", 1),
    ("mod(-7, 3)", -1),
    ("int('4')", 4),
    ("float('3.0')", 3.0),
    ("float(3)", 3.0),
    (
        "parseCidr('10.144.0.0/20')",
        {
            "network": "10.144.0.0",
            "netmask": "255.255.240.0",
            "broadcast": "10.144.15.255",
            "firstUsable": "10.144.0.1",
            "lastUsable": "10.144.15.254",
            "cidr": 20,
        },
    ),
    (
        "parseCidr('fdad:3236:5555::/48')",
        {
            "network": "fdad:3236:5555::",
            "netmask": "ffff:ffff:ffff::",
            "firstUsable": "fdad:3236:5555::",
            "lastUsable": "fdad:3236:5555:ffff:ffff:ffff:ffff:ffff",
            "cidr": 48,
        },
    ),
    ("cidrSubnet('10.144.0.0/20', 24, 4)", "10.144.4.0/24"),
    ("cidrSubnet('fdad:3236:5555::/48', 52, 4)", "fdad:3236:5555:4000::/52"),
    ("cidrHost('10.144.3.0/24', 0)", "10.144.3.1"),
    ("cidrHost('10.144.3.0/24', 4)", "10.144.3.5"),
    ("cidrHost('fdad:3236:5555:3000::/52', 1)", "fdad:3236:5555:3000::2"),
    ("variables('object').ONE", "a"),
    ("variables('nulls').?missing.further", None),
    ("variables('array')[?9]", None),
]


@pytest.mark.parametrize(("expression", "expected"), STRINGS + COLLECTIONS + LAMBDAS + DATES + SCALARS)
def test_documented_values(expression: str, expected: Any) -> None:
    value = known(expression)
    assert value == expected
    assert type(value) in {type(expected), *type(expected).__subclasses__()}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # Nothing of the unknown is needed.
        ("length(variables('prefixes'))", 2),
        ("variables('prefixes')[0]", "10.0.0.0/8"),
        ("first(variables('rules'))", "r1"),
        ("empty(variables('rules'))", False),
        ("contains(variables('prefixes'), '10.0.0.0/8')", True),
        ("if(parameters('on'), 'same', 'same')", "same"),
        ("and(parameters('on'), false())", False),
        ("or(parameters('on'), true())", True),
        ("equals(parameters('cidr'), parameters('cidr'))", True),
        ("equals(createArray(parameters('cidr')), createArray())", False),
        ("createObject('a', parameters('cidr'), 'b', 1).b", 1),
        ("take(variables('rules'), 1)", ["r1"]),
        ("indexFromEnd(variables('prefixes'), 2)", "10.0.0.0/8"),
        ("mapValues(createObject('a', parameters('cidr')), lambda('v', 1)).a", 1),
    ],
)
def test_what_an_unknown_does_not_decide(expression: str, expected: Any) -> None:
    assert known(expression) == expected


@pytest.mark.parametrize(
    ("expression", "name", "text"),
    [
        # A parameter keeps its name, all else is called as it is written.
        ("parameters('cidr')", "cidr", "{cidr}"),
        ("variables('prefixes')[1]", "cidr", "{cidr}"),
        ("coalesce(parameters('cidr'), '*')", "cidr", "{cidr}"),
        ("parameters('vnet').subnets[0].name", "vnet.subnets[0].name", "{vnet.subnets[0].name}"),
        ("concat(parameters('prefix'), '-nsg')", "concat(parameters('prefix'), '-nsg')", "{prefix}-nsg"),
        (
            "format('nsg-{0}-{1}', parameters('prefix'), 1)",
            "format('nsg-{0}-{1}', parameters('prefix'), 1)",
            "nsg-{prefix}-1",
        ),
        ("toLower(parameters('prefix'))", "toLower(parameters('prefix'))", "{toLower(parameters('prefix'))}"),
        (
            "split(parameters('cidr'), '/')[0]",
            "split(parameters('cidr'), '/')[0]",
            "{split(parameters('cidr'), '%2F')[0]}",
        ),
        ("if(parameters('on'), 'a', 'b')", "if(parameters('on'), 'a', 'b')", "{if(parameters('on'), 'a', 'b')}"),
        ("length(variables('rules'))", "length(variables('rules'))", None),
        ("last(variables('rules'))", "last(variables('rules'))", None),
        ("reference('x').outputs.id.value", "reference('x').outputs.id.value", None),
        ("listKeys('x', '2020-01-01').keys[0]", "listKeys('x', '2020-01-01').keys[0]", None),
        ("uniqueString(resourceGroup().id)", "uniqueString(resourceGroup().id)", "{uniqueString(resourceGroup().id)}"),
        ("utcNow()", "utcNow()", None),
        ("format('{0:E2}', 7)", "format('{0:E2}', 7)", None),
        ("dateTimeAdd('2020-04-07 14:53:14Z', 'P3Y')", "dateTimeAdd('2020-04-07 14:53:14Z', 'P3Y')", None),
        ("dateTimeToEpoch('2023-05-02T15:16:13')", "dateTimeToEpoch('2023-05-02T15:16:13')", None),
        ("uri('http://a.org/b/', '../c')", "uri('http://a.org/b/', '../c')", None),
        ("uri('.', '/nested/a.json')", "uri('.', '/nested/a.json')", "./nested/a.json"),
        ("dataUriToString('data:;charset=iso-8859-1,%A3')", "dataUriToString('data:;charset=iso-8859-1,%A3')", None),
        ("indexFromEnd(variables('rules'), 1)", "indexFromEnd(variables('rules'), 1)", None),
        ("tryIndexFromEnd(parameters('extra'), 1)", "tryIndexFromEnd(parameters('extra'), 1)", None),
        (
            "groupBy(variables('prefixes'), lambda('p', lambdaVariables('p')))",
            "groupBy(variables('prefixes'), lambda('p', lambdaVariables('p')))",
            None,
        ),
        (
            "mapValues(parameters('vnet'), lambda('v', 1))",
            "mapValues(parameters('vnet'), lambda('v', 1))",
            None,
        ),
        ("resourceGroup().location", "resourceGroup().location", None),
        ("environment().name", "environment().name", None),
        ("not(parameters('on'))", "not(parameters('on'))", None),
        ("equals(resourceGroup().name, 'prod')", "equals(resourceGroup().name, 'prod')", None),
    ],
)
def test_an_expression_over_an_unknown_is_an_unknown(expression: str, name: str, text: str | None) -> None:
    value = known(expression)
    assert isinstance(value, Open)
    assert value.name == name
    if text is not None:
        assert value.placeholder == text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        # Microsoft Learn, "Resource functions for ARM templates", "Scope functions for ARM templates"
        (
            "resourceId('Microsoft.Network/virtualNetworks/subnets', 'v', 's')",
            "/subscriptions/{subscription}/resourceGroups/{resourceGroup}"
            "/providers/Microsoft.Network/virtualNetworks/v/subnets/s",
        ),
        (
            "resourceId('rg', 'Microsoft.Network/networkSecurityGroups', parameters('prefix'))",
            "/subscriptions/{subscription}/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/{prefix}",
        ),
        (
            "subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'r')",
            "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/r",
        ),
        (
            "managementGroupResourceId('Microsoft.Network/networkManagers', 'm')",
            "/providers/Microsoft.Management/managementGroups/{managementGroup}"
            "/providers/Microsoft.Network/networkManagers/m",
        ),
        (
            "extensionResourceId(resourceId('Microsoft.Network/virtualNetworks', 'v'), "
            "'Microsoft.Authorization/locks', 'l')",
            "/subscriptions/{subscription}/resourceGroups/{resourceGroup}/providers/Microsoft.Network/virtualNetworks/v"
            "/providers/Microsoft.Authorization/locks/l",
        ),
        (
            "concat(subscription().id, '/resourceGroups/', resourceGroup().name, '/providers/a')",
            "/subscriptions/{subscription}/resourceGroups/{resourceGroup}/providers/a",
        ),
    ],
)
def test_ids_keep_what_is_known_of_them(expression: str, text: str) -> None:
    value = known(expression)
    assert isinstance(value, Open)
    assert value.placeholder == text


def test_ids_that_are_known() -> None:
    expected = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/n"
    assert known("resourceId('s', 'g', 'Microsoft.Network/networkInterfaces', 'n')") == expected
    assert known("tenantResourceId('Microsoft.Management/managementGroups', 'm')") == (
        "/providers/Microsoft.Management/managementGroups/m"
    )


def test_arrays_keep_the_elements_that_are_known() -> None:
    value = known("concat(variables('prefixes'), parameters('extra'))")
    assert isinstance(value, list)
    names = [element.name if isinstance(element, Open) else element for element in value]
    assert names == ["10.0.0.0/8", "cidr", "extra"]
    assert [isinstance(element, Open) and element.many for element in value] == [False, False, True]


def test_elements_of_a_loop_have_names_of_their_own() -> None:
    value = known("map(range(0, 2), lambda('i', concat(parameters('prefix'), string(lambdaVariables('i')))))")
    assert isinstance(value, list)
    assert [element.name for element in value if isinstance(element, Open)] == [
        "concat(parameters('prefix'), string(range(0, 2)[0]))",
        "concat(parameters('prefix'), string(range(0, 2)[1]))",
    ]


def test_a_filter_that_an_unknown_decides_may_keep_each_element() -> None:
    value = known("filter(variables('array'), lambda('x', equals(lambdaVariables('x'), parameters('prefix'))))")
    assert isinstance(value, list)
    assert [isinstance(element, Open) and element.many for element in value] == [True, True, True]
    assert len({element.name for element in value if isinstance(element, Open)}) == 3


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("variables('array')[3]", "there is no element 3 in an array of 3"),
        ("variables('object').four", "there is no property 'four'"),
        ("variables('non')", "variables: there is no variable 'non'"),
        ("parameters('non')", "parameters: there is no parameter 'non'"),
        ("toLower(1)", "toLower: does not take a number as argument 1"),
        ("toLower()", "toLower: takes 1 argument, not 0"),
        ("substring('one', 0, 4)", "substring: goes beyond a text of 3 characters"),
        ("substring('a')", "substring: takes 2 to 3 arguments, not 1"),
        ("add(1, true())", "add: does not take a boolean as argument 2"),
        ("div(1, 0)", "div: divides by zero"),
        ("int('x')", "int: 'x' is no whole number"),
        ("json('{')", "json: the text is not JSON"),
        ("format('{1}', 'a')", "format: '{1}' has no argument, there are 1"),
        ("format('{', 'a')", "format: a brace of the format is not closed or not opened"),
        ("cidrSubnet('10.0.0.0/24', 16, 0)", "cidrSubnet: 10.0.0.0/24 has no subnets of length 16"),
        ("cidrHost('10.0.0.0/30', 2)", "cidrHost: 10.0.0.0/30 has no host number 2"),
        (
            "resourceId('Microsoft.Network/virtualNetworks/subnets', 'v')",
            "resourceId: Microsoft.Network/virtualNetworks/subnets needs 2 names, not 1",
        ),
        ("copyIndex()", "copyIndex: stands in no loop"),
        ("range(0, 10001)", "range: makes 0 to 10000 numbers, not 10001"),
        ("if('a', 1, 2)", "if: does not take a string as a condition"),
        ("map(variables('array'), 1)", "takes a lambda here"),
        ("indexFromEnd(variables('array'), 4)", "indexFromEnd: there is no element 4 from the end of an array of 3"),
        ("range(2147483647, 1)", "range: goes no further than 2147483647"),
        ("dateTimeToEpoch('tomorrow')", "dateTimeToEpoch: 'tomorrow' is no date and time of ISO 8601"),
        ("dateTimeFromEpoch(99999999999999999)", "dateTimeFromEpoch: 99999999999999999 is no date that a calendar has"),
        ("float('x')", "float: 'x' is no number"),
        ("dataUriToString('Hello')", "dataUriToString: the text is no data URI"),
        ("mapValues(variables('array'), lambda('v', 1))", "mapValues: does not take an array as argument 1"),
        (
            "groupBy(range(0, 2), lambda('x', lambdaVariables('x')))",
            "groupBy: does not take a number as a key",
        ),
        ("fail('no zone is left')", "no zone is left"),
        ("own.function()", "own.function: there is no such function"),
    ],
)
def test_what_azure_would_refuse_is_an_error_and_unknown(expression: str, message: str) -> None:
    value, said = run(expression)
    assert isinstance(value, Open)
    assert said == [(Severity.ERROR, message)]


def test_what_an_unknown_condition_may_never_evaluate_is_no_error() -> None:
    assert isinstance(known("if(parameters('on'), variables('array')[9], 'a')"), Open)


def test_a_failure_that_is_not_come_to_is_none() -> None:
    assert known("if(true(), 'a', fail('never'))") == "a"


def test_an_unsupported_function_is_noted_where_it_stands() -> None:
    template = "{\"x\": \"[concat('a', newFunction('b'))]\"}"
    raw, document = parse("t.json", template)
    assert isinstance(raw, dict)
    reading = Reading(document)
    value = evaluated(raw["x"], document.root().at("x"), Frame(Scope(reading, raw, document.root(), Target())))
    assert isinstance(value, Open)
    (note,) = reading.diagnostics
    assert (note.severity, note.code) == (Severity.NOTE, "unsupported-function")
    assert note.message == "the function newFunction is not supported, its value is taken as unknown"
    span = note.location.span
    assert template[span.column - 1 : span.end_column - 1] == "newFunction('b')"


def test_the_place_of_a_fault_is_the_whole_string_where_something_is_escaped() -> None:
    template = '{"x": "[f(\\"a\\")]"}'
    raw, document = parse("t.json", template)
    assert isinstance(raw, dict)
    reading = Reading(document)
    evaluated(raw["x"], document.root().at("x"), Frame(Scope(reading, raw, document.root(), Target())))
    span = reading.diagnostics[0].location.span
    assert template[span.column - 1 : span.end_column - 1] == '"[f(\\"a\\")]"'
