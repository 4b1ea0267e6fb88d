"""TXT008: a gap where a word was, and all the gaps where none was."""

import re
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kb.analysis.losses import losses
from tests.conftest import clean, codes, found, judge, published

LOST = [
    "Use  to create materialized views",
    "Run the  command again",
    "Replace  with your own key",
    "Check that  is set in  before the start",
    "Add  to the group  and log in again",
    "Set $uri  and reload",
    "先运行  命令",
    "docker run -u  -p 80:80 nginx",
    "docker exec -it  bash",
    "kubectl get pods -n  -o wide",
    "psql -U  -d  -h localhost",
    "cp  /etc/nginx/nginx.conf",
    "echo  >> ~/.bashrc",
    "helm upgrade  ./chart",
    'set  "http://upstream";',
    "Use try_files  / /index.html for SPA",
    "Don't touch it's  folder",
    "first line\nthen run  again",
    "Run 'docker rm  -f' first",
    "mysql --user= --password= shop",
    "kubectl create secret generic x --from-literal=",
    "docker run -e POSTGRES_USER= -e POSTGRES_PASSWORD= postgres",
    "docker run -v :/data alpine",
    "docker run --user : alpine",
    "chown -R : /var/www",
    "export PATH=:/usr/local/cuda/bin",
    'curl -H "Authorization: Bearer " https://example.com',
    "proxy_pass ;",
    "proxy_set_header Upgrade ; proxy_set_header Connection upgrade;",
    "fastcgi_param SCRIPT_FILENAME ;",
    "for f in ; do echo x; done",
    "SET max_connections = ;",
    "Look into the ; then restart",
    'awk "{print , }" file',
    "call f(, 2) again",
    "Read the .",
    "run `` and wait",
    "Then run `` again.",
    "install the '' package",
    'open the "" file',
    "安装 the “” package",
    "git push origin ",
    "pip install ",
    "systemctl restart ",
    "Use logrotate with postrotate: kill -USR1 ",
    "Test map values with add_header X-Debug-Map ",
    "Set the timeout to ",
    "Use `kill -9 ` to stop it",
    "export JAVA_HOME= ",
    "Run 'kubectl logs ",
]

WHOLE = [
    "One sentence.  And another.",
    "Really?  Yes!  So",
    "Note:  it stays",
    "pip install x  # installs it",
    "int x = 1;  // one",
    "SELECT 1  -- one",
    "a  -> b",
    "a  → b",
    "old  =>  new",
    "Use it  — then restart",
    "Stop it  - start it",
    "key   : value",
    "name  = value",
    "a | b  | c",
    "value  or  other  or  none",
    "NAME   READY   STATUS",
    "-v  be verbose",
    "1.  Do this",
    "-  an item",
    "#   terraform plan",
    "column one      column two",
    "a\tb  c",
    "name   = a\nlonger = b",
    "pub fn helper() { }        // visible\npub(crate) fn x() { } // here",
    "controller:\\n  ros__parameters:\\n    use_sim_time: true",
    "def f():\n    return 1",
    "HOST  PORT  USER\na  b  c\nd  e  f",
    "On Aug  6 it expired",
    "grep 'a  b' file",
    'echo "a  b"',
    "printf '%s  %s\\n' a b",
    "make ; make install",
    "cd build ; cmake ..",
    "find . -exec rm {} \\;",
    "for i in 1 2 3 ; do echo $i ; done",
    "while true ; do sleep 1 ; done",
    "if [ -f x ] ; then echo y ; fi",
    "SELECT * FROM t ;",
    "x = 1 ;",
    "for (;;) ;",
    "Erreur : fichier ; voir plus bas",
    "docker run -u 1000 -p 80:80 nginx",
    "pass --prefix= to configure",
    "use `--memory=` with a number",
    "CFLAGS= make",
    "docker run --entrypoint= image sh",
    "chown :staff file",
    "useState('')",
    "Fails for falsy values (0, '', false)",
    "CONFIG SET save ''",
    "Returns '' when the file is empty",
    'The string "" is the default',
    "git config user.name ''",
    "Use ``code`` here",
    "`` `a` `` in Markdown",
    "``` and text",
    "1. Look:\n\n   ```bash\n   docker ps -a\n   ```\n\n2. Stop it",
    "`a` `b` `c`",
    "git add .",
    "cp x .",
    "Copy it to .",
    "Restart the server ",
    "It is gone. ",
    "Try it again! ",
    "Restart it\n",
    "",
    " ",
]


@pytest.mark.parametrize("text", LOST)
@pytest.mark.parametrize("pointer", ["/workarounds/0/how", "/dead_ends/0/action"])
def test_a_gap_where_a_word_was_is_found(text: str, pointer: str) -> None:
    assert found({pointer: text}, "TXT008") == [pointer]


@pytest.mark.parametrize("text", WHOLE)
def test_blanks_and_signs_of_other_use_are_none(text: str) -> None:
    places = {"/workarounds/0/how": text, "/workarounds_zh/0": text, "/dead_ends/0/action": text, "/root_cause": text}
    assert found(places, "TXT008") == []


def test_the_text_is_judged_as_it_came_not_as_it_was_repaired() -> None:
    outcome = published({**clean(), "root_cause": "It needs a restart of "})
    assert outcome.document["root_cause"] == "It needs a restart of"
    assert {"TXT001", "TXT008"} <= codes(outcome)


def test_signatures_are_the_output_of_tools_which_have_columns() -> None:
    signature = "! [rejected]  main -> main  fetch first"
    assert found({"/signature": signature, "/signature_zh": signature, "/regex": "rejected"}, "TXT008") == []


def test_a_text_that_stands_with_single_blanks_as_well_lost_nothing() -> None:
    twice = {"/dead_ends/0/action": "Raise  the limit", "/dead_ends/1/action": "raise the limit"}
    assert found(twice, "TXT008") == []
    assert found({"/dead_ends/0/action": "Raise  the limit"}, "TXT008") == ["/dead_ends/0/action"]


def test_the_message_shows_the_gap_and_counts_the_others() -> None:
    document = {**clean(), "root_cause": "Whoever needs  to work has  to wait until  is there."}
    (message,) = [f.message for f in judge(document).findings if f.code == "TXT008"]
    assert message.startswith('"Whoever needs  to work has  to wa…" and 2 more: a word is missing there')


words = st.text(string.ascii_letters + string.digits, min_size=1, max_size=9)
sentences = st.lists(words, max_size=12).map(" ".join)
signs = st.sampled_from([".", ",", ":", ";", "!", "", "", ""])
prose = st.lists(st.tuples(words, signs).map("".join), max_size=12).map(" ".join)


@given(st.lists(sentences, max_size=4).map("\n".join))
def test_single_blanks_between_words_are_never_a_gap(text: str) -> None:
    assert list(losses(text)) == []


@given(prose)
def test_nor_are_they_with_signs_after_the_words(text: str) -> None:
    assert list(losses(text)) == []


@given(prose, st.sampled_from(["Use  to create views", "proxy_pass ;", "run `` and wait", "the '' package"]), prose)
def test_text_around_it_hides_no_gap(before: str, gap: str, after: str) -> None:
    speaks_of_nothing = re.search(r"(?i)none|null|empt|blank|default|string", before + after)
    assume("''" not in gap or not speaks_of_nothing)
    assert list(losses(f"{before}; {gap}. {after}"))


@given(st.text(alphabet=" ab;`'\"=-:.,|#\n\\{(", max_size=80))
def test_any_text_is_judged_and_each_piece_is_of_it(text: str) -> None:
    assert all(piece.strip("…") in text for piece in losses(text))
