"""What is delivered: the wheel holds what the program reads, the pins name no host, the README is true."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from derive.report.model import Report
from derive.report.outcome import ExitCode, exit_code

ROOT = Path(__file__).resolve().parent.parent


def test_the_wheel_is_whole(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        size = sum(item.compress_size for item in archive.infolist())
    wanted = {"derive/frontends/example.drv", "derive/report/report-1.schema.json", "derive/py.typed"}
    for folder, pattern in (("pages", "*.md"), ("rules", "*.drv")):
        found = (ROOT / "derive" / folder).rglob(pattern)
        wanted |= {file.relative_to(ROOT).as_posix() for file in found}
    for folder in ("grammar", "derivations"):
        for file in (ROOT / folder).rglob("*"):
            if file.suffix in (".lark", ".toml", ".drv"):
                wanted.add(f"derive/_{file.relative_to(ROOT).as_posix()}")
    assert wanted <= names, sorted(wanted - names)[:10]
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]
    assert size < 2_000_000


@pytest.mark.outside
def test_the_wheel_runs_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'installed')!r})\n"
        "import derive; assert 'installed' in derive.__file__, derive.__file__\n"
        "from derive.frontends.cli import run\n"
        "assert run(['new', 'first']) == 0 and run(['check', 'first.drv', '--no-cache']) == 0"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_pins_name_no_host() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line), line


def test_every_dependency_is_pinned() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [need for needs in project["optional-dependencies"].values() for need in needs]
    pinned = {
        line.partition("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    }
    for need in [*project["dependencies"], *extras]:
        assert re.split(r"[<>=!~\[ ]", need)[0].lower() in pinned, need


def test_the_example_of_the_readme_checks() -> None:
    from derive.check import check_file
    from derive.settings import Settings
    from derive.text import Source

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for example in re.findall(r"^```drv\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        result = check_file(Source("README.md", example), Settings(), lambda name: None)
        assert exit_code(Report((result,)), "proved") is ExitCode.OK


def test_the_readme_names_real_commands() -> None:
    from derive.frontends.cli import cli

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for word in re.findall(r"^\$ derive (\w+)", text, re.MULTILINE):
        assert word in cli.commands
