"""Which format a tree is in, told by a few keys: this costs next to nothing, and only the format's reader is loaded."""

from __future__ import annotations

from typing import Final

from nwpolicy.readers.tree import Raw

__all__ = ["is_definitions", "is_template"]

_TEMPLATE_SCHEMA: Final = "deploymenttemplate.json"


def is_definitions(raw: Raw) -> bool:
    """Whether a tree says that it is a definitions file, of whatever version."""
    return isinstance(raw, dict) and "nwpolicy" in raw


def is_template(raw: Raw) -> bool:
    """Whether a tree is a deployment template, of whatever version and scope."""
    if not isinstance(raw, dict):
        return False
    schema = raw.get("$schema")
    if isinstance(schema, str):
        return schema.rstrip("#").lower().endswith(_TEMPLATE_SCHEMA)
    return "contentVersion" in raw and isinstance(raw.get("resources"), list | dict)
