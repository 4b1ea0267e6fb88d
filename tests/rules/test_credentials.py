"""SAF001: what is a credential, what is none, and that nothing is left of one however it is spelt."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.credentials import credentials, masked
from pipeline.contract import read
from pipeline.rules import catalogue
from tests.conftest import code_points, judge
from tests.specimens import AWS, CREDENTIALS, SECRET, checked, escaped

every_kind = pytest.mark.parametrize("kind", CREDENTIALS)


def _kinds(text: str) -> list[str]:
    return [found.kind for found in credentials(orjson.dumps({"how": text}))]


@every_kind
@pytest.mark.parametrize(
    "around", ["{}", "set TOKEN={} and go", "token:\n{}\nend", '"{}"', "（{}）", "https://{}@github.com"]
)
def test_a_credential_is_found_wherever_it_stands(kind: str, around: str) -> None:
    assert _kinds(around.format(CREDENTIALS[kind])) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "AKIAXXXXXXXXXXXXXXXX",
        "ASIA" + "ABCDEFGHIJKLMNOP",
        AWS.lower(),
        AWS[:-1],
        AWS + "Q",
        "X" + AWS,
        "ghp_" + "x" * 36,
        "gh" + "p_" + "q7Zk3Wv9XbT2mRc8JdL5yHs4Nf6PgAu1eKoB",  # no checksum
        checked("gh" + "p")[:-1] + "0",
        "npm_config_registry_and_so_on_for_as_long_as_it_takes",
        "sk_" + "test_q7Zk3Wv9XbT2mRc8JdL5yHs4",
        "sk_" + "live_your_key_here_0123456789ab",
        "glpat-xxxxxxxxxxxxxxxxxxxx",
        "AIza" + "SyXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "-----BEGIN CERTIFICATE-----\n" + "q7Zk3Wv9XbT2mRc8" * 8,
        "AccountKey=" + "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl",
        "hf_hub_download(repo_id, filename)",
        "MSG.FORMATTED_MESSAGE.OF_SOME_KIND",
    ],
)
def test_placeholders_and_other_texts_are_none(text: str) -> None:
    assert _kinds(text) == []


def test_no_record_of_the_corpora_holds_one(corpora) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - a path
    assert [path.name for path in corpora.rglob("*.json") if credentials(path.read_bytes())] == []


@every_kind
def test_masked_bytes_are_as_many_and_stay_json(kind: str) -> None:
    raw = orjson.dumps({"id": "git/x", "how": f"a {CREDENTIALS[kind]} b"})
    shown = masked(raw)
    assert len(shown) == len(raw)
    assert SECRET[kind] not in read(shown)["how"]
    assert read(shown)["how"].startswith("a ")
    assert read(shown)["how"].endswith(" b")


def test_bytes_without_one_are_given_back() -> None:
    raw = orjson.dumps({"how": "AKIAIOSFODNN7EXAMPLE \u200b caf\u00e9"})
    assert masked(raw) is raw


HIDDEN = sorted(
    char
    for char in code_points()
    if char != "K" and catalogue()["TXT004"].run(catalogue()["TXT002"].run(f"A{char}Z")) in {"AZ", "AKZ"}
)
"""What the fixes would take out of a credential, or turn into a letter of it."""


@pytest.mark.parametrize("as_escapes", [False, True])
def test_no_character_that_a_fix_takes_out_hides_one(as_escapes: bool) -> None:  # noqa: FBT001 - a parameter
    assert len(HIDDEN) > 100
    for char in HIDDEN:
        spelt = AWS.replace("K", char) if char == "\u212a" else f"{AWS[:6]}{char}{AWS[6:]}"
        text = orjson.dumps({"how": spelt}).decode()
        if as_escapes and ord(char) >= 0x10000:
            high, low = divmod(ord(char) - 0x10000, 0x400)
            text = text.replace(char, f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04X}")
        elif as_escapes and ord(char) >= 0x80:
            text = text.replace(char, f"\\u{ord(char):04X}")
        raw = text.encode()
        assert credentials(raw), hex(ord(char))
        assert AWS[8:] not in masked(raw).decode()


spellings = st.sampled_from(
    [str, escaped, lambda char: escaped(char).upper().replace("\\U", "\\u"), lambda char: f"{char}\u200b"]
)


@given(
    st.sampled_from(sorted(CREDENTIALS)),
    st.lists(spellings, min_size=400, max_size=400),
    st.sampled_from(["", "}", '"', ' "x": 1}']),
)
def test_nothing_is_left_of_one_however_json_spells_it(kind: str, ways: list, end: str) -> None:  # type: ignore[type-arg]
    spelt = "".join(
        orjson.dumps(char)[1:-1].decode() if char in '\n"\\' else way(char)
        for way, char in zip(ways, CREDENTIALS[kind], strict=False)
    )
    raw = f'{{"id": "git/x", "how": "{spelt}" {end}'.encode()
    outcome = judge(raw)
    assert "SAF001" in {found.code for found in outcome.findings}
    for text in [masked(raw).decode(), *map(str, outcome.findings)]:
        assert SECRET[kind] not in _read(text)


def _read(text: str) -> str:
    """Text as the most careless reader would see it: escapes resolved, invisible characters dropped."""
    resolved = text.encode("latin-1", errors="backslashreplace").decode("unicode_escape", errors="replace")
    return resolved.replace("\u200b", "")


def test_a_key_is_masked_too_and_so_is_its_pointer() -> None:
    outcome = judge(orjson.dumps({"id": "git/x", AWS: 1}))
    assert outcome.findings[0][:2] == ("SAF001", f"/{'*' * len(AWS)}")
    assert AWS not in str(outcome)


def test_what_cannot_be_read_is_looked_through_all_the_same() -> None:
    outcome = judge(b'{"id": "git/x", "how": "' + AWS.encode())
    assert [found.code for found in outcome.findings] == ["SAF001", "SCH001"]
    assert AWS not in str(outcome)


@pytest.mark.parametrize(
    "text", ["-----BEGIN RSA PRIVATE KEY-----" * 2000, "A: b " * 20000, "\\" * 60000, AWS * 3000, f"{AWS} " * 3000]
)
def test_no_text_takes_long(text: str) -> None:
    assert len(masked(text.encode())) == len(text)
