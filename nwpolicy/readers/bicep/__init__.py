"""Bicep files to definitions."""

from __future__ import annotations
