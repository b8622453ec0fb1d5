"""Findings as JUnit XML: a suite for each file, a failed case for each finding, a passed one for a file without.

Source: the schema of the Apache Ant JUnit task, as build systems read it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from xml.etree import ElementTree

from nwpolicy.model.diagnostics import Severity
from nwpolicy.queries.lint.answer import LintAnswer
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.reports.linting import sentence
from nwpolicy.reports.screen import clean, clean_lines

__all__ = ["junit_text"]


def junit_text(answer: LintAnswer, failing: Collection[Severity]) -> str:
    """Findings of the `failing` severities are failures, others are written into the case's output."""
    by_file: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in answer.findings:
        by_file[finding.location.file].append(finding)
    root = ElementTree.Element("testsuites", name="nwpolicy lint")
    for path in dict.fromkeys((*answer.files, *by_file)):
        _suite(root, path, by_file[path], failing)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _suite(root: ElementTree.Element, path: str, findings: list[Finding], failing: Collection[Severity]) -> None:
    failures = sum(finding.severity in failing for finding in findings)
    counts = {"tests": str(max(1, len(findings))), "failures": str(failures), "errors": "0"}
    suite = ElementTree.SubElement(root, "testsuite", {"name": clean(path), **counts})
    if not findings:
        ElementTree.SubElement(suite, "testcase", classname=clean(path), name="no findings")
    for finding in findings:
        name = f"{finding.rule} {finding.name} ({finding.location.span.line}:{finding.location.span.column})"
        place = {"file": clean(path), "line": str(finding.location.span.line)}
        case = ElementTree.SubElement(suite, "testcase", {"classname": clean(path), "name": name, **place})
        message = clean(sentence(finding))
        text = clean_lines(part for part in (message, finding.reason, finding.witness) if part)
        if finding.severity in failing:
            failure = ElementTree.SubElement(case, "failure", type=finding.rule, message=message)
            failure.text = text
        else:
            ElementTree.SubElement(case, "system-out").text = text
