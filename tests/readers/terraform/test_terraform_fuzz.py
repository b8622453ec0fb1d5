"""Whatever stands in a file of Terraform: definitions or a diagnostic, and no end without one."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nwpolicy.model.assembly import Fragment
from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.terraform.declarations import parsed
from tests.terraforming import all_roots, rule

WHOLE = """
terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 4.0" }
  }
}
variable "rules" {
  type    = map(object({ from = optional(string, "10.0.0.0/8"), port = number }))
  default = { "a-b" = { port = 22 }, c : { from = "*", port = 443 } }
  validation {
    condition     = alltrue([for r in var.rules : r.port > 0 && r.port < 65536 || r.port == -1])
    error_message = "x"
  }
}
locals {
  names = { for k, v in var.rules : "${k}%{ if v.port == 22 } ssh%{ else ~} ${v.from}%{ endif }" => v... if k != "d" }
  text  = <<-E
    %{ for n in keys(local.names) ~}
    - ${n}
    %{~ endfor }
  E
  all   = flatten([for n in local.names : n[*].from])[0] /* c */ # d
  first = try(local.names["a"].0, !true ? (1 + 2) * 3 : coalesce(null, [1, 2]...), data.x.y.*.z)
}
module "m" {
  source = "./m"
}
"""
TEXT = WHOLE + rule("local.all", "each.key", "for_each = var.rules")
PIECES = [
    '"',
    "${",
    "%{",
    "~}",
    "}",
    "{",
    "[",
    "]",
    "(",
    ")",
    "\n",
    "<<E\n",
    "\nE\n",
    "?",
    ":",
    "=",
    "=>",
    "!",
    "::",
    "/*",
]
PIECES += [
    "//",
    "for ",
    "if ",
    "in ",
    "%{ endif }",
    "%{ else }",
    "...",
    ".",
    "*",
    "0.1",
    "x",
    "\\u",
    "\0",
    "\N{LOCK}",
    "'",
]


def read(text: str, name: str = "main.tf") -> list[Diagnostic]:
    """What is said of a file, which is a module too."""
    found: list[Diagnostic] = []
    for root in all_roots({name: text + "# azurerm_", "m/main.tf": text}):
        fragment: Fragment = root.read(Pins())
        found += fragment.diagnostics
    return found


def is_well_formed(found: Diagnostic) -> bool:
    return found.location.span.line >= 1 and found.location.span.column >= 1 and bool(found.message)


@st.composite
def broken(draw: st.DrawFn) -> str:
    """A file with stretches left out, doubled, or with something put in."""
    text = TEXT
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 40)))
        middle = draw(st.sampled_from(["", text[start:end] * 2, *PIECES]))
        text = text[:start] + middle + text[end:]
    return text


@settings(max_examples=200, deadline=None)
@given(broken())
@example('locals {\n  a = "%{ if x }%{ for y in z }"\n}')
@example("locals {\n  a = <<E\n%{ if x }\nE\n}")
@example('locals {\n  a = "${<<E\n${"x"}\nE\n}"\n}')
@example("}")
@example("a")
@example("variable x {\n  default = var.x\n}\nlocals {\n  a = var.x\n}")
def test_broken_files(text: str) -> None:
    assert all(map(is_well_formed, read(text)))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*PIECES, "a = ", "locals {", "var.a", "1", " "]), max_size=30).map("".join))
def test_heaps_of_terminals(text: str) -> None:
    assert all(map(is_well_formed, read(text)))


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.text(max_size=8) | st.integers(), lambda below: st.lists(below, max_size=3), max_leaves=5
    )
)
@example({"resource": {"azurerm_subnet": {"x": {"dynamic": {"delegation": {"for_each": "${", "content": 1}}}}}})
@example({"variable": {"x": {"type": "list(", "default": "${var.x}"}}})
@example({"locals": [{"a": "%{ if"}, {"a": "${1"}], "module": {"m": [1, {"source": "./m"}]}})
def test_the_json_syntax(raw: object) -> None:
    import json

    for text in (json.dumps({"locals": {"a": raw}, "resource": raw, "module": {"m": raw}}), json.dumps(raw)):
        assert all(map(is_well_formed, read(text, "main.tf.json")))


@pytest.mark.parametrize(
    "nested", ["[" * 10_000, "!" * 10_000 + "x", "false ? 1 : " * 5_000 + "2", "1" + " + 1" * 20_000, '"${' * 10_000]
)
def test_deep_nesting_is_bounded(nested: str) -> None:
    found = read(f"locals {{\n  a = {nested}\n}}\n" + rule("local.a"))
    assert all(map(is_well_formed, found))
    assert any("deep" in one.message or "nested" in one.message or "steps" in one.message for one in found)


def test_deep_nesting_in_the_json_syntax_is_bounded() -> None:
    with pytest.raises(InputError, match="nested"):
        parsed("x.tf.json", '{"locals": {"a": "${' + "true ? 1 : " * 5_000 + '2}"}}')
