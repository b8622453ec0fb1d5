from __future__ import annotations

import json
import time
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.source import Route, Span
from nwpolicy.readers.jsontext import parse
from nwpolicy.readers.places import MAX_DEPTH, MAX_DIGITS, MAX_FAULTS
from nwpolicy.readers.tree import Raw, wrap

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES: st.SearchStrategy[Json] = st.recursive(
    SCALARS, lambda below: st.lists(below, max_size=4) | st.dictionaries(TEXTS, below, max_size=4), max_leaves=12
)
#: What may stand between two tokens of an ARM template.
BLANKS = st.sampled_from(
    ["", "", " ", "\t", "\r\n", "\n\n", "\r", "/**/", '/* " */', "// '\n", "/* \n , } */", '//"\r\n']
)


def faults(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(InputError) as caught:
        parse("f.json", text)
    return caught.value.diagnostics


def fault(text: str) -> Diagnostic:
    (found,) = faults(text)
    return found


def cut(text: str, span: Span) -> str:
    """The part of a text that a span means, by the definition of Span."""
    starts = [0]
    for offset, char in enumerate(text):
        if char == "\n" or (char == "\r" and text[offset + 1 : offset + 2] != "\n"):
            starts.append(offset + 1)
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


@given(VALUES, st.sampled_from([None, 1]), st.booleans())
def test_what_json_writes_reads_back_the_same_and_every_span_cuts_out_its_value(
    value: Json, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    raw, document = parse("f.json", text)
    assert repr(raw) == repr(value)  # 1, 1.0 and True are equal, but not the same
    for route, part in every_place(value):
        assert repr(json.loads(cut(text, document.locator(route)))) == repr(part)


def written_with_blanks(data: st.DataObject, value: Json) -> str:
    """JSON text with anything that may stand between two tokens."""

    def blank() -> str:
        return data.draw(BLANKS)

    if isinstance(value, dict):
        members = [f"{blank()}{json.dumps(k)}{blank()}:{written_with_blanks(data, v)}" for k, v in value.items()]
        text = "{" + (",".join(members) or blank()) + "}"
    elif isinstance(value, list):
        text = "[" + (",".join(written_with_blanks(data, v) for v in value) or blank()) + "]"
    else:
        text = json.dumps(value)
    return blank() + text + blank()


@given(st.data(), VALUES)
def test_comments_and_line_ends_of_all_kinds_change_neither_values_nor_places(data: st.DataObject, value: Json) -> None:
    text = written_with_blanks(data, value)
    raw, document = parse("f.json", text)
    assert repr(raw) == repr(value)
    for route, part in every_place(value):
        found = cut(text, document.locator(route))
        assert found.strip() == found
        if not isinstance(part, list | dict):
            assert repr(json.loads(found)) == repr(part)
        assert found[0] not in "/ \t\r\n"
        assert found[-1] not in "/ \t\r\n"


@given(st.text(st.sampled_from('{}[]:,"\\/*-+.0159eEtrufalsnN \n\r\x00é\ud83d😀'), max_size=30))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        parse("f.json", text)
    except InputError as error:
        found = error.diagnostics
    else:
        return
    for diagnostic in found:
        span = diagnostic.location.span
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        assert (1, 1) <= (span.line, span.column) <= (span.end_line, span.end_column)
        assert span.end_line <= len(lines)
        assert diagnostic.message.isprintable()
        assert "this is not JSON:" not in diagnostic.message  # the scanner explains all that json.loads refuses


@given(VALUES, st.data())
def test_half_a_file_is_refused(value: Json, data: st.DataObject) -> None:
    text = json.dumps([value])
    end = data.draw(st.integers(0, len(text) - 1))
    assert faults(text[:end])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('\ufeff{"a": 1}', {"a": 1}),
        (' \t\r\n"" ', ""),
        ('{"a": 1 // one\n}', {"a": 1}),
        ('// first\n{/* " */"a": /* , */ 1}//last', {"a": 1}),
        ('{"a": "http://x/*y*/"} // "', {"a": "http://x/*y*/"}),
        ('{"a\\"//": 1}/**/', {'a"//': 1}),
        ("[1, 2 /* a\n b */]", [1, 2]),
        ('{"a": "line\n  line"}', {"a": "line\n  line"}),
        ('{"a": "line\n  // not a comment"} // a comment', {"a": "line\n  // not a comment"}),
        ('"tab\t"', "tab\t"),
        (r'"\ud83d\ude00 \\ud83d"', "😀 \\ud83d"),
        ('"\u2028\x7f\ufeff"', "\u2028\x7f\ufeff"),
        ('{"a": 1, "A": 2}', {"a": 1, "A": 2}),
        ("-0", 0),
        ("1" * MAX_DIGITS, int("1" * MAX_DIGITS)),
        ("1e-999", 0.0),
        ("0." + "1" * 1000, 1 / 9),
        ('{"__proto__": {}, "": []}', {"__proto__": {}, "": []}),
        ('{"a": 1,\n}', {"a": 1}),
        ("[1, /* x */ ]", [1]),
        ('[[true,], {"a": [{}\t,\n],}, "\\",]", ]', [[True], {"a": [{}]}, '",]']),
    ],
)
def test_accepted(text: str, value: Json) -> None:
    assert parse("f.json", text)[0] == value


