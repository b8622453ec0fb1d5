from __future__ import annotations

import pytest

from nwpolicy.model.diagnostics import InputError
from nwpolicy.readers.bicep.parse import parse

#: What is wrong with a text, and where.
FAULTS = {
    "param x string = ": "1:18: expected an expression, found the end of the file",
    "param x string string": "1:16: expected '=' or '[', found 'string'",
    "paramx string": "1:1: expected a declaration (such as param, var or resource), found 'paramx'",
    "var 1x = 2": "1:5: expected a name, found '1'",
    "var a = {\n  b: 1 c: 2\n}": "2:8: expected ',' or '}', found 'c'",
    "var x = { a }": "1:13: expected ':', found '}'",
    "var x = [1 2]": "1:12: expected ',' or ']', found '2'",
    "var x = [1, 2": "1:9: '[' is not closed",
    "var x = (1 + )": "1:14: expected an expression, found ')'",
    "var x = (a, b)": "1:9: one expression is expected in parentheses",
    "var x = f(1 2)": "1:13: expected ',' or ')', found '2'",
    "var x = a ? b\nvar y = 1": "1:14: expected ':', found the end of the line",
    "var x = 1 2": "1:11: expected the end of the line, found '2'",
    "var x = }": "1:9: expected an expression, found '}'",
    "var x = [for x y: z]": "1:16: expected 'in', found 'y'",
    "var x = [for (a, b, c) in d: e]": "1:14: a loop has one variable, or two in parentheses",
    "var x = map(a, (1) => 2)": "1:17: the name of a variable is expected",
    "var x = a.?b()": "1:10: a function is called with '.', not with '.?'",
    "var x = 'abc": "1:9: the string does not end on its line",
    "var x = 'abc\nvar y = 'def'": "1:9: the string does not end on its line",
    "var x = '${a'": "1:13: the string does not end on its line",
    "var x = '${a": "1:11: '{' is not closed",
    "var x = '''abc": "1:9: the string of several lines does not end",
    "var x = '\\q'": "1:10: '\\q' is no escape of a string",
    "var x = '\\u{D800}'": "1:10: '\\u{D800}' is no escape of a string",
    "/* c": "1:1: the comment does not end",
    'var x = "abc"': "1:9: unexpected '\"'",
    "resource n 'a@b' = foo": "1:20: expected '{', '[' or 'if', found 'foo'",
    "resource n 'a@b' = [for x in y: x]": "1:33: expected '{' or 'if' in the loop of a resource or a module",
    "resource n 'a@b' existing": "1:26: expected '=', found the end of the file",
    "module m './x.bicep' {}": "1:22: expected '=', found '{'",
    "import foo from 'x'": "1:8: expected a string, found 'foo'",
    "import { '${a}' as b } from 'x'": "1:10: a string without expressions is expected",
    "@description('x')\n": "2:1: expected a declaration (such as param, var or resource), found the end of the file",
    "type t = {\n a:\n}": "3:1: expected a type, found '}'",
    "func f(a) string => a": "1:9: expected a type, found ')'",
    f"var x = {'9' * 400}": "1:9: a whole number of up to 64 bits is expected",
    f"var x = {'[' * 300}": "1:209: nested more than 200 deep",
}


@pytest.mark.parametrize("text", FAULTS, ids=lambda text: text[:30])
def test_syntax_errors(text: str) -> None:
    with pytest.raises(InputError) as raised:
        parse("main.bicep", text)
    (found,) = raised.value.diagnostics
    assert f"{found.location}: {found.message}" == f"main.bicep:{FAULTS[text]}"
    assert found.excerpt == text.split("\n")[found.location.span.line - 1]


def test_help_for_habits_of_other_languages() -> None:
    with pytest.raises(InputError) as raised:
        parse("main.bicep", 'var x = "abc"')
    assert raised.value.diagnostics[0].help == "a string stands in single quotes"
