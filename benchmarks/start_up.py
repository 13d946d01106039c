"""What starting costs: CPU time of the commands that must be quick, best of many runs.

Prints one row a command; measures only, asserts nothing.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = 15
EXAMPLE = "given\n    x : real\n\ntheorem t: (x + 1)^2 = x^2 + 2*x + 1\nproof\n    (x + 1)^2 = x^2 + 2*x + 1\nqed\n"


def cpu_milliseconds(command: list[str], folder: str, runs: int = RUNS) -> float:
    """The least CPU time, own and of children, of a command."""
    environment = {**os.environ, "DERIVE_CACHE_DIR": f"{folder}/cache"}
    best = float("inf")
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best = min(best, 1000 * spent)
    return best


def main() -> None:
    """Measure and print."""
    derive = [sys.executable, "-m", "derive"]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a.drv").write_text(EXAMPLE, encoding="utf-8")
        rows = [
            ("python alone", [sys.executable, "-c", ""], RUNS),
            ("import derive", [sys.executable, "-c", "import derive"], RUNS),
            ("derive --version", [*derive, "--version"], RUNS),
            ("derive explain refuted-step", [*derive, "explain", "refuted-step"], RUNS),
            ("derive check, first time", [*derive, "check", "a.drv", "--no-cache"], 3),
            ("derive check, nothing changed", [*derive, "check", "a.drv"], RUNS),
        ]
        for name, command, runs in rows:
            print(f"{name:<32}{cpu_milliseconds(command, folder, runs):8.0f} ms CPU")


if __name__ == "__main__":
    main()
