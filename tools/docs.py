"""The generated docs and schemas: `python -m tools.docs [--check]` writes them, or says which are not current.

For contributors, from a checkout; nothing in `kb` uses it. It stands above the command line, which it describes.
"""

import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import typer

from kb.cli.app import app
from kb.cli.lists import fill
from kb.render import rule_pages
from kb.reports import REPORTS, Section
from kb.reports.kinds import Column
from kb.settings import Settings, as_table, template
from kb.sources.formats import expressions as formulas
from kb.sources.formats import functions
from kb.sources.readers import markdown_page
from kb.store import layout
from tools import schemas

ROOT = Path(__file__).parent.parent


class Example(NamedTuple):
    """A query worth knowing, from store/sql/examples/: its question, the columns it promises, and itself."""

    name: str
    title: str
    columns: tuple[str, ...]
    sql: str


def examples() -> list[Example]:
    """Every example query, in order."""
    folder = resources.files("kb.store").joinpath("sql/examples")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    found = []
    for file in files:
        title, columns, sql = file.read_text(encoding="utf-8").split("\n", 2)
        names = tuple(columns.removeprefix("-- columns: ").split(", "))
        found.append(Example(file.name, title.removeprefix("-- "), names, sql.strip()))
    return found


def tables() -> str:
    """docs/tables.md."""
    return "\n".join(_tables()) + "\n"


def _tables() -> Iterator[str]:
    yield from (
        "# Tables",
        "",
        "Generated from `pipeline/kb/store/sql/` by `make docs`. `kb sql` reads these tables of `kb.duckdb`; so does",
        "every other program that opens DuckDB files. The base carries the same words as comments.",
        "",
        "`kb.duckdb` is a cache of `raw/`. Do not change it: change `raw/`. `kb doctor` finds what was changed by hand, and",
        "says how to fix it.",
        "",
    )
    for table, (comment, columns) in layout.tables().items():
        yield from (f"## {table}", "", comment, "")
        yield from _grid(
            ("column", "type", "null", "meaning"),
            [(f"`{c.name}`", c.type, "yes" if c.nullable else "no", c.comment) for c in columns],
        )
    yield from (
        "## Macros",
        "",
        "A table macro stands where a table does: `FROM trust(DATE '2026-11-22')`. `as_of` is the day that age is",
        "counted to.",
        "",
    )
    yield from _grid(
        ("macro", "gives", "meaning"),
        [
            (f"`{name}({parameters})`", "a table" if is_table else "a value", comment)
            for name, (parameters, is_table, comment) in layout.macros().items()
        ],
    )
    yield from ("## Queries", "", "Each is a file in `pipeline/kb/store/sql/examples/`; `kb sql < FILE` runs it.", "")
    for example in examples():
        yield from (f"### {example.title}", "", "```sql", example.sql, "```", "")


def reports() -> str:
    """docs/reports.md."""
    return "\n".join(_reports()) + "\n"


_NEEDS = {
    None: "",
    "due": " With `--due N`.",
    "released": " With `--released PRODUCT=VERSION`.",
    "spread": " With `--spread N`.",
    "uses": " Where `match.record` names a file. Not in `curated/`.",
    "history": " Not in `curated/`.",
}


def _reports() -> Iterator[str]:
    yield from (
        "# Reports",
        "",
        "Generated from `pipeline/kb/reports/declared.py` by `make docs`.",
        "",
        "`kb report NAME` asks the base, as of `--as-of`, else `as_of` in kb.toml, else today. `--domain` and `--tier` narrow",
        "it to a part of the base. The same base gives the same bytes.",
        "",
        "- `--format table` is for people: on a terminal it fits the width, in a pipe each row is one line. `md` shows the",
        "  same, `html` as a page to print. Long sections are cut short; `--limit N` says where.",
        "- `--format json` holds every section whole, or cut to `--limit`; `found` says how many rows each list has. Each report",
        "  has its schema, `schemas/report.NAME.v1.json`.",
        "- `--format csv` holds one section: the first, or that of `--section`.",
        "- `--fail-on CONDITION` exits with 1 if a row of the first section, or of `--section`, meets SQL over its columns.",
        "",
        "`kb report html` puts the quality, the queue and every record into one page; see [page.md](page.md).",
        "",
        "`kb ingest` writes them into `curated/reports/`, and `kb report all -o FOLDER` writes the same anywhere: what follows",
        "from the base alone, so without what earlier runs say. `metrics.json` there holds the figures of `quality`, and what",
        "DVC plots lies there as CSV; see [workflow.md](workflow.md).",
        "",
    )
    for report in REPORTS.values():
        kept = f" `curated/reports/` holds {report.kept:,} rows of each list." if report.kept else ""
        yield from (f"## {report.name}", "", f"{report.title}.{kept}", "")
        for section in report.sections:
            title = section.title.format(due="N", spread="N", released="that one") or report.title
            yield from (
                f"### {report.name}: {section.name}",
                "",
                f"{title}.{' Of the whole base alone.' if section.whole else ''}{_NEEDS[section.needs]}{_optional(section)}",
                "",
            )
            yield from _grid(
                ("column", "meaning"), [(f"`{n}`", _meaning(column)) for n, column in section.columns.items()]
            )


