from __future__ import annotations

import json
import re
import time
from typing import TypeAlias

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.source import Route, Span
from nwpolicy.readers import jsontext, yamltext
from nwpolicy.readers.places import MAX_DEPTH, MAX_DIGITS
from nwpolicy.readers.tree import Raw, wrap
from nwpolicy.readers.yamltext import MAX_REPEATED, parse

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

# Line ends of YAML 1.1, which are refused, and halves of surrogate pairs stay out; so does what YAML cannot hold.
TEXTS = st.text(
    st.characters(
        min_codepoint=32, exclude_categories=["Cs", "Cc"], exclude_characters="\x7f\u2028\u2029\ufeff\ufffe\uffff"
    ),
    max_size=8,
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES: st.SearchStrategy[Json] = st.recursive(
    SCALARS, lambda below: st.lists(below, max_size=4) | st.dictionaries(TEXTS, below, max_size=4), max_leaves=12
)


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def both_parsers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs a test with libyaml's parser and with the one in Python that stands in where libyaml is missing."""
    if not hasattr(yaml, request.param):
        pytest.skip("PyYAML was built without libyaml")
    monkeypatch.setattr(yamltext, "_LOADER", getattr(yaml, request.param))


def faults(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(InputError) as caught:
        parse("f.yaml", text)
    return caught.value.diagnostics


def fault(text: str) -> Diagnostic:
    (found,) = faults(text)
    return found


def cut(text: str, span: Span) -> str:
    """The part of a text that a span means, by the definition of Span."""
    starts = [0, *(match.end() for match in re.finditer("\r\n|\r|\n", text))]
    return text[starts[span.line - 1] + span.column - 1 : starts[span.end_line - 1] + span.end_column - 1]


def every_place(value: Json, route: Route = ()) -> list[tuple[Route, Json]]:
    """All values of a tree with their routes."""
    found: list[tuple[Route, Json]] = [(route, value)]
    if isinstance(value, dict):
        for key, child in value.items():
            found += every_place(child, (*route, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            found += every_place(child, (*route, index))
    return found


@given(VALUES, st.sampled_from([None, 1]))
def test_json_is_yaml_with_the_same_values_and_the_same_places(value: Json, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    raw, document = parse("f.yaml", text)
    as_json = jsontext.parse("f.json", text)[1]
    assert repr(raw) == repr(value)
    for route, _ in every_place(value):
        assert document.locator(route) == as_json.locator(route)


@given(
    VALUES,
    st.sampled_from([True, False, None]),
    st.sampled_from([None, '"', "'", "|", ">"]),
    st.sampled_from([20, 1000]),
)
def test_what_pyyaml_writes_reads_back_the_same_and_every_span_cuts_out_its_value(
    value: Json, flow: bool | None, style: str | None, width: int
) -> None:
    text = yaml.safe_dump(
        value, default_flow_style=flow, default_style=style, width=width, allow_unicode=True, sort_keys=False
    )
    raw, document = parse("f.yaml", text)
    assert repr(raw) == repr(value)
    for route, part in every_place(value):
        piece = cut(text, document.locator(route))
        assert piece == piece.strip(" \t\r\n")
        if piece[:1] in {"|", ">"}:  # means what it does only at its own depth
            continue
        # A block cut out of the middle lacks the indentation of its first line only.
        indentation = " " * (document.locator(route).column - 1)
        assert repr(parse("f.yaml", indentation + piece)[0]) == repr(part)


@given(st.text(st.sampled_from("ab1-:?,[]{}#&*!|>'\"%@` \n\t~<.\\x\u2028é\ud83d"), max_size=25))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        parse("f.yaml", text)
    except InputError as error:
        found = error.diagnostics
    else:
        return
    lines = text.split("\n")
    for diagnostic in found:
        span = diagnostic.location.span
        assert (1, 1) <= (span.line, span.column) <= (span.end_line, span.end_column)
        assert span.end_line <= len(lines)
        assert diagnostic.message.isprintable()


@pytest.mark.usefixtures("both_parsers")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        # YAML 1.2.2, 10.3.2: tag resolution of the core schema
        ("null", None), ("Null", None), ("NULL", None), ("~", None), ("", None), ("nUll", "nUll"),
        ("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False), ("FALSE", False),
        ("tRUE", "tRUE"), ("yes", "yes"), ("NO", "NO"), ("on", "on"), ("Off", "Off"), ("y", "y"), ("n", "n"),
        ("0", 0), ("-19", -19), ("+12", 12), ("010", 10), ("0o14", 12), ("0x3A", 58), ("0o8", "0o8"), ("0xG", "0xG"),
        ("-0x1", "-0x1"), ("0b1", "0b1"), ("1_000", "1_000"), ("0O7", "0O7"),
        ("0.", 0.0), ("-0.0", -0.0), (".5", 0.5), ("+12e03", 12000.0), ("-2E+05", -200000.0), ("1e3", 1000.0),
        (".", "."), ("-.", "-."), ("+", "+"), ("1e", "1e"), ("1.2.3", "1.2.3"), ("10.0.0.0/8", "10.0.0.0/8"),
        ("1:22", "1:22"), ("190:20:30", "190:20:30"), ("2024-01-01", "2024-01-01"), ("2001-12-14t21:59:43Z",) * 2,
        ("80-90", "80-90"), ("=", "="), ("'1'", "1"), ('"null"', "null"), ("''", ""), ("|\n  1\n", "1\n"),
        ("! 1", "1"), ("!!str 1", "1"), ("!!str", ""), ('!!int "5"', 5), ("!!null ''", None), ("!!float 1.5", 1.5),
        ("!!bool true", True), ("!<tag:yaml.org,2002:str> 5", "5"), ("1" * MAX_DIGITS, int("1" * MAX_DIGITS)),
    ],
)  # fmt: skip
def test_scalars_by_the_core_schema(text: str, value: Json) -> None:
    raw = parse("f.yaml", f"key: {text}")[0]
    assert repr(raw) == repr({"key": value})


@pytest.mark.usefixtures("both_parsers")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("\ufeffa: 1", {"a": 1}),
        ("", None),
        ("# nothing\n", None),
        ("%YAML 1.2\n--- # the only one\na: 1\n...\n", {"a": 1}),
        ("a: &x [1, {b: c}]\nd: *x\n", {"a": [1, {"b": "c"}], "d": [1, {"b": "c"}]}),
        ("a: &x 1\nb: &x 2\nc: *x", {"a": 1, "b": 2, "c": 2}),
        ("&k a: 1\nb: *k", {"a": 1, "b": "a"}),
        ("a: b # c\nd: 'e # f'", {"a": "b", "d": "e # f"}),
        ("yes: 1\nNO: 2\n1:22: 3\n", {"yes": 1, "NO": 2, "1:22": 3}),
        ("'1': a\n'': b\n\"<<\": c\n!!str 2: d\n'null': e", {"1": "a", "": "b", "<<": "c", "2": "d", "null": "e"}),
        ("a: <<", {"a": "<<"}),
        ("? a\n: 1\n? b\n", {"a": 1, "b": None}),
        ("a:\nb: {c, d: }\n", {"a": None, "b": {"c": None, "d": None}}),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\n\n", {"a": "x\ny\n", "b": "x y"}),
        ("a: x\n  y\r\nb: 'it''s'\rc: \"\\u00fc\\x41\\U0001F600\"", {"a": "x y", "b": "it's", "c": "üA😀"}),
        ('a: "\\N\\L\\P\\ufeff"', {"a": "\x85\u2028\u2029\ufeff"}),
        ("- - 1\n  - 2\n- - 3", [[1, 2], [3]]),
        ("!!map {a: !!seq [1]}", {"a": [1]}),
    ],
)
def test_accepted(text: str, value: Json) -> None:
    assert repr(parse("f.yaml", text)[0]) == repr(value)


@pytest.mark.usefixtures("both_parsers")
@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: 1\nb: 2\na: 3", "3:1", "key 'a' is given twice: the first is on line 1"),
        ("{a: 1, 'a': 2}", "1:8", "key 'a' is given twice: the first is on line 1"),
        ("<<: {a: 1}", "1:1", "merge keys ('<<') are not supported"),
        ("b: &b {a: 1}\nc:\n  <<: *b\n", "3:3", "merge keys ('<<') are not supported"),
        ("a: !!python/name:os.system x", "1:4", "tag '!!python/name:os.system' is not supported"),
        ("a: !local x", "1:4", "tag '!local' is not supported"),
        ("a: !!binary aGk=", "1:4", "tag '!!binary' is not supported"),
        ("a: !!timestamp 2001-01-01", "1:4", "tag '!!timestamp' is not supported"),
        ("a: !!set {b}", "1:4", "tag '!!set' is not supported"),
        ("a: !!merge <<", "1:4", "tag '!!merge' is not supported"),
        ("!x a: 1", "1:1", "tag '!x' is not supported"),
        ("a: !y!z 1", "1:4", "this tag is not defined"),
        ("a: !!int x", "1:4", "'x' is not a value of type int"),
        ("a: !!bool yes", "1:4", "'yes' is not a value of type bool"),
        ("a: !!float true", "1:4", "'true' is not a value of type float"),
        ("a: 1\n---\nb: 2\n", "2:1", "a second document starts on line 2, expected one document in a file"),
        ("%YAML 1.1\n---\na: 1", "1:1", "the file asks for YAML 1.1, this is a reader of YAML 1.2"),
        ("1: a", "1:1", "a key has to be text, '1' is not"),
        ("a: {true: b}", "1:5", "a key has to be text, 'true' is not"),
        ("~: a", "1:1", "a key has to be text, '~' is not"),
        ("?\n: 1", "1:2", "a key is missing here"),
        ("1.5: a", "1:1", "a key has to be text, '1.5' is not"),
        ("? [a]\n: 1", "1:3", "a key has to be text, found a list or a mapping"),
        ("a: &x b\n*x : 1", "2:1", "the alias '*x' is used as a key"),
        ("a: *x", "1:4", "'*x' refers to an anchor that is not defined above"),
        ("a: *x\nb: &x 1", "1:4", "'*x' refers to an anchor that is not defined above"),
        ("a: &x [*x]", "1:8", "'*x' refers to a value that it is part of"),
        ("&x a: &x {b: {c: *x}}", "1:18", "'*x' refers to a value that it is part of"),
        ("a: *", "1:5", "'*' and '&' need a name, for they mark aliases and anchors"),
        ("a: *.example.com", "1:5", "'*' and '&' need a name, for they mark aliases and anchors"),
        ("a: .inf", "1:4", "'.inf' is not a number that can be used"),
        ("a: -.Inf", "1:4", "'-.Inf' is not a number that can be used"),
        ("a: .NaN", "1:4", "'.NaN' is not a number that can be used"),
        ("a: 1e999", "1:4", "the number '1e999' is too large"),
        ("a: " + "9" * 100_000, "1:4", f"this number has more than {MAX_DIGITS} digits"),
        ("a:\n\tb: 1", "2:1", "a tab cannot indent YAML"),
        ("\ta: 1", "1:1", "a tab cannot indent YAML"),
        ("a: 1\n\tb: 2", "2:1", "a tab cannot indent YAML"),
        ("-\ta: 1", "1:2", "a tab cannot indent YAML"),
        ("a: [1\n", "1:6", "expected ',' or ']' in the list that starts on line 1"),
        ("a: {b: 1", "1:9", "expected ',' or '}' in the mapping that starts on line 1"),
        ("a: 'x\nb: 1", "1:4", "this quoted text is never closed"),
        ('a: "x', "1:4", "this quoted text is never closed"),
        ("a: 'it's'", "1:8", "expected the end of the line after this value, found 's'"),
        ("a: b: c", "1:5", "a key cannot stand here"),
        ("a: - b", "1:4", "a list element cannot stand here"),
        ("- a\nb: 1", "2:1", "this does not continue the list that starts on line 1"),
        ("a:\n  b: 1\n c: 2", "3:2", "this does not continue the mapping that starts on line 1"),
        ("a: 1\nb\nc: 2", "2:1", "expected ':' after this key"),
        ("a: @x", "1:4", "a value cannot start with '@'"),
        ("a: `x`", "1:4", "a value cannot start with '`'"),
        ("a: %x", "1:4", "a value cannot start with '%'"),
        ("a: ]", "1:4", "expected a value, found ']'"),
        ("a: {b: 1}}", "1:10", "expected the end of the line after this value, found '}'"),
        (r'a: "\q"', "1:5", r"'\q' is not an escape that YAML knows"),
        ("a: >9x\n b", "1:6", "expected the end of the line, found 'x'"),
        ("a: b\x07", "1:5", "character U+0007 is not allowed in YAML"),
        ("a: \ud83d", "1:4", "character U+D83D is not allowed in YAML"),
        ("# a\x85b: 1", "1:4", "character U+0085 means different things to different readers of YAML"),
        ("a: b\u2028c: 1", "1:5", "character U+2028 means different things to different readers of YAML"),
        ("a: 1\n\ufeffb: 2", "2:1", "character U+FEFF means different things to different readers of YAML"),
    ],
)
def test_refused_at_the_place_where_it_is_wrong(text: str, place: str, message: str) -> None:
    found = fault(text)
    assert (str(found.location), found.message) == (f"f.yaml:{place}", message)
    assert found.excerpt is not None
    assert found.excerpt.encode()  # can be written out


