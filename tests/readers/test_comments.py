"""Where comments are in each format: `yes` stands in comments, `no` in strings."""

from __future__ import annotations

import re

import pytest

from nwpolicy.readers.comments import comments_in

TEXTS = {
    "nwp": 'a "x # no \\" # no" # yes\nb ?"# no" # yes\n',
    "json": '{"a": "// no /* no */ \\" // no", // yes\n /* yes\n yes */ "b": [1] }\n',
    "terraform": """\
a = "http://x // no ${ f("# no") /* yes */ } # no" # yes
b = <<-EOT
  # no ${ 1 # yes
  } // no
  EOT
c = "$${ # no" // yes
d = { x = "}" } # yes
e = "%{ if a }# no%{ endif }" # yes
f = <<EOT
// no
EOT
/* yes */
""",
    "bicep": """\
a: 'x // no ${ f('// no') /* yes */ } // no' // yes
b: '''
// no ${ // no
''' // yes
c: $'''
// no ${ x /* yes */ } // no
'''
d: $$'''// no ${ // no $${ y /* yes */ }'// no'''' // yes
e: 'it\\'s // no' /* yes
 yes */
""",
    "yaml": """\
# yes
a: "x # no
  # no" # yes
b: | # yes
  # no
  x

# yes
c: 'x # no' # yes
d: x#no # yes
e: >-
  # no

# yes
f: [a, # yes
 b]
g: x
 # yes
h:
  - i: |
      # no
    # yes
    j: |2
        # no
""",
}


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_is_in_a_string_is_no_comment(kind: str, newline: str) -> None:
    text = TEXTS[kind].replace("\n", newline)
    words = [(found.start(), found[0]) for found in re.finditer("yes|no", text)]
    extents = list(comments_in(kind, text))
    assert [word for at, word in words if any(start <= at < end for start, end in extents)] == [
        word for _, word in words if word == "yes"
    ]
    assert all(text[start:end].startswith(("#", "//", "/*")) for start, end in extents)


@pytest.mark.parametrize("kind", TEXTS)
def test_what_does_not_end_is_no_endless_work(kind: str) -> None:
    if kind != "yaml":  # what cannot be read as YAML has no comments to look for
        for start in ('"', "'", "'''", "/*", "${", "<<EOT\n"):
            assert list(comments_in(kind, start * 2000)) is not None
