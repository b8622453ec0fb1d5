"""Every rule of the linter, by id. Cheap to import: `rules` and `explain` need nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from nwpolicy.queries.lint.catalogue.attachment import ATTACHMENT
from nwpolicy.queries.lint.catalogue.comments import COMMENTS
from nwpolicy.queries.lint.catalogue.exposure import EXPOSURE
from nwpolicy.queries.lint.catalogue.managers import MANAGERS
from nwpolicy.queries.lint.catalogue.platform import PLATFORM
from nwpolicy.queries.lint.catalogue.routes import ROUTES
from nwpolicy.queries.lint.catalogue.superfluous import SUPERFLUOUS
from nwpolicy.queries.lint.catalogue.writing import WRITING
from nwpolicy.queries.lint.entry import Entry

__all__ = ["CATALOGUE", "DEFAULT", "matching"]

CATALOGUE: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        entry.id: entry
        for part in (SUPERFLUOUS, EXPOSURE, PLATFORM, ATTACHMENT, WRITING, ROUTES, MANAGERS, COMMENTS)
        for entry in part
    }
)

#: The rules that are looked for unless others are asked for.
DEFAULT: Final = frozenset(entry.id for entry in CATALOGUE.values() if not entry.optional)


def matching(words: str) -> tuple[str, ...]:
    """The ids that a person means: an id (`NWP101`), the beginning of several (`NWP1`), a name, `all` or `default`."""
    wanted = words.strip()
    if wanted.lower() in {"all", "default"}:
        return tuple(rule_id for rule_id in CATALOGUE if wanted.lower() == "all" or rule_id in DEFAULT)
    upper = wanted.upper()
    if upper.startswith("NWP"):
        return tuple(rule_id for rule_id in CATALOGUE if rule_id.startswith(upper))
    return tuple(entry.id for entry in CATALOGUE.values() if entry.name == wanted.lower())