@pytest.mark.usefixtures("both_parsers")
@pytest.mark.parametrize(
    "text", ["{: 1}", ": 1", "%FOO\n---\n]", "...", "%YAML 2.0\n---\na", r'a: "\UFFFFFFFF"', r'a: "\ud83d"', "a: |x"]
)
def test_refused_by_both_parsers_in_their_own_way(text: str) -> None:
    assert fault(text).location.span.line in {1, 3}


def test_all_keys_given_twice_and_all_bad_scalars_are_reported_at_once() -> None:
    found = faults("a: .inf\nb:\n  - {c: 1, c: 2}\na: !x 1\n")
    assert [(diagnostic.location.span.line, diagnostic.code) for diagnostic in found] == [
        (1, "number-too-large"),
        (3, "duplicate-key"),
        (4, "duplicate-key"),
        (4, "unsupported-yaml"),
    ]


def bomb(levels: int, width: int = 10) -> str:
    """Each level repeats the one above `width` times."""
    rows = [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * width)}]" for i in range(1, levels)]
    return "\n".join(["l0: &l0 [" + ", ".join(["x"] * width) + "]", *rows])


def size(value: Raw) -> int:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(size, children))


@pytest.mark.parametrize("levels", [6, 10, 1000])
def test_aliases_that_repeat_one_another_have_a_limit(levels: int) -> None:
    start = time.process_time()
    found = fault(bomb(levels))
    assert found.code == "expansion-too-large"
    assert found.excerpt is not None
    assert found.excerpt[found.location.span.column - 1] == "*"
    assert time.process_time() - start < 2