@pytest.mark.parametrize(
    ("text", "span", "message"),
    [
        ("[,]", (1, 2, 1, 3), "expected a value, found ','"),
        ('{"a": 1,,}', (1, 9, 1, 10), "expected a key in double quotes, found ','"),
        ("{'a': 1}", (1, 2, 1, 3), "a single quote does not start a string"),
        ("{\"a\": 'x'}", (1, 7, 1, 8), "a single quote does not start a string"),
        ("[NaN]", (1, 2, 1, 5), "'NaN' is not a number that JSON knows"),
        ("[-Infinity]", (1, 2, 1, 11), "'-Infinity' is not a number that JSON knows"),
        ("[01]", (1, 2, 1, 4), "'01' is not a number that JSON knows"),
        ("[+1]", (1, 2, 1, 4), "'+1' is not a number that JSON knows"),
        ("[.5]", (1, 2, 1, 4), "'.5' is not a number that JSON knows"),
        ("[0x1F]", (1, 2, 1, 6), "'0x1F' is not a number that JSON knows"),
        ("[True]", (1, 2, 1, 6), "expected a value, found 'True'"),
        ("[1,,2]", (1, 4, 1, 5), "expected a value, found ','"),
        ("{a: 1}", (1, 2, 1, 3), "expected a key in double quotes, found 'a'"),
        ('{"a" 1}', (1, 2, 1, 5), "expected ':' after this key, found '1'"),
        ("[\n1\n2]", (2, 1, 2, 2), "expected ',' or ']' after this value, found '2'"),
        ('{"a": 1\n"b": 2}', (1, 7, 1, 8), "expected ',' or '}' after this value, found '\"'"),
        ('{"a": [1}', (1, 9, 1, 10), "'}' does not close the array that starts on line 1"),
        ("{} {}", (1, 4, 1, 5), "expected the end of the file after the value, found '{'"),
        ("", (1, 1, 1, 1), "the file is empty, expected a JSON value"),
        ("\n// nothing\n", (1, 1, 1, 1), "the file is empty, expected a JSON value"),
        ('{\n"a": [1,\n', (2, 9, 2, 9), "the file ends inside the array that starts on line 2"),
        ('{"a": "x', (1, 7, 1, 8), "this string is never closed"),
        ("[1] /* x", (1, 5, 1, 7), "this comment is never closed"),
        ("[1] / 2", (1, 5, 1, 6), "expected the end of the file after the value, found '/'"),
        (r'["C:\Windows"]', (1, 5, 1, 7), r"'\W' is not an escape that JSON knows"),
        (r'["\u12g4"]', (1, 3, 1, 5), r"'\u' needs four hexadecimal digits"),
        ('["a\x00"]', (1, 4, 1, 5), "character U+0000 has to be escaped in a string"),
        ("[1]\xa0", (1, 4, 1, 5), "expected the end of the file after the value, found character U+00A0"),
        ("[1e999]", (1, 2, 1, 7), "the number '1e999' is too large"),
        ("[-1E+400]", (1, 2, 1, 9), "the number '-1E+400' is too large"),
    ],
)
def test_refused_at_the_place_where_it_is_wrong(text: str, span: tuple[int, int, int, int], message: str) -> None:
    found = fault(text)
    assert (found.location.span, found.message) == (Span(*span), message)
    assert found.location.file == "f.json"


def test_a_missing_closing_quote_is_looked_for_where_the_string_starts() -> None:
    found = fault('{"a": "x,\n"b": 2}')
    assert found.location.span.line == 1
    assert found.help == "is the closing quote missing on line 1?"


def test_all_keys_given_twice_are_reported_in_the_order_of_the_text() -> None:
    found = faults('{"a": 1,\n "a": 2, "b": {"c": 1, "\\u0063": 2},\n "a": 3}')
    assert [str(diagnostic.location) for diagnostic in found] == ["f.json:2:2", "f.json:2:24", "f.json:3:2"]
    assert {diagnostic.code for diagnostic in found} == {"duplicate-key"}
    assert found[0].message == "key 'a' is given twice: the first is on line 1"
    assert found[0].excerpt == ' "a": 2, "b": {"c": 1, "\\u0063": 2},'


def test_no_more_faults_than_anybody_reads() -> None:
    assert len(faults("{" + ",".join(['"a": 1'] * 1000) + "}")) == MAX_FAULTS


