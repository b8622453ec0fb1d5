"""Exact, offline answers about Azure network rules."""

from __future__ import annotations

__version__ = "0.1.0"
