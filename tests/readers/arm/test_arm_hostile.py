"""Templates that nobody should write: a located diagnostic for each, never a traceback, never a hang."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nwpolicy.model.assembly import Fragment
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.source import Document
from nwpolicy.readers import arm
from nwpolicy.readers.filestore import DISK
from nwpolicy.readers.jsontext import parse
from nwpolicy.readers.linking import Linker
from nwpolicy.readers.tree import Raw

NSG = "Microsoft.Network/networkSecurityGroups"
Json = dict[str, Any]


def read(template: Any) -> Fragment:
    raw, document = parse("t.json", json.dumps(template))
    return arm.read(raw, document)


def nsg(name: Any = "web", **more: Any) -> Json:
    return {"type": NSG, "name": name, "properties": {}, **more}


def errors(template: Any) -> list[str]:
    return [found.message for found in read(template).diagnostics if found.severity is Severity.ERROR]


def copied(count: Any) -> Json:
    return {"resources": [nsg("[concat('n', copyIndex())]", copy={"name": "loop", "count": count})]}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ({"resources": ["x"]}, "a resource is an object"),
        ({"resources": [{"name": "x"}]}, "a resource needs a 'type'"),
        ({"resources": [{"type": 5}]}, "a resource needs a 'type'"),
        ({"resources": [nsg(copy=[])]}, "a loop needs 'name' and 'count'"),
        (
            {"resources": [nsg(properties={"copy": [{"name": "securityRules"}]})]},
            "a loop needs 'name', 'count' and 'input'",
        ),
        (copied(10_001), "a loop makes 0 to 10000 copies, not 10001"),
        (copied(-1), "a loop makes 0 to 10000 copies, not -1"),
        (copied("many"), "a loop makes 0 to 10000 copies, not a string"),
        (copied(None), "a loop makes 0 to 10000 copies, not null"),
        ({"resources": [nsg(condition=5)]}, "a condition is true or false, not a number"),
        ({"resources": [{"type": "Microsoft.Resources/deployments", "name": "d"}]}, "a deployment needs 'properties'"),
        ({"resources": [nsg("[concat('a']")]}, "',' or ')' is expected, but the expression ends here"),
        (
            {"variables": {"a": "[variables('a')]"}, "resources": [nsg("[variables('a')]")]},
            "variables: variable a needs itself: a → a",
        ),
        (
            {
                "parameters": {"a": {"type": "string", "defaultValue": "[parameters('a')]"}},
                "resources": [nsg("[parameters('a')]")],
            },
            "parameters: parameter a needs itself: a → a",
        ),
        (
            {
                "functions": [{"namespace": "n", "members": {"f": {"output": {"value": "[n.f()]"}}}}],
                "resources": [nsg("[n.f()]")],
            },
            "n.f: calls itself",
        ),
    ],
)
def test_what_is_wrong_is_said(template: Json, message: str) -> None:
    assert errors(template) == [message]


@pytest.mark.parametrize("section", ["parameters", "variables", "functions", "definitions", "resources"])
@pytest.mark.parametrize("value", [None, 5, "x", [], {}, [5], {"a": 5}, {"copy": 5}, {"copy": [5]}])
def test_sections_of_the_wrong_type(section: str, value: Any) -> None:
    read({"resources": [nsg("[concat(parameters('a'), variables('a'), n.f())]")], section: value})


def test_types_that_refer_to_one_another() -> None:
    template = {
        "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}},
        "parameters": {"p": {"$ref": "#/definitions/a"}},
        "resources": [nsg("[parameters('p')]")],
    }
    (found,) = read(template).resources
    assert found.name == "{p}"


def test_variables_of_variables_of_variables() -> None:
    chain = {f"v{index}": f"[variables('v{index + 1}')]" for index in range(5000)}
    fragment = read({"variables": {**chain, "v5000": "x"}, "resources": [nsg("[variables('v0')]")]})
    assert {found.message for found in fragment.diagnostics} == {"what this needs is nested too deeply"}


def test_deployments_in_deployments() -> None:
    template: Json = {"resources": [nsg()]}
    for _ in range(30):
        inner = {"type": "Microsoft.Resources/deployments", "name": "d", "properties": {"template": template}}
        template = {"resources": [inner]}
    assert errors(template) == ["deployments are nested more than 20 deep"]


def doubling(join: str) -> Json:
    """Each variable is twice the one before."""
    variables = {
        f"v{index}": f"[{join}(variables('v{index - 1}'), variables('v{index - 1}'))]" for index in range(1, 60)
    }
    return {"variables": {"v0": "x" * 10, **variables}, "resources": [nsg("[string(variables('v59'))]")]}


@pytest.mark.parametrize(
    "template",
    [
        doubling("concat"),
        doubling("createArray"),
        {"resources": [nsg("[replace(padLeft('', 10000), ' ', padLeft('', 10000))]")]},
        {
            "resources": [
                nsg(
                    "[string(reduce(range(0, 10000), 'x', lambda('a', 'b', "
                    "createArray(lambdaVariables('a'), lambdaVariables('a')))))]"
                )
            ]
        },
    ],
)
def test_values_that_grow_beyond_a_template(template: Json) -> None:
    start = time.perf_counter()
    found = errors(template)
    assert time.perf_counter() - start < 20
    assert found[0].endswith("the value is larger than a template can be")


@pytest.mark.parametrize(
    "expression",
    [
        "reduce(range(0, 10000), createArray(), lambda('c', 'n', concat(lambdaVariables('c'), "
        "createArray(lambdaVariables('n')))))",
        "map(range(0, 10000), lambda('x', mapValues(groupBy(range(0, 10000), "
        "lambda('y', string(lambdaVariables('y')))), lambda('z', 1))))",
    ],
)
def test_lambdas_over_what_lambdas_make(expression: str) -> None:
    assert any("take too many steps" in message for message in errors({"resources": [nsg(f"[string({expression})]")]}))


def test_loops_in_loops_in_loops() -> None:
    inner = {"name": "a", "count": 10_000, "input": {"copy": [{"name": "b", "count": 10_000, "input": "x"}]}}
    start = time.perf_counter()
    found = errors({"resources": [nsg(properties={"copy": [inner]})]})
    assert time.perf_counter() - start < 60
    assert found == ["the loops and nested expressions of this template take too many steps, it is read in part only"]


EXPRESSIONS = st.recursive(
    st.sampled_from(["'a'", "1", "parameters('p')", "variables('v')", "copyIndex()", "null()", "createObject('k', 1)"]),
    lambda below: st.one_of(
        st.tuples(
            st.sampled_from(
                [
                    "concat",
                    "format",
                    "if",
                    "and",
                    "coalesce",
                    "union",
                    "length",
                    "first",
                    "tryGet",
                    "contains",
                    "resourceId",
                    "map",
                    "json",
                    "string",
                    "items",
                    "equals",
                    "createArray",
                    "split",
                    "copyIndex",
                    "parameters",
                    "variables",
                    "lambda",
                    "filter",
                    "sort",
                    "n.f",
                ]
            ),
            st.lists(below, max_size=3),
        ).map(lambda found: f"{found[0]}({', '.join(found[1])})"),
        st.tuples(below, below).map(lambda found: f"{found[0]}[{found[1]}]"),
        below.map(lambda found: f"{found}.k"),
    ),
    max_leaves=8,
)


@given(name=EXPRESSIONS, condition=EXPRESSIONS, count=EXPRESSIONS, rules=EXPRESSIONS)
def test_no_expression_is_more_than_wrong(name: str, condition: str, count: str, rules: str) -> None:
    resource = nsg(
        f"[{name}]",
        condition=f"[{condition}]",
        properties={
            "securityRules": f"[{rules}]",
            "copy": [{"name": "x", "count": f"[length({count})]", "input": f"[{name}]"}],
        },
    )
    read({"parameters": {"p": {"type": "string"}}, "variables": {"v": [1, f"[{count}]"]}, "resources": [resource]})


def deploying(inner: Json, **more: Any) -> Json:
    template = {"contentVersion": "1.0.0.0", "resources": [inner]}
    return {
        "type": "Microsoft.Resources/deployments",
        "name": "[concat('d', copyIndex())]",
        "copy": {"name": "loop", "count": 100},
        "properties": {"template": template, "expressionEvaluationOptions": {"scope": "inner"}},
        **more,
    }


def test_deployments_that_deploy_a_hundred_others_each_are_bounded() -> None:
    """A million deployments of one group, each of them cheap by itself."""
    template = {"contentVersion": "1.0.0.0", "resources": [deploying(deploying(deploying(nsg())))]}
    start = time.process_time()
    (found,) = errors(template)
    assert "take too many steps" in found
    assert time.process_time() - start < 20


def test_a_linked_template_is_parsed_once(tmp_path: Path) -> None:
    links = [
        {
            "type": "Microsoft.Resources/deployments",
            "name": f"d{n}",
            "properties": {"templateLink": {"relativePath": "b.json"}},
        }
        for n in range(20)
    ]
    (tmp_path / "a.json").write_text(json.dumps({"contentVersion": "1.0.0.0", "resources": links}))
    (tmp_path / "b.json").write_text(json.dumps({"contentVersion": "1.0.0.0", "resources": [nsg()]}))
    parsed: list[str] = []

    def parse_and_note(path: str, text: str) -> tuple[Raw, Document]:
        parsed.append(path)
        return parse(path, text)

    path = str(tmp_path / "a.json")
    link = Linker(DISK, path, 1 << 20, parse_and_note)
    fragment = arm.read(*parse(path, Path(path).read_text()), link=link)
    assert len(fragment.resources) == 20
    assert parsed == [str(tmp_path / "b.json")]