def test_what_is_accepted_never_grows_beyond_the_limit() -> None:
    raw = parse("f.yaml", bomb(4))[0]
    text_values = 1 + 11 + 3 * 1  # the mapping, the first list with its values, the other lists
    assert text_values < size(raw) <= text_values + MAX_REPEATED


def test_aliases_cannot_nest_deeper_than_the_limit() -> None:
    rows = ["a0: &a0 [x]", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 2 * MAX_DEPTH))]
    found = fault("\n".join(rows))
    assert (found.code, found.location.span.line) == ("nesting-too-deep", MAX_DEPTH)


@pytest.mark.usefixtures("both_parsers")
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")])
def test_nesting_has_a_limit(opening: str, closing: str) -> None:
    if opening != "? ":
        raw, document = parse("f.yaml", opening * MAX_DEPTH + "b" + closing * MAX_DEPTH)
        assert wrap(raw, document.root()).source.route == ()  # what is accepted is safe for recursive readers
        found = fault(opening * 10_000 + "b" + closing * 10_000)
        assert (found.code, found.location.span.column) == ("nesting-too-deep", MAX_DEPTH * len(opening) + 1)
    assert faults(opening * 10_000)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 300_000,
        "- " * 300_000,
        "a: '" + "x " * 300_000,
        "&a " * 100_000,
        "!" * 300_000,
        "a: *" + "b" * 300_000,
        "a:\n" + " " * 300_000 + "]",
        "[" + "a, " * 20_000,
        "{" + "a: b, " * 20_000,
        "# " * 300_000 + "\n\t",
    ],
)
def test_hostile_texts_are_refused_quickly(text: str) -> None:
    start = time.process_time()
    assert faults(text)
    assert time.process_time() - start < 3  # a quadratic reader takes minutes


