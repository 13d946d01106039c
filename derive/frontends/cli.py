"""The command line: the commands, their options, and the exit code.

Promise: starting costs little, every failure is a message with a meaning and an exit code, and what is
printed to a pipe is the same bytes on every run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

import derive
from derive.report.outcome import ExitCode
from derive.settings import LEVELS, OPINIONS, Settings, SettingsFault, find_settings, nearest

FORMATS = ("full", "concise", "json", "sarif", "junit", "github")

HELLO = """\
derive checks derivations, line by line.

  derive new NAME             a small worked example to change
  derive check FILE           is every step right?
  derive check -c 'CLAIM'     is this one claim right?
  derive explain FILE:LINE    how a line was read, and the evidence
  derive explain CODE         what a message means, and its repair
  derive rules WORD           the rules that a step may cite
  derive trust FILE           what the answers rest on
  derive fmt FILE             the standard layout
  derive COMMAND --help       the options of a command
"""


class _Commands(click.Group):
    """`derive FILE` is `derive check FILE`; a misspelt command is told the nearest one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and _means_check(args[0]):
            args = ["check", *args]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            close = nearest(args[0], tuple(self.commands))
            said = f"; a command with a similar name exists: `{close}`" if close else ""
            raise click.UsageError(f"there is no command `{args[0]}`{said}", ctx)
        return super().resolve_command(ctx, args)


def _means_check(word: str) -> bool:
    return word in ("-", "-c") or word.endswith(".drv") or os.sep in word


@click.group(cls=_Commands, invoke_without_command=True)
@click.version_option(derive.__version__, prog_name="derive")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Checks stepwise mathematical derivations."""
    if ctx.invoked_subcommand is None:
        click.echo(HELLO, nl=False)


@cli.command()
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option("-c", "--claim", help="Check this one claim instead of files.")
@click.option("--given", multiple=True, help="Declarations and hypotheses for --claim.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="full", show_default=True)
@click.option("--out", multiple=True, metavar="FORMAT=FILE", help="Write a report to a file too.")
@click.option("--require", type=click.Choice(LEVELS), help="What every step must be.  [proved]")
@click.option("-j", "--jobs", type=click.IntRange(0, 256), default=0, help="Processes; 0: all cores.")
@click.option("--no-cache", is_flag=True, help="Neither read nor write the result cache.")
@click.option("--second-opinion", type=click.Choice(OPINIONS), help="Ask another engine as well.")
@click.option("--seed", type=click.IntRange(0), help="For the points that are tried.  [0]")
@click.option("--timeout", type=click.FloatRange(0, 1e6, min_open=True), help="Seconds a step.  [10]")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes.")
@click.option("--ascii", "plain", is_flag=True, help="Nothing but ASCII.")
def check(
    paths: tuple[str, ...], claim: str | None, given: tuple[str, ...], form: str,
    out: tuple[str, ...], require: str | None, jobs: int, no_cache: bool,
    second_opinion: str | None, seed: int | None, timeout: float | None, watch: bool, plain: bool,
) -> int:
    """Check files, folders (every .drv in them) or standard input (-).

    Exit codes: 0 every step meets the required level; 1 a step is refuted, or a file does not parse or
    elaborate; 3 nothing is wrong, but something is below the required level; 2 usage, configuration,
    input or output; 101 a defect of derive. The gravest is given: 101, then 1, then 2, then 3.
    """
    from derive.frontends import checking

    settings = _settings(require=require, seed=seed, timeout=timeout, second_opinion=second_opinion)
    if (claim is None) == (not paths):
        raise click.UsageError("name files or folders to check, or one claim with -c")
    if given and claim is None:
        raise click.UsageError("--given goes with -c")
    wanted = checking.Request(paths, claim, "\n".join(given), form, _targets(out), jobs, not no_cache, plain)
    if watch:
        from derive.frontends.watching import watch_files

        return watch_files(wanted, settings)
    return checking.check_and_show(wanted, settings)


@cli.command()
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit code 1 if something would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option("--unicode/--ascii", "unicode", default=False, help="Spell α, ∑, ≤ or alpha, sum, <=.  [ascii]")
def fmt(paths: tuple[str, ...], only_check: bool, diff: bool, unicode: bool) -> int:
    """Put files into the standard layout; nothing of what they say is lost."""
    from derive.frontends.formatting import format_files

    return format_files(paths, unicode, only_check, diff)


@cli.command()
@click.argument("subject", metavar="CODE|RULE|FILE:LINE|conventions")
def explain(subject: str) -> int:
    """Explain a message, a rule, or how a line was read and judged."""
    from derive.frontends.explaining import explain_subject

    return explain_subject(subject, _settings())


@cli.command()
@click.argument("word", required=False)
def rules(word: str | None) -> int:
    """List the rules that a step may cite, all or those about a word."""
    from derive.frontends.explaining import list_rules

    return list_rules(word)


@cli.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--no-cache", is_flag=True, help="Neither read nor write the result cache.")
def trust(paths: tuple[str, ...], no_cache: bool) -> int:
    """Show what the answers of files rest on, for each file and in all."""
    from derive.frontends.trusting import show_trust

    return show_trust(paths, _settings(), not no_cache)


@cli.command()
@click.argument("name")
def new(name: str) -> int:
    """Write a small worked derivation to NAME.drv, to change into your own."""
    from derive.frontends.starting import write_example

    return write_example(name)


@cli.command()
def doctor() -> int:
    """Show versions, and where things are."""
    from derive.frontends.starting import show_health

    return show_health()


def run(args: Sequence[str]) -> int:
    """Run the command line; the exit code, never an exception."""
    try:
        answer = cli.main(list(args), prog_name="derive", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        _complain(error)
        return int(ExitCode.USAGE)
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return int(ExitCode.USAGE)
    except OSError as error:
        _say(f"error: {error.strerror or 'input or output failed'}: {error.filename or ''}".rstrip(": "))
        return int(ExitCode.USAGE)
    except Exception as error:
        if os.environ.get("DERIVE_DEBUG") == "1":
            raise
        from derive.frontends.running import defect_note

        _say(f"error[internal-error]: derive failed; the fault is its own: {defect_note(error)}")
        return int(ExitCode.DEFECT)
    return int(answer) if isinstance(answer, int) else int(ExitCode.OK)


def _complain(error: click.ClickException) -> None:
    _say(f"error: {error.format_message()}")
    ctx = getattr(error, "ctx", None)
    if ctx is not None:
        _say(f"more: {ctx.command_path} --help")


def _say(text: str) -> None:
    click.echo(text.encode("utf-8", "backslashreplace"), err=True)


def _settings(
    require: str | None = None, seed: int | None = None, timeout: float | None = None,
    second_opinion: str | None = None,
) -> Settings:
    from dataclasses import replace

    found = find_settings(Path.cwd())
    if isinstance(found, SettingsFault):
        hint = f"; {found.hint}" if found.hint else ""
        raise click.ClickException(f"{found.path}:{found.line}: {found.message}{hint}")
    given = {"require": require, "seed": seed, "timeout": timeout, "second_opinion": second_opinion}
    changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    return replace(found, **changes)


def _targets(out: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    targets: list[tuple[str, str]] = []
    for item in out:
        form, equals, file = item.partition("=")
        if not equals or not file or form not in FORMATS:
            raise click.UsageError(f"--out {item}: write FORMAT=FILE, where FORMAT is {', '.join(FORMATS)}")
        targets.append((form, file))
    return tuple(targets)
