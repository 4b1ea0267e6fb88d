"""What others do with the same input, in a process of their own: `python benchmarks/yardsticks.py NAME FILE…`."""

import json
import sys
from pathlib import Path


def duckdb_alone(source: str, folder: str) -> None:
    """DuckDB's own reader into a table, and the table back into JSON; nothing is checked."""
    import duckdb  # noqa: PLC0415 - each yardstick imports its own

    store = Path(folder) / "yardstick.duckdb"
    store.unlink(missing_ok=True)
    with duckdb.connect(str(store)) as base:
        base.execute("CREATE TABLE records AS SELECT * FROM read_json($1)", [source])
        base.execute(f"COPY records TO '{folder}/yardstick.json' (FORMAT json)")


def jsonschema_loop(schema: str, folder: str) -> None:
    """One reused validator that collects every error of every file below a folder."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - each yardstick imports its own

    validator = Draft202012Validator(json.loads(Path(schema).read_text(encoding="utf-8")))
    for path in sorted(Path(folder).rglob("*.json")):
        list(validator.iter_errors(json.loads(path.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    {"duckdb": duckdb_alone, "jsonschema": jsonschema_loop}[sys.argv[1]](*sys.argv[2:])
