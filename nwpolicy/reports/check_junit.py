"""The results of assertions as JUnit XML: a test suite for each environment, a test case for each result.

Source: the JUnit XML schema that Jenkins and Azure Pipelines (Publish Test Results) read.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as Xml  # builds only, reads nothing

from nwpolicy.queries.check.answers import CheckAnswer, CheckState, ResultAnswer, described
from nwpolicy.reports.screen import clean, clean_lines

__all__ = ["junit_text"]


def junit_text(answer: CheckAnswer) -> str:
    """One document. What does not hold is a failure, what is not proved an error, what has lapsed is skipped."""
    root = Xml.Element("testsuites", {"name": "nwpolicy check", **_counts(answer.results)})
    for environment in answer.environments or (None,):
        results = [result for result in answer.results if result.environment == environment]
        suite = Xml.SubElement(root, "testsuite", {"name": clean(environment or "nwpolicy"), **_counts(results)})
        for result in results:
            _case(suite, result)
    Xml.indent(root)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{Xml.tostring(root, encoding='unicode')}\n"


def _counts(results: Iterable[ResultAnswer]) -> dict[str, str]:
    found = list(results)
    return {
        "tests": str(len(found)),
        "failures": str(sum(result.state.is_wrong for result in found)),
        "errors": str(sum(result.state is CheckState.NOT_PROVED for result in found)),
        "skipped": str(sum(result.state is CheckState.LAPSED for result in found)),
    }


def _case(suite: Xml.Element, result: ResultAnswer) -> None:
    place = result.location
    case = Xml.SubElement(
        suite,
        "testcase",
        classname=clean(place.file),
        name=clean(f"{result.name}: {result.text}"),
        file=clean(place.file),
        line=str(place.span.line),
    )
    if result.state.is_good:
        if result.state is CheckState.LAPSED:
            Xml.SubElement(case, "skipped", message=clean(result.message))
        return
    kind = "error" if result.state is CheckState.NOT_PROVED else "failure"
    problem = Xml.SubElement(case, kind, type=result.state.value, message=clean(result.message))
    problem.text = clean_lines(described(result))
