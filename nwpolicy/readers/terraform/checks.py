"""What is checked in the configuration itself: afterwards nobody would see it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.readers.resources.values import close_match
from nwpolicy.readers.terraform.azurerm.rules import SECURITY_RULE
from nwpolicy.readers.terraform.blocks import META, type_of
from nwpolicy.readers.terraform.declarations import Declared, source_of
from nwpolicy.readers.terraform.frames import Reading
from nwpolicy.readers.terraform.hcl.syntax import Attribute, Block

__all__ = ["check_rules"]

_BLOCK: Final = "security_rule"
#: Beside what a rule says: what it belongs to, and what any resource may have.
_OF_RESOURCES: Final = ("resource_group_name", "network_security_group_name", "id", *META)


def check_rules(declared: Declared, reading: Reading) -> None:
    """A misspelt argument of a rule would otherwise be a condition that silently does not exist."""
    block = declared.block
    if block.labels[0] == "azurerm_network_security_rule":
        _check(block, (*SECURITY_RULE, *_OF_RESOURCES), declared, reading)
    elif block.labels[0] == "azurerm_network_security_group":
        for rule in _rules(block):
            _check(rule, (*SECURITY_RULE, "id"), declared, reading)


def _rules(group: Block) -> Iterator[Block]:
    yield from group.body.of_type(_BLOCK)
    for block in group.body.of_type("dynamic"):
        if block.labels == (_BLOCK,):
            yield from block.body.of_type("content")


def _check(rule: Block, known: Collection[str], declared: Declared, reading: Reading) -> None:
    written: list[tuple[str, Attribute | Block]] = [*rule.body.attributes.items()]
    written += ((type_of(block), block) for block in rule.body.blocks)
    for name, node in written:
        if name not in known:
            message = f"rules have no argument {name!r}"
            source = source_of(node, declared.document)
            reading.say(Severity.ERROR, "unknown-field", message, source, close_match(name, known))
