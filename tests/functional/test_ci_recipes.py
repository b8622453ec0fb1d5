"""The action and the recipes for pipelines: their scripts, run as a runner runs them, as far as that needs no hosted
service. GitHub's program `gh` is one that writes down what it is asked."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
ACTION: Final = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: Final[Mapping[str, dict[str, Any]]] = {step["name"]: step for step in ACTION["runs"]["steps"]}

NETWORK: Final = """nsg nsg-web {
  inbound { 100 allow-https allow tcp from Internet to * port 443 }
}
vnet shop { address 10.1.0.0/16; subnet web { address 10.1.1.0/24; nsg nsg-web } }
public-ip pip-web { address 203.0.113.4 }
nic nic-web { ip c { address 10.1.1.4; subnet shop/web; public-ip pip-web } }
"""
OPENED: Final = NETWORK.replace("port 443 }", "port 443; 110 allow-ssh allow tcp from Internet to * port 22 }")
POLICY: Final = "assert no-ssh never tcp from Internet to any port 22\n"

#: Keeps what it is asked in files beside itself, and knows the reports that a file lists, by author and number.
GH: Final = """#!/usr/bin/env bash
here=$(dirname "$0")
printf '%s\\n' "$*" >> "$here/asked"
case " $* " in
  *" graphql "*) echo "github-actions[bot]" ;;
  *" --jq "*) cat "$here/known" 2> /dev/null || true ;;
