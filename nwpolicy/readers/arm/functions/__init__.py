"""The template functions that depend on nothing but their arguments, one module per family.

Functions that need the template (`parameters`, `resourceId`, lambdas) are in `contextual`.

Source: Microsoft Learn, "ARM template functions" and the pages below it.
"""

from __future__ import annotations

from typing import Final

from nwpolicy.readers.arm.functions.cidrs import CIDRS
from nwpolicy.readers.arm.functions.collections import COLLECTIONS
from nwpolicy.readers.arm.functions.comparisons import COMPARISONS
from nwpolicy.readers.arm.functions.dates import DATES
from nwpolicy.readers.arm.functions.encodings import ENCODINGS
from nwpolicy.readers.arm.functions.function import Function, Functions, Undecided, member
from nwpolicy.readers.arm.functions.numbers import NUMBERS
from nwpolicy.readers.arm.functions.sequences import SEQUENCES
from nwpolicy.readers.arm.functions.strings import STRINGS

__all__ = ["FUNCTIONS", "Function", "Undecided", "member"]

FUNCTIONS: Final[Functions] = {
    **CIDRS,
    **COLLECTIONS,
    **COMPARISONS,
    **DATES,
    **ENCODINGS,
    **NUMBERS,
    **SEQUENCES,
    **STRINGS,
}
