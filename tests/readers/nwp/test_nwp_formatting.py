"""The layout of a text."""

from __future__ import annotations

import pytest

from nwpolicy.readers.nwp import format_text

UNTIDY = """\


# the web tier
let a=10.0.0.0/8 ,11.0.0.0/8   # both
let long-name =
192.0.2.0/24 ,   # first
  # second
198.51.100.0/24


nsg   web{ # for the web


    location   westeurope
  inbound {

# public
100   allow-https   allow tcp from Internet to asg web port 443#x
  4096 deny deny * from * port 1024-65535 to *


110 allow-http allow tcp to * port 80 from Internet
  description "d"

}
outbound { 100 a deny * from * to * ; } ; rules ?more } ; asg b
vnet hub { address 10.0.0.0/8; subnet a { address 10.0.0.0/24 }
peering b {
remote spoke } }
# end"""

TIDY = """\
# the web tier
let a         = 10.0.0.0/8, 11.0.0.0/8  # both
let long-name =
    192.0.2.0/24,  # first
    # second
    198.51.100.0/24

nsg web {  # for the web
  location westeurope
  inbound {
    # public
    100  allow-https allow tcp from Internet          to asg web port 443  #x
    4096 deny        deny  *   from * port 1024-65535 to *

    110 allow-http allow tcp to * port 80 from Internet
        description "d"
  }
  outbound { 100 a deny * from * to * }
  rules ?more
}
asg b
vnet hub {
  address 10.0.0.0/8
  subnet a { address 10.0.0.0/24 }
  peering b {
    remote spoke
  }
}
# end
"""


def test_layout() -> None:
    assert format_text("a.nwp", UNTIDY) == TIDY


def test_layout_is_final() -> None:
    assert format_text("a.nwp", format_text("a.nwp", UNTIDY)) == format_text("a.nwp", UNTIDY)


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_line_ends_stay_what_they_are(line_end: str) -> None:
    assert format_text("a.nwp", UNTIDY.replace("\n", line_end)) == TIDY.replace("\n", line_end)


def test_of_several_line_ends_the_most_frequent_is_taken() -> None:
    assert format_text("a.nwp", "asg a\r\nasg b\nasg c\r\n") == "asg a\r\nasg b\r\nasg c\r\n"
    assert format_text("a.nwp", "asg a\r\nasg b\n") == "asg a\nasg b\n"


def test_nothing_stays_nothing() -> None:
    assert format_text("a.nwp", " \n\n") == ""


def test_a_very_long_cell_does_not_push_the_others_aside() -> None:
    many = ", ".join(f"10.0.{number}.0/24" for number in range(9))
    text = f"nsg a {{\n  inbound {{\n100 a allow tcp from {many} to * port 1\n110 b deny * from * to *\n  }}\n}}\n"
    assert format_text("a.nwp", text).splitlines()[3] == "    110 b deny  *   from * to *"
