"""Exact, offline answers about Azure network rules.

    import nwpolicy

    estate = nwpolicy.load("infra/")
    answer = nwpolicy.verify(estate, nic="nic-web", direction="Inbound", remote="Internet", local=":22")
    assert answer.verdict == "Deny", answer.allowed

Wherever definitions are asked for, a path does as well, or a list of paths: `nwpolicy.lint("infra/")`. `load` raises
`InputError`, and so does what is given paths.

`verify`, `why` and `enumerate` take the keywords of `nwpolicy.queries.question.Ask` and return frozen dataclasses;
iterating the answer of `enumerate` gives disjoint sets of flows, one by one. `routes(estate, nic="nic-web")` and
`next_hop(estate, dest="10.1.0.4", nic="nic-web")` tell where Azure sends what leaves a network interface, and
`troubleshoot(estate, "vm-web", "vm-db", port="1433")` follows a connection hop by hop. `graph(estate)` is the topology,
and takes two ends as well. `reach(estate, source="Internet", port="22")` is who can be reached, entry by entry, and
`lint(estate)` what is wrong or superfluous, `check(estate)` whether what is asserted holds. `diff(old, new)` and
`equivalent(old, new)` compare two estates. `report("old/", "new/")` is what a change does; it also takes the versions
that `versions_of_paths("old/", "new/")` or `versions_of_revisions("main", "topic", ("infra/",))` give. What the input
leaves open is set with `load("infra/", pins=Pins.of({"adminCidr": "10.0.0.0/8"}))`. They raise `QuestionError`, and
`Undecided` or `TooLarge`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from nwpolicy.logic.errors import TooLarge, Undecided
    from nwpolicy.model.diagnostics import InputError
    from nwpolicy.queries.check import Violation, check
    from nwpolicy.queries.diff import diff
    from nwpolicy.queries.enumerate import enumerate  # noqa: A004 - the name of the question
    from nwpolicy.queries.equivalent import equivalent
    from nwpolicy.queries.errors import QuestionError
    from nwpolicy.queries.graph import graph
    from nwpolicy.queries.lint.linting import lint
    from nwpolicy.queries.nexthop import next_hop
    from nwpolicy.queries.reach import reach
    from nwpolicy.queries.report import report
    from nwpolicy.queries.routes import routes
    from nwpolicy.queries.troubleshoot import troubleshoot
    from nwpolicy.queries.verify import verify
    from nwpolicy.queries.why import why
    from nwpolicy.readers.load import load
    from nwpolicy.readers.pins import Pins
    from nwpolicy.readers.versions import versions_of_paths, versions_of_revisions
    from nwpolicy.reports.writing import convert

__version__ = "0.1.0"
__all__ = [
    "InputError",
    "Pins",
    "QuestionError",
    "TooLarge",
    "Undecided",
    "Violation",
    "__version__",
    "check",
    "convert",
    "diff",
    "enumerate",
    "equivalent",
    "graph",
    "lint",
    "load",
    "next_hop",
    "reach",
    "report",
    "routes",
    "troubleshoot",
    "verify",
    "versions_of_paths",
    "versions_of_revisions",
    "why",
]

#: Where the public names live: each is imported when it is first used, so that the command starts quickly.
_HOMES: Final = {
    "InputError": "nwpolicy.model.diagnostics",
    "Pins": "nwpolicy.readers.pins",
    "QuestionError": "nwpolicy.queries.errors",
    "TooLarge": "nwpolicy.logic.errors",
    "Undecided": "nwpolicy.logic.errors",
    "Violation": "nwpolicy.queries.check",
    "check": "nwpolicy.queries.check",
    "convert": "nwpolicy.reports.writing",
    "diff": "nwpolicy.queries.diff",
    "enumerate": "nwpolicy.queries.enumerate",
    "equivalent": "nwpolicy.queries.equivalent",
    "graph": "nwpolicy.queries.graph",
    "lint": "nwpolicy.queries.lint.linting",
    "load": "nwpolicy.readers.load",
    "next_hop": "nwpolicy.queries.nexthop",
    "reach": "nwpolicy.queries.reach",
    "report": "nwpolicy.queries.report",
    "routes": "nwpolicy.queries.routes",
    "troubleshoot": "nwpolicy.queries.troubleshoot",
    "verify": "nwpolicy.queries.verify",
    "versions_of_paths": "nwpolicy.readers.versions",
    "versions_of_revisions": "nwpolicy.readers.versions",
    "why": "nwpolicy.queries.why",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
