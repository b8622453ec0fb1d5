"""What is checked in the configuration itself: afterwards nobody would see it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.readers.resources.values import close_match
from nwpolicy.readers.terraform.azurerm.rules import SECURITY_RULE
from nwpolicy.readers.terraform.blocks import META
from nwpolicy.readers.terraform.declarations import Declared, source_of
from nwpolicy.readers.terraform.frames import Reading
from nwpolicy.readers.terraform.hcl.syntax import Block

__all__ = ["check_rules"]

_BLOCK: Final = "security_rule"
#: Beside what a rule says: what it belongs to, and what any resource may have.
_OF_RESOURCES: Final = ("resource_group_name", "network_security_group_name", "id", *META)


def check_rules(declared: Declared, reading: Reading) -> None:
    """A misspelt argument of a rule would otherwise be a condition that silently does not exist."""
    type = declared.block.labels[0]
    if type == "azurerm_network_security_rule":
        _check(declared, (*SECURITY_RULE, *_OF_RESOURCES), reading)
    elif type == "azurerm_network_security_group":
        for rule in _rules(declared):
            _check(rule, (*SECURITY_RULE, "id"), reading)


def _rules(group: Declared) -> Iterator[Declared]:
    for name, block, document in group.written():
        if name == _BLOCK and isinstance(block, Block):
            rules = block.body.of_type("content") if block.type == "dynamic" else (block,)
            yield from (Declared.of(rule, document) for rule in rules)


def _check(rule: Declared, known: Collection[str], reading: Reading) -> None:
    for name, node, document in rule.written():
        if name not in known:
            message = f"rules have no argument {name!r}"
            reading.say(Severity.ERROR, "unknown-field", message, source_of(node, document), close_match(name, known))
