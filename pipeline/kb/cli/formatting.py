"""`kb formats`: which formats there are, what one makes of a few records, and a first mapping from samples."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kb.cli.options import TextOrJson, check_choice, complete_formats, current_workspace, examples
from kb.cli.output import display_path, is_coloured, is_terminal, print_json, print_lines, print_notes, write_text

if TYPE_CHECKING:
    from kb.jobs.init import Made

_ACTIONS = ("list", "try", "guess")


def complete_actions() -> list[str]:
    return list(_ACTIONS)


def _complete_words(ctx: typer.Context, incomplete: str) -> list[str]:
    files = [f"{path}/" if path.is_dir() else str(path) for path in _paths(incomplete)]
    is_name = ctx.params.get("action") == "try" and not ctx.params.get("words")
    return complete_formats(ctx, incomplete) + files if is_name else files


def _paths(incomplete: str) -> list[Path]:
    folder = Path(incomplete) if incomplete.endswith("/") else Path(incomplete).parent
    with suppress(OSError):
        return sorted(path for path in folder.iterdir() if str(path).startswith(incomplete))
    return []


def _formats(
    action: Annotated[
        str | None,
        typer.Argument(
            metavar="ACTION", help="list (default), try or guess.", autocompletion=complete_actions, show_default=False
        ),
    ] = None,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WORDS",
            help="try: the name of a format, or a mapping file, then files; guess: files.",
            autocompletion=_complete_words,
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            min=1,
            max=1000,
            metavar="N",
            help="try: so many records of each path; default: 3.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="guess: write there, as in formats/NAME.toml."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="guess: replace the file if it is there.")] = False,
    format_name: TextOrJson = "text",
) -> None:
    """List, try and guess the formats of records.

    try shows a few records beside what becomes of them: which keys of the source are used, kept or lost, which fields stay
    empty, what kb finds. It writes nothing, and exits with 1 if something would be lost or nothing was read.
    guess writes a first mapping from samples. Each line says how sure it is; what could not be guessed stands there as a
    comment that says what to give.
    """  # fmt: skip
    action = action or "list"
    check_choice("ACTION", action, _ACTIONS)
    check_choice("--format", format_name, ("text", "json"))
    _check_words(
        action, words or [], {"try": ["limit"], "guess": ["output", "force"]}, limit=limit, output=output, force=force
    )
    if action == "try":
        name, *files = words or []
        _try(name, list(map(Path, files)), limit or 3, format_name)
    elif action == "guess":
        if format_name == "json":
            raise typer.BadParameter("a mapping is TOML; leave it out", param_hint="--format")
        _guess(list(map(Path, words or [])), output, force=force)
    else:
        _list(format_name)


def _check_words(action: str, words: list[str], own: dict[str, list[str]], **given: Any) -> None:  # noqa: ANN401 - options
    for name, value in given.items():
        if value and name not in own.get(action, ()):
            raise typer.BadParameter(f"goes not with {action}; leave it out", param_hint=f"--{name}")
    if "" in words:
        raise typer.BadParameter("an empty word; name a file or a folder, or leave it out", param_hint="WORDS")
    if action == "list" and words:
        raise typer.BadParameter("list takes no further words", param_hint="WORDS")
    if action == "try" and len(words) < 2:
        raise typer.BadParameter("name a format and files, as in `kb formats try runbook docs/`", param_hint="WORDS")
    if action == "guess" and not words:
        raise typer.BadParameter("name files, as in `kb formats guess docs/`", param_hint="WORDS")


def _list(format_name: str) -> None:
    from kb.jobs.mapping_list import in_words, listed
    from kb.render import tables

    table = listed(current_workspace())
    if format_name == "json":
        print_json(tables.keyed(table))
        return
    write_text(tables.render(in_words(table), "table", terminal=is_terminal(None)), None)


def _try(name: str, files: list[Path], limit: int, format_name: str) -> None:
    from kb.jobs.mapping_trial import try_mapping
    from kb.render import mappings

    result = try_mapping(current_workspace(), name, files, limit)
    if format_name == "json":
        print_json(result.document())
    else:
        fit = mappings.width(terminal=is_terminal(None))
        print_lines(mappings.trial(result, fit=fit, colour=is_coloured(None)))
    if not result.is_sound:
        raise typer.Exit(1)


def _guess(files: list[Path], output: Path | None, *, force: bool) -> None:
    from kb.jobs.guess import check_free, guess

    workspace = current_workspace()
    if output is None:
        guessed = guess(workspace, files)
    else:
        check_free(output, force=force)
        guessed = guess(workspace, files, output.stem, display_path(output))
    write_text(guessed.text, output)
    print_notes(guessed.notes)
    if output is not None:
        is_own = workspace.configured and workspace.part(output) == "formats/"
        path, name = display_path(output), output.stem if is_own else display_path(output)
        print_lines([f"wrote {path}; give what its comments ask for, then run `kb formats try {name} {files[0]}`"])


def start(folder: Path, paths: list[Path], *, example: bool, pre_commit: bool, github: bool) -> "Made":
    """Make a workspace around records that are there already, and say what became of them."""
    from kb.jobs.start import start as run
    from kb.render.text import count

    started = run(folder, paths, example=example, pre_commit=pre_commit, github=github)
    left = [name for name in started.paths if not any(f"{copy}/".startswith(f"{name}/") for copy in started.copied)]
    if started.copied:
        print_lines([f"copied {count(len(started.copied), 'file')} into {display_path(folder / 'raw')}/"])
    if left:
        print_notes([f"{', '.join(left)}: left where it is"])
    print_notes(started.notes)
    where = (
        "" if all(name.startswith("raw/") or name == "raw" for name in started.paths) else f" {' '.join(started.paths)}"
    )
    ingest = f"`kb ingest{where}`"
    if started.mapping is None:
        print_lines([f"kb knows these records, as {started.known}; run {ingest}"])
    else:
        stem, first = Path(started.mapping).stem, started.paths[0]
        wrote, see = display_path(folder / started.mapping), f"`kb formats try {stem} {first}`"
        print_lines(
            [f"wrote {wrote}; give what its comments ask for, see what comes of it with {see}, then run {ingest}"]
        )
    return started.made


def add_to(app: typer.Typer) -> None:
    """Let a program have the command."""
    app.command(
        "formats",
        epilog=examples(
            "kb formats",
            "kb formats guess docs/ -o formats/runbooks.toml",
            "kb formats try runbooks docs/ --limit 5",
            "kb formats try formats/draft.toml docs/a.md --format json",
        ),
    )(_formats)
