"""The smallest fix as an edit of Terraform: made in the file, which is then read again and asked about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nwpolicy.queries.answers import EditAnswer
from nwpolicy.queries.why import why
from nwpolicy.readers.load import load
from tests.fixing import fixed
from tests.functional.test_lint_fixes import MANAGED_TERRAFORM, sides

ASK: dict[str, Any] = {
    "nsg": "nsg",
    "direction": "Inbound",
    "protocol": "tcp",
    "remote": "203.0.113.7",
    "local": "10.0.0.4",
    "port": "443",
}
ENDS = """\
    direction                  = "Inbound"
    protocol                   = "Tcp"
    source_port_range          = "*"
    destination_address_prefix = "10.0.0.4"
"""


def group(*blocks: str) -> str:
    head = 'resource "azurerm_network_security_group" "web" {\n  name                = "nsg"\n'
    return f'{head}  location            = "westeurope"\n  resource_group_name = "rg"\n{"".join(blocks)}}}\n'


def block(source: str, port: str, access: str = "Allow", priority: int = 100, name: str = "web") -> str:
    own = f'    name = "{name}"\n    priority = {priority}\n    access = "{access}"\n'
    return f"  security_rule {{\n{own}{ENDS}    {source}\n    {port}\n  }}\n"


def alone(source: str, port: str, more: str = "") -> str:
    group_name = "azurerm_network_security_group.web.name"
    own = f'  name = "web"\n  priority = 100\n  access = "Allow"\n  network_security_group_name = {group_name}\n'
    lines = f'{own}  resource_group_name = "rg"\n{ENDS}  {source}\n  {port}\n{more}'
    return f'{group()}\nresource "azurerm_network_security_rule" "web" {{\n{lines}}}\n'


EVERYTHING = 'destination_port_range = "443"'
OFFICE = 'source_address_prefix = "198.51.100.7"'
HTTP = 'destination_port_range = "80"'


def edit(tmp_path: Path, text: str) -> EditAnswer:
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    (found,) = fixed(tmp_path, **ASK).edits
    return found


def test_one_value_becomes_several_under_the_other_name(tmp_path: Path) -> None:
    found = edit(tmp_path, group(block(OFFICE, EVERYTHING)))
    assert (found.replaced, found.text) == (OFFICE, 'source_address_prefixes = ["198.51.100.7", "203.0.113.7"]')


def test_signs_of_equality_stay_below_one_another(tmp_path: Path) -> None:
    aligned = OFFICE.replace(" = ", "      = ")
    found = edit(tmp_path, group(block(aligned, EVERYTHING)))
    assert found.text == 'source_address_prefixes    = ["198.51.100.7", "203.0.113.7"]'


@pytest.mark.parametrize(
    ("before", "added"),
    [
        ('["198.51.100.7"]', ', "203.0.113.7"'),
        ('[\n      "198.51.100.7", # the office\n    ]', ',\n      "203.0.113.7"'),
    ],
)
def test_a_list_grows_at_its_end(tmp_path: Path, before: str, added: str) -> None:
    found = edit(tmp_path, group(block(f"source_address_prefixes = {before}", EVERYTHING)))
    assert (found.replaced, found.text) == ("", added)


def test_a_word_is_replaced(tmp_path: Path) -> None:
    """A rule that denies nothing but what is asked becomes one that allows it."""
    deny = block('source_address_prefix = "203.0.113.7"', EVERYTHING, "Deny")
    found = edit(tmp_path, group(deny))
    assert (found.replaced, found.text) == ('"Deny"', '"Allow"')


def test_a_rule_is_added_as_its_neighbour_is_written(tmp_path: Path) -> None:
    found = edit(tmp_path, group(block(OFFICE, HTTP)))
    assert found.text is not None
    assert found.text.startswith("\n\n  security_rule {\n    name                       = ")
    assert found.text.endswith('    destination_port_range     = "443"\n  }')


def test_a_resource_is_added_beside_one_with_what_it_is_part_of(tmp_path: Path) -> None:
    found = edit(tmp_path, alone(OFFICE, HTTP))
    assert found.text is not None
    assert 'resource "azurerm_network_security_rule" "allow_tcp_443_from_203_0_113_7" {' in found.text
    assert "network_security_group_name = azurerm_network_security_group.web.name\n" in found.text


def test_the_first_rule_of_a_group(tmp_path: Path) -> None:
    found = edit(tmp_path, group())
    assert found.text is not None
    assert found.text.startswith("\n  security_rule {\n")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(group(block(OFFICE, EVERYTHING)), id="a value"),
        pytest.param(group(block('source_address_prefixes = ["198.51.100.7"]', EVERYTHING)), id="a list"),
        pytest.param(group(block(OFFICE, HTTP)), id="a block"),
        pytest.param(alone(OFFICE, HTTP), id="a resource"),
        pytest.param(group(), id="the first block"),
        pytest.param(group().replace("}\n", "\n}\n"), id="the first block behind a blank line"),
    ],
)
def test_an_edited_file_keeps_all_that_is_not_changed(tmp_path: Path, text: str) -> None:
    """`fixed` makes the edit and asks again."""
    text = f"# what this is\n{text}# the end\n"
    edit(tmp_path, text)
    edited = (tmp_path / "main.tf").read_text(encoding="utf-8")
    assert edited.startswith("# what this is\n")
    assert edited.endswith("# the end\n")
    kept = [line for line in text.splitlines() if line not in edited.splitlines()]
    assert len(kept) <= 1


def told(tmp_path: Path, text: str) -> EditAnswer:
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    fix = why(load(str(tmp_path)), **ASK).fix
    assert fix is not None
    (found,) = fix.edits
    return found


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(alone(OFFICE, EVERYTHING, "  count = 1\n"), id="count"),
        pytest.param(
            group(
                '  dynamic "security_rule" {\n    for_each = ["a"]\n    content {\n    name = "web"\n'
                f'    priority = 100\n    access = "Allow"\n{ENDS}    {OFFICE}\n    {EVERYTHING}\n    }}\n  }}\n'
            ),
            id="dynamic",
        ),
        pytest.param(
            'variable "office" { default = "198.51.100.7" }\n'
            + group(block("source_address_prefix = var.office", EVERYTHING)),
            id="a variable",
        ),
    ],
)
def test_what_loops_and_expressions_make_is_left_alone(tmp_path: Path, text: str) -> None:
    found = told(tmp_path, text)
    assert found.text is None
    assert "(not shown as an edit: an expression, a loop or a module makes what stands here)" in found.description


def test_a_module_that_is_called_twice_is_left_alone(tmp_path: Path) -> None:
    """An edit would change both groups, of which one was asked about."""
    module = tmp_path / "modules" / "web"
    module.mkdir(parents=True)
    (module / "main.tf").write_text(
        'variable "name" {}\n' + group(block(OFFICE, EVERYTHING)).replace('"nsg"', "var.name")
    )
    calls = (f'module "{name}" {{\n  source = "./modules/web"\n  name   = "{name}"\n}}\n' for name in ("nsg", "other"))
    found = told(tmp_path, "".join(calls))
    assert found.text is None


def test_an_admin_rule_is_a_resource_with_a_block_for_each_end(tmp_path: Path) -> None:
    """Both layers deny what is asked: a rule is added to each."""
    (tmp_path / "main.tf").write_text(sides(MANAGED_TERRAFORM)[0], encoding="utf-8")
    ask: dict[str, Any] = {"direction": "Inbound", "protocol": "tcp", "remote": "203.0.113.9", "port": "22"}
    admin, own = fixed(tmp_path, subnet="s", **ask).edits
    assert admin.text is not None
    assert own.text is not None
    assert 'resource "azurerm_network_manager_admin_rule" "allow_tcp_22_from_203_0_113_9" {' in admin.text
    assert "admin_rule_collection_id = azurerm_network_manager_admin_rule_collection.c.id\n" in admin.text
    assert '  source {\n    address_prefix      = "203.0.113.9"\n' in admin.text
    assert own.text.lstrip().startswith("security_rule {")
