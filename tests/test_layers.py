"""The ladder: a module imports only from rungs below its own, and heavy libraries stay in their places."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "derive"

LADDER = (
    "text", "diagnostic", "settings", "core", "kernel", "syntax", "elaborate", "rules", "backends",
    "engines", "report", "check", "frontends",
)
DATA = {"derive.report.model"}  # the form of a result: data, which anything from `check` on may name

HOMES = {
    "lark": ("syntax/",),
    "sympy": ("backends/sympy",),
    "mpmath": ("backends/",),
    "numpy": ("backends/",),
    "jax": ("backends/jax",),
    "z3": ("backends/z3",),
    "flint": ("backends/flint", "kernel/"),
    "rich": ("frontends/",),
    "click": ("frontends/",),
}
LIGHT = {"click"}  # what the command line is made of may be imported at its top

AT_TOP = {"flint": "backends/flint"}  # these modules are themselves imported only when needed

NOT_YET = {
    ("engines/cas.py", "sympy"), ("engines/autodiff_worker.py", "numpy"),
    ("engines/refute_witness.py", "flint"), ("engines/sample_repair.py", "flint"),
}

MODULES = sorted(PACKAGE.rglob("*.py"))


def rung(parts: list[str]) -> int | None:
    """The rung of `derive.<...>`; None for the package itself and for `__main__`."""
    return LADDER.index(parts[1]) if len(parts) > 1 and parts[1] in LADDER else None


def imports(tree: ast.AST, inside: bool = False) -> Iterator[tuple[ast.stmt, str, bool]]:
    """Every import, with the module's name, and whether it stands inside a function."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node, name.name, inside
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for name in node.names:
                yield node, f"{node.module}.{name.name}", inside
        else:
            within = inside or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from imports(node, within)


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_go_down(file: Path) -> None:
    parts = ["derive", *file.relative_to(PACKAGE).with_suffix("").parts]
    own = rung(parts)
    tree = ast.parse(file.read_text(encoding="utf-8"))
    wrong: list[str] = []
    for node, name, inside in imports(tree):
        other = rung(name.split("."))
        allowed = own is None or other is None or other <= own or any(name.startswith(d) for d in DATA)
        if not allowed:
            wrong.append(f"{file}:{node.lineno} imports {name}, which is above it")
        top = name.split(".")[0]
        if top in HOMES:
            place = file.relative_to(PACKAGE).as_posix()
            if not place.startswith(HOMES[top]) and (place, top) not in NOT_YET:
                wrong.append(f"{file}:{node.lineno} imports {top}, whose place is {HOMES[top]}")
            lazy = inside or top in LIGHT or place.startswith(AT_TOP.get(top, "?"))
            if not lazy:
                wrong.append(f"{file}:{node.lineno} imports {top} outside of a function")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_modules_say_what_they_hold(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert not tree.body or ast.get_docstring(tree), f"{file} begins without a docstring"


def test_text_is_never_evaluated() -> None:
    names = {"eval", "exec", "sympify", "parse_expr", "compile"}
    for file in MODULES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in names, f"{file}:{node.lineno} calls {node.func.id}"


def test_nothing_is_pickled() -> None:
    for file in MODULES:
        for node, name, _ in imports(ast.parse(file.read_text(encoding="utf-8"))):
            assert name.split(".")[0] not in {"pickle", "marshal", "shelve"}, f"{file}:{node.lineno}"
