"""The checks behind the rules of the linter: small functions from shared facts to findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from nwpolicy.queries.lint.checks.anyany import check_any_any
from nwpolicy.queries.lint.checks.attachments import check_attachments
from nwpolicy.queries.lint.checks.elsewhere import check_elsewhere
from nwpolicy.queries.lint.checks.exposed import check_exposed
from nwpolicy.queries.lint.checks.layers import check_admin_allows, check_layers
from nwpolicy.queries.lint.checks.lists import check_lists
from nwpolicy.queries.lint.checks.mergeable import check_mergeable
from nwpolicy.queries.lint.checks.passages import check_administration, check_egress, check_reachable
from nwpolicy.queries.lint.checks.platform import check_any_probes, check_platform_services, check_probes, check_tags
from nwpolicy.queries.lint.checks.routing import check_routes
from nwpolicy.queries.lint.checks.superfluous import check_superfluous
from nwpolicy.queries.lint.checks.written import check_written
from nwpolicy.queries.lint.facts import Facts
from nwpolicy.queries.lint.finding import Finding

__all__ = ["CHECKS", "Check"]

Check: TypeAlias = Callable[[Facts], Iterator[Finding]]

#: Each check, with the beginnings of the ids of what it finds: it is left out where none of these is wanted.
CHECKS: Final[tuple[tuple[Check, tuple[str, ...]], ...]] = (
    (check_superfluous, ("NWP001", "NWP002", "NWP003", "NWP004", "NWP005", "NWP007")),
    (check_layers, ("NWP001", "NWP303")),
    (check_mergeable, ("NWP006",)),
    (check_exposed, ("NWP101", "NWP102", "NWP104", "NWP105")),
    (check_any_any, ("NWP103",)),
    (check_reachable, ("NWP106",)),
    (check_egress, ("NWP107",)),
    (check_administration, ("NWP108",)),
    (check_probes, ("NWP201", "NWP204")),
    (check_any_probes, ("NWP208",)),
    (check_platform_services, ("NWP202",)),
    (check_tags, ("NWP203", "NWP409")),
    (check_attachments, ("NWP301", "NWP302")),
    (check_elsewhere, ("NWP306",)),
    (check_lists, ("NWP406", "NWP417")),
    (check_written, ("NWP2", "NWP3", "NWP4", "NWP6")),
    (check_routes, ("NWP5",)),
    (check_admin_allows, ("NWP601",)),
)
