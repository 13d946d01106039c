"""The command line: exit codes, outputs, hostile input, and what starting costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from derive.frontends.cli import run

Run = tuple[int, str, str]


def call(capfd: pytest.CaptureFixture[str], *args: str) -> Run:
    code = run(args)
    out, err = capfd.readouterr()
    for text in (out, err):
        assert "Traceback" not in text
    return code, out, err


def drv(folder: Path, name: str, text: str) -> str:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("text", "require", "code"),
    [
        ("proved a", "exact", 0),
        ("proved a", "proved", 0),
        ("conditional a", "proved", 3),
        ("conditional a", "conditional", 0),
        ("supported a", "conditional", 3),
        ("supported a", "supported", 0),
        ("unknown a", "supported", 3),
        ("admitted a", "supported", 3),
        ("refuted a", "supported", 1),
        ("refuted a\nunknown a", "supported", 1),
        ("bad", "supported", 1),
        ("crash", "supported", 101),
        ("", "exact", 0),
    ],
)
def test_exit_codes(
    stub: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str, require: str, code: int
) -> None:
    file = drv(tmp_path, "a.drv", text)
    for form in ("full", "concise", "json", "sarif", "junit", "github"):
        assert call(capfd, "check", file, "--require", require, "--format", form)[0] == code


def test_the_gravest_code_is_given(
    stub: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "missing.drv")
    below = drv(tmp_path, "below.drv", "unknown a")
    wrong = drv(tmp_path, "wrong.drv", "refuted a")
    crash = drv(tmp_path, "crash.drv", "crash")
    assert call(capfd, "check", below, missing)[0] == 2
    assert call(capfd, "check", below, missing, wrong)[0] == 1
    code, out, _ = call(capfd, "check", crash, below, missing, wrong)
    assert code == 101
    assert "secret" not in out
    assert "RuntimeError" not in out


def test_usage_errors(stub: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = drv(tmp_path, "a.drv", "proved a")
    assert call(capfd, "check")[0] == 2
    assert call(capfd, "check", file, "-c", "a = a")[0] == 2
    assert call(capfd, "check", file, "--nonsense")[0] == 2
    assert call(capfd, "check", file, "--out", "json")[0] == 2
    assert call(capfd, "check", file, "--out", f"json={tmp_path}/no/such/folder")[0] == 2
    code, _, err = call(capfd, "chek", file)
    assert code == 2
    assert "a command with a similar name exists: `check`" in err


def test_a_file_alone_is_checked(
    stub: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(capfd, drv(tmp_path, "a.drv", "proved a"))[0] == 0
    assert call(capfd, "-c", "proved a")[0] == 0
    assert call(capfd)[1].count("\n") <= 12


def test_folders_are_searched_in_order(
    stub: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".hidden").mkdir()
    for name in ("z.drv", "b/y.drv", "a.drv", "notes.txt", ".hidden/x.drv"):
        drv(tmp_path, name, "proved a")
    assert call(capfd, "check", str(tmp_path), str(tmp_path / "a.drv"), "-j", "1")[0] == 0
    assert [os.path.relpath(path, tmp_path) for path in stub] == ["a.drv", "b/y.drv", "z.drv"]
    (tmp_path / "empty").mkdir()
    code, out, _ = call(capfd, "check", str(tmp_path / "empty"))
    assert code == 2
    assert "no file that ends in `.drv`" in out


def test_workers_change_nothing(
    stub: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for number in range(9):
        drv(tmp_path, f"{number}.drv", ["proved a", "refuted a", "crash"][number % 3])
    one = call(capfd, "check", str(tmp_path), "-j", "1", "--no-cache", "--format", "json")
    many = call(capfd, "check", str(tmp_path), "-j", "3", "--no-cache", "--format", "json")
    assert one == many


def test_one_run_writes_many_reports(
    stub: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = drv(tmp_path, "a.drv", "refuted a\nproved b")
    out = tmp_path / "r.json"
    xml = tmp_path / "r.xml"
    assert call(capfd, "check", file, "--out", f"json={out}", "--out", f"junit={xml}")[0] == 1
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["exit_code"] == 1
    assert report["summary"]["refuted"] == 1
    assert xml.read_text(encoding="utf-8").startswith("<?xml")


HOSTILE: dict[str, bytes] = {
    "latin": "# caf\xe9".encode("latin-1"),
    "nul": b"proved a\0b",
    "large": b"#" * 2_000_001,
    "truncated": "proved \N{GREEK SMALL LETTER SIGMA}".encode()[:-1],
    "surrogate": b"# \xed\xa0\x80",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes(
    stub: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    bad = tmp_path / "bad.drv"
    bad.write_bytes(HOSTILE[name])
    good = drv(tmp_path, "good.drv", "proved a")
    code, out, _ = call(capfd, "check", str(bad), good, "-j", "1")
    assert code == 2
    assert "1 proved" in out
    assert "1 error" in out
    assert stub == [good]


def test_strange_paths(stub: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    good = drv(tmp_path, "good.drv", "proved a")
    closed = tmp_path / "closed.drv"
    closed.write_text("proved a")
    closed.chmod(0)
    loop = tmp_path / "loop.drv"
    loop.symlink_to(loop)
    assert call(capfd, "check", str(loop), good)[0] == 2
    assert call(capfd, "check", "/dev/null", good)[0] == 2
    assert call(capfd, "check", "a\0b.drv", good)[0] == 2
    assert call(capfd, "check", "x" * 5000 + ".drv", good)[0] == 2
    assert call(capfd, "check", os.fsdecode(b"\xff.drv"), good)[0] == 2
    if os.getuid() != 0:
        assert call(capfd, "check", str(closed), good)[0] == 2


def test_control_characters_are_not_printed(
    stub: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = drv(tmp_path, "a.drv", "refuted \x1b[31m \u202e \x07")
    for form in ("full", "concise"):
        _, out, _ = call(capfd, "check", file, "--format", form)
        assert not set(out) & {"\x1b", "\u202e", "\x07"}


def test_crlf_and_mark_of_byte_order(
    stub: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.drv"
    file.write_bytes(b"\xef\xbb\xbfproved a\r\nrefuted b\r\n")
    code, out, _ = call(capfd, "check", str(file))
    assert code == 1
    assert "a.drv:2:1" in out
    assert "\r" not in out


def test_settings_are_read(
    stub: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    drv(tmp_path, "a.drv", "supported a")
    assert call(capfd, "check", "a.drv")[0] == 3
    drv(tmp_path, "derive.toml", 'require = "supported"\n')
    assert call(capfd, "check", "a.drv")[0] == 0
    assert call(capfd, "check", "a.drv", "--require", "proved")[0] == 3
    drv(tmp_path, "derive.toml", "\nrequires = 1\n")
    code, _, err = call(capfd, "check", "a.drv")
    assert code == 2
    assert "derive.toml:2" in err
    assert "`require`" in err


def test_colour(stub: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    file = drv(tmp_path, "a.drv", "refuted a")
    plain = call(capfd, "check", file)[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    painted = call(capfd, "check", file)[1]
    assert "\x1b[" in painted
    monkeypatch.setenv("NO_COLOR", "1")
    assert call(capfd, "check", file)[1] == plain
    monkeypatch.setenv("NO_COLOR", "")
    assert call(capfd, "check", file)[1] == painted


def test_explain(stub: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = drv(tmp_path, "a.drv", "proved a\nrefuted b\n")
    code, out, _ = call(capfd, "explain", f"{file}:2")
    assert code == 0
    assert "for all x : real, refuted b" in out
    assert "-3/4" in out
    assert "unused" in out
    assert call(capfd, "explain", f"{file}:7")[0] == 2
    assert "refuted-step" in call(capfd, "explain", "refuted-step")[1]
    assert "Normal(mu, v)" in call(capfd, "explain", "conventions")[1]
    code, _, err = call(capfd, "explain", "refuted-stepp")
    assert code == 2
    assert "`refuted-step`" in err


def test_trust(stub: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    one = drv(tmp_path, "a.drv", "proved a\nadmitted b\n")
    two = drv(tmp_path, "b.drv", "conditional c\n")
    code, out, _ = call(capfd, "trust", one, two)
    assert code == 3
    assert "50 % proved exactly" in out
    assert "in all: 2 files" in out
    assert "x != 0" in out
    assert "rests on (admitted)" in out
    assert "by subject" not in out


def test_trust_by_subject(stub: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for folder, text in (("one", "proved a\nproved b\n"), ("two", "proved a\nadmitted b\n")):
        (tmp_path / folder).mkdir()
        drv(tmp_path / folder, "a.drv", text)
    out = call(capfd, "trust", str(tmp_path))[1]
    head, one, two = out.partition("by subject\n")[2].splitlines()[:3]
    assert head.split() == ["files", "steps", "exact", "enclosure", "oracle", "assumed", "below"]
    assert one.split()[1:] == ["1", "2", "2", "0", "0", "0", "0"]
    assert two.split()[1:] == ["1", "2", "1", "0", "0", "0", "1"]


def test_new(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(capfd, "new", "first")[0] == 0
    text = (tmp_path / "first.drv").read_text(encoding="utf-8")
    assert "theorem" in text
    (tmp_path / "first.drv").write_text("mine")
    assert call(capfd, "new", "first")[0] == 2
    assert (tmp_path / "first.drv").read_text() == "mine"
    assert call(capfd, "new", "../a b")[0] == 2


def test_doctor(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capfd, "doctor")
    assert code == 0
    assert "sympy" in out


def test_format(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = "given\n  alpha : real   # a remark\ntheorem t: alpha = alpha\nproof\n  alpha=alpha\nqed\n"
    file = drv(tmp_path, "a.drv", text)
    assert call(capfd, "fmt", "--check", file)[0] == 1
    assert "+    alpha = alpha" in call(capfd, "fmt", "--diff", file)[1]
    assert Path(file).read_text(encoding="utf-8") == text
    assert call(capfd, "fmt", file)[0] == 0
    assert call(capfd, "fmt", "--check", file)[0] == 0
    assert "# a remark" in Path(file).read_text(encoding="utf-8")
    assert call(capfd, "fmt", "--unicode", file)[0] == 0
    assert "α" in Path(file).read_text(encoding="utf-8")
    bad = drv(tmp_path, "bad.drv", "theorem t: ((\nproof\nqed\n")
    assert call(capfd, "fmt", bad)[0] == 1
    assert Path(bad).read_text(encoding="utf-8") == "theorem t: ((\nproof\nqed\n"


HEAVY = {"sympy", "jax", "flint", "z3", "lark", "numpy", "mpmath"}


def loaded(code: str, cwd: Path) -> set[str]:
    program = f"import sys\n{code}\nsys.stderr.write(' '.join(m.split('.')[0] for m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=cwd, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_import_is_light(tmp_path: Path) -> None:
    assert not loaded("import derive; derive.Report, derive.check, derive.Kind", tmp_path) & HEAVY


def test_a_check_of_what_is_unchanged_is_light(tmp_path: Path) -> None:
    drv(tmp_path, "a.drv", "given\n    x : real\n\ntheorem t: x = x\nproof\n    x = x\nqed\n")
    code = "from derive.frontends.cli import run; assert run(['check', 'a.drv']) == 0"
    loaded(code, tmp_path)
    assert not loaded(code, tmp_path) & (HEAVY | {"rich", "multiprocessing"})


def test_package_functions() -> None:
    code = (
        "import derive\nfrom derive.check import check_file\nassert callable(derive.check)\n"
        "step = derive.check_claim('(a + b)^2 = a^2 + 2*a*b + b^2', given='a, b : real')\n"
        "assert step.verdict is derive.Kind.PROVED, step\n"
        "assert derive.check_claim('((', given='').verdict is derive.Kind.UNKNOWN\n"
        "assert derive.parse('given\\n    x : real\\n').items\n"
        "report = derive.check('given\\n    x : real\\n\\ntheorem t: x = x + 1\\nproof\\n    x = x + 1\\nqed\\n')\n"
        "assert report.count(derive.Kind.REFUTED) >= 1\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_example_checks(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(capfd, "new", "first")[0] == 0
    assert call(capfd, "check", "first.drv")[0] == 0
