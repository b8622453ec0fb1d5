"""What stands before the resources of a configuration of Terraform: providers and variables."""

from __future__ import annotations

from typing import Any, Final

from nwpolicy.reports.writing.hcl import Block, Expression, quoted
from nwpolicy.reports.writing.unknowns import Parameter

__all__ = ["providers", "variable"]

_TYPES: Final = {"string": "string", "int": "number", "bool": "bool", "array": "any", "object": "any"}


def providers(with_azapi: bool) -> Block:
    wanted: dict[str, Any] = {"azurerm": {"source": "hashicorp/azurerm", "version": "~> 4.0"}}
    if with_azapi:
        wanted["azapi"] = {"source": "azure/azapi", "version": "~> 2.0"}
    return Block("terraform", (), None, (Block("required_providers", (), wanted),))


def variable(parameter: Parameter) -> Block:
    arguments = {"type": Expression(_TYPES[parameter.type]), "description": parameter.about}
    checks = (
        Block("validation", (), {"condition": Expression(test), "error_message": f"It has to be {wanted}."})
        for test, wanted in _checks(parameter)
    )
    return Block("variable", (parameter.name,), arguments, tuple(checks))


def _checks(parameter: Parameter) -> list[tuple[str, str]]:
    """Expressions that hold for what a value may be, and the same in words."""
    name, domain = f"var.{parameter.name}", parameter.domain
    if domain is None:
        return []
    found: list[tuple[str, str]] = []
    if domain.allowed:
        allowed = ", ".join(domain.allowed if parameter.type == "int" else map(quoted, domain.allowed))
        found.append((f"contains([{allowed}], {name})", "one of the values that are allowed"))
    if parameter.type == "int":
        limits = ((">=", domain.least), ("<=", domain.most))
        found += ((f"{name} {sign} {limit}", f"{sign} {limit}") for sign, limit in limits if limit is not None)
    return found
