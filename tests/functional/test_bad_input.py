"""Whatever is fed in gives a located diagnostic and exit code 2, or an answer that names what it left unknown.

Every case of the table is one change of a good file under tests/data/bad; what the command says to it is in
`tests/data/bad/said/CASE.txt`. `python tests/functional/test_bad_input.py` writes those texts anew: read the changes.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import NoReturn

import pytest

from nwpolicy import cli
from nwpolicy.readers.load import load

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data" / "bad"
SAID = DATA / "said"

Done = subprocess.CompletedProcess[str]

FLOW = ("--direction", "Inbound", "--protocol", "TCP", "--local", "10.0.0.4:443", "--remote", "203.0.113.9:50000")
GOOD = ("web.yaml", "web.json", "web.nwp", "template.json", "export.json", "effective.json", "tags.json")


@dataclass(frozen=True)
class Case:
    """A change of a good file. `new` None: the file ends where `old` stands."""

    name: str
    file: str
    old: str
    new: str | None
    count: int = 1


CASES = (
    # YAML definitions
    Case("yaml-half", "web.yaml", 'on: Inbound\n        access: Deny\n        protocol: "*', None),
    Case("yaml-half-in-a-rule", "web.yaml", '        protocol: "*"', None),
    Case("yaml-indentation", "web.yaml", "        access: Deny", "       access: Deny"),
    Case("yaml-tab", "web.yaml", "        access: Deny", "\taccess: Deny"),
    Case("yaml-duplicate-key", "web.yaml", "        access: Deny", "        direction: Outbound\n        access: Deny"),
    Case("yaml-unknown-field", "web.yaml", "sourceAddressPrefix: Internet", "sourceAdressPrefix: Internet"),
    Case("yaml-unknown-list", "web.yaml", "networkSecurityGroups", "networkSecurityGroup"),
    Case("yaml-missing-field", "web.yaml", "        access: Allow\n", ""),
    Case("yaml-duplicate-priority", "web.yaml", "priority: 200", "priority: 100"),
    Case("yaml-priority-out-of-range", "web.yaml", "priority: 200", "priority: 4097"),
    Case("yaml-priority-not-a-number", "web.yaml", "priority: 200", "priority: last"),
    Case("yaml-bad-cidr", "web.yaml", "10.0.0.0/24", "10.0.0.0/33"),
    Case("yaml-bad-address", "web.yaml", "10.0.0.0/24", "10.0.0.256"),
    Case("yaml-octal-address", "web.yaml", "10.0.0.0/24", "010.0.0.0/24"),
    Case("yaml-port-too-large", "web.yaml", "destinationPortRange: 443", "destinationPortRange: 70000"),
    Case("yaml-port-reversed", "web.yaml", "destinationPortRange: 443", "destinationPortRange: 443-80"),
    Case("yaml-unknown-tag", "web.yaml", "sourceAddressPrefix: Internet", "sourceAddressPrefix: Internett"),
    Case("yaml-unknown-tag-decides", "web.yaml", "sourceAddressPrefix: Internet", "sourceAddressPrefix: OurPartners"),
    Case("yaml-bad-direction", "web.yaml", "direction: Inbound", "direction: Inbond"),
    Case("yaml-no-is-text", "web.yaml", "access: Allow", "access: NO"),
    Case("yaml-python-object", "web.yaml", "name: web", "name: !!python/object/apply:os.system [id]"),
    Case("yaml-second-document", "web.yaml", "  - name: web", "---\n  - name: web"),
    Case("yaml-merge-key", "web.yaml", "        access: Deny", "        <<: {access: Deny}"),
    Case("yaml-alias-of-itself", "web.yaml", "    securityRules:\n", "    securityRules: &rules\n      - *rules\n"),
    Case("yaml-undefined-variable", "web.yaml", "10.0.0.0/24", "$servers"),
    Case("yaml-version", "web.yaml", "nwpolicy: 1", "nwpolicy: 2"),
    Case("yaml-not-definitions", "web.yaml", "nwpolicy: 1\n", ""),
    Case("yaml-rules-are-text", "web.yaml", "    securityRules:\n", "    securityRules: none\n    other:\n"),
    Case("yaml-import-of-itself", "web.yaml", "nwpolicy: 1", "nwpolicy: 1\nimports: [web.yaml]"),
    Case("yaml-import-of-a-device", "web.yaml", "nwpolicy: 1", "nwpolicy: 1\nimports: [/dev/zero]"),
    # JSON definitions
    Case("json-import-of-nothing", "web.json", '"nwpolicy": 1,', '"nwpolicy": 1, "imports": ["other.json"],'),
    Case("json-import-of-no-path", "web.json", '"nwpolicy": 1,', '"nwpolicy": 1, "imports": ["a\\u0000b"],'),
    Case("json-half", "web.json", '"access": "Deny"', None),
    Case("json-missing-comma", "web.json", '"access": "Deny",', '"access": "Deny"'),
    Case("json-comma-for-a-value", "web.json", '"destinationPortRange": "*"', '"destinationPortRange": ,'),
    Case("json-single-quotes", "web.json", '"Deny"', "'Deny'"),
    Case("json-duplicate-key", "web.json", '"access": "Deny",', '"access": "Deny", "access": "Allow",'),
    Case("json-two-values", "web.json", "      ]\n    }\n  ]\n}", "      ]\n    }\n  ]\n} {}"),
    Case("json-nan", "web.json", "200", "NaN"),
    Case("json-large-number", "web.json", "200", "1e999"),
    Case("json-lone-surrogate", "web.json", '"deny-rest"', '"deny-\\ud800rest"'),
    Case("json-unknown-field", "web.json", '"access": "Deny"', '"acces": "Deny"'),
    Case("json-duplicate-priority", "web.json", "200", "100"),
    Case("json-bad-cidr", "web.json", "10.0.0.0/24", "10.0.0/24"),
    Case("json-port-too-large", "web.json", '"443"', '"70000"'),
    Case("json-null-rule", "web.json", '"securityRules": [', '"securityRules": [ null,'),
    # the policy language
    Case("nwp-half", "web.nwp", "  }\n}", None),
    Case("nwp-half-a-rule", "web.nwp", " to * port", None),
    Case("nwp-unknown-setting", "web.nwp", "  inbound {", "  colour red\n  inbound {"),
    Case("nwp-duplicate-priority", "web.nwp", "200", "100"),
    Case("nwp-bad-cidr", "web.nwp", "10.0.0.0/24", "10.0.0.0/240"),
    Case("nwp-port-too-large", "web.nwp", "443", "70000"),
    Case("nwp-unknown-tag", "web.nwp", "Internet", "Internett"),
    Case("nwp-import-of-itself", "web.nwp", "nsg web", 'import "web.nwp"\nnsg web'),
    Case("nwp-import-of-nothing", "web.nwp", "nsg web", 'import "other.nwp"\nnsg web'),
    Case("nwp-import-of-a-folder", "web.nwp", "nsg web", 'import ".."\nnsg web'),
    Case("nwp-undefined-variable", "web.nwp", "10.0.0.0/24", "$servers"),
    Case("nwp-variable-of-itself", "web.nwp", "nsg web {", "let a = $a\nnsg web {\n  location $a"),
    # ARM templates
    Case("arm-half", "template.json", '"access": "Deny"', None),
    Case("arm-unknown-field", "template.json", '"access": "Deny"', '"access": "Deny", "acces": "Allow"'),
    Case("arm-duplicate-priority", "template.json", "200", "100"),
    Case("arm-bad-cidr", "template.json", "10.0.0.0/24", "10.0.0.0/33"),
    Case("arm-port-too-large", "template.json", "443", "70000"),
    Case("arm-unknown-tag", "template.json", ': "Internet"', ': "Internett"'),
    Case("arm-no-default", "template.json", ', "defaultValue": "Internet"', ""),
    Case("arm-unclosed-expression", "template.json", "[parameters('clients')]", "[parameters('clients'"),
    Case("arm-undefined-parameter", "template.json", "[parameters('clients')]", "[parameters('client')]"),
    Case("arm-unknown-function", "template.json", "[parameters('clients')]", "[whoKnows('clients')]"),
    Case("arm-runtime-function", "template.json", "[parameters('clients')]", "[reference('gateway').address]"),
    Case("arm-variable-of-itself", "template.json", '"https": 443', '"https": "[variables(\'https\')]"'),
    Case(
        "arm-huge-loop",
        "template.json",
        '"name": "web",',
        '"name": "[concat(\'web\', copyIndex())]", "copy": {"name": "many", "count": 1000000000},',
    ),
    Case("arm-resources-are-text", "template.json", '"resources": [', '"resources": "none", "others": ['),
    Case("arm-bad-condition", "template.json", '"name": "web",', '"name": "web", "condition": "perhaps",'),
    # exports
    Case("export-half", "export.json", '"access": "Deny"', None),
    Case("export-duplicate-priority", "export.json", "200", "100"),
    Case("export-bad-cidr", "export.json", "10.0.0.0/24", "10.0.0.0/-1"),
    Case("export-port-too-large", "export.json", '"443"', '"70000"'),
    Case("export-unknown-tag", "export.json", '"Internet"', '"Internett"'),
    Case("export-unknown-field", "export.json", '"access": "Deny"', '"access": "Deny", "weather": "fine"'),
    Case("export-missing-field", "export.json", '"access": "Deny",', ""),
    Case("export-without-rules", "export.json", '"securityRules": [', '"rules": ['),
    Case("export-other-type", "export.json", "networkSecurityGroups", "azureFirewalls", 2),
    Case("export-mixed-rows", "export.json", '[\n  {\n    "id"', '[\n  {"colour": "red"},\n  {\n    "id"'),
    # effective security groups
    Case("effective-half", "effective.json", '"access": "Deny"', None),
    Case("effective-bad-cidr", "effective.json", "10.0.0.0/24", "10.0.0.0/x"),
    Case("effective-port-too-large", "effective.json", "443-443", "443-70000"),
    Case("effective-no-association", "effective.json", '"networkInterface": {', '"nothing": {'),
    Case("effective-no-direction", "effective.json", '"direction": "Inbound"', '"direction": null'),
    Case(
        "effective-rules-are-text",
        "effective.json",
        '"effectiveSecurityRules": [',
        '"effectiveSecurityRules": "?", "x": [',
    ),
    # service tags
    Case("tags-half", "tags.json", '"AzureBackup"', None),
    Case("tags-bad-prefix", "tags.json", "203.0.113.0/26", "203.0.113.0/99"),
    Case("tags-no-name", "tags.json", '"name": "AzureMonitor",', ""),
    Case("tags-twice", "tags.json", '"name": "AzureBackup"', '"name": "AzureMonitor"'),
    Case("tags-prefixes-are-numbers", "tags.json", '"203.0.113.0/26"', "203"),
    Case("tags-values-are-an-object", "tags.json", '"values": [', '"others": {}, "value": ['),
)


def ask(*paths: str, place: str = "web", command: str = "verify") -> tuple[int, str, str]:
    """The exit code, the answer and the diagnostics of the question that all files are asked."""
    where = ("--nic", "nic-web") if place == "nic-web" else ("--nsg", place)
    return run(command, *paths, *where, *FLOW, "--output", "json", "--virtual-network", "10.0.0.0/16")


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = cli.main(arguments)
        except SystemExit as stop:
            code = int(stop.code or 0)
    return code, out.getvalue(), err.getvalue()


def damaged(case: Case) -> str:
    text = (DATA / case.file).read_text(encoding="utf-8")
    assert case.old in text, case
    if case.new is None:
        return text[: text.index(case.old)]
    return text.replace(case.old, case.new, case.count)


def said(case: Case) -> str:
    """What the command says to a case, in a folder where the changed file has taken the good one's place."""
    Path(case.file).write_text(damaged(case), encoding="utf-8")
    code, answer, diagnostics = _asked(case.file)
    if not answer:
        return f"exit {code}\n{diagnostics}"
    found = json.loads(answer)
    unknown = "".join(f", on {unknown['name']}" for unknown in found["dependsOn"])
    return f"exit {code}: {found['verdict']}{unknown}\n{diagnostics}"


