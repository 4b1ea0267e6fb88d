"""EVD: evidence, and what may be linked as such."""

from kb.analysis import urls
from kb.analysis.placeholders import holds_a_place
from kb.analysis.titles import is_title
from kb.model import GONE, Document, Json, Severity
from kb.rules.base import ABSENT, At, Found, Record, Stage, check, fix, fold
from kb.words import show

_URL = "/workarounds/0/sources/0"

_PAGE = "https://git-scm.com/docs/git-init"


@check(
    "EVD001",
    "evidence-overcounted",
    Severity.WARNING,
    version=2,
    good=[{}, {"/evidence_count": None}, {"/evidence_count": 1}, {_URL: "https://git-scm.com/"}],
    bad=[{"/evidence_count": 12}, {"/evidence_count": 5}],
)
def evidence_overcounted(r: Record) -> Found:
    """Counts no more evidence than it has distinct source URLs.

    Only what can be followed can be checked. The official document is one of the sources; two addresses of one page
    (fragment, closing slash, http or https) count once. Home pages and fronts of documentations are no evidence; where
    they alone are what is missing, EVD003 and EVD009 say so, and this is silent.
    """
    declared = r.document["evidence_count"]
    if declared is not None and declared > r.distinct_pages:
        yield (
            "/evidence_count",
            f"{declared} is claimed, {r.distinct_sources} can be followed; cite the others, or count these",
        )


@check(
    "EVD002",
    "unsourced",
    Severity.INFO,
    version=2,
    good=[{}, {"/dead_ends/1/sources": [], "/dead_ends/1/quote": "This command creates an empty Git repository."}],
    bad=[{"/dead_ends/1/sources": []}, {"/workarounds/0/sources": None}],
)
def unsourced(r: Record) -> Found:
    """Gives every dead end and workaround a source.

    A claim with a source can be confirmed again later, by somebody else. Where there is a quote, and its source is what is
    missing, EVD012 says so.
    """
    for pointer, item in r.items():
        if not item["sources"] and not _quoted(item):
            yield f"{pointer}/sources", "[] cites nothing for this action; add the page that supports it"


@check(
    "EVD003",
    "source-is-homepage",
    Severity.INFO,
    version=2,
    good=[{}],
    bad=[
        {_URL: "https://git-scm.com"},
        {_URL: "https://git-scm.com/"},
        {_URL: "https://git-scm.com/index.html"},
        {_URL: "https://git-scm.com/en/"},
    ],
)
def source_is_homepage(r: Record) -> Found:
    """Links pages, not bare domains.

    A home page proves nothing and changes every week, in whatever language: `/`, `/index.html`, `/home`, `/en/`. It does
    not count as a source.
    """
    for pointer, url, reading in r.fronts:
        if reading.front == urls.HOME:
            yield pointer, f"{show(url)} is a home page; link the page that says it"


@check(
    "EVD004",
    "unsafe-url",
    Severity.ERROR,
    version=2,
    good=[{}, {_URL: "http://example.org:8080/a?b=c#d"}, {_URL: "https://1.1.1.1/dns"}],
    bad=[
        {_URL: "http://localhost:3000/docs"},
        {_URL: "https://user:pass@example.org/"},
        {_URL: "javascript:alert(1)"},
        {_URL: "file:///etc/passwd"},
        {_URL: "http://0x7f.1/"},
        {_URL: "http://2130706433/"},
        {_URL: "http://[::ffff:10.0.0.1]/"},
        {_URL: "http://100.64.0.1/"},
        {_URL: "http://169.254.169.254/latest/meta-data"},
        {_URL: "http://[fd00::1]/"},
        {_URL: "http://intranet/wiki"},
        {_URL: "http://localhost.localdomain/"},
        {_URL: "http://app.10-0-0-1.nip.io/"},
        {"/official_doc_url": "ftp://ftp.gnu.org/gnu/"},
    ],
)
def unsafe_url(r: Record) -> Found:
    """Links only http(s) URLs of public hosts.

    Readers, and agents before them, follow these links: no other scheme, no credentials, no `localhost` or other name of
    a private network, no loopback, private, link-local, carrier or unique-local address in any notation that a browser
    takes, nor spelt in a name that stands for it (`10.0.0.1.nip.io`).
    """
    for pointer, url, reading in r.odd_links:
        if reading.danger is not None:
            yield pointer, f"{show(url)} {reading.danger}; link a public http(s) page"


