"""The command line: exit codes, streams, colour, help, completion. Source for its manners: clig.dev."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import nwpolicy
from nwpolicy import cli
from nwpolicy.model.snapshot import Snapshot

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "rules-examples"
COMMANDS = (
    "verify",
    "why",
    "enumerate",
    "routes",
    "next-hop",
    "troubleshoot",
    "reach",
    "graph",
    "check",
    "diff",
    "equivalent",
    "fmt",
    "schema",
    "assumptions",
    "completion",
)

Done = subprocess.CompletedProcess[str]

SINGLE = (str(EXAMPLES / "single-nsg"), "--nsg", "nsg-web", "--direction", "Inbound", "--protocol", "TCP")
HTTPS = (*SINGLE, "--local", "10.0.0.4:443", "--remote", "203.0.113.9:60000")
SSH = (*SINGLE, "--local", "10.0.0.4:22", "--remote", "203.0.113.9:60000")
OPEN = (*SINGLE, "--local", "10.0.0.4", "--remote", "Internet")
UNKNOWNS = (str(EXAMPLES / "unknowns"), "--nsg", "nsg-app", "--direction", "Inbound", "--protocol", "TCP")
DEPENDS = (*UNKNOWNS, "--local", "10.0.0.4:22", "--remote", "203.0.113.9:60000")


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = cli.main(arguments)
        except SystemExit as stop:
            code = int(stop.code or 0)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("command", ["verify", "why"])
@pytest.mark.parametrize(
    ("question", "expect", "code"),
    [
        (HTTPS, None, 0),
        (HTTPS, "allow", 0),
        (HTTPS, "deny", 1),
        (SSH, None, 0),
        (SSH, "allow", 1),
        (SSH, "deny", 0),
        (OPEN, None, 0),
        (OPEN, "allow", 1),
        (OPEN, "deny", 1),
        (DEPENDS, None, 3),
        (DEPENDS, "allow", 3),
        (DEPENDS, "deny", 3),
    ],
)
def test_the_exit_code_tells_the_answer(command: str, question: tuple[str, ...], expect: str | None, code: int) -> None:
    expected = ("--expect", expect) if expect else ()
    found, out, _ = run(command, *question, *expected)
    assert found == code
    assert out.startswith(("ALLOWED", "DENIED", "MIXED", "DEPENDS"))
    found_json, answer, _ = run(command, *question, *expected, "--output", "json")
    assert found_json == code
    assert json.loads(answer)["verdict"].upper() == {"ALLOWED": "ALLOW", "DENIED": "DENY"}.get(
        word := out.split()[0], word
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "the following arguments are required: COMMAND"),
        (("prove",), "invalid choice: 'prove'"),
        (("verify",), "the following arguments are required: PATH"),
        (("verify", *HTTPS, "--colour", "never"), "unrecognized arguments: --colour never"),
        (("verify", *HTTPS, "--out", "json"), "unrecognized arguments: --out json"),
        (("verify", *HTTPS, "--output", "xml"), "invalid choice: 'xml'"),
        (("verify", *HTTPS, "--expect", "maybe"), "invalid choice: 'maybe'"),
        (("verify", *HTTPS, "--assume", "icmpv6"), "--assume takes NAME=VALUE, not 'icmpv6'"),
        (("verify", *HTTPS, "--assume", "icmp=no"), "icmp"),
        (("verify", *HTTPS, "--vm", "vm-web"), "more than one place is given"),
        (("verify", *HTTPS, "--port", "443"), "the destination's port is given twice"),
        (("verify", *SINGLE, "--port", "70000"), "port 70000 is above 65535"),
        (("verify", *SINGLE, "--local", "10.0.0.300"), "10.0.0.300"),
        (("verify", *SINGLE, "--remote", "Internett"), "Internett"),
        (("verify", *SINGLE[:3], "--remote", "Internet"), "the direction is missing"),
        (("verify", str(EXAMPLES / "nowhere"), *SINGLE[1:]), "no such file"),
        (("schema", "nothing"), "there is no schema 'nothing'"),
        (("completion", "fish"), "invalid choice: 'fish'"),
        (("fmt", str(EXAMPLES / "nothing.nwp")), "no such file"),
    ],
)
def test_wrong_usage_is_told_on_stderr_and_is_2(arguments: tuple[str, ...], said: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_quiet_is_one_line_and_no_warnings(tmp_path: Path) -> None:
    doubtful = tmp_path / "doubtful.nwp"
    doubtful.write_text(
        "nsg nsg-web {\n  inbound {\n    100 odd allow tcp from Internett to * port 22\n  }\n}\n", encoding="utf-8"
    )
    question = ("verify", str(doubtful), *SSH[1:])
    code, out, err = run(*question, "--quiet")
    assert (code, out.count("\n"), err) == (3, 1, "")
    assert out.startswith("DEPENDS ")
    assert "unknown-service-tag" in run(*question)[2]


def test_quiet_does_not_hide_why_there_is_no_answer() -> None:
    assert "no such file" in run("verify", "nowhere", *SINGLE[1:], "--quiet")[2]


def test_diagnostics_do_not_get_into_the_answer(tmp_path: Path) -> None:
    doubtful = tmp_path / "doubtful.nwp"
    doubtful.write_text(
        "nsg nsg-web {\n  inbound {\n    100 odd allow tcp from Internett to * port 80\n  }\n}\n", encoding="utf-8"
    )
    _, out, err = run("verify", str(doubtful), *SSH[1:], "--output", "json")
    assert json.loads(out)["diagnostics"][0]["code"] == "unknown-service-tag"
    assert "[unknown-service-tag]" in err


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("option", "environment", "terminal", "colored"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),  # no-color.org: "when present and not an empty string"
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
@pytest.mark.parametrize("arguments", [("verify", *HTTPS), ("why", "nowhere", *SINGLE[1:])], ids=["out", "err"])
def test_colour_is_for_terminals_and_those_who_ask_for_it(
    arguments: tuple[str, ...],
    option: str,
    environment: dict[str, str],
    terminal: bool,
    colored: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = _Terminal() if terminal else io.StringIO()
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        cli.main((*arguments, "--color", option))
    assert ("\x1b[" in stream.getvalue()) is colored


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_has_examples_that_are_read(command: str) -> None:
    code, out, err = run(command, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"usage: nwpolicy {command} ")
    _, _, examples = out.partition("\nexamples:\n")
    lines = examples.replace("\\\n", " ").splitlines()
    shown = [line.split("   ")[0].split() for line in lines if line.startswith("  nwpolicy ")]
    assert shown
    for words in shown:
        known = words[1 : words.index(">")] if ">" in words else words[1:]
        arguments = cli.parser().parse_args([word.replace("...", "") for word in known])
        assert arguments.command == words[1]


def test_the_help_names_every_command_and_exit_code() -> None:
    code, out, _ = run("--help")
    assert code == 0
    assert all(f"\n    {command}" in out for command in COMMANDS)
    assert "exit codes: 0 answered, 1 " in out


def test_the_version() -> None:
    assert run("--version")[:2] == (0, f"nwpolicy {nwpolicy.__version__}\n")


@pytest.mark.parametrize("name", sorted(path.name.partition(".")[0] for path in (ROOT / "schemas").iterdir()))
def test_schemas_are_printed(name: str) -> None:
    code, out, _ = run("schema", name)
    assert code == 0
    assert json.loads(out)["$id"].split(":")[-2] == name


def test_the_schema_of_definitions_is_the_default() -> None:
    assert run("schema") == run("schema", "definitions")


def test_assumptions_are_listed_with_their_choices() -> None:
    code, out, _ = run("assumptions")
    assert code == 0
    assert "icmpv6" in out
    assert "matched-by-any" in out


def test_an_assumption_changes_the_answer() -> None:
    estate = (str(EXAMPLES / "forced-tunnel"), "--nic", "nic-tunnelled", "--direction", "Inbound", "--protocol", "TCP")
    flow = ("--local", "10.5.1.4:22", "--remote", "203.0.113.9:50000")
    assert run("verify", *estate, *flow, "--expect", "allow")[0] == 0
    assert run("verify", *estate, *flow, "--expect", "deny", "--assume", "virtual-network-udr=none")[0] == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_knows_every_command(shell: str) -> None:
    code, out, _ = run("completion", shell)
    assert code == 0
    assert all(command in out for command in COMMANDS)
    assert "--private-endpoint" in out or shell == "tcsh"


def test_the_completion_for_bash_is_bash_and_completes() -> None:
    _, script, _ = run("completion", "bash")
    ask = (
        '\nCOMP_WORDS=(nwpolicy verify --dir); COMP_CWORD=2; _shtab_nwpolicy "" --dir verify; echo "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "-c", script + ask], capture_output=True, encoding="utf-8", check=False, timeout=30, env={}
    )
    assert done.stdout.split() == ["--direction"], done.stderr


def test_fmt_writes_the_canonical_form_and_check_only_asks(tmp_path: Path) -> None:
    path = tmp_path / "a.nwp"
    path.write_text("nsg   a {\n inbound{\n100 b allow tcp from * to * port 80 }}\n", encoding="utf-8")
    before = path.read_bytes()
    assert run("fmt", "--check", str(path)) == (1, "", f"{path} is not formatted\n")
    assert path.read_bytes() == before
    assert run("fmt", str(path)) == (0, "", "")
    formatted = path.read_text(encoding="utf-8")
    assert formatted == "nsg a {\n  inbound {\n    100 b allow tcp from * to * port 80\n  }\n}\n"
    assert run("fmt", "--check", str(path)) == (0, "", "")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_fmt_keeps_line_ends_the_byte_order_mark_and_the_encoding(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.nwp"
    path.write_bytes("nsg   a {\r\n  # é\r\n}\r\n".encode(encoding))
    assert run("fmt", str(path)) == (0, "", "")
    assert path.read_bytes() == "nsg a {\r\n  # é\r\n}\r\n".encode(encoding)
    assert run("fmt", "--check", str(path)) == (0, "", "")


def test_fmt_leaves_a_file_alone_that_it_cannot_read(tmp_path: Path) -> None:
    path = tmp_path / "a.nwp"
    path.write_text("nsg a {\n", encoding="utf-8")
    code, out, err = run("fmt", str(path))
    assert (code, out) == (2, "")
    assert err.startswith(f"{path}:1:1: error: ")
    assert path.read_text(encoding="utf-8") == "nsg a {\n"


def _read_stdin(text: str, *arguments: str) -> tuple[int, str, str]:
    stdin = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(text.encode()))
    try:
        return run(*arguments)
    finally:
        sys.stdin = stdin


def test_a_dash_is_standard_input() -> None:
    text = (EXAMPLES / "single-nsg" / "main.json").read_text(encoding="utf-8")
    code, out, _ = _read_stdin(text, "verify", "-", *HTTPS[1:], "--output", "json")
    answer = json.loads(out)
    assert (code, answer["access"]) == (0, "Allow")
    assert answer["rule"]["location"]["file"] == "<stdin>"
    assert _read_stdin("nsg   a { }\n", "fmt", "-") == (0, "nsg a { }\n", "")
    assert _read_stdin("nsg   a { }\n", "fmt", "--check", "-")[0] == 1
    assert _read_stdin("{", "verify", "-", *HTTPS[1:])[2].startswith("<stdin>:1:")


def test_an_interrupt_is_quiet_and_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*paths: str, **options: object) -> Snapshot:
        raise KeyboardInterrupt

    monkeypatch.setattr("nwpolicy.readers.load.load", interrupted)
    assert run("verify", *HTTPS) == (130, "", "")


def _process(*arguments: str, shell: str = '"$@"') -> Done:
    """The command in a real process, `shell` being what becomes of its streams."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = ["bash", "-o", "pipefail", "-c", shell, "bash", sys.executable, "-m", "nwpolicy", *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False, timeout=60)