def _optional(section: Section) -> str:
    return " Left out where it has no rows." if section.optional else ""


def _meaning(column: Column) -> str:
    return column.meaning if column.null is None else f"{column.meaning}; empty: {column.null}"


def settings() -> str:
    """docs/settings.md."""
    return f"""# Settings

Generated from `pipeline/kb/kb.toml.template` by `make docs`.

The settings of a knowledge base stand in `kb.toml`, in the folder that holds `raw/` and `curated/`. `kb init` writes
the file below. Every setting is optional; the value below is its default, and a line that is commented out is an
example. A key that kb does not know, a value of the wrong type and a value out of range are errors: kb names the
setting and stops with exit code 2.

A change of `[rules]`, `[[suppress]]`, `[trust]` or `[resolvable]`, or of the lines that `[match]` names, makes the next
`kb ingest` judge every record again.

```toml
{template().strip()}
```
"""


def cli() -> str:
    """docs/cli.md."""
    return "\n".join(_cli()) + "\n"


def _cli() -> Iterator[str]:
    group: Any = typer.main.get_command(app)
    context = group.make_context("kb", ["--"], resilient_parsing=True)
    yield from (
        "# Command line",
        "",
        "Generated from the program itself by `make docs`; `kb COMMAND --help` says the same.",
        "",
        "Data goes to standard output, notes and errors to standard error. In a pipe there is no colour and no box.",
        "The variable `NO_COLOR` takes the colour from a terminal too; `FORCE_COLOR` brings it into a pipe, for people alone:",
        "what programs read (JSON, CSV, diffs and so on) is never coloured. `NO_COLOR` overrides it.",
        "",
        "`kb --install-completion` makes TAB complete commands, options, codes of rules and ids of records.",
        "",
        "## Exit codes",
        "",
        *_grid(
            ("code", "meaning"),
            [
                ("0", "clean"),
                (
                    "1",
                    "findings at or above `--fail-on`, a failed gate, or a difference where `kb diff --exit-code` was asked",
                ),
                ("2", "wrong usage, or the environment: a missing file, a full disk, a wrong setting"),
                ("3", "a bug in kb"),
                ("130", "interrupted by Ctrl-C; the message says whether anything was changed"),
            ],
        ),
        "## kb",
        "",
        _paragraphs(group.help),
        "",
        *_parameters(group, context),
    )
    for name, command in group.commands.items():
        fill(command)
        yield from (f"## kb {name}", "", _paragraphs(command.help), "")
        own = command.make_context(name, [], parent=context, resilient_parsing=True)
        yield from ("```text", " ".join([own.command_path, *command.collect_usage_pieces(own)]), "```", "")
        yield from _parameters(command, own)
        lines = [line.strip() for line in (command.epilog or "").splitlines() if line.startswith("  ")]
        yield from ("Examples:", "", "```sh", *lines, "```", "")


def _parameters(command: Any, context: Any) -> Iterator[str]:  # noqa: ANN401 - Typer gives no names to these
    """A table of the arguments, and one of the options."""
    for kind in ("argument", "option"):
        helps = [p.get_help_record(context) for p in command.get_params(context) if p.param_type_name == kind]
        rows = [(f"`{record[0].partition(' <')[0]}`", record[1]) for record in helps if record]
        if rows:
            yield from _grid((kind, "meaning"), rows)


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip()))


