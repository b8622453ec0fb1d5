"""The version of the provider `azurerm` that a configuration gets, and the defaults that depend on it.

Terraform takes the version in the lock file, else the newest one that all modules allow.

Source: HashiCorp, "Terraform language: Provider Requirements", "Version Constraints", "Dependency Lock File";
registry.terraform.io, hashicorp/azurerm, version 4.0 upgrade guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from nwpolicy.readers.terraform.declarations import Declared, File
from nwpolicy.readers.terraform.hcl import syntax
from nwpolicy.readers.terraform.instances import Instance
from nwpolicy.readers.tree import Node

__all__ = ["LOCK_FILE", "constraints", "locked", "newest", "with_defaults"]

LOCK_FILE: Final = ".terraform.lock.hcl"
_PROVIDER: Final = "registry.terraform.io/hashicorp/azurerm"
_NAME: Final = "azurerm"
#: Major versions, the newest first. Those before 3 have the same defaults as 3.
_MAJORS: Final = (4, 3)
_CONSTRAINT: Final = re.compile(r"\s*(=|!=|>=|<=|>|<|~>)?\s*v?(\d+)((?:\.\d+)*)[\w.+-]*\s*")
_OLD: Final = 3
_POLICIES: Final = "private_endpoint_network_policies"
#: Arguments that decide, the value before version 4, and the value since then.
_DEFAULTS: Final[Mapping[str, tuple[tuple[str, ...], str, str]]] = {
    "azurerm_lb": (("sku",), "Basic", "Standard"),
    "azurerm_public_ip": (("sku",), "Basic", "Standard"),
    "azurerm_subnet": (
        (_POLICIES, f"{_POLICIES}_enabled", "enforce_private_link_endpoint_network_policies"),
        "Enabled",
        "Disabled",
    ),
}


def constraints(settings: Iterable[Declared]) -> Iterator[str]:
    """What the blocks `terraform` of a module say of the version."""
    for declared in settings:
        for block in declared.block.body.of_type("required_providers"):
            attribute = block.body.attributes.get(_NAME)
            value = None if attribute is None else attribute.value
            if isinstance(value, syntax.Object):
                value = next((item.value for item in value.items if _is_version(item.key)), None)
            if isinstance(value, syntax.Literal) and isinstance(value.value, str):
                yield value.value


def _is_version(key: syntax.Expression) -> bool:
    written = key.text if isinstance(key, syntax.Name) else key.value if isinstance(key, syntax.Literal) else None
    return written == "version"


def locked(file: File) -> str | None:
    """The version in a lock file."""
    for block in file.body.of_type("provider"):
        version = block.body.attributes.get("version")
        if block.labels == (_PROVIDER,) and version is not None and isinstance(version.value, syntax.Literal):
            return str(version.value.value)
    return None


def newest(wanted: Iterable[str]) -> int:
    """The newest major version that constraints allow, as far as they can be read."""
    parts = [_CONSTRAINT.fullmatch(part) for text in wanted for part in text.split(",")]
    known = [part for part in parts if part is not None]
    return next((major for major in _MAJORS if all(_allows(part, major) for part in known)), _MAJORS[0])


def _allows(constraint: re.Match[str], major: int) -> bool:
    """Whether a constraint allows any version of a major one."""
    operator, number, rest = constraint[1] or "=", int(constraint[2]), constraint[3]
    match operator:
        case "=":
            return number == major or (number < _OLD == major)
        case "~>":
            return number == major or (number < major and not rest)
        case ">=" | ">":
            return number <= major
        case "<=":
            return major <= number
        case "<":
            return major < number or (major == number and bool(rest.strip(".0")))
        case _:
            return True


def with_defaults(instance: Instance, major: int) -> Instance:
    """The resource with the values that the provider gives to arguments that are absent."""
    arguments, old, new = _DEFAULTS.get(instance.type, ((), "", ""))
    if not arguments or any(instance.get(name) is not None for name in arguments):
        return instance
    return instance.given(arguments[0], Node(old if major <= _OLD else new, instance.source))
