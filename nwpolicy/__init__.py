"""Exact, offline answers about Azure network rules.

    import nwpolicy

    estate = nwpolicy.load("infra/")
    answer = nwpolicy.verify(estate, nic="nic-web", direction="Inbound", remote="Internet", local=":22")
    assert answer.verdict == "Deny", answer.allowed

`verify` and `why` take the keywords of `nwpolicy.queries.question.Ask` and return frozen dataclasses; `load` raises
`InputError`, they raise `QuestionError` and `Undecided`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from nwpolicy.logic.errors import Undecided
    from nwpolicy.model.diagnostics import InputError
    from nwpolicy.queries.errors import QuestionError
    from nwpolicy.queries.verify import verify
    from nwpolicy.queries.why import why
    from nwpolicy.readers.load import load

__version__ = "0.1.0"
__all__ = ["InputError", "QuestionError", "Undecided", "__version__", "load", "verify", "why"]

#: Where the public names live: each is imported when it is first used, so that the command starts quickly.
_HOMES: Final = {
    "InputError": "nwpolicy.model.diagnostics",
    "QuestionError": "nwpolicy.queries.errors",
    "Undecided": "nwpolicy.logic.errors",
    "load": "nwpolicy.readers.load",
    "verify": "nwpolicy.queries.verify",
    "why": "nwpolicy.queries.why",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
