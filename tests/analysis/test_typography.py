"""TXT011: typographic characters in code, and typography that is right where it stands."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.analysis.typography import in_code
from kb.rules.ruleset import RuleSet
from tests.conftest import clean, found, judge

NO_BREAK = "\u00a0"

WRONG = [
    "docker run –rm -it alpine",
    "docker run —rm alpine",
    "git commit -m “first”",
    "git commit –m 'x'",
    "Run docker run –rm alpine, then look",
    "npm install −−save-dev x",
    "pip install ‐‐upgrade pip",
    "kubectl get pods –n kube-system",
    "export NAME=“value”",
    f"git{NO_BREAK}status",
    "sudo apt-get install –y curl",
    "tar –xzf file.tar.gz",
    f"Then run git{NO_BREAK}status again.",
    "echo ‘hello’",
    "print(“hi”)",
    "{“a”: 1}",
    "python −m venv .venv",
    "Use ls –la to list them",
    "curl -H “Accept: x” https://example.com",
    f"chmod 600{NO_BREAK}file",
    "ssh -i key –p 2222 host",
    "Set it with --name=“x”",
    "git log ––oneline",
    "sudo systemctl\u202frestart nginx",
    "helm upgrade x ./chart –set a=b",
    "psql –U postgres",
    "1. docker run –rm x",
    "$ docker run –rm x",
    "先停止容器，再运行：docker run –rm x",
    "cat file | grep –v x",
    "d[‘key’] = 1",
    "Add the flag –no-cache to it",
    "git commit -m «x»",
]

WRONG_IN_BACKTICKS = [
    "See `git log –oneline` for more",
    "`echo “x”`",
    "`x = ‘a’`",
    "`f（x）`",
    f"`cp a{NO_BREAK}b`",
    "`ｇｉｔ status`",
    "`a − b`",
    "运行 `docker run —rm x`",
    "```\ndocker run –rm x\n```",
    "``git commit -m “x”``",
    "`--name=’x’`",
    "`seq 1–3`",
]

RIGHT = [
    "Don’t push – pull first",
    "“Settings → Privacy” opens the page",
    "It takes 2–3 minutes",
    "Stop it — then start it",
    "systemctl restart nginx — restarts it",
    "Run git pull – it fetches first",
    "docker run --rm alpine",
    "The user’s file isn’t there",
    "运行 `git status`，然后“保存”",
    "`错误：文件不存在`",
    "`提示：“保存”失败`",
    "«valeur» est requise",
    f"Il faut 100{NO_BREAK}% de place",
    f"It has 10{NO_BREAK}GB left",
    "The file –if there– is removed",
    "`error: ‘x’ was not declared in this scope`",
    "`main.c:3: error: expected ‘;’`",
    "Can’t connect",
    "Use “quotes” in prose",
    "See pages 10–20",
    "sed 's/“/\"/g' file",
    "tr '’' \"'\" < f",
    "text.replace('–', '-')",
    "The en dash in `docker run –rm` is no hyphen",
    "Smart quotes: echo “x” fails",
    "Replace U+2013 in docker run –rm",
    "命令里的全角引号：`echo “x”`",
    'git commit -m "don’t"',
    '`git commit -m "it’s"`',
    "The ‘main’ branch",
    "Choose File → “Open…”",
    "cp … dest",
    "café naïve, 5 °C, A–Z",
    "the Smith–Waterman algorithm",
    "C’est la vie",
    "先运行，再“克隆”目录",
    "Press Ctrl–C",
    "Go to Settings – Privacy – Location",
    "git is “the tool”",
    "docker needs root – see docs",
    "Use make – not cmake",
    "Note: “x”, and “y”",
    "（见“安装”一节）",
]


@pytest.mark.parametrize("text", WRONG)
def test_in_the_commands_of_a_how_they_are_found(text: str) -> None:
    assert found({"/workarounds/0/how": text}, "TXT011") == ["/workarounds/0/how"]


@pytest.mark.parametrize("text", WRONG_IN_BACKTICKS)
@pytest.mark.parametrize(
    "pointer", ["/workarounds/0/how", "/root_cause", "/dead_ends/0/why_fails", "/workarounds_zh/0"]
)
def test_in_backticks_they_are_found_everywhere(text: str, pointer: str) -> None:
    assert found({pointer: text}, "TXT011") == [pointer]


@pytest.mark.parametrize("text", RIGHT)
@pytest.mark.parametrize("pointer", ["/workarounds/0/how", "/root_cause", "/workarounds_zh/0"])
def test_in_prose_messages_and_texts_about_them_they_are_right(text: str, pointer: str) -> None:
    assert found({pointer: text}, "TXT011") == []


@pytest.mark.parametrize("text", WRONG)
def test_outside_a_how_only_backticks_tell_code(text: str) -> None:
    assert found({"/root_cause": text}, "TXT011") == []


def test_a_record_about_such_characters_may_show_them() -> None:
    about = {"/signature": "invalid character U+201C in script", "/regex": "invalid character"}
    assert found({**about, "/dead_ends/0/why_fails": "`echo “x”` fails all the same."}, "TXT011") == []


def test_the_message_names_the_character_for_it_looks_like_another() -> None:
    document = clean()
    document["workarounds"][0]["how"] = "docker run –rm alpine"
    (message,) = [f.message for f in judge(document).findings if f.code == "TXT011"]
    assert "U+2013 (en dash)" in message


ODD = "–—−‐“”‘’«»\u00a0\u202f\u3000ｇ（）"
code = st.text(alphabet=f"{ODD} `'\"=-gitrun./:;\n", max_size=60)


@given(st.text(st.characters(codec="ascii"), max_size=80))
def test_plain_characters_are_never_found(text: str) -> None:
    assert list(in_code(text, "", is_how=True)) == []


@given(code)
def test_what_is_found_is_in_the_text(text: str) -> None:
    assert all(char in text for char in in_code(text, "", is_how=True))


@given(code)
def test_the_screen_passes_what_the_rule_finds(rules: RuleSet, text: str) -> None:
    if list(in_code(text, "", is_how=True)):
        assert "TXT011" in rules.candidates(orjson.dumps({"a": text}))
