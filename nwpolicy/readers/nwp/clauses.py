"""The clauses behind the head of a statement: `from`, `to`, `description`, `if`, and what else it may have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from nwpolicy.model.resource import AddressTerm
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.nwp import syntax
from nwpolicy.readers.nwp.words import Scope
from nwpolicy.readers.places import shown

__all__ = ["Clauses", "any_or_terms", "clauses_of", "condition_of", "is_any", "last_word", "text_of"]

#: Clauses by the word that begins them.
Clauses: TypeAlias = Mapping[str, syntax.Clause]


def clauses_of(scope: Scope, written: Sequence[syntax.Clause], allowed: Sequence[str]) -> Clauses:
    """The clauses of a statement; says which do not belong there, or come twice."""
    found: dict[str, syntax.Clause] = {}
    for clause in written:
        word = "if" if clause.key.type == "UNKNOWN" else str(clause.key)
        if word in found:
            scope.findings.error("duplicate-clause", f"{shown(word)} is given twice", scope.source(clause.key))
        elif word not in allowed:
            scope.findings.error("misplaced", f"{shown(word)} does not belong here", scope.source(clause.key))
        else:
            found[word] = clause
    return found


def last_word(head: syntax.Value, clauses: Sequence[syntax.Clause]) -> syntax.Value:
    """The last word of a statement, `head` being the last one before its clauses."""
    if not clauses:
        return head
    return (clauses[-1].ports or clauses[-1].values)[-1]


def condition_of(scope: Scope, clauses: Clauses) -> Unknown | None:
    return scope.unknown(clauses["if"].key, UnknownKind.CONDITION) if "if" in clauses else None


def text_of(scope: Scope, clauses: Clauses, word: str) -> str | None:
    """The text of a clause that has one."""
    if word not in clauses:
        return None
    (value,) = clauses[word].values
    assert not isinstance(value, syntax.Link)
    return scope.text_at(value, scope.source(value))


def any_or_terms(scope: Scope, clause: syntax.Clause | None) -> tuple[AddressTerm, ...]:
    """The terms of a clause; none at all for any."""
    return () if clause is None or is_any(clause.values) else scope.terms(clause.values)


def is_any(values: syntax.Words) -> bool:
    return len(values) == 1 and values[0] == "any"
