"""What the commands say of rules whose decision diagram no machine could hold."""

from __future__ import annotations

import contextlib
import io
import random
from pathlib import Path

import pytest

from nwpolicy import cli

TOO_LARGE = "too large, with more than 100,000 distinct combinations of fields"


def scattered(count: int, turned: int | None = None) -> str:
    """Rules that each hold sixty scattered networks at both ends and a range of ports at both: hardly any two of the
    combinations that they cut the flows into fare alike. Of one, the access can be turned."""
    chance = random.Random(7)

    def end() -> str:
        networks = ", ".join(f"{first}.0.0.0/8" for first in sorted(chance.sample(range(256), 60)))
        return f"{networks} port {'-'.join(map(str, sorted(chance.sample(range(65536), 2))))}"

    def rule(number: int) -> str:
        allow = chance.random() < 1 / 2
        access = "allow" if allow is not (number == turned) else "deny"
        return f"    {100 + number} r{number} {access} tcp from {end()} to {end()}\n"

    return "nsg nsg-web {\n  inbound {\n" + "".join(map(rule, range(count))) + "  }\n}\n"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("scattered")
    for name, turned in (("old", None), ("new", 3)):
        (folder / f"{name}.nwp").write_text(scattered(100, turned), encoding="utf-8")
    return str(folder / "old.nwp"), str(folder / "new.nwp")


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = cli.main(arguments)
        except SystemExit as stop:
            code = int(stop.code or 0)
    return code, out.getvalue(), err.getvalue()


def test_enumerate_says_what_to_narrow_and_answers_if_that_is_done(files: tuple[str, str]) -> None:
    ask = ("enumerate", files[0], "--nsg", "nsg-web", "--direction", "Inbound", "--virtual-network", "10.0.0.0/8")
    said = f"nwpolicy: {TOO_LARGE}\n  = help: narrow the question to some protocols, ports or addresses\n"
    assert run(*ask) == (3, "", said)
    code, out, err = run(*ask, "--remote", "1.2.3.4", "--local", "5.6.7.8", "--protocol", "tcp", "-q")
    assert (code, err) == (0, "")
    assert out.startswith("MIXED  tcp 1.2.3.4 → 5.6.7.8   inbound at nsg-web\n")


def test_diff_says_where_and_equivalent_answers(files: tuple[str, str]) -> None:
    code, out, err = run("diff", *files)
    assert (code, out) == (3, "")
    assert err == (
        f"nwpolicy: nsg-web, inbound: {TOO_LARGE}\n"
        "  = help: `nwpolicy equivalent` finds one flow that fares otherwise, or that there is none\n"
    )
    code, out, _ = run("equivalent", *files)
    assert code == 1
    assert out.startswith("NOT EQUIVALENT  inbound at NSG nsg-web\n")
    assert " by r3 103 " in out


def test_a_diff_that_changes_nothing_is_proved_however_large_the_rules_are(
    files: tuple[str, str], tmp_path: Path
) -> None:
    same = tmp_path / "same.nwp"
    same.write_text(f"# again\n{Path(files[0]).read_text(encoding='utf-8')}", encoding="utf-8")
    code, out, _ = run("diff", files[0], str(same))
    assert code == 0
    assert out.startswith("NO CHANGE")
