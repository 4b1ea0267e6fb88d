"""Reports as JSON, the same bytes on the screen and in `curated/reports/`."""

import orjson

from pipeline.reports import Answer


def document(answer: Answer) -> str:
    """A report as JSON for people and for git; its schema is `schemas/report.<name>.v1.json`."""
    return orjson.dumps(answer.document(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
