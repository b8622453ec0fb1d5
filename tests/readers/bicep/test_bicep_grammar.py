"""Every construct of the language. Source: Microsoft Learn, the page named with each group of cases."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from nwpolicy.readers.bicep import syntax
from nwpolicy.readers.bicep.parse import parse

DATA = Path(__file__).parents[2] / "data" / "bicep"


def shape(node: Any) -> Any:
    """A tree without places: `Kind(field, ...)` as a tuple, plain strings and names as their text."""
    match node:
        case syntax.Word() | syntax.Name() | syntax.TypeName():
            return node.text
        case syntax.Literal():
            return node.value
        case syntax.Text(holes=()):
            return f"'{node.texts[0]}'"
        case tuple():
            return [shape(item) for item in node]
        case _ if dataclasses.is_dataclass(node):
            names = [item.name for item in dataclasses.fields(node) if item.name not in {"start", "end"}]
            return (type(node).__name__, *(shape(getattr(node, name)) for name in names))
        case _:
            return node


def statements(text: str) -> list[Any]:
    return [shape(statement) for statement in parse("main.bicep", text)]


def value(text: str) -> Any:
    """The shape of an expression."""
    (statement,) = parse("main.bicep", f"var x = {text}\n")
    assert isinstance(statement, syntax.Variable)
    return shape(statement.value)


def type_of(text: str) -> Any:
    (statement,) = parse("main.bicep", f"type t = {text}")
    assert isinstance(statement, syntax.Alias)
    return shape(statement.type)


# "Bicep file structure and syntax", "Parameters in Bicep", "Outputs in Bicep", "Variables in Bicep"
STATEMENTS: dict[str, Any] = {
    "targetScope = 'subscription'": ("Target", [], "'subscription'"),
    "metadata name = { a: 1 }": ("Metadata", [], "name", ("Object", [("Property", "a", 1)])),
    "param x string": ("Parameter", [], "x", "string", None),
    "param x string = 'y'": ("Parameter", [], "x", "string", "'y'"),
    "param resource int": ("Parameter", [], "resource", "int", None),
    "var x = 1": ("Variable", [], "x", None, 1),
    "var x int = 1": ("Variable", [], "x", "int", 1),
    "output x array = []": ("Output", [], "x", "array", ("Array", [])),
    "output x resource 'a/b@c' = y": ("Output", [], "x", ("TypeResource", "'a/b@c'"), "y"),
    "assert x = a": ("Assertion", [], "x", "a"),
    "test x 'main.bicep' = { params: p }": ("Test", [], "x", "'main.bicep'", ("Object", [("Property", "params", "p")])),
    "func f(a string, b int?) string => a": (
        "Function",
        [],
        "f",
        [["a", "string"], ["b", ("TypeNullable", "int", False)]],
        "string",
        "a",
    ),
    "func f() bool =>\n  true": ("Function", [], "f", [], "bool", True),
    # "Imports in Bicep", "Bicep extensions"
    "import { a, b as c, 'd-e' as f } from 'x.bicep'": (
        "Import",
        [],
        [("Symbol", "a", "a"), ("Symbol", "b", "c"), ("Symbol", "d-e", "f")],
        "'x.bicep'",
    ),
    "import * as all from 'x.json'": ("Import", [], [("Symbol", "*", "all")], "'x.json'"),
    "extension graph": ("Extension", [], "graph", None, None),
    "extension 'br:x:1' with {} as y": ("Extension", [], "br:x:1", ("Object", []), "y"),
    "provider 'az@1'": ("Extension", [], "az@1", None, None),
    "import 'kubernetes@1.0.0' as k8s": ("Extension", [], "kubernetes@1.0.0", None, "k8s"),
    # "Bicep parameters file"
    "using 'main.bicep'": ("Using", "'main.bicep'"),
    "using none": ("Using", None),
    "extends 'base.bicepparam'": ("Extends", "'base.bicepparam'"),
    "param x = 1": ("Parameter", [], "x", None, 1),
    "extensionConfig k8s with { a: 1 }": (
        "Extension",
        [],
        "k8s",
        ("Object", [("Property", "a", 1)]),
        None,
    ),
}


@pytest.mark.parametrize("text", STATEMENTS)
def test_statements(text: str) -> None:
    assert statements(text) == [STATEMENTS[text]]
    assert statements(f"\n\n{text} // behind it\n\n") == [STATEMENTS[text]]


# "Resource declaration in Bicep", "Iterative loops in Bicep", "Conditional deployments in Bicep", "Bicep modules"
BODIES: dict[str, Any] = {
    "{}": ("Object", []),
    "if (a) { b: 1 }": ("Conditional", "a", ("Object", [("Property", "b", 1)])),
    "[for x in y: {}]": ("Loop", "x", None, "y", ("Object", [])),
    "[\n  for (x, i) in y: if (i > 0) {\n  }\n]": (
        "Loop",
        "x",
        "i",
        "y",
        ("Conditional", ("Binary", ">", "i", 0), ("Object", [])),
    ),
}


@pytest.mark.parametrize("body", BODIES)
def test_resources_and_modules(body: str) -> None:
    assert statements(f"resource r 'a/b@1' = {body}") == [
        ("ResourceDeclaration", [], "r", "'a/b@1'", False, BODIES[body])
    ]
    assert statements(f"resource r 'a/b@1' existing = {body}") == [
        ("ResourceDeclaration", [], "r", "'a/b@1'", True, BODIES[body])
    ]
    assert statements(f"module m './m.bicep' =\n{body}") == [("Module", [], "m", "'./m.bicep'", BODIES[body])]


def test_a_nested_resource_and_a_property_of_that_name() -> None:
    text = "resource r 'a/b@1' = {\n  resource: 1\n  @batchSize(1)\n  resource c 'd' = {}\n  resources: 2\n}"
    ((*_, body),) = statements(text)
    decorator = ("Decorator", ("Call", None, "batchSize", [1]))
    nested: Any = ("ResourceDeclaration", [decorator], "c", "'d'", False, ("Object", []))
    assert body == ("Object", [("Property", "resource", 1), nested, ("Property", "resources", 2)])


def test_decorators_stand_on_lines_of_their_own() -> None:
    text = "@secure()\n\n// why\n@sys.description('x')\nparam p string"
    secure: Any = ("Decorator", ("Call", None, "secure", []))
    described = ("Decorator", ("Call", "sys", "description", ["'x'"]))
    assert statements(text) == [("Parameter", [secure, described], "p", "string", None)]


# "Expressions and symbolic names", "Bicep operators", "Lambda functions for Bicep", "Spread operator"
EXPRESSIONS: dict[str, Any] = {
    "null": None,
    "true": True,
    "042": 42,
    "a": "a",
    "-1": ("Unary", "-", 1),
    "!a.b": ("Unary", "!", ("Member", "a", "b", False)),
    "1 + 2 * 3": ("Binary", "+", 1, ("Binary", "*", 2, 3)),
    "1 - 2 - 3": ("Binary", "-", ("Binary", "-", 1, 2), 3),
    "(1 - (2 - 3))": ("Binary", "-", 1, ("Binary", "-", 2, 3)),
    "a || b && c": ("Binary", "||", "a", ("Binary", "&&", "b", "c")),
    "a == b < c + 1": ("Binary", "==", "a", ("Binary", "<", "b", ("Binary", "+", "c", 1))),
    "a =~ b ?? c !~ d": ("Binary", "??", ("Binary", "=~", "a", "b"), ("Binary", "!~", "c", "d")),
    "a ? b : c ? d : e": ("Ternary", "a", "b", ("Ternary", "c", "d", "e")),
    "a\n  ? b // yes\n  : c": ("Ternary", "a", "b", "c"),
    "a.b[0].?c[?'d']::e!": (
        "NotNull",
        (
            "Nested",
            (
                "Index",
                ("Member", ("Index", ("Member", "a", "b", False), 0, False, False), "c", True),
                "'d'",
                True,
                False,
            ),
            "e",
        ),
    ),
    "a[^1]": ("Index", "a", 1, False, True),
    "a[?^b]": ("Index", "a", "b", True, True),
    "(a.?b).c": ("Member", ("Group", ("Member", "a", "b", True)), "c", False),
    "f()": ("Call", None, "f", []),
    "az.f(1,\n  2\n)": ("Call", "az", "f", [1, 2]),
    "map(a, x => x.b)": ("Call", None, "map", ["a", ("Lambda", ["x"], ("Member", "x", "b", False))]),
    "map(a, (x, i) =>\n  i)": ("Call", None, "map", ["a", ("Lambda", ["x", "i"], "i")]),
    "f(() => 1)": ("Call", None, "f", [("Lambda", [], 1)]),
    "[1, 2\n  3\n  ...a]": ("Array", [1, 2, 3, ("Spread", "a")]),
    "[\n]": ("Array", []),
    "{ a: 1, 'b-c': 2\n  ...d\n}": (
        "Object",
        [("Property", "a", 1), ("Property", "'b-c'", 2), ("Spread", "d")],
    ),
    "{ '${a}b': 1 }": ("Object", [("Property", ("Text", ["", "b"], ["a"]), 1)]),
    "{ if: 1, for: 2, in: 3, param: 4 }": (
        "Object",
        [("Property", word, number) for number, word in enumerate(("if", "for", "in", "param"), 1)],
    ),
    "[for x in y: z]": ("Loop", "x", None, "y", "z"),
    "type.module": ("Member", "type", "module", False),
}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expressions(text: str) -> None:
    assert value(text) == EXPRESSIONS[text]


# "Data types in Bicep", Strings and Multi-line strings
STRINGS = {
    "''": "",
    r"'a\\b\'c\n\r\t\$\u{1F512}'": "a\\b'c\n\r\t$\N{LOCK}",
    "'$a {b} $'": "$a {b} $",
    "''''''": "",
    "'''a'''": "a",
    "'''\na\n'''": "a\n",
    "'''\r\na ${b} \\n'''": "a ${b} \\n",
    "''''a''''": "'a'",
    "'''// no comment'''": "// no comment",
}


@pytest.mark.parametrize("text", STRINGS)
def test_strings(text: str) -> None:
    (statement,) = parse("main.bicep", f"var x = {text}")
    assert isinstance(statement, syntax.Variable)
    assert isinstance(statement.value, syntax.Text)
    assert statement.value.plain == STRINGS[text]


HOLES = {
    "'a${b}c'": ["a", "c"],
    "'${b}'": ["", ""],
    "'${b}${c}'": ["", "", ""],
    "'a${ { x: '}${b}' }.x }c'": ["a", "c"],
    "'a${f([1, 2], x => { y: x })}c'": ["a", "c"],
    "$'''a${b}c ${d} '' {e} $f'''": ["a", "c ", " '' {e} $f"],
    "$'''\na${b}\n'''": ["a", "\n"],
    "$$'''a${b} $${c}d'''": ["a${b} ", "d"],
}


@pytest.mark.parametrize("text", HOLES)
def test_expressions_in_strings(text: str) -> None:
    (statement,) = parse("main.bicep", f"var x = {text}")
    assert isinstance(statement, syntax.Variable)
    assert isinstance(statement.value, syntax.Text)
    assert list(statement.value.texts) == HOLES[text]


# "Data types in Bicep", "User-defined data types in Bicep", "Resource-derived types"
TYPES: dict[str, Any] = {
    "string": "string",
    "string[]": ("TypeArray", "string"),
    "string[]?": ("TypeNullable", ("TypeArray", "string"), False),
    "(string?)[]": ("TypeArray", ("TypeNullable", "string", False)),
    "mine!": ("TypeNullable", "mine", True),
    "'a' | 'b' | -1 | true | null": (
        "TypeUnion",
        [
            ("TypeLiteral", "'a'"),
            ("TypeLiteral", "'b'"),
            ("TypeLiteral", ("Unary", "-", 1)),
            ("TypeLiteral", True),
            ("TypeLiteral", None),
        ],
    ),
    "\n  | 'a'\n  | 'b' // both": ("TypeUnion", [("TypeLiteral", "'a'"), ("TypeLiteral", "'b'")]),
    "{\n  a: int\n  'b-c': string?\n  *: bool\n}": (
        "TypeObject",
        [
            ("TypeMember", [], "a", "int"),
            ("TypeMember", [], "'b-c'", ("TypeNullable", "string", False)),
            ("TypeMember", [], "*", "bool"),
        ],
    ),
    "{\n  @minValue(1)\n  type: int\n}": (
        "TypeObject",
        [("TypeMember", [("Decorator", ("Call", None, "minValue", [1]))], "type", "int")],
    ),
    "[\n  @secure()\n  string\n  int\n]": (
        "TypeTuple",
        [
            ("TypeMember", [("Decorator", ("Call", None, "secure", []))], None, "string"),
            ("TypeMember", [], None, "int"),
        ],
    ),
    "a.b[0].*[*]": (
        "TypeIndex",
        ("TypeProperty", ("TypeIndex", ("TypeProperty", "a", "b", []), 0), "*", []),
        None,
    ),
    "resourceInput<'a/b@1'>.properties": (
        "TypeProperty",
        ("TypeCall", "resourceInput", [("TypeLiteral", "'a/b@1'")]),
        "properties",
        [],
    ),
    "sys.resourceOutput<\n  'a/b@1'\n>": (
        "TypeProperty",
        "sys",
        "resourceOutput",
        [("TypeLiteral", "'a/b@1'")],
    ),
}


@pytest.mark.parametrize("text", TYPES)
def test_types(text: str) -> None:
    assert type_of(text) == TYPES[text]


COMMENTS = """\
#disable-diagnostics no-unused-params
/* one */ var a = /* two
  lines */ 1 // three
