"""Which format a tree is in, told by a few keys: this costs next to nothing, and only the format's reader is loaded."""

from __future__ import annotations

import re
from typing import Final

from nwpolicy.readers.tree import Raw

__all__ = [
    "is_automatic",
    "is_compiled",
    "is_definitions",
    "is_parameters",
    "is_template",
    "is_terraform_plan",
    "is_terraform_state",
]

_TEMPLATE_SCHEMA: Final = "deploymenttemplate.json"
_PARAMETERS_SCHEMA: Final = "deploymentparameters.json"


#: Revisions show a file at their top behind a colon.
_AUTOMATIC: Final = re.compile(r"(?:.*[/\\:])?(?:terraform|[^/\\]*\.auto)\.tfvars(?:\.json)?", re.DOTALL)


def is_automatic(name: str) -> bool:
    """Whether a file of variables is one that Terraform reads of itself."""
    return _AUTOMATIC.fullmatch(name) is not None


def is_definitions(raw: Raw) -> bool:
    """Whether a tree says that it is a definitions file, of whatever version."""
    return isinstance(raw, dict) and "nwpolicy" in raw


def is_parameters(raw: Raw) -> bool:
    """Whether a tree is a parameter file of templates."""
    schema = raw.get("$schema") if isinstance(raw, dict) else None
    return isinstance(schema, str) and schema.rstrip("#").lower().endswith(_PARAMETERS_SCHEMA)


def is_template(raw: Raw) -> bool:
    """Whether a tree is a deployment template, of whatever version and scope."""
    if not isinstance(raw, dict):
        return False
    schema = raw.get("$schema")
    if isinstance(schema, str):
        return schema.rstrip("#").lower().endswith(_TEMPLATE_SCHEMA)
    return "contentVersion" in raw and isinstance(raw.get("resources"), list | dict)


def is_compiled(raw: Raw) -> bool:
    """Whether a template is what Bicep's compiler wrote: it says so in the template's metadata."""
    metadata = raw.get("metadata") if isinstance(raw, dict) else None
    generator = metadata.get("_generator") if isinstance(metadata, dict) else None
    return isinstance(generator, dict) and generator.get("name") == "bicep"


def is_terraform_plan(raw: Raw) -> bool:
    """Whether a tree is what `terraform show -json` prints of a plan."""
    return isinstance(raw, dict) and "format_version" in raw and bool({"planned_values", "resource_changes"} & {*raw})


def is_terraform_state(raw: Raw) -> bool:
    """Whether a tree is a state of Terraform, as `terraform show -json` prints it or as the state file itself."""
    if not isinstance(raw, dict) or "terraform_version" not in raw or is_terraform_plan(raw):
        return False
    return "format_version" in raw or {"serial", "lineage", "resources"} <= {*raw}
