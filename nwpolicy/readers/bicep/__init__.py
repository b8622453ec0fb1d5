"""Bicep files to definitions.

A Bicep file is made the template that Bicep's compiler makes of it, and that is read as templates are: functions,
loops and unknowns have one meaning and one implementation.
"""

from __future__ import annotations

from nwpolicy.readers.bicep.reading import Compiler

__all__ = ["Compiler"]
