"""The functions of Terraform's language that need nothing but their arguments, by name."""

from __future__ import annotations

from typing import Final

from nwpolicy.readers.terraform.functions.addresses import ADDRESSES
from nwpolicy.readers.terraform.functions.collections import COLLECTIONS
from nwpolicy.readers.terraform.functions.conversions import CONVERSIONS
from nwpolicy.readers.terraform.functions.encodings import ENCODINGS
from nwpolicy.readers.terraform.functions.function import Functions
from nwpolicy.readers.terraform.functions.numbers import NUMBERS
from nwpolicy.readers.terraform.functions.texts import TEXTS

__all__ = ["FUNCTIONS"]

FUNCTIONS: Final[Functions] = {**ADDRESSES, **COLLECTIONS, **CONVERSIONS, **ENCODINGS, **NUMBERS, **TEXTS}
