"""EVD004 and EVD006: which links may be followed, in every notation that a browser takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.analysis import urls
from kb.model import Rejected
from kb.rules.example import with_changes
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
            urls.ReadUrl(None, None, page, urls.front(page)) for page in pages
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


NAMES_OF_NO_PUBLIC_HOST = [
    "http://localhost.localdomain/",
    "http://localhost4.localdomain4/",
    "http://ip6-localhost/",
    "http://host.docker.internal:3000/",
    "http://METADATA.google.internal./computeMetadata",
    "http://wiki.corp/x",
    "http://nas.home/",
    "http://git.intranet/a",
    "http://api.test/x",
    "http://foo.invalid/x",
    "http://api.default.svc/",
    "http://api.default.svc.cluster.local/",
    "http://127.0.0.1.nip.io/",
    "http://app-10-0-0-1.sslip.io/",
    "http://7f000001.nip.io/",
    "http://app-c0a801fc.nip.io/",
    "http://--1.sslip.io/",
    "http://app.localtest.me/",
    "http://lvh.me:3000/",
    "http://192-168-1-5.abcdef.plex.direct:32400/",
    "http://[64:ff9b::a00:1]/",
    "http://[64:ff9b:1::1]/",
    "http://[2001:db8::1]/",
    "http://loc\u00adalhost/",
    "http://localhost%2e/",
    "http://4294967296/",
    "http://1.2.3.4.5/",
    "http://256.1.1.1/",
    "java\tscript:alert(1)",
    "ht\ntp://127.0.0.1/",
    "http://local\nhost/",
    "//localhost/a",
    "\\\\localhost\\a",
    "http://127.0.0.1#@example.org/",
    "http://example.org@127.0.0.1/",
]

PUBLIC_ALL_THE_SAME = [
    "https://nip.io/a",
    "https://1.1.1.1.nip.io/a",
    "https://8-8-8-8.sslip.io/a",
    "https://catnip.io/a",
    "https://docs.k8s.io/a",
    "https://localhost.run/a",
    "https://internal.example.com/a",
    "https://corp.com/a",
    "https://home.com/x",
    "https://test.com/a",
    "https://x.homes/a",
    "https://www.consul.io/a",
    "https://a.example/a",
    "https://[64:ff9b::808:808]/a",
    "https://127.0.0.1.example.org/a",
    "https://deadbeef.example.com/a",
    "https://0x7f.com/a",
]

HOME_PAGES = [
    "https://x.org/index.php",
    "https://x.org/Default.aspx",
    "https://x.org/home",
    "https://x.org/en-US/",
    "https://x.org/zh_CN/index.htm",
    "https://x.org//",
    "https://x.org/?utm_source=a&utm_medium=b",
    "https://x.org/#/",
    "https://docs.x.org/",
]

FRONTS = [
    "https://x.org/docs/",
    "https://x.org/docs/index.html",
    "https://x.org/docs/en/latest",
    "https://x.org/en/stable/",
    "https://x.org/documentation",
    "https://x.org/manual/en/index.php",
    "https://x.org/wiki/Main_Page",
    "https://github.com/a/b",
    "https://github.com/a/b/issues",
    "https://gitlab.com/a/b/-/issues",
    "https://docs.x.org/3/",
    "https://x.readthedocs.io/en/latest/index.html",
    "https://docs.rs/tokio/latest/",
    "https://www.postgresql.org/docs/16/index.html",
    "https://dev.mysql.com/doc/refman/8.0/en/",
    "https://stackoverflow.com/questions/tagged/git",
    "https://support.x.org/hc/en-us",
    "https://react.dev/learn",
]

PAGES = [
    "https://x.org/docs/install",
    "https://x.org/docs#install",
    "https://x.org/docs/?q=a",
    "https://github.com/a/b/issues/1",
    "https://github.com/a/b/wiki/Errors",
    "https://github.com/a/b/releases/tag/v1",
    "https://stackoverflow.com/questions/123/x",
    "https://docs.python.org/3/library/re.html",
    "https://en.wikipedia.org/wiki/Git",
    "https://x.org/2024",
    "https://x.org/news/123",
    "https://go.dev/ref/spec",
    "https://nodejs.org/api/errors.html",
    "https://x.org/index.php?title=Foo",
    "https://x.org/guide/gpu",
    "https://git-scm.com/docs/git-merge/2.40.0",
    "https://x.org/#install",
]


@pytest.mark.parametrize("url", NAMES_OF_NO_PUBLIC_HOST, ids=ascii)
def test_a_name_that_stands_for_no_public_host_is_dangerous(url: str) -> None:
    assert urls.read(url).danger


@pytest.mark.parametrize("url", PUBLIC_ALL_THE_SAME, ids=ascii)
def test_a_name_that_only_looks_like_one_is_not(url: str) -> None:
    assert urls.read(url) == urls.ReadUrl(None, None, urls.read(url).page)


@pytest.mark.parametrize("url", HOME_PAGES)
def test_a_home_page_is_known_in_every_spelling(url: str) -> None:
    assert found({SOURCE: url}, "EVD003") == [SOURCE]
    assert found({SOURCE: url}, "EVD009") == []


@pytest.mark.parametrize("url", FRONTS)
def test_the_front_of_a_documentation_is_no_page_of_it(url: str) -> None:
    assert found({SOURCE: url}, "EVD009") == [SOURCE]
    assert found({SOURCE: url}, "EVD003") == []


@pytest.mark.parametrize("url", PAGES)
def test_a_page_of_its_own_counts_as_a_source(url: str) -> None:
    assert urls.read(url).is_evidence


@pytest.mark.parametrize("url", [*HOME_PAGES, *FRONTS])
def test_neither_counts_as_a_source_and_that_is_all_that_is_said_of_it(url: str) -> None:
    outcome = published(with_changes({SOURCE: url, "/official_doc_url": None, "/evidence_count": 4}))
    assert outcome.document["curation"]["distinct_sources"] == 3
    assert {finding.code for finding in outcome.findings} <= {"EVD003", "EVD009"}