def _asked(file: str) -> tuple[int, str, str]:
    if file == "tags.json":
        Path("rules.nwp").write_text(
            "nsg web {\n  inbound {\n    100 allow-https allow tcp from AzureMonitor to * port 443\n  }\n}\n",
            encoding="utf-8",
        )
        return ask(file, "rules.nwp")
    if file == "effective.json":
        return run("verify", file, "--nic", "nic-web", *FLOW, "--output", "json")
    return ask(file)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def _in_time() -> Iterator[None]:
    """Bad input never makes the command hang; a minute is far more than anything here takes."""

    def stop(*_: object) -> NoReturn:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("file", GOOD)
def test_the_good_files_are_good(file: str, folder: Path) -> None:
    (folder / file).write_bytes((DATA / file).read_bytes())
    code, answer, diagnostics = _asked(file)
    assert (code, json.loads(answer)["access"]) == (0, "Allow")
    assert "error" not in diagnostics
    assert "warning" not in diagnostics


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_input_is_told_where_it_is_bad(case: Case) -> None:
    assert said(case) == (SAID / f"{case.name}.txt").read_text(encoding="utf-8")


def test_there_is_a_case_for_every_text() -> None:
    assert {path.stem for path in SAID.iterdir()} == {case.name for case in CASES}


def test_files_that_import_one_another_are_told_with_the_whole_circle() -> None:
    for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
        Path(f"{name}.nwp").write_text(f'import "{other}.nwp"\nnsg {name} {{ }}\n', encoding="utf-8")
    code, _, diagnostics = ask("a.nwp", place="a")
    assert code == 2
    assert "c.nwp:1:8: error: these files import one another: a.nwp -> b.nwp -> c.nwp -> a.nwp" in diagnostics


