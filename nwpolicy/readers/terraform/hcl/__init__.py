"""HCL, the language in which Terraform's configurations are written: text to a tree."""

from __future__ import annotations

from nwpolicy.readers.terraform.hcl.parser import parse, parse_template
from nwpolicy.readers.terraform.hcl.tokens import SyntaxFault

__all__ = ["SyntaxFault", "parse", "parse_template"]
