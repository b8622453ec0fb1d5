"""`python -m nwpolicy` is the command `nwpolicy`."""

from __future__ import annotations

import sys

from nwpolicy.cli import main

if __name__ == "__main__":
    sys.exit(main())