NESTED = (
    ("deep.json", "[" * 10_000),
    ("closed.json", "[" * 10_000 + "]" * 10_000),
    ("objects.json", '{"nwpolicy": ' * 10_000 + "1" + "}" * 10_000),
    ("deep.yaml", "[" * 10_000),
    ("closed.yaml", "a: " + "[" * 10_000 + "]" * 10_000),
    ("blocks.yaml", "- " * 10_000 + "a"),
    ("deep.nwp", "nsg a {\n" * 10_000),
    ("closed.nwp", "nsg a { " * 10_000 + "} " * 10_000),
)


@pytest.mark.parametrize(("name", "text"), NESTED, ids=[name for name, _ in NESTED])
def test_nesting_ten_thousand_levels_deep_is_refused(name: str, text: str) -> None:
    Path(name).write_text(text, encoding="utf-8")
    code, _, diagnostics = ask(name)
    assert code == 2
    assert re.match(rf"{re.escape(name)}:\d+:\d+: error: ", diagnostics)
    assert len(diagnostics) < 10_000


@pytest.mark.parametrize(
    "expression",
    [
        "[" + "string(" * 10_000 + "1" + ")" * 10_000 + "]",
        "[" + "string(" * 10_000 + "]",
        "[parameters('clients')" + "[0]" * 10_000 + "]",
        "[parameters('clients')" + ".a" * 10_000 + "]",
        "[" + "-" * 10_000 + "1]",
    ],
    ids=["calls", "unclosed-calls", "indices", "members", "signs"],
)
def test_expressions_ten_thousand_levels_deep_are_refused_or_left_unknown(expression: str) -> None:
    text = (DATA / "template.json").read_text(encoding="utf-8").replace("[parameters('clients')]", expression)
    Path("template.json").write_text(text, encoding="utf-8")
    code, _, diagnostics = ask("template.json")
    assert code in {2, 3}
    assert "template.json:24:" in diagnostics