@pytest.mark.parametrize(
    ("shell", "code", "said"),
    [
        ('"$@" | true', 3, ""),
        ('"$@" >&-', 2, "nwpolicy: cannot write the answer: standard output is closed\n"),
        ('"$@" >/dev/full', 2, "nwpolicy: cannot write the answer: No space left on device\n"),
        ('PYTHONIOENCODING=ascii "$@" 2>&-', 3, ""),
    ],
    ids=["reader gone", "closed", "full", "ascii"],
)
def test_an_answer_that_cannot_be_written_is_told_and_does_not_change_the_exit_code(
    shell: str, code: int, said: str
) -> None:
    done = _process("verify", *DEPENDS, shell=shell)
    assert (done.returncode, done.stderr) == (code, said)
    if "ascii" in shell:
        assert "10.0.0.4:22" in done.stdout
        assert done.stdout.isascii()


def test_standard_input_that_is_closed_is_told() -> None:
    done = _process("verify", "-", *HTTPS[1:], shell='"$@" <&-')
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "<stdin>:1:1: error: standard input is closed [unreadable-file]\n"


def _heed_interrupts() -> None:
    """A process that was started in the background ignores interrupts, and so would what it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _interrupted(delay: float) -> tuple[int, bytes, bytes]:
    """What becomes of a command that is interrupted so many seconds after its start."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-m", "nwpolicy", "verify", "-", *HTTPS[1:]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        preexec_fn=_heed_interrupts,  # noqa: PLW1509 - safe here: this process has one thread
    ) as process:
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def test_a_real_interrupt_ends_the_command() -> None:
    """Once it waits for standard input; on a busy machine that may take a while."""
    outcomes = (_interrupted(delay) for delay in (1, 4, 16))
    assert any(outcome == (130, b"", b"") for outcome in outcomes)


def test_the_module_and_the_function_are_the_same_program(nwpolicy_cli: Callable[..., Done]) -> None:
    done = nwpolicy_cli("verify", *HTTPS)
    assert (done.returncode, done.stdout, done.stderr) == run("verify", *HTTPS)
