"""SAF001: what is a credential, what is none, and that nothing is left of one however it is spelt."""

import base64
import html
import json
import re._parser as re_parser  # type: ignore[import-not-found]
import string
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import orjson
import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from kb.analysis.credential_kinds import KINDS as TABLE
from kb.analysis.credential_kinds import CredentialKind, spelt
from kb.analysis.credentials import credentials, is_masked, masked, masked_path, masked_text, searched
from kb.contract import read
from kb.rules import catalogue
from tests.conftest import code_points, judge
from tests.specimens import AWS, CREDENTIALS, KINDS, SECRET, checked, escaped, specimen


def latin_1() -> Any:  # noqa: ANN401 - re2 has no types
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    return options


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
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "aws_secret_access_key=<your secret>",
        "AWS_SECRET_ACCESS_KEY=${{ secrets.AWS_SECRET_ACCESS_KEY }}",
        "https://user:password@example.org/",
        "https://user:pass@host/x.git",
        "postgres://postgres:postgres@localhost:5432/postgres",
        "postgresql://user:$PASSWORD@db/x",
        "mysql://root:${MYSQL_ROOT_PASSWORD}@db/x",
        "mongodb://<user>:<password>@cluster0/x",
        "redis://:foobared@localhost:6379",
        "amqp://guest:guest@localhost:5672",
        "jdbc:mysql://localhost/x?user=root&password=root",
        "Server=db;User Id=sa;Password=yourStrong(!)Password;",
        "ftp://anonymous:anonymous@ftp.example.org",
        "password: changeme",
        "PASSWORD=changeit123",
        "password authentication failed for user postgres",
        "Access denied for user 'root'@'localhost' (using password: YES)",
        "token: <token>",
        "Authorization: Bearer $TOKEN",
        "Authorization: Bearer <access_token>",
        "Authorization: Bearer YOUR_ACCESS_TOKEN_HERE",
        "Authorization: Basic $(echo -n user:pass | base64)",
        "Bearer authentication is required for this endpoint",
        "basic authentication is not supported any more",
        "SyntaxError: Unexpected token: identifier",
        "Unexpected token < in JSON at position 0",
        "token=os.environ['GITHUB_TOKEN']",
        "api_key = settings.OPENAI_API_KEY_2",
        "api_key=config.get('api_key')",
        "secretKeyRef: my-app-secret-v2",
        "imagePullSecrets: registry-credentials-2",
        "kubectl create secret generic db-user-pass --from-file=./username.txt",
        "--token-auth-file=/etc/kubernetes/tokens.csv",
        "public_key: MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL8x2bq7VQ",
        '"NextToken": "CpHNsscimcV5oH7bSbub03CI2Qms5ypNpNm53MNlR0YcXAkp0x"',
        "password_hash: bcrypt-sha256",
        "arn:aws:secretsmanager:us-west-2:123456789012:secret:greengrass-windfarm1-auth-1ABCDE",
        "pad_token_id=50256, eos_token_id=50256",
        "special tokens: <|endoftext|>, tokenizer_class: GPT2TokenizerFast",
        "max_tokens=4096, token_type_ids=[0, 0]",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "commit 3f9a1c0b7e5d4f2a8c6b1e0d9f8a7b6c5d4e3f2a of the main branch",
        "curl -u user:password https://example.org",
        "curl -u $USER:$PASS https://example.org",
        "docker run -u 1000:1000 image",
        "mysql -u root -p",
        "sshpass -p password ssh host",
        "sk-...",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
        "xoxb-your-token-here",
        "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11",
        "npm_config_cache=/var/cache/npm",
        "//registry.npmjs.org/:_authToken=${NPM_TOKEN}",
        "java.lang.IllegalArgumentException at s.ServerSelectionTimeoutError",
        "https://github.com/kubernetes/kubernetes/blob/master/pkg/scheduler/framework/plugins/volumebinding/binder.go",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
        "c2VjcmV0OiBwYXNzd29yZCBvZiB0aGUgdXNlciBpcyBub3Qgc2V0",
        "MONGO_URI=mongodb://localhost:27017/x",
        "a password is needed: ask the administrator",
        "密码：请联系管理员，令牌 token：无效",
        (
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ"
            ".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
        ),
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzb21lIjoicGF5bG9hZCJ9.4twFt5NiznN84AWoo1d7KO1T_yoc0Z6XOpOVswacPZg",
    ],
)
def test_placeholders_and_other_texts_are_none(text: str) -> None:
    assert _kinds(text) == []


