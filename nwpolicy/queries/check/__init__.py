"""Policy as code: whether what a repository asserts of its rules holds, for all flows, with a proof or a witness."""

from __future__ import annotations

from nwpolicy.queries.check.answers import Violation
from nwpolicy.queries.check.checking import check

__all__ = ["Violation", "check"]
