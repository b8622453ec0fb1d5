"""Functions that read files, and templates.

Source: HashiCorp, "Terraform language: Functions", `file`, `filebase64`, `fileexists`, `fileset`, `templatefile`,
`templatestring`, `csvdecode`, `jsondecode`, `yamldecode`.
"""

from __future__ import annotations

from typing import Final

import pytest

from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.terraform import Root
from tests.terraforming import all_roots, read, rule, said, sources

_FILES: Final = {
    "net/a.txt": "10.0.0.0/8",
    "net/b.txt": "10.1.0.0/16",
    "net/deep/c.json": '{"from": "10.2.0.0/16"}',
    "rules.yaml": "- from: 10.3.0.0/16\n",
    "rules.csv": "name,from\nr,10.4.0.0/16\n",
    "rule.tftpl": '${jsonencode({ from = "10.${octet}.0.0/16" })}',
    "list.tftpl": "%{ for prefix in prefixes ~}\n${prefix},\n%{ endfor ~}\n",
    "loop.tftpl": '${templatefile("loop.tftpl", {})}',
    "bad.tftpl": "${",
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('file("net/a.txt")', "10.0.0.0/8"),
        ('file("${path.module}/net/a.txt")', "10.0.0.0/8"),
        ('file("${path.root}/./net/../net/a.txt")', "10.0.0.0/8"),
        ('base64decode(filebase64("net/a.txt"))', "10.0.0.0/8"),
        ('fileexists("net/a.txt") ? "10.0.0.0/8" : "*"', "10.0.0.0/8"),
        ('fileexists("net/x.txt") ? "*" : "10.0.0.0/8"', "10.0.0.0/8"),
        ('fileexists("net") ? "*" : "10.0.0.0/8"', "10.0.0.0/8"),
        ('jsondecode(file("net/deep/c.json")).from', "10.2.0.0/16"),
        ('yamldecode(file("rules.yaml"))[0].from', "10.3.0.0/16"),
        ('csvdecode(file("rules.csv"))[0].from', "10.4.0.0/16"),
        ('jsondecode(templatefile("rule.tftpl", { octet = 9 })).from', "10.9.0.0/16"),
        ('split(",", templatefile("list.tftpl", { prefixes = ["10.7.0.0/16", "x"] }))[0]', "10.7.0.0/16"),
        ('templatestring("10.$${octet}.0.0/16", { octet = 8 })', "10.8.0.0/16"),
    ],
)
def test_files_of_the_input_are_read(expression: str, expected: str) -> None:
    assert sources({"main.tf": rule(expression), **_FILES}) == [expected]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.txt", ["a.txt", "b.txt"]),
        ("a.*", ["a.txt"]),
        ("?.txt", ["a.txt", "b.txt"]),
        ("*", ["a.txt", "b.txt"]),
        ("**", ["a.txt", "b.txt", "deep/c.json"]),
        ("**/*.json", ["deep/c.json"]),
        ("**/*", ["a.txt", "b.txt", "deep/c.json"]),
        ("{a,deep/c}.{txt,json}", ["a.txt", "deep/c.json"]),
        ("[ab].txt", ["a.txt", "b.txt"]),
        ("[!a].txt", ["b.txt"]),
        ("[a-z].txt", ["a.txt", "b.txt"]),
        ("A.txt", []),
        ("a.tx", []),
        ("(.txt", []),
    ],
)
def test_fileset_has_the_files_that_match_a_pattern(pattern: str, expected: list[str]) -> None:
    text = rule(f'join(" ", fileset("net", "{pattern}")) == "{" ".join(expected)}" ? "10.0.0.0/8" : "*"')
    assert sources({"main.tf": text, **_FILES}) == ["10.0.0.0/8"]


