"""A mapping file: what it declares, and one line for each thing that is wrong with it."""

import pickle

import pytest

from kb.errors import KbError
from kb.jobs.export import IN_ONE_FILE
from kb.sources.formats import NAMES, SHIPPED, SIGNS, Formats
from kb.sources.formats.expressions import required_keys
from kb.sources.formats.mapping_file import RESERVED
from tests.sources.formats.mappings import RUFF, SPREADSHEET, form

PLACES = '[map]\nid = "key"\nsignature = "what.text"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[map]\nid = ", "formats/own.toml: is no TOML: invalid value (at end of document)"),
        ("fields = 1", "formats/own.toml:1: fields: is nothing that a mapping says; did you mean `files`?"),
        (
            PLACES + 'signatur = "x"',
            "formats/own.toml:4: map.signatur: `signatur` is no field of a record; did you mean `signature`?",
        ),
        (
            PLACES + "regex = 3",
            'formats/own.toml:4: map.regex: is 3; it has to be an expression in quotes, such as "code"',
        ),
        (
            PLACES + "regex = \"templat(a, '%s')\"",
            "formats/own.toml:4: map.regex: \"templat(a, '%s')\" calls `templat`, which is no function; did you mean `template`?",
        ),
        (
            PLACES + '[lists.dead_end]\nitems = "x"',
            "formats/own.toml:4: lists.dead_end: is no list of objects in a record; did you mean `dead_ends`?",
        ),
        (
            PLACES + '[lists.dead_ends]\naction = "x"',
            'formats/own.toml:4: lists.dead_ends: does not say where its items are; add items = "…"',
        ),
        (
            PLACES + '[lists.dead_ends]\nitems = "x"\nacton = "y"',
            "formats/own.toml:6: lists.dead_ends.acton: is no field of it; did you mean `action`?",
        ),
        (
            PLACES + "[default]\nlast_confirmed = 2026-01-01",
            "formats/own.toml:5: default.last_confirmed: is a date or a number that JSON has not; write it in quotes",
        ),
        (
            'read = "xml"\n' + PLACES,
            'formats/own.toml:1: read: there is no reader "xml"; did you mean `yaml`?',
        ),
        (
            'read = ["csv", "json"]\n' + PLACES,
            "formats/own.toml:1: read: only json, yaml and toml go together; write a mapping for each of the others",
        ),
        (
            "title = 'x'",
            'formats/own.toml:1: map: says for no field where it comes from; add a line such as id = "code"',
        ),
        ("files = 3\n" + PLACES, 'formats/own.toml:1: files: has to be a list of texts, such as ["…"]'),
        ("map = 3", "formats/own.toml:1: map: has to be a table; begin it with a line [map]"),
        (
            'names = ["{id.x}"]\n' + PLACES,
            'formats/own.toml:1: names: "{id.x}": a name is made of {id}, {domain}, {slug} and {environment}',
        ),
        (
            PLACES + '[values.category]\nx = "y"\n[values.x]\ny = "z"',
            "formats/own.toml:6: values.x: `x` is no field of a record; there are",
        ),
        (
            PLACES + "[values]\ncategory = 3",
            'formats/own.toml:5: values.category: has to be a table of words, such as high = "error"',
        ),
        (
            PLACES + 'dead_ends = "x"\n[lists.dead_ends]\nitems = "x"',
            "formats/own.toml:4: map.dead_ends: is also made under lists.dead_ends; keep one of them",
        ),
        (
            "root_cause = '''\n[map]\nid = 1\n'''\n" + PLACES,
            "formats/own.toml:1: root_cause: is nothing that a mapping says; ",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_its_place(text: str, said: str) -> None:
    with pytest.raises(KbError) as caught:
        form(text)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [*sorted(RESERVED), "Own", "x y", ""])
def test_some_names_say_another_thing(name: str) -> None:
    with pytest.raises(KbError, match="cannot be the name of a format"):
        form(PLACES, name)


def test_no_format_can_be_called_as_an_export_is() -> None:
    assert {*IN_ONE_FILE, "files", "site", "parquet", "csv", "native"} <= RESERVED


@pytest.mark.parametrize(
    ("text", "is_two_way"),
    [
        (PLACES, True),
        (PLACES + '[lists.dead_ends]\nitems = "tried"', True),
        ('read = ["json", "yaml"]\n' + PLACES, True),
        ('read = "csv"\n' + PLACES, False),
        (PLACES + '[lists.dead_ends]\nitems = "tried"\naction = "what"', False),
        (PLACES + "[default]\ncategory = 'x'", False),
        (PLACES + 'regex = "slug(key)"', False),
        (PLACES + 'regex = "key"', False),  # one place is of one field
        (PLACES + 'regex = "a.b.c"', False),
        (PLACES + 'regex = "a[0]"', False),
        (PLACES + 'regex = "what"', False),  # within this there is another
        (PLACES + "regex = 'extensions.x'", False),
        (SPREADSHEET, False),
        (RUFF, False),
    ],
)
def test_a_table_of_places_is_read_in_both_directions(text: str, is_two_way: bool) -> None:  # noqa: FBT001 - a case
    assert form(text).two_way is is_two_way


def test_what_is_known_of_a_shipped_format_without_its_file_is_what_its_file_says() -> None:
    for name, sign in SIGNS.items():
        shipped = SHIPPED.named(name)
        assert shipped is not None
        assert sign.reads == shipped.reads
        assert shipped.declared.claims is None or sign.keys == required_keys(shipped.declared.claims.expression)
    assert SHIPPED.names == NAMES


FILES = {"formats/sheet.toml": SPREADSHEET, "formats/errorcanon.toml": f'claims = "key"\n{PLACES}'}


def test_own_formats_come_before_those_that_ship_and_go_to_other_processes() -> None:
    own = Formats(FILES)
    again = pickle.loads(pickle.dumps(own))  # noqa: S301 - of our own making
    assert again == own
    assert again.names == own.names == ("native", "errorcanon", "sheet", *NAMES[2:])
    assert again.state == own.state != Formats({**FILES, "formats/sheet.toml": SPREADSHEET + "\n"}).state
    found = again.detect({"key": 1})
    assert found is not None
    assert found.origin == "formats/errorcanon.toml"
    assert again.detect({"error": {}, "verdict": {}}) is None


@pytest.mark.parametrize(
    ("head", "path", "reader", "is_found"),
    [
        ('files = "docs/*.json"', "raw/docs/x.json", "json", True),
        ('files = "docs/*.json"', "docs/x.json", "json", True),
        ('files = "docs/*.json"', "raw/x.json", "json", False),
        ('files = "docs/*.json"', "docs/x.json", "yaml", False),
        ("files = '*'\nclaims = \"kind == 'x'\"", "a.json", "json", False),
        ("claims = \"kind == 'y'\"", "a.json", "json", True),
        ('claims = "kind"', "a.json", "json", True),
        ('claims = "join(kind, kind)"', "a.json", "json", False),
        ("", "a.json", "json", False),
    ],
)
def test_a_record_is_recognised_by_its_file_and_by_what_it_says(
    head: str,
    path: str,
    reader: str,
    is_found: bool,  # noqa: FBT001 - a case
) -> None:
    document = {"key": "x", "kind": "y"}
    own = Formats({"formats/own.toml": f"{head}\n{PLACES}"})
    assert (own.detect(document, path, reader) is not None) is is_found
    assert own.of(document, "own", path, reader) is own.named("own")


def test_the_name_of_a_format_has_to_be_one() -> None:
    with pytest.raises(KbError, match="no format shet; did you mean `sheet`"):
        Formats(FILES).named("shet")