@pytest.mark.parametrize(
    "token", ["gh" + "p_" + "q7Zk3Wv9XbT2mRc8JdL5yHs4Nf6PgAu1eKoB", checked("gh" + "p")[:-1] + "0"]
)
def test_a_checksum_that_does_not_fit_makes_no_token_harmless(token: str) -> None:
    assert _kinds(token) == ["a GitHub token"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_found_and_nothing_is_left_of_it(kind: str) -> None:
    for seed in range(3):
        text, kept_secret = specimen(kind, seed)
        raw = orjson.dumps({"id": "git/x", "how": f"run {text} now"})
        assert credentials(raw), text
        shown = masked(raw)
        assert len(shown) == len(raw)
        assert kept_secret not in read(shown)["how"], text
        assert credentials(shown) == []
        assert masked(shown) is shown


def _in_a_url(text: str) -> bytes:
    return orjson.dumps({"how": f"https://acme.io/?q={quote(text, safe='')}"})


def _twice_in_a_url(text: str) -> bytes:
    return _in_a_url(quote(text, safe=""))


def _in_base64(text: str) -> bytes:
    return orjson.dumps({"how": f"echo {base64.b64encode(f'x: {text} y'.encode()).decode()} | base64 -d"})


def _in_base64_lines(text: str) -> bytes:
    return orjson.dumps({"how": base64.encodebytes(f"some words before {text}".encode()).decode()})


def _in_powershell(text: str) -> bytes:
    return orjson.dumps({"how": base64.b64encode(f"x: {text} y".encode("utf-16-le")).decode()})


def _in_json(text: str) -> bytes:
    return orjson.dumps({"how": orjson.dumps({"log": f"x {text} y"}).decode()})


def _in_html(text: str) -> bytes:
    return orjson.dumps({"how": f"<code>{html.escape(text).replace('=', '&#61;').replace(':', '&#x3a;')}</code>"})


def _in_utf_16(text: str) -> bytes:
    return json.dumps({"how": f"用 {text} 吧"}, ensure_ascii=False).encode("utf-16")


def _in_utf_32(text: str) -> bytes:
    return json.dumps({"how": f"用{text}吧"}, ensure_ascii=False).encode("utf-32-le")


def _as_a_key(text: str) -> bytes:
    return orjson.dumps({"id": "git/x", text: 1})


def _broken(text: str) -> bytes:
    return orjson.dumps({"id": "git/x", "how": text})[:-2]


WRAPPINGS = [
    _in_a_url, _twice_in_a_url, _in_base64, _in_base64_lines, _in_powershell, _in_json, _in_html, _in_utf_16, _in_utf_32,
    _as_a_key, _broken,
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_no_wrapping_hides_what_is_found_plain(kind: str) -> None:
    text, kept_secret = specimen(kind)
    for wrapped in WRAPPINGS:
        raw = wrapped(text)
        assert credentials(raw), wrapped.__name__
        shown = masked(raw)
        assert credentials(shown) == []
        for way in (str.encode, lambda t: quote(t, safe="").encode(), lambda t: t.encode("utf-16-le")):
            assert way(kept_secret) not in shown


@pytest.mark.parametrize("kind", KINDS)
def test_the_screen_lets_every_kind_pass(kind: str) -> None:
    """With and without the screen the same is found: also in what is cut, doubled and mixed."""
    text, _ = specimen(kind, seed=7)
    lot = Random(kind)  # noqa: S311 - no secret at all
    for _ in range(20):
        begin, end = sorted(lot.choices(range(len(text) + 1), k=2))
        changed = lot.choice([text[:begin] + text[end:], text[:begin] + text, text[begin:] + " " + text[:end]])
        raw = orjson.dumps({"a": changed, lot.choice(["b", "password", "token"]): changed[::-1]})
        assert credentials(raw) == searched(raw)


def test_the_screen_lets_pass_what_the_corpora_hold(corpora: Path) -> None:
    for path in sorted(corpora.rglob("*.json"))[::9]:
        raw = path.read_bytes()
        assert credentials(raw) == searched(raw)


@pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.name)
def test_the_head_of_a_kind_is_in_all_that_its_pattern_matches(kind: CredentialKind) -> None:
    lot = Random(kind.pattern)  # noqa: S311 - no secret at all
    head = re2.compile(spelt(kind.head).encode(), latin_1())
    for _ in range(40):
        text = drawn(parsed(kind.pattern), lot)
        found = re2.search(kind.pattern.encode(), text.encode(), latin_1())
        if found and kind.proof(found.group(1).decode()):
            for spelling in (orjson.dumps(text), orjson.dumps(orjson.dumps(text).decode()), text.encode()):
                assert head.search(spelling), text


def drawn(pattern: Any, lot: Random) -> str:  # noqa: ANN401 - the parser of `re` has no types
    """A text that a parsed pattern matches, by lot."""
    return "".join(_drawn(str(operator), argument, lot) for operator, argument in pattern)


def _drawn(operator: str, argument: Any, lot: Random) -> str:  # noqa: ANN401
    match operator:
        case "LITERAL":
            return chr(argument)
        case "IN":
            return lot.choice(_members(argument))
        case "MAX_REPEAT":
            least, most, inner = argument
            return "".join(drawn(inner, lot) for _ in range(lot.randint(least, min(int(most), least + 6))))
        case "SUBPATTERN":
            return drawn(argument[-1], lot)
        case "BRANCH":
            return drawn(lot.choice(argument[1]), lot)
        case _:  # a boundary
            return ""


@cache
def parsed(pattern: str) -> Any:  # noqa: ANN401
    return re_parser.parse(pattern)


def _members(argument: Any) -> str:  # noqa: ANN401
    """The characters of ASCII in a class."""
    named = {"CATEGORY_DIGIT": "0123456789", "CATEGORY_SPACE": " \n\t", "CATEGORY_WORD": "abcXYZ019_"}
    members = ""
    for operator, value in argument:
        if str(operator) == "NEGATE":
            within = _members(argument[1:])
            return "".join(char for char in string.ascii_letters + string.digits if char not in within)
        if str(operator) == "RANGE":
            members += "".join(map(chr, range(value[0], value[1] + 1)))
        else:
            members += chr(value) if str(operator) == "LITERAL" else named[str(value)]
    return members


def test_the_other_half_of_a_pair_is_masked_too() -> None:
    half = "k7Vw9xQ2mZr4Tn8Lp3Jd6Hs1Bf5Gc0YuEaWiOqRt"
    for beside in (f"{AWS} {half}", f"{AWS}\n{half}", f"access {AWS}, secret {half}"):
        assert half not in masked_text(beside)
    raw = orjson.dumps(
        {"id": "git/x", "root_cause": f"the id is {AWS}", "tags": [half], "note": "user: bob, password: tiger7"}
    )
    shown = read(masked(raw))
    assert shown["tags"] == ["*" * len(half)]
    assert "tiger7" not in shown["note"]
    assert shown["id"] == "git/x"
    assert masked_text(half) == half


def test_the_credential_in_a_path_gives_way_to_a_mark_that_tells_it_from_others() -> None:
    one, other = (specimen("github", seed)[0] for seed in (1, 2))
    shown = masked_path(f"raw/{one}/deploy-{other}.json")
    assert one not in shown
    assert other not in shown
    assert shown.startswith("raw/***")
    assert shown.endswith("***.json")
    assert is_masked(shown)
    assert masked_path(shown) == shown
    assert masked_path(f"raw/{one}") == shown.rpartition("/")[0]
    assert masked_path(f"raw/{one}.json") != masked_path(f"raw/{other}.json")
    assert masked_path(f"raw/in.zip!a/{one}.json").startswith("raw/in.zip!a/***")
    assert masked_path("raw/git/push-rejected.json") == "raw/git/push-rejected.json"
    assert not is_masked("raw/git/push-rejected.json")


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
