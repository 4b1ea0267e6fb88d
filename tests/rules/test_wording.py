"""TXT009, TXT010: contractions without their apostrophe, and root causes that repeat the signature."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.analysis.content_words import content_words
from kb.analysis.contractions import without_apostrophe
from tests.conftest import clean, found, judge

LOST = [
    "It dont work",
    "This doesnt help.",
    "Doesnt help",
    "You cant do it",
    "It isnt there",
    "It wont start",
    "Youre in the wrong folder",
    "they didnt",
    "(it wasnt)",
    "We couldnt, sadly",
    "It doesn t help",
    "That isn t a folder",
    "Dont do it",
    "don t do it",
    "It is what theyre for",
    "Its parser shouldnt fail",
    "thats it",
    "Whats more",
    "“it hasnt”",
    "first line\ndont go on",
    "the tool isn?t there",
    "weve seen it",
    "arent we",
    "It mustnt",
    "It wouldnt!",
    "They werent",
    "theres no such file",
    "Nothing; it hadnt run",
]

KEPT = [
    "It doesn't, it can't, it isn't",
    "It doesn’t, it can’t",
    "Set dont_care",
    "pass --dont-ask",
    "Set `dont` to 1",
    "`it dont`",
    "IAC DONT ECHO",
    "WONT and DONT are telnet's",
    "the dont.py file",
    "It can do it",
    "You want a font",
    "It won the race",
    "Le fichier dont la taille est trop grande",
    "C'est le paquet dont dépend la base",
    "Zie het pakket en het bestand, niet wont",
    "https://example.com/dont",
    "https://example.com/a-dont-b",
    "dont=1",
    "set dont = 1",
    'the key "dont"',
    "a constant, significant vacancy",
    "dont()",
    "cant/wont",
    "wont_fix",
    "isnt.example",
    "paint the cart",
    "Don T. Smith",
    "It lets you go",
    "its own, well, were ill, a shell",
    "The instant is important",
    "@dont",
    "$dont",
    "dont: true",
]


@pytest.mark.parametrize("text", LOST)
@pytest.mark.parametrize("pointer", ["/root_cause", "/dead_ends/0/why_fails", "/workarounds/0/action"])
def test_a_contraction_that_lost_its_apostrophe_is_found(text: str, pointer: str) -> None:
    assert found({pointer: text}, "TXT009") == [pointer]


@pytest.mark.parametrize("text", KEPT)
def test_names_code_and_other_languages_lost_none(text: str) -> None:
    assert found({"/root_cause": text, "/workarounds/0/how": text}, "TXT009") == []


def test_the_message_says_what_was_meant_in_the_case_it_came_in() -> None:
    document = {**clean(), "root_cause": "Dont ask: it doesn t work, and youre late."}
    (message,) = [f.message for f in judge(document).findings if f.code == "TXT009"]
    assert "(Dont for Don't, doesn t for doesn't, youre for you're)" in message


sentences = st.lists(st.sampled_from([*LOST, *KEPT, "and so", "x"]), max_size=6).map(". ".join)


@given(sentences)
def test_with_the_apostrophe_put_back_nothing_is_left(text: str) -> None:
    for wrong, right in without_apostrophe(text):
        text = text.replace(wrong, right)
    assert [wrong for wrong, _ in without_apostrophe(text)] == []


REPEATED = [
    ("FirebaseApp initialization failed", "Firebase SDK initialization failed."),
    ("CDN: cache invalidation request failed", "CDN cache purge/invalidation request failed."),
    ("AccessDenied: cross-account IAM role assumption failed", "Cross-account IAM role assumption failed."),
    ("ServiceMesh: sidecar proxy injection failed", "The service mesh is not injecting the sidecar proxy."),
    ("GraphQL subscription: WebSocket connection dropped", "The WebSocket connection of a subscription was dropped."),
    ("ClickHouse: memory limit exceeded for query", "ClickHouse query exceeded its memory limit."),
    ("index already exists", "The index or alias already exists."),
    ("script_score function produced NaN", "Script score functions are producing NaN."),
    ("stack overflow detected in task", "The task's stack overflowed."),
    ("model export to ONNX failed", "Exporting the model to the ONNX format failed."),
    ("resume token expired", "Resume token expired."),
    ("unable to lock the database", "The database could not be locked."),
    ("permission denied", "Permission was denied"),
    ("no space left on device", "There is no space left on the device"),
    ("connection refused", "The connection was refused."),
    ("Connection timed out", "The connection timed out."),
    ("Container killed", "The container gets killed."),
    ("port already allocated", "The port is already allocated by something."),
    ("undefined reference to main", "A reference to main is undefined"),
    ("module not found: x", "Module x was not found"),
    ("invalid syntax", "The syntax is invalid."),
    ("TypeError: x is not a function", "x is not a function"),
    ("OutOfMemoryError", "Out of memory error"),
    ("文件不存在", "文件不存在。"),
    ("连接超时", "连接超时了"),
]

EXPLAINED = [
    ("Killed", "The container used more memory than its limit."),
    ("permission denied", "The socket belongs to root and the user is not in the docker group."),
    ("no space left on device", "Inodes ran out, though blocks are free."),
    ("connection refused", "No process listens on that port."),
    ("connection pool timeout", "All connections in the pool are in use."),
    ("index already exists", "Two jobs create the index at once."),
    ("port already allocated", "Another container publishes port 80."),
    ("command not found", "Typo."),
    ("command not found", None),
    ("module not found", "The package is not installed in this environment."),
    ("invalid syntax", "Python 2 print statements."),
    ("NaN loss", "Exploding gradients."),
    ("TypeError: x is not a function", "x is an object since the default export changed."),
    ("fatal: not a git repository", "The command ran outside a working tree."),
    ("unable to lock the database", "An earlier apply crashed and left its lock."),
    ("token expired", "The clock of the host is wrong."),
    ("Connection timed out", "A firewall drops the packets."),
    ("file exists", "The file does not exist on the other host."),
    ("undefined reference to main", "The object file is missing from the link line."),
    ("stack overflow", "Recursion without end."),
    ("文件不存在", "路径写错了。"),
    ("连接超时", "防火墙丢弃了数据包。"),
    ("deadlock detected", "Two transactions lock rows in different order."),
    ("peer dependency conflict", "npm 7 refuses what npm 6 let through."),
    ("certificate expired", "Renewal stopped when the cron job was removed."),
]


@pytest.mark.parametrize(("signature", "cause"), REPEATED)
def test_a_root_cause_that_only_turns_the_signature_round_is_noted(signature: str, cause: str) -> None:
    assert found({"/signature": signature, "/root_cause": cause}, "TXT010") == ["/root_cause"]


@pytest.mark.parametrize(("signature", "cause"), EXPLAINED)
def test_a_root_cause_that_says_why_is_none(signature: str, cause: str | None) -> None:
    assert found({"/signature": signature, "/root_cause": cause}, "TXT010") == []


words = st.sampled_from(["disk", "memory", "token", "folder", "branch", "socket", "cluster", "kernel"])


@given(st.lists(words, min_size=1, max_size=6), st.permutations(["the", "was", "of", "in"]))
def test_order_number_and_function_words_change_no_content(nouns: list[str], others: list[str]) -> None:
    turned = " ".join([*others, *(f"{noun}s" for noun in reversed(nouns))])
    assert set(content_words(turned)) == set(content_words(" ".join(nouns)))
