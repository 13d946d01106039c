"""The result cache: what it finds, what it must not find, and what becomes of a broken one."""

from __future__ import annotations

import os
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from derive.frontends.cache import Cache, key_of, surroundings
from derive.frontends.cli import run
from derive.frontends.reading import read_input
from derive.settings import Settings


def check(file: Path, *args: str) -> int:
    return run(["check", str(file), "-j", "1", "--format", "concise", *args])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / "a.drv"
    place.write_text("use b\nproved a\n")
    (tmp_path / "b.drv").write_text("use c\nproved b\n")
    (tmp_path / "c.drv").write_text("proved c\n")
    return place


def test_the_second_time_nothing_is_checked(stub: list[str], file: Path) -> None:
    assert check(file) == 0
    assert check(file) == 0
    assert len(stub) == 1
    assert check(file, "--no-cache") == 0
    assert len(stub) == 2


@pytest.mark.parametrize("name", ["a.drv", "b.drv", "c.drv"])
def test_a_change_is_seen(stub: list[str], file: Path, name: str) -> None:
    check(file)
    place = file.parent / name
    place.write_text(place.read_text() + "# more\n")
    check(file)
    assert len(stub) == 2


def test_a_used_file_that_goes_is_seen(stub: list[str], file: Path) -> None:
    assert check(file) == 0
    (file.parent / "b.drv").unlink()
    assert check(file) == 1
    assert len(stub) == 2


@pytest.mark.parametrize("args", [("--seed", "1"), ("--timeout", "3"), ("--second-opinion", "sympy")])
def test_settings_count(stub: list[str], file: Path, args: tuple[str, ...]) -> None:
    check(file)
    check(file, *args)
    assert len(stub) == 2


def test_the_required_level_does_not(stub: list[str], file: Path) -> None:
    file.write_text("supported a\n")
    assert check(file) == 3
    assert check(file, "--require", "supported") == 0
    assert len(stub) == 1


def test_what_surrounds_counts(file: Path) -> None:
    item = read_input(str(file))
    assert key_of(item, Settings(), "one") != key_of(item, Settings(), "two")
    assert key_of(item, Settings(engines=("order",)), "") != key_of(item, Settings(), "")
    assert key_of(item, Settings(refuter=False), "") != key_of(item, Settings(), "")
    assert surroundings() == surroundings()


def test_parts_of_a_key_do_not_run_together(file: Path) -> None:
    item = read_input(str(file))
    one = replace(item, content=b"ab", used=(("c", b"d"),))
    two = replace(item, content=b"a", used=(("bc", b"d"),))
    assert key_of(one, Settings(), "") != key_of(two, Settings(), "")


@pytest.mark.parametrize("text", ["slow\n", "crash\n"])
def test_time_outs_and_defects_are_not_kept(stub: list[str], file: Path, text: str) -> None:
    file.write_text(text)
    check(file)
    check(file)
    assert len(stub) == 2


def test_the_same_text_elsewhere_is_told_of_its_own_place(
    stub: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("one.drv", "two.drv"):
        (tmp_path / name).write_text("unknown a\n")
        check(tmp_path / name)
    assert len(stub) == 1
    assert "two.drv:1:1" in capfd.readouterr().out


def test_a_damaged_file_is_replaced(stub: list[str], file: Path, private_cache: Path) -> None:
    check(file)
    for left in private_cache.iterdir():
        left.write_bytes(b"this is no database" * 400)
    assert check(file) == 0
    assert check(file) == 0
    assert len(stub) == 2


@pytest.mark.parametrize("value", ["{}", "[", "nonsense", '{"path": 3}'])
def test_a_damaged_entry_is_not_believed(
    stub: list[str], file: Path, private_cache: Path, value: str
) -> None:
    check(file)
    with sqlite3.connect(private_cache / "results.sqlite3") as database:
        database.execute("UPDATE results SET value = ?", (value,))
    assert check(file) == 0
    assert len(stub) == 2


def test_a_changed_verdict_is_not_believed(stub: list[str], file: Path, private_cache: Path) -> None:
    file.write_text("refuted a\n")
    assert check(file) == 1
    with sqlite3.connect(private_cache / "results.sqlite3") as database:
        database.execute("UPDATE results SET value = replace(value, 'refuted', 'proved')")
    assert check(file) == 1


def test_a_cache_that_cannot_be_made_costs_a_note(
    stub: list[str], file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "plain").write_text("in the way")
    monkeypatch.setenv("DERIVE_CACHE_DIR", str(tmp_path / "plain" / "derive"))
    assert check(file) == 0
    out, err = capfd.readouterr()
    assert "the result cache" in err
    assert "the result cache" not in out


def test_a_folder_open_to_others_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    cache = Cache(folder)
    assert cache.note is not None
    assert stat.S_IMODE(folder.stat().st_mode) == 0o777


@pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX notion")
def test_the_folder_is_private(stub: list[str], file: Path, private_cache: Path) -> None:
    check(file)
    assert stat.S_IMODE(private_cache.stat().st_mode) == 0o700


def test_a_locked_cache_costs_a_note(stub: list[str], file: Path, private_cache: Path) -> None:
    check(file)
    with sqlite3.connect(private_cache / "results.sqlite3", isolation_level=None) as database:
        database.execute("BEGIN EXCLUSIVE")
        file.write_text("proved z\n")
        assert check(file) == 0
    assert len(stub) == 2