def test_a_yaml_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    Path("bomb.yaml").write_text("nwpolicy: 1\n" + "\n".join(lines), encoding="utf-8")
    code, _, diagnostics = ask("bomb.yaml")
    assert code == 2
    assert "the aliases of this file repeat more than 200000 values [expansion-too-large]" in diagnostics


def test_a_template_that_doubles_a_value_again_and_again_is_refused() -> None:
    doubled = ", ".join(f"\"v{n}\": \"[concat(variables('v{n - 1}'), variables('v{n - 1}'))]\"" for n in range(1, 60))
    text = (DATA / "template.json").read_text(encoding="utf-8")
    text = text.replace('"https": 443', f'"v0": "0123456789", {doubled}')
    text = text.replace("variables('https')", "variables('v59')")
    Path("template.json").write_text(text, encoding="utf-8")
    code, _, diagnostics = ask("template.json")
    assert code in {2, 3}
    assert "template.json:" in diagnostics


WHOLE = {
    "empty.yaml": b"",
    "empty.json": b"",
    "empty": b"",
    "blank.yaml": b"\n \n# nothing\n",
    "binary.json": bytes(range(256)) * 16,
    "binary.nwp": b"\x7fELF\x02\x01\x01\x00" + bytes(100),
    "nul.yaml": b"nwpolicy: 1\x00\n",
    "latin.nwp": "nsg w\xe4b { }\n".encode("latin-1"),
    "cut.yaml": "nwpolicy: 1 # \u20ac".encode()[:-1],
    "utf-32.json": "{}".encode("utf-32"),
    "no-mark.json": "{}".encode("utf-16-le"),
    "control.json": b'{"nwpolicy": 1, "a": "\x1b[31m"}',
    "form-feed.yaml": b"nwpolicy: 1\x0c\n",
    "number.json": b"7",
    "text.yaml": b"just text",
    "package.json": b'{"name": "web", "version": "1.0.0"}',
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_no_text_or_holds_nothing_is_refused(name: str) -> None:
    Path(name).write_bytes(WHOLE[name])
    code, answer, diagnostics = ask(name)
    assert (code, answer) == (2, "")
    assert re.match(rf"{re.escape(name)}:\d+:\d+: error: |nwpolicy: there is no ", diagnostics), diagnostics


def test_utf_16_with_its_mark_is_read() -> None:
    text = (DATA / "web.yaml").read_text(encoding="utf-8")
    for encoding in ("utf-16", "utf-8-sig"):
        Path("web.yaml").write_text(text, encoding=encoding)
        assert ask("web.yaml")[0] == 0


def test_what_is_no_file_is_refused_without_being_opened(folder: Path) -> None:
    os.mkfifo("pipe.json")
    Path("loop.json").symlink_to("loop.json")
    Path("empty").mkdir()
    for name in ("pipe.json", "/dev/zero", "loop.json", "empty", "missing.json", "", "a\0b"):
        code, answer, diagnostics = ask(name)
        assert (code, answer) == (2, ""), name
        assert ": error: " in diagnostics


def test_a_folder_is_read_past_pipes_and_loops_and_says_so(folder: Path) -> None:
    (folder / "web.yaml").write_bytes((DATA / "web.yaml").read_bytes())
    (folder / "itself").symlink_to(folder)
    assert ask(".")[0] == 0
    os.mkfifo("pipe.json")
    code, _, diagnostics = ask(".")
    assert code == 2
    assert diagnostics.startswith("pipe.json:1:1: error: this is a pipe or a device, expected a file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_must_not_be_read_is_told(folder: Path) -> None:
    (folder / "closed").mkdir(mode=0)
    (folder / "closed.yaml").touch(mode=0)
    for name in ("closed", "closed.yaml", "."):
        code, _, diagnostics = ask(name)
        assert code == 2
        assert "permission" in diagnostics
    (folder / "closed").chmod(0o700)


def test_a_file_of_fifty_megabytes_is_answered_or_refused_within_bounds(nwpolicy_cli: Callable[..., Done]) -> None:
    """In a process that may use 4 GiB and 60 seconds of processor time, of which it needs a fraction."""
    padding = '{"padding": "' + "x" * 1000 + '"},'
    text = (DATA / "export.json").read_text(encoding="utf-8")
    Path("large.yaml").write_text("# " + "x" * (50 << 20), encoding="utf-8")
    Path("large.nwp").write_text("# x\n" * (13 << 20), encoding="utf-8")
    Path("large.json").write_text(text.replace('"name": "web",', f'"name": "web", "x": [{padding * 50_000} 0],'))
    for name in ("large.yaml", "large.nwp"):
        code, _, diagnostics = ask(name)
        assert code == 2
        assert diagnostics.startswith(f"{name}:1:1: error: the file is larger than the limit of ")
    started = time.monotonic()
    done = nwpolicy_cli("verify", "large.json", "--nsg", "web", *FLOW, cwd=Path.cwd())
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("ALLOWED")
    assert time.monotonic() - started < 30


#: What a name could do to a terminal, and to the logs of GitHub Actions and Azure Pipelines.
TRAPS = (
    "\x1b[31mred\x1b]0;title\x07",
    "\x9b2J",
    "a\r\n::error file=x::planted",
    "::set-output name=x::planted",
    "##vso[task.setvariable variable=x]planted",
    "##[error]planted",
    "\u202egnp.exe",
    "\u2028::warning::planted",
)


@pytest.mark.parametrize("trap", TRAPS, ids=range(len(TRAPS)))
@pytest.mark.parametrize("command", ["verify", "why"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_names_that_nobody_should_trust_are_harmless_in_every_output(trap: str, command: str, form: str) -> None:
    """Sources: GitHub Docs, Workflow commands for GitHub Actions; Microsoft Learn, Azure Pipelines logging commands."""
    text = (DATA / "web.json").read_text(encoding="utf-8")
    for name in ("allow-https", "deny-rest", "Internet"):
        text = text.replace(name, json.dumps(trap)[1:-1])
    Path("web.json").write_text(text.replace('"web"', json.dumps(f"web {trap}")), encoding="utf-8")
    for place in (f"web {trap}", trap):
        _, out, err = run(command, "web.json", "--nsg", place, *FLOW, "--output", form, "--color", "always")
        assert out or err
        for line in (out + err).split("\n"):
            visible = re.sub(r"\x1b\[\d+m", "", line) if "\x1b" not in trap else line.replace("\x1b[0m", "")
            visible = re.sub(r"\x1b\[(1|2|31|32|33)m(?!red)", "", visible)
            assert visible.isprintable() or "\u200b" in visible, line
            assert not visible.lstrip().startswith("::")
            assert "##vso[" not in visible
            assert "##[" not in visible


@pytest.mark.parametrize("trap", TRAPS, ids=range(len(TRAPS)))
def test_arguments_that_nobody_should_trust_are_harmless(trap: str) -> None:
    for arguments in ((f"--{trap}",), ("verify", trap), ("schema", trap), ("verify", "x", "--assume", trap)):
        _, out, err = run(*arguments)
        for line in (out + err).split("\n"):
            assert line.isprintable() or "\u200b" in line
            assert not line.lstrip().startswith("::")
            assert "##vso[" not in line
            assert "##[" not in line


@pytest.mark.parametrize("path", sorted((ROOT / "tests/data/arm/avm").rglob("main.json")), ids=lambda p: p.parent.name)
def test_a_template_without_its_parameters_is_no_bad_input(path: Path) -> None:
    load(str(path))  # raises InputError for bad input


CORPUS = [
    path
    for folder in ("rules-examples", "tests/data")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".bicep", ".json", ".yaml", ".nwp"}
    and path.stat().st_size < 13_000
    and "checkov" not in path.parts
]
MARKS = (b"{", b"}", b"[", b"]", b'"', b",", b":", b"\n", b"  ", b"\t", b"\0", b"\xff", b"*", b"$x", b"?x", b"[[x")
VALUES = (b"null", b"true", b"-1", b"70000", b"1e999", b"1.5", b"[]", b"{}", b'""', b'"*"', b'["a", 1]', b"[null]")
TEXTS = (
    b'"10.0.0.0/33"',
    b"\"[parameters('x')]\"",
    b'"[concat(1"',
    b'"a/b/c/d"',
    b'{"id": "x"}',
    b'{"id": 5}',
    b"[[[]]]",
)
_VALUE = re.compile(rb'(?<=: )(?:"[^"\n]*"|[\w./*-]+)')


def _hurt(data: bytes, random: Random) -> bytes:
    """A few bits turned, marks put in, values exchanged, pieces taken out or written twice."""
    hurt = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4))):
        at = random.randrange(len(hurt))
        match random.randrange(5):
            case 0:
                hurt[at] ^= 1 << random.randrange(8)
            case 1:
                hurt[at : at + random.choice((0, 1, 4, 10))] = random.choice(MARKS)
            case 2:
                del hurt[at : at + random.randrange(1, 60)]
            case 3 if values := list(_VALUE.finditer(bytes(hurt))):
                start, end = random.choice(values).span()
                hurt[start:end] = random.choice(VALUES + TEXTS)
            case _:
                hurt[at:at] = hurt[(start := random.randrange(len(hurt))) : start + random.randrange(200)]
        hurt = hurt or bytearray(b"x")
    return bytes(hurt)


