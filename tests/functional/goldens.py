"""What `nwpolicy enumerate`, `troubleshoot`, `reach`, `check` and `report` print in their forms, kept in files.

`python tests/functional/goldens.py` writes the files anew. Read what changed as a reviewer would: an answer is right
because somebody worked it out, not because the tool printed it.
"""

from __future__ import annotations

import contextlib
import io
import shlex
from pathlib import Path
from typing import Final

from nwpolicy import cli

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = Path(__file__).resolve().parent / "golden"

_DATABASE: Final = "rules-examples/three-tier --nic nic-db --direction Inbound"
_DEPENDS: Final = "rules-examples/unknowns --nsg nsg-app --direction Inbound --protocol tcp --port 22,443"
_DUAL: Final = "rules-examples/dual-stack --nic nic-web --direction Inbound --remote Internet"

#: The files, and what is asked for each.
GOLDEN: Final = {
    "database.txt": _DATABASE,
    "database-by-rule.txt": f"{_DATABASE} --by-rule",
    "database.csv": f"{_DATABASE} --by-rule --output csv",
    "database.json": f"{_DATABASE} --allowed --by-rule --output json",
    "database.svg": f"{_DATABASE} --by-rule --output svg",
    "depends.txt": f"{_DEPENDS} --by-rule",
    "depends.json": f"{_DEPENDS} --limit 3 --output json",
    "depends.svg": f"{_DEPENDS} --local 10.0.0.0/16 --output svg",
    "dual-stack.csv": f"{_DUAL} --output csv",
    "dual-stack.svg": f"{_DUAL} --output svg",
    "pair.txt": "rules-examples/three-tier --from vm-web --to nic-db --by-rule",
    "subnet.txt": "rules-examples/three-tier --subnet snet-data --direction Inbound --protocol tcp --by-rule",
}

_HUB: Final = "tests/data/connections --from nic-shop --to nic-bank --protocol tcp"
_KIOSK: Final = "tests/data/connections --from nic-kiosk --to nic-bank --protocol tcp"

#: The same for connections.
CONNECTIONS: Final = {
    "connection.txt": f"{_HUB} --port 443",
    "connection.json": f"{_HUB} --port 443 --output json",
    "connection-ports.txt": _HUB,
    "connection-unknown-rule.txt": f"{_HUB} --port 22",
    "connection-unknown-rule.json": f"{_HUB} --port 22 --output json",
    "connection-unknown-route.txt": f"{_KIOSK} --port 443",
    "connection-internet.txt": "tests/data/connections --from Internet --to 203.0.113.80 --protocol tcp --port 443",
    "connection-office.txt": "tests/data/connections --from nic-shop --to 192.168.1.1 --protocol tcp --port 443",
    "connection-not-forwarding.txt": "tests/data/connections --from nic-bank --to Internet --protocol tcp --port 443",
    "connection-subnet.txt": "tests/data/connections --from snet-shop --to vnet-bank --protocol tcp",
    "connection-prefix.txt": "tests/data/connections --from nic-shop --to 10.0.0.0/8 --protocol tcp --port 443",
}

#: The same for matrices.
MATRICES: Final = {
    "matrix.txt": "rules-examples/three-tier",
    "matrix-hub.txt": "rules-examples/hub-and-spoke",
    "matrix-connections.txt": "tests/data/connections",
    "matrix-internet.txt": "tests/data/connections --from Internet --port 22,443",
    "matrix-internet.json": "tests/data/connections --from Internet --port 22,443 --output json",
    "matrix-batfish.txt": "tests/data/batfish-cloud-azure",
    "matrix-batfish.csv": "tests/data/batfish-cloud-azure --output csv",
}

_CHECKED: Final = "tests/data/assertions --today 2026-06-15"

#: The same for assertions.
CHECKS: Final = {
    "check.txt": _CHECKED,
    "check.json": f"{_CHECKED} --output json",
    "check.xml": f"{_CHECKED} --output junit",
    "check-given.txt": f"{_CHECKED} --set adminCidr=10.0.0.0/8",
}

_PULL_REQUEST: Final = "docs/examples/pull-request/base docs/examples/pull-request/head --today 2027-03-31"

#: A syntax error that is mended, a rule that never was one, an encoding that is broken now, and a change beside them.
_UNREADABLE: Final = "tests/data/unreadable/base tests/data/unreadable/head"

#: The same for reports.
REPORTS: Final = {
    "report.txt": _PULL_REQUEST,
    "report.md": f"{_PULL_REQUEST} --output markdown --link 'https://git.example/blob/head/{{path}}#L{{line}}'",
    "report.json": f"{_PULL_REQUEST} --output json",
    "report-unreadable.txt": _UNREADABLE,
    "report-unreadable.md": f"{_UNREADABLE} --output markdown",
    "report-unreadable.json": f"{_UNREADABLE} --output json",
    "report-unreadable.sarif": f"{_UNREADABLE} --output sarif",
    "report-three-tier.md": "rules-examples/three-tier docs/examples/three-tier-proposed --output markdown",
}

#: All of them by command.
QUESTIONS: Final = {
    "enumerate": GOLDEN,
    "troubleshoot": CONNECTIONS,
    "reach": MATRICES,
    "check": CHECKS,
    "report": REPORTS,
}


def answer(question: str, command: str = "enumerate") -> tuple[int, str]:
    """The exit code, and what goes to standard output."""
    out = io.StringIO()
    with contextlib.chdir(ROOT), contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        code = cli.main([command, *shlex.split(question)])
    return code, out.getvalue()


def main() -> None:
    """Writes all files anew."""
    FOLDER.mkdir(exist_ok=True)
    for command, questions in QUESTIONS.items():
        for name, question in questions.items():
            (FOLDER / name).write_text(answer(question, command)[1], encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
