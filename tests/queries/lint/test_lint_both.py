from __future__ import annotations

from pathlib import Path

from nwpolicy.azure.origins import origin_of
from nwpolicy.queries.lint.answer import Options
from nwpolicy.queries.lint.facts import Facts, shared_facts
from nwpolicy.queries.lint.linting import lint, lint_both
from nwpolicy.readers.load import load

ESTATE = """vnet v {
  address 10.0.0.0/16
  subnet web { address 10.0.1.0/24; nsg nsg-web }
  subnet db  { address 10.0.2.0/24; nsg nsg-db }
}
nic web { ip config { address 10.0.1.4; subnet v/web } }
nsg nsg-web {
  inbound {
    100 all    allow tcp from Internet to * port 443
    110 shadow allow tcp from 203.0.113.0/24 to * port 443
  }
}
nsg nsg-db {
  inbound {
    100 from-web allow tcp from 10.0.1.0/24 to * port 1433
    110 no       deny  any from any to any
  }
}
"""


def write(folder: Path, text: str) -> str:
    folder.mkdir()
    (folder / "estate.nwp").write_text(text, encoding="utf-8")
    return str(folder)


def test_two_versions_have_the_findings_that_each_has_alone(tmp_path: Path) -> None:
    before = load(write(tmp_path / "before", ESTATE))
    after = load(write(tmp_path / "after", ESTATE.replace("port 443", "port 8443", 1)))
    found = lint_both(before, after, Options())
    assert found == (lint(before), lint(after))
    assert {one.rule for one in found[0].findings} != {one.rule for one in found[1].findings}


def test_what_is_known_of_a_rule_is_told_of_the_rule_that_was_asked_about(tmp_path: Path) -> None:
    facts_of = shared_facts()
    sides = [load(write(tmp_path / name, ESTATE)) for name in ("before", "after")]
    uses = [Facts(side, wanted=frozenset(), facts_of=facts_of).group_uses for side in sides]
    for side, own in zip(("before", "after"), uses, strict=True):
        sources = [origin_of(part.rule).source for use in own for part in use.parts]
        assert all(source is not None and f"/{side}/" in source.document.path for source in sources)
