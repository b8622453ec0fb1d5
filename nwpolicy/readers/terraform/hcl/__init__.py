"""HCL, the language in which Terraform's configurations are written: text to a tree."""

from __future__ import annotations

from nwpolicy.readers.terraform.hcl.errors import SyntaxFault
from nwpolicy.readers.terraform.hcl.parse import parse, parse_template

__all__ = ["SyntaxFault", "parse", "parse_template"]