WHOLE = """\
# first
a:
  b: &b
    - 10
    - c: |
        x
        y

    - {d: "e"}
  f: *b
  g:
h: last  # comment
"""


@pytest.mark.usefixtures("both_parsers")
@pytest.mark.parametrize(
    ("route", "span", "text"),
    [
        (("h",), (12, 4, 12, 8), "last"),
        (("a", "b", 0), (4, 7, 4, 9), "10"),
        (("a", "b", 1, "c"), (5, 10, 7, 10), "|\n        x\n        y"),
        (("a", "b", 1), (5, 7, 7, 10), "c: |\n        x\n        y"),
        (("a", "b", 2, "d"), (9, 11, 9, 14), '"e"'),
        (("a", "b", 2), (9, 7, 9, 15), '{d: "e"}'),
        (("a", "f"), (10, 6, 10, 8), "*b"),
        (("a", "f", 2, "d"), (9, 11, 9, 14), '"e"'),  # below an alias: where it is written
        (("a", "g"), (11, 5, 11, 5), ""),
        (("a", "b", 3), None, None),
        (("a", "b", "0"), None, None),
    ],
)
def test_places(route: Route, span: tuple[int, int, int, int] | None, text: str | None) -> None:
    document = parse("f.yaml", WHOLE)[1]
    found = document.locator(route)
    if span is None:  # a route that is missing gives what encloses it
        assert found == document.locator(("a", "b"))
    else:
        assert (found, cut(WHOLE, found)) == (Span(*span), text)


@pytest.mark.usefixtures("both_parsers")
def test_lines_end_as_in_editors_and_columns_count_characters() -> None:
    document = parse("f.yaml", "\ufeff😀: 'x'\r\nb:\r  - y\n")[1]
    assert document.locator(("😀",)) == Span(1, 4, 1, 7)
    assert document.locator(("b", 0)) == Span(3, 5, 3, 6)
    assert document.line(3) == "  - y"