@check(
    "EVD005",
    "confidence-beyond-evidence",
    Severity.WARNING,
    version=2,
    reads=("trust.ceiling_by_sources", "trust.ceiling_by_tier", "trust.ladder"),
    good=[
        {},
        {"/verification_tier": "ai_generated", "/confidence": 0.8},
        {"/verification_tier": "hearsay"},
        {"/verification_tier": "hearsay", "/confidence": 0.95},
        {"/confidence": 95},
    ],
    bad=[
        At({"/verification_tier": "ai_generated"}, "/confidence"),
        {"/confidence": 0.95},
        {"/confidence": 1},
        At({"/verification_tier": "ai_generated", "/confidence": 0.81}, "/confidence"),
    ],
)
def confidence_beyond_evidence(r: Record) -> Found:
    """Claims no confidence above the ceiling that its evidence and tier allow.

    Distinct sources are counted, never taken as declared. A tier that people stand behind lifts the ceiling, but not
    of a record without any source: nobody can follow what it says of itself. The settings are in the table `trust` of
    kb.toml. Of a tier that is none, only TIR001 speaks.
    """
    declared, ceiling = r.document["confidence"], r.ceiling
    tier = r.document["verification_tier"]
    if ceiling < declared <= 1 and tier in r.settings.trust.ladder:
        count = r.distinct_sources
        sources = "1 distinct source" if count == 1 else f"{count} distinct sources"
        yield (
            "/confidence",
            f"{declared:g} is above {ceiling:g}, the cap for {sources} and the tier {tier}; add sources, or lower it",
        )


@check(
    "EVD006",
    "malformed-url",
    Severity.WARNING,
    good=[{}],
    bad=[
        {_URL: "https://git-scm.com/docs/git rev-parse"},
        {_URL: "git-scm.com/docs"},
        {_URL: "https://[::1/"},
        {"/official_doc_url": "see the manual"},
    ],
)
def malformed_url(r: Record) -> Found:
    """Has URLs that parse, with no white space.

    Such a link cannot be followed, and does not count as evidence.
    """
    for pointer, url, reading in r.odd_links:
        if reading.fault is not None:
            yield pointer, f"{show(url)} {reading.fault}; write a whole URL, or remove it"


@check(
    "EVD007",
    "plain-http",
    Severity.INFO,
    screen="(?i)http://",
    good=[{}, {_URL: "http://localhost/docs"}, {_URL: "http://git-scm.com/docs git"}],
    bad=[{_URL: "http://git-scm.com/docs"}, {_URL: "HTTP://git-scm.com/docs"}],
)
def plain_http(r: Record) -> Found:
    """Links https.

    What comes over plain http can be changed on the way, and most hosts have served https for years.
    """
    for pointer, url, reading in r.links:
        if url[:7].lower() == "http://" and reading.fault is None and reading.danger is None:
            yield pointer, f"{show(url)} is not encrypted; link https"


@fix(
    "EVD008",
    "source-duplicated",
    Severity.INFO,
    stage=Stage.LIST,
    at=("dead_ends/*/sources", "workarounds/*/sources"),
    says="{before} stands twice in one list; one is kept",
    good=[{}],
    bad=[
        (
            {"/workarounds/0/sources": ["https://git-scm.com/docs/git", "https://git-scm.com/docs/git"]},
            {"/workarounds/0/sources/1": ABSENT},
        ),
        (
            {"/dead_ends/1/sources": [_PAGE, "https://git-scm.com/docs/git", _PAGE, _PAGE]},
            {"/dead_ends/1/sources/2": ABSENT, "/dead_ends/1/sources/3": ABSENT},
        ),
    ],
)
def source_duplicated(sources: Json) -> Json:
    """Lists a source once per item.

    The same address twice is no more evidence. Later copies go.
    """
    if len(set(sources)) == len(sources):
        return sources
    seen: set[str] = set()
    return [GONE if url in seen or seen.add(url) else url for url in sources]  # type: ignore[func-returns-value]


@check(
    "EVD009",
    "source-is-landing-page",
    Severity.INFO,
    good=[
        {},
        {_URL: "https://git-scm.com/docs/git-clone"},
        {_URL: "https://kafka.apache.org/documentation/#producerconfigs"},
    ],
    bad=[
        {_URL: "https://git-scm.com/docs"},
        {_URL: "https://pip-tools.readthedocs.io/en/latest/"},
        {_URL: "https://docs.python.org/3/"},
        {_URL: "https://airflow.apache.org/docs/apache-airflow/stable/index.html"},
        {_URL: "https://github.com/git/git/issues"},
    ],
)
def source_is_landing_page(r: Record) -> Found:
    """Cites pages, not the front of a documentation.

    The front of a manual, of a wiki, of a repository or of its list of issues says nothing of the error itself, so who
    wants to check the claim has everything to search. It does not count as a source, and neither does a home page.
    """
    for pointer, url, reading in r.fronts:
        if reading.front == urls.LANDING:
            yield pointer, f"{show(url)} is only the way in to many pages; cite the one that says it"


_WORDS = "Show the absolute path of the top-level directory of the working tree."

_HAS_QUOTE = r'"quote":"'


