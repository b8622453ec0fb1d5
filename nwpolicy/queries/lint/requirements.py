"""Rules that Azure wants to see, whatever others do.

Source: Microsoft Learn, Working with NSG access and Azure Bastion: the group of AzureBastionSubnet has to hold each of
the listed rules.
"""

from __future__ import annotations

from typing import Final

from nwpolicy.model.rules import NetworkSecurityGroup
from nwpolicy.queries.lint.facts import Facts
from nwpolicy.queries.lint.uses import RuleUse

__all__ = ["is_required"]

_BASTION: Final = "azurebastionsubnet"


def is_required(facts: Facts, use: RuleUse) -> bool:
    """Whether a rule may have to be there although others do the same: it is of the group of AzureBastionSubnet."""
    group = facts.snapshot.parent(use.rule)
    if not isinstance(group, NetworkSecurityGroup):
        return False
    return any(holder.name.lower() == _BASTION for holder in facts.attached.get(id(group), ()))
