"""Files that import others."""

from __future__ import annotations

from collections.abc import Callable

from nwpolicy.model.assembly import Fragment
from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.source import Document, Span
from nwpolicy.readers.nwp import read


def reader(files: dict[str, str], asked: list[str] | None = None) -> Callable[[str], tuple[str, str]]:
    def read_import(path: str) -> tuple[str, str]:
        if asked is not None:
            asked.append(path)
        if path in files:
            return path, files[path]
        nowhere = Document(path, "", lambda _: Span(1, 1, 1, 1))
        raise InputError(Diagnostic.error("no-such-file", "there is no such file", nowhere.root()))

    return read_import


def read_files(files: dict[str, str], asked: list[str] | None = None) -> Fragment:
    path, text = next(iter(files.items()))
    return read(path, text, reader(files, asked))


def messages(fragment: Fragment) -> list[tuple[str, str]]:
    return [(str(found.location), found.message) for found in fragment.diagnostics]


def test_variables_and_definitions_come_from_the_imported_file() -> None:
    fragment = read_files(
        {
            "infra/main.nwp": 'import "../common.nwp"\nvnet hub { address $space }',
            "common.nwp": "let space = 10.0.0.0/8\nasg web",
        }
    )
    assert messages(fragment) == []
    assert [(found.name, found.source.document.path) for found in fragment.resources] == [
        ("web", "common.nwp"),
        ("hub", "infra/main.nwp"),
    ]


def test_variables_of_files_that_an_imported_file_imports() -> None:
    files = {"a.nwp": 'import "b.nwp"\nvnet v { address $x }', "b.nwp": 'import "c.nwp"', "c.nwp": "let x = 10.0.0.0/8"}
    assert messages(read_files(files)) == []


def test_a_file_does_not_see_the_variables_of_what_imports_it() -> None:
    files = {"a.nwp": 'import "b.nwp"\nlet x = 10.0.0.0/8', "b.nwp": "vnet v { address $x }"}
    assert messages(read_files(files)) == [("b.nwp:1:18", "'$x' is not defined")]


def test_each_file_is_read_once() -> None:
    asked: list[str] = []
    files = {
        "a.nwp": 'import "b.nwp"\nimport "c.nwp"\nimport "./b.nwp"',
        "b.nwp": 'import "d.nwp"',
        "c.nwp": 'import "d.nwp"',
        "d.nwp": "asg web",
    }
    fragment = read_files(files, asked)
    assert (len(fragment.resources), asked) == (1, ["b.nwp", "d.nwp", "c.nwp"])


def test_files_that_import_one_another_are_named() -> None:
    files = {"a.nwp": 'import "b.nwp"', "b.nwp": '\nimport "c.nwp"', "c.nwp": 'import "b.nwp"'}
    fragment = read_files(files)
    assert messages(fragment) == [("c.nwp:1:8", "these files import one another: b.nwp -> c.nwp -> b.nwp")]
    assert fragment.diagnostics[0].code == "cyclic-import"


def test_a_file_that_imports_itself() -> None:
    assert messages(read_files({"x/a.nwp": 'import "a.nwp"'})) == [
        ("x/a.nwp:1:8", "these files import one another: x/a.nwp -> x/a.nwp")
    ]


def test_a_file_that_is_not_there_is_said_once_where_it_is_imported() -> None:
    fragment = read_files({"a.nwp": 'import "b.nwp"\nvnet v { address $x }'})
    assert messages(fragment) == [("a.nwp:1:8", "cannot import b.nwp: there is no such file")]


def test_without_a_way_to_read_files() -> None:
    assert messages(read("-", 'import "b.nwp"')) == [("-:1:8", "'b.nwp' cannot be imported from here")]


def test_a_long_chain_of_imports_ends_in_a_diagnostic() -> None:
    files = {f"{number}.nwp": f'import "{number + 1}.nwp"' for number in range(5000)}
    assert messages(read_files(files)) == [("50.nwp:1:8", "more than 50 files import one another")]


def test_mistakes_of_an_imported_file_have_their_place_there() -> None:
    files = {"a.nwp": 'import "b.nwp"', "b.nwp": "nsg web {\n  inbound {\n    100\n  }\n}"}
    assert messages(read_files(files)) == [("b.nwp:3:5", "expected a name after '100', found the end of the line")]