def test_rules_may_be_kept_one_in_a_file() -> None:
    """The idiom of `fileset`: a file for each rule."""
    each = 'for_each = fileset("rules", "*.yaml")'
    text = rule('yamldecode(file("rules/${each.value}")).from', 'trimsuffix(each.value, ".yaml")', each)
    files = {"main.tf": text, "rules/a.yaml": "from: 10.0.0.0/8\n"}
    assert sources(files) == ["10.0.0.0/8"]


def test_a_module_reads_files_beside_it() -> None:
    files = {
        "main.tf": 'module "m" {\n  source = "./m"\n}\n',
        "m/main.tf": rule('file("${path.module}/a.txt")'),
        "m/a.txt": "10.0.0.0/8",
    }
    assert sources(files) == ["10.0.0.0/8"]


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ('file("no.txt")', "no.txt: no such file"),
        ('filebase64("no.txt")', "no.txt: no such file"),
        ('templatefile("no.txt", {})', "no.txt: no such file"),
        ('file("../../no.txt")', "it is outside of the repository or folder that is read"),
        ('file("/etc/passwd")', "it is outside of the repository or folder that is read"),
        ('fileexists("/etc/passwd") ? "*" : "Internet"', "it is outside of the repository or folder that is read"),
        ('join("", fileset("../..", "*"))', "it is outside of the repository or folder that is read"),
        ('templatefile("../../no.txt", {})', "it is outside of the repository or folder that is read"),
        ('file("${path.cwd}/net/a.txt")', "it depends on where Terraform runs"),
        ('filesha256("net/a.txt")', "it is not worked out before the configuration is applied"),
        ('templatefile("rule.tftpl", { octet = var.octet })', "the variable octet has no default"),
        ('templatefile("rule.tftpl", var.octet)', "the variable octet has no default"),
        ('join("", fileset("net", "*a*b*c*d*e*f*g*h*i*"))', "it is not worked out before the configuration is applied"),
    ],
)
def test_what_cannot_be_read_is_an_unknown_that_tells_why(expression: str, reason: str) -> None:
    fragment = read({"main.tf": rule(expression) + 'variable "octet" {}\n', **_FILES})
    assert [found for found in said(fragment) if "error" in found] == []
    (source,) = sources({"main.tf": rule(expression) + 'variable "octet" {}\n', **_FILES})
    assert isinstance(source, Unknown)
    assert source.reason == reason


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('templatefile("rule.tftpl", {})', "'octet' means nothing here"),
        ('templatefile("rule.tftpl", 1)', "templatefile: expected an object, found a number"),
        (
            'templatefile("bad.tftpl", {})',
            "templatefile: bad.tftpl is no template: expected an expression, found the end",
        ),
        ('templatestring("%%{ if }", {})', "templatestring: main.tf is no template: expected an expression"),
        ('file("a", "b")', "file: takes 1 argument, not 2"),
        ('fileset("a")', "fileset: takes 2 arguments, not 1"),
    ],
)
def test_what_terraform_refuses_is_said(expression: str, message: str) -> None:
    (found,) = said(read({"main.tf": rule(expression), **_FILES}))
    assert message in found


def test_templates_that_hold_themselves_without_end_are_bounded() -> None:
    (found,) = said(read({"main.tf": rule('templatefile("loop.tftpl", {})'), **_FILES}))
    assert "too-deep" in found or "too-much-work" in found


def test_a_template_is_unlike_itself_with_other_variables() -> None:
    text = 'variable "a" {}\nvariable "b" {}\n'
    text += "".join(
        rule(f'templatefile("rule.tftpl", {{ octet = var.{name} }})', f'"{name}"').replace('"r" {', f'"{name}" {{')
        for name in "ab"
    )
    (root,) = all_roots({"main.tf": text, **_FILES})
    assert len(set(_names(root))) == 2


def _names(root: Root) -> list[str]:
    found = [getattr(rule, "sources", ()) for rule in root.read(Pins()).resources]
    return [term.name for terms in found for term in terms if isinstance(term, Unknown)]
