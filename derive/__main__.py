"""`python -m derive` and the `derive` command.

Promise: whatever happens inside, the user sees a message and an exit code, not a traceback.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    from derive.frontends.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
