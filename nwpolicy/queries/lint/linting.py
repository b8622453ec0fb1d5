"""The linter: from a snapshot to findings, in the order of the input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from nwpolicy.logic.diagrams import facts as facts_of_layer
from nwpolicy.model.diagnostics import Diagnostic, Severity
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.lint.answer import LintAnswer, Looked, Options, concluded, may_be_shown
from nwpolicy.queries.lint.checks import CHECKS
from nwpolicy.queries.lint.checks.written import CODES, finding_of
from nwpolicy.queries.lint.comments import comments_of
from nwpolicy.queries.lint.facts import Facts, FactsOf, ReachedIn, documents_of, shared_facts
from nwpolicy.queries.lint.suppressions import apply_comments
from nwpolicy.queries.lint.uses import reached
from nwpolicy.readers.inputs import Input, loaded

__all__ = ["LintAnswer", "Options", "lint", "lint_both", "look", "refused"]

#: What a text holds where something in it ends on a day.
_UNTIL: Final = "until"


def lint(estate: Input, options: Options | None = None) -> LintAnswer:
    """Every finding that the options ask for."""
    options = options or Options()
    return concluded([look(loaded(estate), options)], options)


def lint_both(before: Snapshot, after: Snapshot, options: Options) -> tuple[LintAnswer, LintAnswer]:
    """The findings in two versions of an estate. What follows from filters that both have is worked out once."""
    facts_of, reached_in = shared_facts(), cache(reached)
    old, new = (concluded([look(side, options, facts_of, reached_in)], options) for side in (before, after))
    return old, new


def look(
    snapshot: Snapshot, options: Options, facts_of: FactsOf = facts_of_layer, reached_in: ReachedIn = reached
) -> Looked:
    """What the selected checks find, and the comments leave. `facts_of` and `reached_in` may know facts from before."""
    wanted = _looked_for(snapshot, options)
    facts = Facts(
        snapshot,
        options.assumptions,
        wanted=wanted,
        groups_only=options.groups_only,
        facts_of=facts_of,
        reached_in=reached_in,
    )
    found = [
        finding
        for check, ids in CHECKS
        if any(rule_id.startswith(ids) for rule_id in wanted)
        for finding in check(facts)
        if finding.rule in wanted
    ]
    left, suppressed = apply_comments(found, facts.documents, wanted, options.today)
    ends = any(_UNTIL in document.text for document in facts.documents.values())
    return Looked(
        findings=tuple(left),
        suppressed=tuple(suppressed),
        undecided=tuple(facts.undecided),
        diagnostics=tuple(one for one in snapshot.diagnostics if _is_other(one)),
        files=tuple(facts.documents),
        day=options.today.isoformat() if ends else None,
    )


def _looked_for(snapshot: Snapshot, options: Options) -> frozenset[str]:
    """The ids of what is looked for. A comment is judged by what it suppresses, whether that would be listed or not."""
    if not options.listed_only:
        return options.selected
    documents = snapshot.derived(documents_of).values()
    named = {rule_id for document in documents for one in comments_of(document, options.today) for rule_id in one.ids}
    return frozenset(rule_id for rule_id in options.selected if rule_id in named or may_be_shown(rule_id, options))


def refused(diagnostics: Sequence[Diagnostic], options: Options) -> LintAnswer | None:
    """What keeps the input from being read, where all of it is what rules of the linter are about; None otherwise. The
    other rules say nothing then: they would rest on a part of the input."""
    errors = [one for one in diagnostics if one.severity is Severity.ERROR]
    if not errors or not all(CODES.get(one.code) in options.selected for one in errors):
        return None
    looked = Looked(
        findings=tuple(finding_of(error) for error in errors),
        suppressed=(),
        undecided=("nothing else was looked at: Azure does not accept the definitions as they stand",),
        diagnostics=(),
        files=tuple(dict.fromkeys(one.location.file for one in errors)),
    )
    return concluded([looked], replace(options, lowest=Severity.NOTE, baseline=None))


def _is_other(diagnostic: Diagnostic) -> bool:
    """Whether a diagnostic of the readers is no finding."""
    return diagnostic.severity is not Severity.NOTE and diagnostic.code not in CODES