@check(
    "EVD010",
    "quote-is-title",
    Severity.WARNING,
    screen=_HAS_QUOTE,
    good=[
        {},
        {"/workarounds/0/quote": _WORDS},
        {"/workarounds/0/quote": "git-rev-parse shows the top-level directory - Git looks for it upwards."},
        {"/workarounds/0/quote": "N/A"},
    ],
    bad=[
        {"/workarounds/0/quote": "Git - git-rev-parse Documentation"},
        {"/workarounds/1/quote": "Git"},
        {"/dead_ends/0/quote": "fatal: not a git repository (or any of the parent directories): .git"},
        {"/dead_ends/1/quote": "Options for files"},
        At(
            {
                "/dead_ends/0/sources/0": "https://stackoverflow.com/questions/4630704",
                "/dead_ends/0/quote": "Git says that this is no repository - Stack Overflow",
            },
            "/dead_ends/0/quote",
        ),
    ],
)
def quote_is_title(r: Record) -> Found:
    """Quotes the words of a source that support the claim, not the title of the page.

    A title says what a page is about, not what it says of that. Taken for one is a quote that says no more than the signature,
    the error code, the section of the official document, or the last parts of the address of a source of it; the names of
    the site and of the tool, and words such as "documentation", aside. So is one that the name of the site closes, as in
    "… - Stack Overflow".
    """
    for pointer, item in r.items():
        quote = _quoted(item)
        if quote and _is_title(r, item, quote):
            yield (
                f"{pointer}/quote",
                f"{show(quote)} is the title of a page, which supports nothing; quote the words that say so, or none",
            )


@check(
    "EVD011",
    "quote-serves-several",
    Severity.WARNING,
    screen=_HAS_QUOTE,
    good=[
        {},
        {"/workarounds/0/quote": _WORDS, "/workarounds/1/quote": "Run as if git was started in that path."},
        {"/workarounds/0/quote": "Git", "/workarounds/1/quote": "Git"},
    ],
    bad=[
        At(
            {
                "/workarounds/0/quote": "Run as if git was started there.",
                "/workarounds/1/quote": "Run as if git was started there.",
            },
            "/workarounds/1/quote",
        ),
        At(
            {
                "/dead_ends/1/quote": "Run as if git was started there.",
                "/workarounds/0/quote": "“run as if git was started there…”",
            },
            "/workarounds/0/quote",
        ),
    ],
)
def quote_serves_several(r: Record) -> Found:
    """Quotes for each claim the words that support that claim.

    One sentence seldom supports two claims, and never the same way: where it stands at several, somebody had one source
    and more claims. Quotes are compared with case, white space and the marks around them folded. Copies of an item, which
    DED003 and WRK003 merge, are one claim.
    """
    claims: dict[str, tuple[str, str]] = {}
    for pointer, item in r.items():
        quote = _quoted(item)
        if not quote or _is_title(r, item, quote):
            continue
        claim = fold(item["action"])
        first, action = claims.setdefault(fold(quote).strip(_AROUND), (pointer, claim))
        if first != pointer and action != claim:
            yield (
                f"{pointer}/quote",
                f"{show(quote)} is the quote of {first} too; quote what supports this claim, or leave it to the other",
            )


@check(
    "EVD012",
    "quote-without-source",
    Severity.WARNING,
    screen=_HAS_QUOTE,
    good=[{}, {"/workarounds/0/quote": _WORDS}, {"/workarounds/0/sources": []}],
    bad=[
        At({"/workarounds/0/sources": [], "/workarounds/0/quote": _WORDS}, "/workarounds/0/quote"),
        At({"/dead_ends/1/sources": None, "/dead_ends/1/quote": _WORDS}, "/dead_ends/1/quote"),
    ],
)
def quote_without_source(r: Record) -> Found:
    """Names the source of what it quotes.

    Words that nobody can look up are no evidence, however they read. The official document of the record is not taken for
    the source: where it is, list it there too.
    """
    for pointer, item in r.items():
        quote = _quoted(item)
        if quote and not item["sources"]:
            yield f"{pointer}/quote", f"{show(quote)} has no source beside it; add the page that says so"


_AROUND = " \t\n.,;:!?…\"'`“”‘’«»„()[]。，；：！？（）「」"


def _quoted(item: Document) -> str | None:
    """What an item quotes, if that is no placeholder."""
    quote: str | None = item["quote"]
    return quote if quote and not holds_a_place(quote) else None


def _is_title(r: Record, item: Document, quote: str) -> bool:
    document, official = r.document, r.document["official_doc_url"]
    subjects = [document[key] for key in ("signature", "signature_zh", "error_code", "official_doc_section")]
    addresses = [*item["sources"], *([official] if official else [])]
    return is_title(quote, [*filter(None, subjects), *document["signatures"]], addresses, document["domain"])
