"""EVD004 and EVD006: which links may be followed, in every notation that a browser takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Rejected
from pipeline.rules import urls
from pipeline.rules.example import with_changes
from tests.conftest import codes, found, judge, published

SOURCE = "/workarounds/0/sources/0"

LOOPBACK = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7F.0.0.0x1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://127.0.0.1./",
    "http://127。0。0。1/",
    "http://１２７.0.0.1/",
    "http://①②⑦.0.0.1/",
    "http://%31%32%37.0.0.1/",
    "http://127.255.255.254/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://localhost/",
    "http://LOCALHOST:8080/",
    "http://localhost./",
    "http://ｌｏｃａｌｈｏｓｔ/",
    "http://app.localhost/",
]

PRIVATE = [
    "http://0.0.0.0/",
    "http://0/",
    "http://[::]/",
    "http://10.1/",
    "http://10.255.255.255/",
    "http://172.16.0.1/",
    "http://172.31.255.254/",
    "http://192.168.0.1/",
    "http://192.168.257/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data",
    "http://0xa9fea9fe/",
    "http://[::ffff:169.254.169.254]/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fec0::1]/",
    "http://[fd00::1]/",
    "http://[ff02::1]/",
    "http://printer.local/",
    "http://metadata.google.internal/",
    "http://router.lan/",
    "http://nas.home.arpa/",
    "http://intranet/wiki",
]

OTHER_SCHEMES = [
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "javascript:alert(1) // a b",
    "data:text/html,<b>",
    "file:///etc/passwd",
    "ftp://ftp.gnu.org/gnu/",
    "ssh://git@github.com/a/b",
    "mailto:someone@example.org",
]

CREDENTIALS = ["https://user:pass@example.org/a", "https://token@example.org/a", "https://example.org\\@127.0.0.1/"]

MALFORMED_AND_UNSAFE = [
    "http:\\\\127.0.0.1\\",
    "http:/127.0.0.1/",
    "http:///127.0.0.1/",
    "http:127.0.0.1/",
    "http://127.0.0.1\\.example.org/",
    "http://127.0.0.1/a b",
    "http://127.0.0.1:99999/",
]

PUBLIC = [
    "https://git-scm.com/docs/git",
    "https://GIT-SCM.com/docs/git",
    "http://example.org:8080/a?b=c#d",
    "https://medium.com/@someone/a-post",
    "https://example.org/login?next=http://localhost:3000/",
    "https://example.org/?q=user:pass@host",
    "https://localhost.example.org/a",
    "https://10.example.org/a",
    "https://1.1.1.1/dns",
    "https://172.15.0.1/a",
    "https://172.32.0.1/a",
    "https://100.63.255.255/a",
    "https://100.128.0.1/a",
    "https://[2606:4700:4700::1111]/dns",
    "https://[::ffff:1.1.1.1]/dns",
    "https://münchen.example/a",
    "https://例え.jp/重启",
    "https://xn--r8jz45g.jp/a",
    "https://example.org/a%20b",
]

MALFORMED = [
    "git-scm.com/docs",
    "see the manual",
    "Note: see the manual",
    "https://git-scm.com/docs/git rev-parse",
    "https://git-scm.com\\docs",
    "https://exa mple.org/",
    "https://",
    "https:///",
    "https://[::1/",
    "https://example.org:99999/",
    "https://example.org:port/",
]


@pytest.mark.parametrize("url", [*LOOPBACK, *PRIVATE, *OTHER_SCHEMES, *CREDENTIALS, *MALFORMED_AND_UNSAFE], ids=ascii)
def test_what_must_not_be_followed_rejects_its_record(url: str) -> None:
    outcome = judge(with_changes({SOURCE: url}))
    assert isinstance(outcome, Rejected)
    assert [finding.pointer for finding in outcome.findings if finding.code == "EVD004"] == [SOURCE]


@pytest.mark.parametrize("url", PUBLIC, ids=ascii)
def test_what_is_public_passes(url: str) -> None:
    assert not {"EVD003", "EVD004", "EVD006"} & codes(published(with_changes({SOURCE: url})))


@pytest.mark.parametrize("url", MALFORMED, ids=ascii)
def test_what_cannot_be_followed_is_flagged_and_is_no_evidence(url: str) -> None:
    outcome = published(with_changes({SOURCE: url, "/official_doc_url": None}))
    assert {"EVD006"} == {finding.code for finding in outcome.findings if finding.pointer == SOURCE}
    assert outcome.document["curation"]["distinct_sources"] == 3


@pytest.mark.parametrize("url", MALFORMED_AND_UNSAFE, ids=ascii)
def test_two_defects_of_a_url_have_two_findings(url: str) -> None:
    assert found({SOURCE: url}, "EVD006" if urls.read(url).fault else "EVD004") == [SOURCE]


@pytest.mark.parametrize(
    "url", ["https://git-scm.com", "HTTPS://git-scm.com/", "https://git-scm.com/?", "https://git-scm.com/#"]
)
def test_a_bare_host_is_a_home_page_however_written(url: str) -> None:
    assert found({SOURCE: url}, "EVD003") == [SOURCE]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/a", "http://example.org/a"),
        ("https://example.org/a", "https://example.org/a/"),
        ("https://example.org/a", "https://example.org/a#b"),
        ("https://example.org/a", "https://EXAMPLE.org/a"),
        ("https://example.org/a", "https://www.example.org/a"),
    ],
)
def test_two_addresses_of_one_page_count_once(one: str, other: str) -> None:
    assert urls.read(one).page == urls.read(other).page


@pytest.mark.parametrize("other", ["https://example.org/A", "https://example.org/a?b", "https://example.org:8443/a"])
def test_different_pages_count_apart(other: str) -> None:
    assert urls.read("https://example.org/a").page != urls.read(other).page


_PIECES = ["http://", "https://", "HTTPS://", "www.", "docs.", "example", ".org", ".local", ".lan", ".arpa", ".land", "/", "//",
           "a", "B", ".", "-", ":8080", "@", "?", "#", "%", "\\", " ", "\n", "\r", "é", "127.0.0.1", "localhost", "["]  # fmt: skip


@given(st.lists(st.lists(st.sampled_from(_PIECES), max_size=9).map("".join), max_size=4))
def test_urls_that_are_not_taken_apart_are_ones_that_have_nothing_to_be_said_of(cited: list[str]) -> None:
    pages = urls.ordinary_pages(cited)
    if pages is not None:
        assert {urls.take_apart(url) for url in cited} == {
            urls.Reading(None, None, page, urls.front(page)) for page in pages
        }


def test_what_nearly_every_url_is_like_is_not_taken_apart() -> None:
    cited = [
        "https://www.example.org/a/",
        "http://docs.example.org/a/B-1.html",
        "https://example.org",
        "https://x.land/",
    ]
    assert urls.ordinary_pages(cited) == {"example.org/a", "docs.example.org/a/B-1.html", "example.org", "x.land"}
    assert urls.ordinary_pages([]) == set()
    assert urls.ordinary_pages(["https://example.org/a\nhttps://example.org/b"]) is None
