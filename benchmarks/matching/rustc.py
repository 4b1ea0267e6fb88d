"""The error index of rustc as records, and what rustc prints for the examples in it."""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

_CODE = re.compile(r"\bE0\d{3}\b")
_EXAMPLE = re.compile(
    r"^```(?:ignore\S*|compile_fail)?,?(?:compile_fail)?[^\n]*?(E0\d{3})?[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL
)
_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)

_HIGHEST = 810


def write(raw: Path) -> Iterator[tuple[str, str, str]]:
    """Write a record for each explanation that rustc has; name, output and record of what it prints for the example of each.

    The code of the error is taken out of the output, as is the line that names it.
    """
    explained = {code: text for number in range(1, _HIGHEST) if (text := _explanation(code := f"E{number:04}"))}
    (raw / "rustc.ndjson").write_text(
        "".join(json.dumps(_record(code, text)) + "\n" for code, text in explained.items())
    )
    for code, text in explained.items():
        output = _printed(code, text)
        if output is not None:
            yield f"rustc/{code}", output, f"rust/{code.lower()}"


def _explanation(code: str) -> str | None:
    done = subprocess.run(["rustc", "--explain", code], capture_output=True, text=True, check=False)
    return done.stdout if not done.returncode and "no longer emitted" not in done.stdout else None


def _record(code: str, text: str) -> dict[str, object]:
    prose = [" ".join(part.split()) for part in _BLOCK.sub("", text).split("\n\n") if part.strip()]
    return {
        "id": f"rust/{code.lower()}",
        "signature": prose[0],
        "regex": rf"\b{code}\b",
        "domain": "rust",
        "category": "compile_error",
        "root_cause": " ".join(prose[:4])[:1500],
        "error_code": code,
        "dead_ends": [{"action": "Build again", "why_fails": "The compiler reads the same source, and says the same."}],
        "workarounds": [{"action": "Correct the code", "how": "`rustc --explain` shows how."}],
        "verification_tier": "ai_generated",
        "confidence": 0.5,
        "resolvable": "true",
    }


def _printed(code: str, text: str) -> str | None:
    """What rustc prints for the first example that fails with the code, without that; None, where none does."""
    for _, source in _EXAMPLE.findall(text):
        with tempfile.TemporaryDirectory(prefix="rustc-") as folder:
            path = Path(folder, "example.rs")
            path.write_text(source if "fn main" in source else f"{source}\nfn main() {{}}\n", encoding="utf-8")
            done = subprocess.run(
                ["rustc", "--edition", "2021", "--emit=metadata", "-o", "out", "example.rs"],
                cwd=folder, capture_output=True, text=True, check=False, timeout=60,
            )  # fmt: skip
        if done.returncode and f"error[{code}]" in done.stderr:
            kept = [line for line in done.stderr.splitlines() if "--explain" not in line]
            return _CODE.sub("", "\n".join(kept)).replace("error[]", "error")
    return None