esac
"""


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A branch that opens port 22, on a base that did not."""
    folder = tmp_path / "repository"
    for name, text in (("infra/net work.nwp", NETWORK), ("policy/policy.nwp", POLICY)):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text, encoding="utf-8")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "base")
    git(folder, "checkout", "-q", "-b", "topic")
    (folder / "infra" / "net work.nwp").write_text(OPENED, encoding="utf-8")
    git(folder, "commit", "-q", "-a", "-m", "open ssh")
    return folder


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """A folder for PATH, with `nwpolicy` and `gh`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m nwpolicy "$@"\n'
    for name, text in (("nwpolicy", program), ("gh", GH)):
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder


BICEP: Final = """param cidr string
resource nsg 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-prod'
  properties: {
    securityRules: [
      {
        name: 'admins'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: cidr
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '5985'
        }
      }
    ]
  }
}
"""


def with_parameters(repository: Path) -> None:
    """The last commit changes nothing but a file of parameters, which opens a port."""
    (repository / "infra" / "main.bicep").write_text(BICEP, encoding="utf-8")
    for cidr in ("198.51.100.0/24", "0.0.0.0/0"):
        given = f"using 'main.bicep'\nparam cidr = '{cidr}'\n"
        (repository / "infra" / "prod file.bicepparam").write_text(given, encoding="utf-8")
        git(repository, "add", ".")
        git(repository, "commit", "-q", "-m", "parameters")


@dataclass
class Runner:
    """Runs steps of the action in a repository, with the contexts that a pull request has."""

    repository: Path
    commands: Path
    contexts: dict[str, str]
    temporary: Path = field(init=False)

    def __post_init__(self) -> None:
        self.temporary = self.commands.parent / "runner"
        (self.temporary / "nwpolicy").mkdir(parents=True)

    def value(self, text: str) -> str:
        def found(match: re.Match[str]) -> str:
            names = [name.strip() for name in match[1].split("||")]
            return next((self.contexts[name] for name in names if self.contexts.get(name)), "")

        return re.sub(r"\$\{\{(.*?)\}\}", found, text)

    def applies(self, step: Mapping[str, Any]) -> bool:
        terms = re.findall(r"([\w.]+) (==|!=) '(\w*)'", step.get("if", ""))
        return all((self.contexts.get(name, "") == text) is (operator == "==") for name, operator, text in terms)

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        step = STEPS[name]
        assert self.applies(step)
        files = {key: self.temporary / key for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH")}
        for path in files.values():
            path.write_text("", encoding="utf-8")
        environment = {
            "PATH": f"{self.commands}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.temporary),
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_REPOSITORY": self.contexts["github.repository"],
            **{key: str(path) for key, path in files.items()},
            **{key: self.value(text) for key, text in step.get("env", {}).items()},
        }
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        done = subprocess.run(
            shell, cwd=self.repository, env=environment, capture_output=True, encoding="utf-8", check=False
        )
        for line in files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines():
            key, _, text = line.partition("=")
            self.contexts[f"steps.{step['id']}.outputs.{key}"] = text
        return done

    def summary(self) -> str:
        return (self.temporary / "GITHUB_STEP_SUMMARY").read_text(encoding="utf-8")


@pytest.fixture
def runner(repository: Path, commands: Path) -> Runner:
    contexts = {
        "inputs.paths": "infra\n\n",
        "inputs.policy": "policy",
        "inputs.base": git(repository, "rev-parse", "main"),
        "inputs.comment": "true",
        "inputs.token": "secret",
        "github.server_url": "https://github.example",
        "github.repository": "team/estate",
        "github.sha": git(repository, "rev-parse", "HEAD"),
        "github.event.pull_request.number": "7",
    }
    return Runner(repository, commands, contexts)


def result(runner: Runner) -> int:
    return runner.run("Result").returncode


def test_action_is_one_that_github_accepts() -> None:
    """GitHub Docs, Metadata syntax for GitHub Actions: each `run` of a composite action names its shell."""
    assert ACTION["runs"]["using"] == "composite"
    for step in STEPS.values():
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "what comes from outside would become part of the script"
    assert ACTION["inputs"]["base"]["default"] == "${{ github.event.pull_request.base.sha }}"


def test_lint_annotates_and_writes_sarif(runner: Runner) -> None:
    done = runner.run("Lint")
    assert done.returncode == 0, done.stderr
    assert "::error file=infra/net work.nwp,line=2," in done.stdout
    log = json.loads(Path(runner.contexts["steps.lint.outputs.sarif"]).read_text(encoding="utf-8"))
    assert "NWP101" in {found["ruleId"] for found in log["runs"][0]["results"]}
    assert runner.contexts["steps.lint.outputs.status"] == "1"
    assert result(runner) == 1


def test_check_fails_where_an_assertion_does(runner: Runner) -> None:
    done = runner.run("Check")
    assert "::error file=" in done.stdout
    assert runner.contexts["steps.check.outputs.status"] == "1"
    assert result(runner) == 1


def test_nothing_is_checked_without_a_policy(runner: Runner) -> None:
    runner.contexts["inputs.policy"] = ""
    assert not runner.applies(STEPS["Check"])


def test_report_goes_to_the_summary_and_fails_nothing(runner: Runner) -> None:
    done = runner.run("Report")
    assert done.returncode == 0, done.stderr
    assert "opens 1" in runner.summary()
    head = runner.contexts["github.sha"]
    assert f"https://github.example/team/estate/blob/{head}/infra/net%20work.nwp#L2" in runner.summary()
    assert Path(runner.contexts["steps.report.outputs.html"]).read_text(encoding="utf-8").startswith("<!doctype html>")
    assert result(runner) == 0


def test_report_reads_the_parameters_of_each_side(runner: Runner) -> None:
    with_parameters(runner.repository)
    runner.contexts["inputs.base"] = git(runner.repository, "rev-parse", "HEAD~1")
    assert runner.run("Report").returncode == 0
    assert "parameters changed in" in runner.summary()
    runner.contexts["inputs.parameters"] = "infra/prod file.bicepparam\n\n"
    assert runner.run("Report").returncode == 0
    assert "parameters changed in" not in runner.summary()
    assert "opens" in runner.summary().splitlines()[1]


@pytest.mark.parametrize("step", ["Lint", "Check", "Report"])
def test_parameters_decide_in_every_step(runner: Runner, step: str) -> None:
    with_parameters(runner.repository)
    runner.contexts["inputs.parameters"] = "infra/prod file.bicepparam\n--none"
    done = runner.run(step)
    assert runner.contexts[f"steps.{step.lower()}.outputs.status"] == "2"
    assert "--none:1:1: error: no such file" in done.stdout + done.stderr
    runner.contexts["inputs.parameters"] = "infra/prod file.bicepparam"
    runner.run(step)
    assert runner.contexts[f"steps.{step.lower()}.outputs.status"] == ("0" if step == "Report" else "1")


def test_report_that_cannot_be_made_fails(runner: Runner) -> None:
    runner.contexts["inputs.base"] = "0" * 40
    done = runner.run("Report")
    assert "0000000" in done.stderr
    assert runner.summary() == ""
    assert result(runner) == 2


@pytest.mark.parametrize("known", [False, True])
def test_comment_is_written_once_and_then_kept_up_to_date(runner: Runner, known: bool) -> None:
    runner.run("Report")
    if known:
        (runner.commands / "known").write_text("github-actions[bot] 41\ngithub-actions[bot] 42\n", encoding="utf-8")
    done = runner.run("Comment")
    assert done.returncode == 0, done.stderr
    *_, asked = (runner.commands / "asked").read_text(encoding="utf-8").splitlines()
    where = "PATCH repos/team/estate/issues/comments/41" if known else "POST repos/team/estate/issues/7/comments"
    assert where in asked
    comment = Path(runner.contexts["steps.report.outputs.comment"])
    assert asked.endswith(f"body=@{comment}")
    assert comment.read_text(encoding="utf-8").startswith("<!-- nwpolicy-report -->\n")


def test_comment_of_somebody_else_is_left_alone(runner: Runner) -> None:
    """Anybody may write a comment that begins as a report does, and change it later."""
    runner.run("Report")
    (runner.commands / "known").write_text("contributor 40\n", encoding="utf-8")
    assert runner.run("Comment").returncode == 0
    asked = (runner.commands / "asked").read_text(encoding="utf-8").splitlines()
    assert "POST repos/team/estate/issues/7/comments" in asked[-1]
    (runner.commands / "known").write_text("contributor 40\ngithub-actions[bot] 41\n", encoding="utf-8")
    runner.run("Comment")
    asked = (runner.commands / "asked").read_text(encoding="utf-8").splitlines()
    assert "PATCH repos/team/estate/issues/comments/41" in asked[-1]


def test_comment_that_may_not_be_written_fails_nothing(runner: Runner) -> None:
    runner.run("Report")
    (runner.commands / "gh").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    done = runner.run("Comment")
    assert done.returncode == 0
    assert "::notice" in done.stdout


def test_input_of_a_pull_request_runs_nothing(runner: Runner) -> None:
    runner.contexts["inputs.paths"] = "$(touch broken)\n`touch broken`\n--help\ninfra"
    done = runner.run("Lint")
    assert not (runner.repository / "broken").exists()
    assert "usage:" not in done.stdout
    assert runner.contexts["steps.lint.outputs.status"] == "2"


def test_action_installs_itself(runner: Runner) -> None:
    done = runner.run("Install nwpolicy")
    assert done.returncode == 0, done.stderr
    (folder,) = (runner.temporary / "GITHUB_PATH").read_text(encoding="utf-8").splitlines()
    version = subprocess.run([f"{folder}/nwpolicy", "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("nwpolicy ")
    assert [path.name for path in Path(folder).iterdir()] == ["nwpolicy"], "a job's own python must stay the first"


# The recipes of docs/ci.md


def recipe(name: str) -> dict[str, Any]:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- ci: {name} -->\n```yaml\n(.*?)```", text, re.DOTALL)
    assert found is not None
    content: dict[str, Any] = yaml.safe_load(found[1])
    return content


def run_script(script: str, folder: Path, commands: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": f"{commands}{os.pathsep}{os.environ['PATH']}", "HOME": str(commands), **environment}
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env=clean,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_github_recipe_gives_the_action_what_it_knows() -> None:
    steps = recipe("github")["jobs"]["nwpolicy"]["steps"]
    (step,) = (step for step in steps if step.get("id") == "nwpolicy")
    assert set(step["with"]) <= set(ACTION["inputs"])
    used = set(re.findall(r"steps\.nwpolicy\.outputs\.(\w+)", json.dumps(steps)))
    assert used == set(ACTION["outputs"])


def test_gitlab_recipe(repository: Path, commands: Path) -> None:
    job = recipe("gitlab")["network-rules"]
    base = git(repository, "rev-parse", "main")
    done = run_script("\n".join(job["script"]), repository, commands, CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
    assert done.returncode == 1, done.stderr
    found = json.loads((repository / "gl-code-quality-report.json").read_text(encoding="utf-8"))
    assert "infra/net work.nwp" in {one["location"]["path"] for one in found}
    assert "<failure" in (repository / "check.xml").read_text(encoding="utf-8")
    assert (repository / "report.html").exists()


def test_azure_recipe(repository: Path, commands: Path, tmp_path: Path) -> None:
    git(repository, "update-ref", "refs/remotes/origin/main", "main")
    report, lint, check = (
        step["bash"] for step in recipe("azure")["steps"] if "bash" in step and "pip" not in step["bash"]
    )
    environment = {
        "BUILD_ARTIFACTSTAGINGDIRECTORY": str(tmp_path / "staging"),
        "BUILD_SOURCESDIRECTORY": str(repository),
        "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main",
        "AGENT_TEMPDIRECTORY": str(tmp_path),
    }
    reported = run_script(report, repository, commands, **environment)
    assert reported.returncode == 0, reported.stderr
    assert f"##vso[task.uploadsummary]{tmp_path}/staging/nwpolicy/report.md" in reported.stdout
    assert "opens 1" in (tmp_path / "staging" / "nwpolicy" / "report.md").read_text(encoding="utf-8")
    linted = run_script(lint, repository, commands, **environment)
    assert linted.returncode == 1
    assert "##vso[task.logissue type=error;sourcepath=infra/net work.nwp;linenumber=2;" in linted.stdout
    assert run_script(check, repository, commands, **environment).returncode == 1
    assert (tmp_path / "check.xml").exists()


def test_recipes_take_a_file_of_parameters(repository: Path, commands: Path, tmp_path: Path) -> None:
    with_parameters(repository)
    base = git(repository, "rev-parse", "HEAD~1")
    git(repository, "update-ref", "refs/remotes/origin/main", base)
    job, steps = recipe("gitlab")["network-rules"], recipe("azure")["steps"]
    assert (job["variables"]["PARAMETER_FILE"], recipe("azure")["variables"]["parameterFile"]) == ("", "")
    report, lint, check = (step["bash"] for step in steps if "bash" in step and "pip" not in step["bash"])
    environment = {
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
        "BUILD_ARTIFACTSTAGINGDIRECTORY": str(tmp_path / "staging"),
        "BUILD_SOURCESDIRECTORY": str(repository),
        "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main",
        "AGENT_TEMPDIRECTORY": str(tmp_path),
    }
    for file, word in (("", "parameters changed in"), ("infra/prod file.bicepparam", "opens 1")):
        given = {**environment, "PARAMETER_FILE": file, "PARAMETERFILE": file}
        run_script("\n".join(job["script"]), repository, commands, **given)
        assert word in (repository / "report.html").read_text(encoding="utf-8").lower()
        assert run_script(report, repository, commands, **given).returncode == 0
        assert word in (tmp_path / "staging" / "nwpolicy" / "report.md").read_text(encoding="utf-8")
        for script in (lint, check):
            assert run_script(script, repository, commands, **given).returncode == 1
        assert ("5985" in run_script(lint, repository, commands, **given).stdout) is bool(file)
