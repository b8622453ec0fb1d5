from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nwpolicy.readers.arm.expressions import (
    MAX_NESTING,
    Access,
    Call,
    Expression,
    Number,
    Step,
    SyntaxFault,
    Text,
    expression_text,
    literal_text,
    parse,
)

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,6}", fullmatch=True)
BLANKS = st.sampled_from(["", "", " ", "\n", "\t ", "\r\n"])


def printed(tree: Expression, blank: str = "") -> str:
    """The text of a tree, with blanks wherever they may stand."""
    match tree:
        case Text():
            return blank + "'" + tree.value.replace("'", "''") + "'" + blank
        case Number():
            return f"{blank}{tree.value}{blank}"
        case Call():
            return f"{blank}{tree.name}{blank}({','.join(printed(a, blank) for a in tree.arguments) or blank}){blank}"
        case Access():
            return printed(tree.target, blank) + "".join(printed_step(step, blank) for step in tree.steps)


def printed_step(step: Step, blank: str) -> str:
    mark = "?" if step.safe else ""
    if isinstance(step.key, str):
        return f".{mark}{blank}{step.key}{blank}"
    return f"[{mark}{printed(step.key, blank)}]{blank}"


def shape(tree: Expression) -> object:
    """The tree without its offsets."""
    match tree:
        case Text() | Number():
            return tree.value
        case Call():
            return (tree.name, *map(shape, tree.arguments))
        case Access():
            steps = [(s.key if isinstance(s.key, str) else [shape(s.key)], s.safe) for s in tree.steps]
            return [shape(tree.target), steps]


def trees() -> st.SearchStrategy[Expression]:
    leaves: st.SearchStrategy[Expression] = st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=6).map(lambda text: Text(text, 0, 0)),
        st.integers(-(10**9), 10**9).map(lambda number: Number(number, 0, 0)),
    )
    return st.recursive(leaves, _larger, max_leaves=12)


def _larger(below: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    names = st.one_of(NAMES, st.tuples(NAMES, NAMES).map(".".join))
    calls = st.builds(lambda name, arguments: Call(name, tuple(arguments), 0, 0), names, st.lists(below, max_size=3))
    steps = st.builds(lambda key, safe: Step(key, safe, 0, 0), st.one_of(NAMES, below), st.booleans())
    accesses = st.builds(
        lambda target, found: Access(target, tuple(found), 0, 0), calls, st.lists(steps, min_size=1, max_size=3)
    )
    return st.one_of(calls, accesses)


@given(tree=trees(), blank=BLANKS)
def test_what_is_printed_is_parsed_as_it_was(tree: Expression, blank: str) -> None:
    assert shape(parse(f"[{printed(tree, blank)}]")) == shape(tree)


@given(st.text(st.sampled_from("ab1'()[].,? -"), max_size=20))
def test_no_text_does_more_than_fail(text: str) -> None:
    start, end, tree = outcome(f"[{text}]")
    assert 0 <= start < end <= len(text) + 2
    if tree is not None:
        assert shape(parse(f"[{printed(tree)}]")) == shape(tree)


def outcome(text: str) -> tuple[int, int, Expression | None]:
    """The offsets of the tree or of the fault."""
    try:
        tree = parse(text)
    except SyntaxFault as fault:
        return fault.start, fault.end, None
    return tree.start, tree.end, tree


def test_offsets_span_what_was_written() -> None:
    text = "[concat( 'a' , parameters('b').c[0])]"
    call = parse(text)
    assert isinstance(call, Call)
    assert [text[tree.start : tree.end] for tree in call.arguments] == ["'a'", "parameters('b').c[0]"]
    assert text[call.start : call.end] == text[1:-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[f()]", ("f",)),
        ("[ns.f(1)]", ("ns.f", 1)),
        ("[f('it''s')]", ("f", "it's")),
        ("[f('')]", ("f", "")),
        ("['text']", "text"),
        ("[-5]", -5),
        ("[f().a.b]", [("f",), [("a", False), ("b", False)]]),
        ("[f()[0].?a[?'b']]", [("f",), [([0], False), ("a", True), (["b"], True)]]),
        ("[f(g(1),h())[i()]]", [("f", ("g", 1), ("h",)), [([("i",)], False)]]),
        ("[ f (\n1 ,\t2 ) ]", ("f", 1, 2)),
    ],
)
def test_trees(text: str, expected: object) -> None:
    assert shape(parse(text)) == expected


@pytest.mark.parametrize(
    ("text", "message", "start"),
    [
        ("[]", "a function, a text in single quotes or a number is expected, but the expression ends here", 1),
        ("[f(]", "a function, a text in single quotes or a number is expected, but the expression ends here", 3),
        ("[f(1]", "',' or ')' is expected, but the expression ends here", 4),
        ("[f(1 2)]", "',' or ')' is expected, not '2)'", 5),
        ("[f(,)]", "a function, a text in single quotes or a number is expected, not ',)'", 3),
        ("[f)]", "'(' is expected after the function name f, not ')'", 2),
        ("[f]", "'(' is expected after the function name f, not 'f'", 1),
        ("[f('a)]", "the text has no closing quote", 3),
        ("[f() g()]", "the end of the expression is expected, not 'g()'", 5),
        ("[f().]", "a name is expected, but the expression ends here", 5),
        ("[f()[1]", "']' is expected, but the expression ends here", 6),
        ('[f("a")]', "a function, a text in single quotes or a number is expected, not '\"a\")'", 3),
        ("[-]", "a whole number of up to 64 bits is expected", 1),
        ("[99999999999999999999999]", "a whole number of up to 64 bits is expected", 1),
    ],
)
def test_faults_are_located(text: str, message: str, start: int) -> None:
    with pytest.raises(SyntaxFault) as caught:
        parse(text)
    assert (caught.value.message, caught.value.start) == (message, start)


def test_nesting_is_limited() -> None:
    parse(f"[{'f(' * MAX_NESTING}{')' * MAX_NESTING}]")
    for open_, close in (("f(", ")"), ("f()[", "]")):
        with pytest.raises(SyntaxFault, match="nested more than"):
            parse(f"[{open_ * 5000}1{close * 5000}]")


def test_a_long_chain_of_members_is_no_nesting() -> None:
    tree = parse(f"[f(){'.a' * 10_000}]")
    assert isinstance(tree, Access)
    assert len(tree.steps) == 10_000


@pytest.mark.parametrize(
    ("text", "is_expression", "literal"),
    [
        ("[f()]", True, None),
        ("plain", False, "plain"),
        ("[[f()]", False, "[f()]"),  # Microsoft Learn, "Syntax and expressions in ARM templates", escape characters
        ("[[", False, "[["),
        ("[open", False, "[open"),
        ("", False, ""),
    ],
)
def test_which_strings_are_expressions(text: str, is_expression: bool, literal: str | None) -> None:
    assert expression_text(text) is is_expression
    if literal is not None:
        assert literal_text(text) == literal
