"""The plugin for pytest, run by pytest: what it collects, what fails and how, and that it keeps still unless asked."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[1]
RULES = """
nsg web {
  inbound {
    100 allow-admin allow tcp from ?adminCidr to * port 22
    200 allow-http  allow tcp from * to * port 80
    300 deny-rest   deny  *   from * to *
  }
}
"""
POLICY = """
assert no-rdp  never tcp from Internet to * port 3389
assert no-http never tcp from Internet to * port 80
assert no-ssh  never tcp from Internet to * port 22
assert old     never tcp from Internet to * port 80 expires 2020-01-01
expect http allow tcp from 203.0.113.9 to nsg web port 80 by allow-http
"""
PLUGIN = ("-p", "nwpolicy.pytest_plugin")


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # an installed package names the plugin, too
    for name, text in (("infra/web.nwp", RULES), ("policy/web.nwp", POLICY)):
        pytester.mkpydir(Path(name).parent.name)
        (pytester.path / name).write_text(text)
    return pytester


def configured(project: pytest.Pytester, *lines: str) -> None:
    project.makeini("\n".join(("[pytest]", *lines)))


def test_assertions_and_test_cases_are_items(project: pytest.Pytester) -> None:
    configured(project, "nwpolicy_files = policy/*.nwp", "nwpolicy_definitions = infra")
    found = project.runpytest_subprocess(*PLUGIN, "-v")
    found.assert_outcomes(passed=2, failed=2, skipped=1)
    found.stdout.fnmatch_lines(
        [
            "*policy/web.nwp::no-rdp PASSED*",
            "*policy/web.nwp::no-http FAILED*",
            "*policy/web.nwp::no-ssh FAILED*",
            "*policy/web.nwp::old SKIPPED*",
            "*policy/web.nwp::http PASSED*",
        ]
    )


def test_a_failure_reads_well(project: pytest.Pytester) -> None:
    configured(project, "nwpolicy_files = policy/*.nwp", "nwpolicy_definitions = infra")
    found = project.runpytest_subprocess(*PLUGIN)
    found.stdout.fnmatch_lines(
        [
            "*web.nwp:3:8: no-http: the rules let Internet into web",
            "    never tcp Internet → [*] port 80",
            "    for example tcp 203.0.113.4:50000 → 198.51.100.4:80",
            "      inbound at web: Allow by allow-http *infra/web.nwp:5:5",
            "*no-ssh: the rules may let Internet into web",
            "    depends on adminCidr: left open in the definitions",
        ]
    )
    assert "Traceback" not in found.stdout.str()
    assert "def runtest" not in found.stdout.str()


def test_without_other_definitions_the_folder_of_the_file_is_loaded(project: pytest.Pytester) -> None:
    (project.path / "infra" / "policy.yaml").write_text(
        "nwpolicy: 1\n"
        "environments: {lab: {adminCidr: 0.0.0.0/0}, prod: {adminCidr: 10.0.0.0/8}}\n"
        "assertions:\n"
        "  - {name: no-ssh, kind: never, source: Internet, protocol: Tcp, destinationPortRange: 22}\n"
    )
    configured(project, "nwpolicy_files = *.yaml")
    found = project.runpytest_subprocess(*PLUGIN, "-v", "infra")
    found.assert_outcomes(passed=1, failed=1)
    found.stdout.fnmatch_lines(["*policy.yaml::no-ssh[[]lab] FAILED*", "*policy.yaml::no-ssh[[]prod] PASSED*"])


def test_exceptions_and_environments_may_stand_in_files_of_their_own(project: pytest.Pytester) -> None:
    configured(project, "nwpolicy_files = policy/*.nwp", "nwpolicy_definitions = infra")
    (project.path / "policy" / "web.nwp").write_text(
        "assert no-http never tcp from Internet to * port 80\nassert no-ssh never tcp from Internet to * port 22\n"
    )
    (project.path / "policy" / "exceptions.nwp").write_text("except no-http tcp from Internet to * port 80\n")
    (project.path / "policy" / "environments.nwp").write_text("environment prod { adminCidr 10.0.0.0/8 }\n")
    for asked in ((), ("policy/web.nwp",)):
        found = project.runpytest_subprocess(*PLUGIN, "-v", *asked)
        found.assert_outcomes(passed=2)
        found.stdout.fnmatch_lines(["*web.nwp::no-http[[]prod] PASSED*", "*web.nwp::no-ssh[[]prod] PASSED*"])


def test_a_file_whose_exceptions_are_from_nothing_is_an_error_of_collection(project: pytest.Pytester) -> None:
    configured(project, "nwpolicy_files = policy/*.nwp", "nwpolicy_definitions = infra")
    (project.path / "policy" / "web.nwp").write_text("except no-htpp tcp from Internet to * port 80\n")
    found = project.runpytest_subprocess(*PLUGIN)
    found.assert_outcomes(errors=1)
    found.stdout.fnmatch_lines(["*web.nwp:1:8: there is no assertion 'no-htpp'*"])


def test_what_cannot_be_read_is_an_error_of_collection(project: pytest.Pytester) -> None:
    (project.path / "policy" / "web.nwp").write_text("assert oops\n")
    configured(project, "nwpolicy_files = policy/*.nwp", "nwpolicy_definitions = infra")
    found = project.runpytest_subprocess(*PLUGIN)
    found.assert_outcomes(errors=1)
    found.stdout.fnmatch_lines(["*web.nwp:1:8: expected never, always or another kind of assertion after 'oops'*"])


def test_an_assertion_about_nothing_fails(project: pytest.Pytester) -> None:
    (project.path / "policy" / "web.nwp").write_text("assert a never from subnet nope\n")
    configured(project, "nwpolicy_files = policy/*.nwp", "nwpolicy_definitions = infra")
    found = project.runpytest_subprocess(*PLUGIN)
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["*web.nwp:1:21: there is no subnet 'nope' in the input"])


def test_nothing_is_collected_or_loaded_unless_asked_for(project: pytest.Pytester) -> None:
    project.makeconftest(
        "import sys\n"
        "def pytest_unconfigure():\n"
        "    print('loaded', sorted(name for name in sys.modules if name.startswith(('nwpolicy', 'z3', 'lark'))))\n"
    )
    found = project.runpytest_subprocess(*PLUGIN, "-s")
    found.assert_outcomes()
    found.stdout.fnmatch_lines(["loaded ['nwpolicy', 'nwpolicy.pytest_plugin']"])


def test_the_plugin_is_one_of_the_package() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        plugins = tomllib.load(file)["project"]["entry-points"]["pytest11"]
    assert plugins == {"nwpolicy": "nwpolicy.pytest_plugin"}
    code = "import nwpolicy.pytest_plugin, sys; print(sorted(n for n in sys.modules if n.startswith('nwpolicy')))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "['nwpolicy', 'nwpolicy.pytest_plugin']\n"


def test_checks_read_well_in_tests_of_ones_own(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import nwpolicy

        def test_estate():
            estate = nwpolicy.load("infra", "policy")
            assert nwpolicy.check(estate)

        def test_in_short():
            nwpolicy.check("infra", "policy").raise_on_violation()
        """
    )
    found = project.runpytest_subprocess()
    found.assert_outcomes(failed=2)
    counted = "2 of 5 hold, 1 violated, 1 not proved, 1 lapsed"
    found.stdout.fnmatch_lines([f"*{counted}*", "*no-http: the rules let Internet into web*"])
    found.stdout.fnmatch_lines([f"*Violation: {counted}*"])
