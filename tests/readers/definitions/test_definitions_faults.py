from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.readers import definitions, yamltext
from nwpolicy.readers.definitions.faults import MAX_FAULTS
from nwpolicy.readers.definitions.shapes import SECTIONS
from nwpolicy.readers.jsontext import parse
from nwpolicy.resources import read_data

GOLDENS = Path(__file__).parent / "goldens"


def schema() -> Mapping[str, Any]:
    raw, _ = parse("schema", read_data("schemas", "definitions.schema.json"))
    assert isinstance(raw, dict)
    return raw


def faults(text: str) -> tuple[Diagnostic, ...]:
    raw, document = yamltext.parse("input.yaml", text)
    fragment = definitions.read(raw, document)
    assert fragment.resources == ()
    return fragment.diagnostics


def shown(diagnostic: Diagnostic) -> str:
    help = f"\n    {diagnostic.help}" if diagnostic.help else ""
    return f"{diagnostic.location} {diagnostic.severity} {diagnostic.code}: {diagnostic.message}{help}\n"


@pytest.mark.parametrize("name", ["wrong", "wrong-network-managers", "doubtful"])
def test_messages_and_their_places(name: str) -> None:
    """`wrong` is what the schema objects to, `doubtful` what only reading shows."""
    raw, document = yamltext.parse(f"{name}.yaml", (GOLDENS / f"{name}.yaml").read_text())
    found = definitions.read(raw, document).diagnostics
    assert "".join(map(shown, found)) == (GOLDENS / f"{name}.txt").read_text()


@pytest.mark.parametrize("version", ["2", "'1'", "true", "", "1.1", "[1]"])
def test_another_version_is_not_read(version: str) -> None:
    (fault,) = faults(f"nwpolicy: {version}\n")
    assert fault.code == "unknown-version"
    assert fault.message.startswith("nwpolicy has to be the version of this form, 1, found ")
    assert fault.help == "write `nwpolicy: 1`"


def test_more_errors_than_anybody_reads() -> None:
    groups = "".join(f"  - {{name: {number}}}\n" for number in range(1000))
    *found, last = faults(f"nwpolicy: 1\nnetworkSecurityGroups:\n{groups}")
    assert len(found) == MAX_FAULTS
    assert {fault.code for fault in found} == {"invalid-value"}
    assert (last.code, last.message) == ("more-errors", "only 50 errors of this file are shown")


def test_no_message_acts_on_a_terminal() -> None:
    escape = '"\\e[31m"'
    text = f"nwpolicy: 1\n{escape}: 1\nserviceTags: {{{escape}: 5}}\nroutes: 1\nvariables: {{{escape}: 1}}\n"
    found = faults(f"{text}networkSecurityGroups: [{{name: 1, location: {escape}, {escape}: 1}}]\n")
    assert len(found) == 6
    assert all(part.message.isprintable() and (part.help or "").isprintable() for part in found)


def test_properties_within_properties_without_end() -> None:
    """The validator recurses: as deep as a file may be, it would not come back."""
    (fault,) = faults(f"nwpolicy: 1\nrouteTables: [{'{properties: ' * 195}{{}}{'}' * 195}]")
    assert (fault.code, fault.message) == ("nesting-too-deep", "nested far deeper than definitions are")


def test_properties_within_properties_are_one_level() -> None:
    raw, document = yamltext.parse("x", "nwpolicy: 1\nrouteTables: [{name: a, properties: {properties: {routes: []}}}]")
    assert [resource.name for resource in definitions.read(raw, document).resources] == ["a"]


def test_the_excerpt_is_the_line_of_the_value() -> None:
    (fault,) = faults("nwpolicy: 1\nnetworkSecurityGroups:\n  - name: 5 # five\n")
    assert fault.excerpt == "  - name: 5 # five"
    assert str(fault.location) == "input.yaml:3:11"


def test_the_schema_is_a_schema() -> None:
    Draft7Validator.check_schema(schema())
    assert schema()["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema()["$id"]


def test_every_property_and_definition_is_described() -> None:
    """Editors show the description beside the key, or that of what the key refers to."""
    root = schema()
    undescribed = [path for path, part in _described_parts(root, "#") if not _description(root, part)]
    assert undescribed == []


def test_every_object_refuses_keys_that_it_does_not_know() -> None:
    """Else a misspelt key would be passed over."""
    open_objects = [
        path for path, part in _schemas(schema(), "#") if "properties" in part and "additionalProperties" not in part
    ]
    assert open_objects == []


def test_every_keyword_of_the_schema_has_words() -> None:
    """A keyword without words would end in a `KeyError` for the person whose file breaks it."""
    from nwpolicy.readers.definitions.faults import _WORDS

    silent = {"$schema", "$id", "$ref", "title", "description", "default", "definitions", "properties", "items"}
    structural = {"allOf", "anyOf", "if", "then", "not", "propertyNames"}
    used = {keyword for _, part in _schemas(schema(), "#") for keyword in part}
    assert used - silent - structural == set(_WORDS)


def test_every_section_of_resources_is_read() -> None:
    others = {
        "$schema",
        "nwpolicy",
        "imports",
        "unknowns",
        "variables",
        "effectiveNetworkSecurityGroups",
        "effectiveRouteTables",
        "effectiveSecurityAdminRules",
        "serviceTags",
        "assertions",
        "exceptions",
        "expectations",
        "environments",
    }
    assert set(schema()["properties"]) - others == set(SECTIONS)


def test_jsonschema_is_imported_for_definitions_files_only() -> None:
    code = "import sys, nwpolicy.readers.definitions; print('jsonschema' in sys.modules)"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == "False\n"


def _schemas(part: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every schema within a schema."""
    if not isinstance(part, dict):
        return
    yield path, part
    for keyword in ("properties", "definitions"):
        for name, child in part.get(keyword, {}).items():
            yield from _schemas(child, f"{path}/{keyword}/{name}")
    for keyword in ("items", "additionalProperties", "if", "then", "not", "propertyNames"):
        yield from _schemas(part.get(keyword), f"{path}/{keyword}")
    for keyword in ("anyOf", "allOf"):
        for index, child in enumerate(part.get(keyword, ())):
            yield from _schemas(child, f"{path}/{keyword}/{index}")


def _described_parts(root: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for place, part in _schemas(root, path):
        for keyword in ("properties", "definitions"):
            yield from ((f"{place}/{keyword}/{name}", child) for name, child in part.get(keyword, {}).items())


def _description(root: Mapping[str, Any], part: Mapping[str, Any]) -> str | None:
    target = part.get("$ref")
    found = part if target is None else root["definitions"][target.rpartition("/")[2]]
    description: str | None = found.get("description")
    return description
