"""Assertions that do not hold, or are not proved, as SARIF: at the assertion, with links to the rules that decide."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.check.answers import CheckAnswer, CheckState, ResultAnswer
from nwpolicy.reports.sariflog import MAX_RESULTS, Json, left_out, location, log, related, rule

__all__ = ["STATES", "fingerprint", "message", "omissions", "places", "sarif_text"]

#: What is said of each state: an id, a sentence, and how severe it is.
STATES: Final = {
    CheckState.VIOLATED: ("assertion-violated", "a flow shows that an assertion does not hold", Severity.ERROR),
    CheckState.EXPIRED_EXCEPTION: (
        "exception-expired",
        "an assertion would hold if an exception from it were still in force",
        Severity.ERROR,
    ),
    CheckState.NOT_PROVED: (
        "assertion-not-proved",
        "an assertion depends on something that the input does not say",
        Severity.WARNING,
    ),
}
_ORDER: Final = tuple(STATES)
_HELP: Final = "An assertion is about all flows that it speaks of. The witness is one of them, with the rules it meets."


def sarif_text(answer: CheckAnswer) -> str:
    """One run; the worst results if there are more than are kept."""
    failures = sorted(answer.failures, key=lambda result: _ORDER.index(result.state))
    return log(map(_rule, STATES), [_result(result) for result in failures[:MAX_RESULTS]], omissions(answer))


def omissions(answer: CheckAnswer) -> list[str]:
    """What there was no room for, in words."""
    return left_out(len(answer.failures), "assertions that do not hold, or are not proved,")


def _rule(state: CheckState) -> Json:
    name, text, severity = STATES[state]
    return rule(name, name, (text, text), (_HELP, _HELP), severity, is_security=True)


def _result(result: ResultAnswer) -> Json:
    name, _, severity = STATES[result.state]
    return {
        "ruleId": name,
        "ruleIndex": _ORDER.index(result.state),
        "level": severity.value,
        **related(message(result), places(result)),
        "locations": [location(result.location)],
        "partialFingerprints": {"nwpolicyAssertion/v1": fingerprint(result)},
    }


def message(result: ResultAnswer) -> Iterator[str]:
    """What is wrong, what is asserted, and what shows it."""
    where = f" in {result.environment}" if result.environment is not None else ""
    yield f"{result.name}{where}: {result.message}"
    yield result.text
    if result.witness is not None:
        yield f"Example: {result.witness.text}"
    for unknown in result.depends_on:
        yield f"It depends on {unknown.name}: {unknown.reason}"
    if result.owner is not None:
        yield f"Owner: {result.owner}"


def places(result: ResultAnswer) -> Iterator[tuple[SourceLocation, str]]:
    """Where else something stands that has a part in it, and which."""
    if result.witness is not None:
        for met in (met for chain in result.witness.chains for met in chain.rules):
            if met.location is not None:
                yield met.location, f"{met.access} by {met.name}"
        for route in result.witness.routes:
            if route.location is not None:
                yield route.location, f"routed by {route.name or route.kind}"
    for exception in result.exceptions:
        yield exception.location, "exception"


def fingerprint(result: ResultAnswer) -> str:
    """The same after lines have moved."""
    words = result.location.file.replace("\\", "/"), result.name, result.kind, result.environment or ""
    return sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()[:16]