@pytest.mark.parametrize("text", [r'"\ud83d"', r'"\ude00\ud83d"', '"\ud83d"', r'{"\udc00": 1}', r'"\ud83d \ude00"'])
def test_halves_of_surrogate_pairs_are_no_text(text: str) -> None:
    found = fault(text)
    assert found.code == "lone-surrogate"
    assert (found.excerpt or "").encode()  # can be written out


def test_numbers_too_long_to_be_meant() -> None:
    found = fault("[\n " + "9" * 100_000 + "]")
    assert (found.code, str(found.location)) == ("number-too-large", "f.json:2:2")


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_nesting_has_a_limit(opening: str, closing: str) -> None:
    levels = MAX_DEPTH // (len(closing))
    raw, document = parse("f.json", opening * levels + "1" + closing * levels)
    assert wrap(raw, document.root()).source.route == ()  # what is accepted is safe for recursive readers
    for text in (opening * (levels + 1) + "1" + closing * (levels + 1), opening * 10_000 + "1" + closing * 10_000):
        found = fault(text)
        assert (found.code, found.location.span.line) == ("nesting-too-deep", 1)
        assert found.location.span.column == levels * len(opening) + 1


@pytest.mark.parametrize(
    "text", ["[" * 1_000_000, '{"a":' * 200_000, '"' * 200_001, "/*" * 200_000, '"\\' * 200_000, "[1" + " " * 500_000]
)
def test_hostile_texts_are_refused_quickly(text: str) -> None:
    start = time.process_time()
    assert faults(text)
    assert time.process_time() - start < 2  # a quadratic reader takes minutes


_ROW = '{"name": "r", "properties": {"priority": 100, "prefixes": ["10.0.0.0/8", "*"]}}'
_ROWS = ",\n".join([_ROW] * 30_000)


@pytest.mark.parametrize(
    ("last", "message"),
    [
        ("{", "the file ends inside the object that starts on line 30001"),
        ('{"a": 1, "a": 2}]', "key 'a' is given twice: the first is on line 30001"),
        (r'"\ud83d"]', "this string holds half of a surrogate pair, which is not a character"),
    ],
)
def test_a_fault_at_the_end_of_a_large_file_is_found_quickly(last: str, message: str) -> None:
    start = time.process_time()
    found = fault(f"[{_ROWS},\n{last}")
    assert (found.message, found.location.span.line) == (message, 30_001)
    assert time.process_time() - start < 4  # looking at every value takes three times that


def test_a_place_in_a_large_file_is_found_quickly() -> None:
    start = time.process_time()
    _, document = parse("f.json", f'[{_ROWS},\n"\\ud83d\\ude00"]')
    assert document.locator((29_999, "properties", "prefixes", 1)) == Span(30_000, 74, 30_000, 77)
    assert document.locator((30_000,)).line == 30_001
    assert time.process_time() - start < 4


@pytest.mark.parametrize(
    ("route", "text"),
    [
        ((), '{"a": {"b": [10, {"c": "x"}]}, "n": null}'),
        (("n",), "null"),
        (("a", "b", 1, "c"), '"x"'),
        (("a", "b", 2), '[10, {"c": "x"}]'),
        (("a", "b", -1), '[10, {"c": "x"}]'),
        (("a", "b", "0"), '[10, {"c": "x"}]'),
        (("a", "B", 0), '{"b": [10, {"c": "x"}]}'),
        (("n", "below", 3), "null"),
    ],
)
def test_a_route_that_is_missing_gives_what_encloses_it(route: Route, text: str) -> None:
    whole = '{"a": {"b": [10, {"c": "x"}]}, "n": null}'
    document = parse("f.json", f"  {whole}\n")[1]
    assert cut(document.text, document.locator(route)) == text


def test_lines_end_as_in_editors_and_columns_count_characters() -> None:
    document = parse("f.json", '{"\u2028\x85😀": "x\\u2028",\r"b"\r\n:\n"y"}')[1]
    assert document.locator(("\u2028\x85😀",)) == Span(1, 9, 1, 18)
    assert document.locator(("b",)) == Span(4, 1, 4, 4)
    assert document.line(2) == '"b"'


def test_a_byte_order_mark_takes_no_column() -> None:
    assert parse("f.json", "\ufeff[1]")[1].locator((0,)) == Span(1, 2, 1, 3)


def test_values_are_those_of_the_standard_reader_for_a_large_file() -> None:
    rules: list[Raw] = [
        {"name": f"rule-{i}", "properties": {"priority": i, "ports": ["80", "443"]}} for i in range(2000)
    ]
    text = json.dumps({"rules": rules}, indent=2)
    raw, document = parse("f.json", text)
    assert raw == json.loads(text)
    assert cut(text, document.locator(("rules", 1999, "name"))) == '"rule-1999"'