def _names(data: bytes) -> list[str]:
    found = re.findall(rb'(?:name"?: *"?|nic |nsg )([\w-]+)', data)
    return [name.decode() for name in found] or ["x"]


def _answers_or_refuses(path: Path, data: bytes, random: Random) -> None:
    file = Path(f"hurt{path.suffix}")
    file.write_bytes(data)
    place = random.choice(("--nsg", "--nic", "--vm"))
    direction = random.choice(("Inbound", "Outbound"))
    command = random.choice(("verify", "why"))
    arguments = (command, str(file), place, random.choice(_names(data)), "--direction", direction)
    code, out, err = run(*arguments, "--output", random.choice(("text", "json")))
    assert (code in {0, 3} and out) or (code in {2, 3} and err), arguments


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_half_a_file_is_refused_or_answered(path: Path) -> None:
    data = path.read_bytes()
    random = Random(path.name)
    for part in range(20):
        _answers_or_refuses(path, data[: len(data) * part // 20], random)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_damaged_file_is_refused_or_answered(path: Path) -> None:
    data = path.read_bytes()
    random = Random(path.name)
    for _ in range(12):
        _answers_or_refuses(path, _hurt(data, random), random)


@contextlib.contextmanager
def _within(folder: str) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def main() -> None:
    """Writes what is said to each case anew."""
    SAID.mkdir(exist_ok=True)
    for case in CASES:
        with tempfile.TemporaryDirectory() as name, _within(name):
            text = said(case)
        (SAID / f"{case.name}.txt").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
