"""What curators decided, in words."""

from kb.render.decisions import conflict


def test_long_texts_that_differ_in_their_middle_are_shown_where_they_part() -> None:
    start, end = (
        "the daemon that the client wants to reach is not running because ",
        " and nobody who has the rights looked at it since",
    )
    told = conflict("/root_cause", f"{start}it crashed{end}", f"{start}it is masked{end}")
    assert "it crashed" in told
    assert "it is masked" in told
    assert len(told) < 200


def test_short_texts_are_shown_whole() -> None:
    told = conflict("/tier", "reproduced", "ai_generated")
    assert told == '/tier: they differ, "reproduced" stays, the other says "ai_generated"'