def _grid(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    yield from (f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)
    yield ""


def expressions() -> str:
    """docs/expressions.md."""
    return "\n".join(_expressions()) + "\n"


def _expressions() -> Iterator[str]:
    own = {f"`{described.call}`": described for described in functions.FUNCTIONS.values()}
    others = sorted(functions.known().keys() - functions.FUNCTIONS.keys())
    yield from (
        "# Expressions",
        "",
        "Generated from `pipeline/kb/sources/formats/` by `make docs`. How to write a mapping is in [formats.md](formats.md).",
        "",
        "An expression is [JMESPath](https://jmespath.org/): `error.code` is a place, `names[0]` the first of a list,",
        "`a || b` the first of two that is there, `[a, b]` a list, `{action: a}` an object, `list[?price]` what of a list has a",
        "price, and `a | b` says b of what a gave. Text stands in single quotes: `'text'`. A line break is `` `\"\\n\"` ``. The",
        "source itself is `@`.",
        "",
        "- `!a && b` asks for b where there is no a; of a longer place write `!(a.b)`.",
        "- Behind `|`, nothing is known of what stood before it: write `(a | b) || c` if c is to be looked for in the source.",
        "- In the TOML file, `'''` around an expression lets it have quotes of both kinds, and several lines.",
        "",
        "## Functions of kb",
        "",
        "Each gives null for null.",
        "",
        *_grid(
            ("function", "gives", "example"),
            [
                (
                    call,
                    said.gives,
                    f"`{said.example}` → `{json.dumps(said.answer, ensure_ascii=False)}`"
                    if said.answer is not None
                    else f"`{said.example}`",
                )
                for call, said in own.items()
            ],
        ),
        "## Functions of JMESPath",
        "",
        ", ".join(f"`{name}`" for name in others)
        + ". [Their specification](https://jmespath.org/specification.html) explains",
        "them.",
        "",
        "## A page of Markdown",
        "",
        _paragraphs((markdown_page.__doc__ or "").partition("A page as a document")[0].partition("\n")[2]) or "",
        "A page as a document" + (markdown_page.__doc__ or "").partition("A page as a document")[2].rstrip(),
        "",
        "## Bounds",
        "",
        f"An expression has at most {formulas.LONGEST:,} characters. For one record at most {formulas.STEPS:,} steps are taken,",
        f"and an answer has at most {formulas.MOST:,} values. What is beyond is refused: the record goes to quarantine, and",
        "the finding names the mapping, its line and the expression.",
        "",
    )


def unexplained() -> list[str]:
    """The settings that the template does not show."""
    shown = tomllib.loads(re.sub(r"^# (\w+ = |\[\[)", r"\1", template(), flags=re.MULTILINE))
    return list(_absent(as_table(Settings()), shown, ""))


def _absent(values: Mapping[str, Any], shown: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for key, value in values.items():
        if key not in shown:
            yield f"{prefix}{key}"
        elif isinstance(value, Mapping):
            yield from _absent(value, shown[key], f"{prefix}{key}.")


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli,
    "expressions.md": expressions,
    "reports.md": reports,
    "rules.md": rule_pages.document,
    "settings.md": settings,
    "tables.md": tables,
}


def files() -> dict[str, str]:
    """Every generated page and schema, by its path in the repository."""
    pages = {f"docs/{name}": page().rstrip("\n") + "\n" for name, page in PAGES.items()}
    return pages | {f"schemas/{name}": text for name, text in schemas.files().items()}


def outdated() -> list[str]:
    """The pages and schemas that are not as they would be generated now."""
    found = []
    for name, text in files().items():
        path = ROOT / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            found.append(name)
    return found


def main(arguments: Sequence[str]) -> int:
    """Write the files; with --check, say which are not current. A setting that no page would tell of is an error."""
    for name in unexplained():
        sys.stderr.write(f"list `{name}` in pipeline/kb/kb.toml.template, with its default and what it means\n")
    if unexplained():
        return 1
    if arguments == ["--check"]:
        old = outdated()
        for name in old:
            sys.stderr.write(f"{name} is not current; run `make docs`\n")
        return 1 if old else 0
    if arguments:
        sys.stderr.write("usage: python -m tools.docs [--check]\n")
        return 2
    for name, text in files().items():
        (ROOT / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
