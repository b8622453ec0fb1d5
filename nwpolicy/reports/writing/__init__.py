"""Definitions in the formats that hold definitions, each proved to say the same by reading it back."""

from __future__ import annotations

from nwpolicy.model.written import NotWritable
from nwpolicy.reports.writing.carrying import NOT_CARRIED
from nwpolicy.reports.writing.converting import FORMATS, Converted, NotTheSame, convert

__all__ = ["FORMATS", "NOT_CARRIED", "Converted", "NotTheSame", "NotWritable", "convert"]