// four

  #disable-next-line no-unused-vars
var b = [ // five
  1 // six
  /* seven */
] /* eight */
#restore-diagnostics no-unused-params"""


def test_comments_and_directives_are_passed_over() -> None:
    assert statements(COMMENTS) == [("Variable", [], "a", None, 1), ("Variable", [], "b", None, ("Array", [1]))]
    assert statements(COMMENTS.replace("\n", "\r\n")) == statements(COMMENTS)


@pytest.mark.parametrize("text", ["", "\n", "// nothing", "/* nothing */\n"])
def test_a_file_may_be_empty(text: str) -> None:
    assert statements(text) == []


def test_nodes_know_where_they_stand() -> None:
    text = "@secure()\nparam p string = f(a.b, 'x${ y }z')\n"
    (statement,) = parse("main.bicep", text)
    assert isinstance(statement, syntax.Parameter)
    assert isinstance(statement.value, syntax.Call)
    member, string = statement.value.arguments
    assert isinstance(string, syntax.Text)
    assert [text[node.start : node.end] for node in (statement, statement.name, statement.value, member, string)] == [
        text.rstrip(),
        "p",
        "f(a.b, 'x${ y }z')",
        "a.b",
        "'x${ y }z'",
    ]
    assert text[string.holes[0].start : string.holes[0].end] == "y"


@pytest.mark.parametrize("path", sorted(DATA.rglob("*.bicep")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_files(path: Path) -> None:
    assert parse(str(path), path.read_text(encoding="utf-8"))
