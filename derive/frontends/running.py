"""Checking many files: from the cache, in this process, or in several, always with the same result.

Promise: results come in the order of the inputs whatever finishes first; a failure of ours in one file is
a diagnostic there, and the others are checked all the same.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from derive.diagnostic import Diagnostic, Severity
from derive.frontends.cache import Cache, key_of, surroundings
from derive.frontends.reading import Input, loader_of
from derive.report.model import FileResult, Report
from derive.settings import Settings
from derive.text import NOWHERE

if TYPE_CHECKING:
    from concurrent.futures import Future

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How to run: on how many processes (0: as many as there are), with which cache, telling whom."""

    jobs: int = 0
    cache: Cache | None = None
    progress: Progress | None = None


def check_inputs(inputs: list[Input], settings: Settings, plan: Plan) -> Report:
    """The report on all inputs, in their order."""
    results: list[FileResult | None] = [_fault_result(item) for item in inputs]
    cache = plan.cache
    around = surroundings() if cache is not None else ""
    keys = [key_of(item, settings, around) if cache is not None else "" for item in inputs]
    for index, item in enumerate(inputs):
        if results[index] is None and cache is not None:
            results[index] = cache.get(keys[index], item.source.path)
    todo = [index for index, result in enumerate(results) if result is None]
    work = _work([inputs[i] for i in todo], settings, plan.jobs)
    for done, (place, (result, keep)) in enumerate(work, 1):
        index = todo[place]
        results[index] = result
        if keep and cache is not None:
            cache.put(keys[index], result)
        if plan.progress is not None:
            plan.progress(done, len(todo), result.path)
    return Report(tuple(result for result in results if result is not None))


def check_one(item: Input, settings: Settings) -> tuple[FileResult, bool]:
    """The result of one input, and whether it may be kept."""
    loader = loader_of(item)
    try:
        from derive.check import check_file

        result = check_file(item.source, settings, loader)
    except Exception as error:
        if os.environ.get("DERIVE_DEBUG") == "1":
            raise
        return _defect(item, error), False
    return result, not loader.strange


def defect_note(error: BaseException) -> str:
    """Where a failure of ours happened, without its details."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "set DERIVE_DEBUG=1 to see the details"
    file = Path(trace.tb_frame.f_code.co_filename).name
    return f"it happened in {file}, line {trace.tb_lineno}; set DERIVE_DEBUG=1 to see the details"


def _fault_result(item: Input) -> FileResult | None:
    if item.fault is None:
        return None
    return FileResult(item.source.path, "", (), (), (item.fault,), item.source.text)


def _defect(item: Input, error: BaseException) -> FileResult:
    fault = Diagnostic(
        "internal-error", Severity.ERROR, "derive failed on this file; the fault is its own",
        NOWHERE, notes=(defect_note(error),),
    )
    return FileResult(item.source.path, "", (), (), (fault,), "")


def _work(
    items: list[Input], settings: Settings, jobs: int
) -> Iterator[tuple[int, tuple[FileResult, bool]]]:
    jobs = min(jobs or os.cpu_count() or 1, len(items))
    if jobs > 1 and hasattr(os, "fork"):
        yield from _in_processes(items, settings, jobs)
    else:
        for place, item in enumerate(items):
            yield place, check_one(item, settings)


def _in_processes(
    items: list[Input], settings: Settings, jobs: int
) -> Iterator[tuple[int, tuple[FileResult, bool]]]:
    """Forked from here, where JAX has not started: a child is ready in milliseconds."""
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    from derive.report.codec import file_from_json

    with ProcessPoolExecutor(jobs, mp_context=get_context("fork")) as pool:
        places: dict[Future[str], int] = {
            pool.submit(_in_child, item, settings): place for place, item in enumerate(items)
        }
        for future in as_completed(places):
            place = places[future]
            try:
                value = json.loads(future.result())
                yield place, (file_from_json(value["result"]), value["keep"])
            except Exception as error:
                if os.environ.get("DERIVE_DEBUG") == "1":
                    raise
                yield place, (_defect(items[place], error), False)


def _in_child(item: Input, settings: Settings) -> str:
    from derive.report.codec import file_to_json

    result, keep = check_one(item, settings)
    return json.dumps({"result": file_to_json(result), "keep": keep})
