r"""The kinds of credentials: a row for each, with the shape that its issuer documents.

The shapes are facts (prefix, length, characters), taken from the issuers' documents and checked against the public rule
lists of gitleaks (config/gitleaks.toml) and detect-secrets; the patterns are our own. They are RE2, so that no text takes
long, and read one byte a character. White space is `\s`, a quote is `QUOTE`, and neither stands in a class: `spelt`
relies on it.
"""

import base64
import binascii
import hmac
import math
import re
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from kb.analysis.lazily import lazily

QUOTE = "[\"'`]"
_BLANK = rf"(?:\s|{QUOTE})"


class CredentialKind(NamedTuple):
    """A kind of credential. The first group of `pattern` is what is secret; `proof` is asked of it.

    The text may not go on with one of the characters `more`. `head` is what every text that `pattern` matches holds too,
    for the search that comes before all others. Where `unless` occurs in what precedes the secret, it is none.
    """

    name: str
    pattern: str
    more: str
    proof: Callable[[str], bool]
    head: str
    unless: re.Pattern[str] | None = None


# ---- whether a text is a secret, or made up for a document ------------------------------------------------------------

_WORDS = lazily(  # the last is the key of every storage emulator of Azure
    r"\*{2}|example|sample|dummy|fake|placeholder|redacted|your|insert|replace|change.?(?:me|it)|(?:token|secret|key).?here|x{4}"
    r"|0?1234567|abcdefg|7654321|Eby8vdM02xNOcqFl",
    re.IGNORECASE,
)
_RUN = lazily(r"(.)\1{5}")


def is_random(text: str) -> bool:
    """Whether a text looks drawn by lot, and not made up for a document."""
    enough = len(set(text)) >= min(7 + len(text) // 12, 12)
    return enough and not _RUN.search(text) and not _WORDS.search(text)


def _after(count: int) -> Callable[[str], bool]:
    return lambda token: is_random(token[count:])


def _last_part(token: str) -> bool:
    return is_random(re.split(r"[/.:|$]", token)[-1])


def _last_word(token: str) -> bool:
    return is_random(token.rpartition("-")[2])


_MADE_UP = lazily(
    r"p[a4@][s5$]{2}|pwd|secret|s3cret|token|user|admin|root|guest|login|name|host|local|test|demo|foo|bar|baz|hello|hunter2"
    r"|my[a-z_-]|some|word|qwert|asdf|letmein|welcome|default|postgres|mysql|mongo|redis|rabbit|docker|server|client"
    r"|database|string|value|param|config|encod|change|correct|horse|random|abc|123456|\*{2}|\.{3}",
    re.IGNORECASE,
)
"""What is in the passwords that documents make up, and in the names of variables."""

_VARIABLE = lazily(r"^[$%<{\[(#@]|[>})\]]$|\$[({]|\{\{|^[A-Z]+(?:_[A-Z]+)+$|^(?:True|False|None|null|nil)$")
"""What stands for a value: `$TOKEN`, `${{ secrets.X }}`, `<token>`, `%s`, `MY_TOKEN`."""


def _says(words: re.Pattern[str], text: str) -> bool:
    """Whether one of some words is in a text, in small or large letters; a lot that mixes them says nothing."""
    letters = (re.sub("[^A-Za-z]", "", match.group()) for match in words.finditer(text))
    return any(word in {word.lower(), word.upper(), word.title()} for word in letters)


_CLASSES = lazily(r"[a-z]+|[A-Z]+|[0-9]+|[^a-zA-Z0-9]+")


def _is_password(text: str) -> bool:
    """Whether what stands where a password does is one, and not a word for it."""
    parts = _CLASSES.findall(text)
    kinds = len({_class(part[0]) for part in parts})
    return (
        kinds >= 2
        and len(set(text)) >= 5
        and not _VARIABLE.search(text)
        and not _says(_MADE_UP, text)
        and not _WORDS.search(text)
    )


def _class(char: str) -> str:
    return "a" if char.islower() else "A" if char.isupper() else "0" if char.isdigit() else "."


_ORDINARY = lazily(
    r"secret|token|passw|credential|access|public|private|account|service|client|server|config|default|develop|product"
    r"|staging|testing|request|respon|session|cookie|header|param|string|number|value|index|object|array|module|package"
    r"|import|export|require|version|release|build|deploy|docker|kube|cluster|namespace|container|volume|image|registry"
    r"|github|gitlab|google|amazon|azure|cloud|lambda|bucket|storage|database|postgres|mysql|mongo|redis|kafka|rabbit"
    r"|python|java|script|node|react|spring|django|flask|rails|laravel|linux|ubuntu|debian|windows|system|local|remote"
    r"|network|socket|proxy|gateway|domain|email|user|admin|group|policy|role|permission|manager|handler|factory"
    r"|provider|context|content|length|encod|decod|base64|sha256|sha512|sha1|md5|hmac|json|yaml|http|file|path|folder"
    r"|directory|error|invalid|expire|missing|refresh|bearer|basic|oauth|openid|signature|certificate|chain|issuer"
    r"|algorithm|random|generat|create|delete|update|select|table|column|query|schema|model|train|batch|layer|tensor"
    r"|vocab|special|padding|embed|prompt|hello|world|enable|disable|support|option|setting|environ|variable|process",
    re.IGNORECASE,
)
"""Words of identifiers, paths and prose, none of which a text drawn by lot holds but by a rare chance."""

_NO_VALUE = lazily(
    r"^(?:[/~:=]|\.\.?/|--)|^\w+@[\w-]+\.\w+$|^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$|^[a-z]+(?:[._/-][a-z]+)*[._/-]?\d{0,4}$"
    r"|^[A-Z0-9]+(?:_[A-Z0-9]+)+$|^v?\d+(?:\.\d+)+|\.[a-z]{2,4}$|^\d{4}-\d\d-\d\d|^sha\d+[-:]"
)
"""Paths, addresses, names of variables, versions, files, dates, digests."""


def _entropy(text: str) -> float:
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def _is_key(text: str) -> bool:
    """Whether a value that is said to be secret looks drawn by lot: sixteen characters or more, letters and digits mixed."""
    text = text.rstrip(".,:=!?")
    if len(text) < 16 or not _is_mixed(text, digits=2) or _NO_VALUE.search(text) or _UUID.fullmatch(text):
        return False
    return _entropy(text) >= 3 and is_random(text)


def _is_value(text: str) -> bool:
    """Whether a value that is said to be a password is one: random, or of many kinds of characters."""
    if _is_key(text) or _is_login(text):
        return True
    shape = {_class(char) for char in text if char not in "-_./"}
    return (
        len(shape) >= 3
        and "0" in shape
        and _is_mixed(text, digits=1)
        and _is_password(text)
        and not _NO_VALUE.search(text)
    )


def _is_mixed(text: str, digits: int) -> bool:
    """Whether letters and digits, or in a long text large and small letters, follow each other without a pattern."""
    large, small = (sum(map(of, text)) for of in (str.isupper, str.islower))
    enough = sum(map(str.isdigit, text)) >= digits and large + small > 0
    enough = enough or (len(text) >= 20 and len(text) * 0.3 <= large <= len(text) * 0.7)
    return enough and len(_CLASSES.findall(text)) > max(3, len(text) // 5) and not _says(_ORDINARY, text)


_UUID = lazily(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _is_id(text: str) -> bool:
    return len(set(text)) >= 9 and not _RUN.search(text) and not _WORDS.search(text)


def _is_private_key(text: str) -> bool:
    return len(set(text)) >= 20 and not _RUN.search(text.replace("A", "")) and "EXAMPLE" not in text


_KNOWN_SECRETS = (
    b"secret",
    b"your-256-bit-secret",
    b"your-384-bit-secret",
    b"your-512-bit-secret",
    b"secretkey",
    b"key",
)
"""What the manuals sign their examples with."""


def _is_signed(token: str) -> bool:
    """Whether a JSON Web Token is signed by a secret: not by a manual's, and not that of jwt.io, which all of them show."""
    head, payload, signature = token.split(".")
    if not is_random(signature) or b'"1234567890"' in plain(payload) or b"John Doe" in plain(payload):
        return False
    signed = f"{head}.{payload}".encode()
    own = plain(signature)
    return not any(hmac.digest(secret, signed, by) == own for secret in _KNOWN_SECRETS for by in ("sha256", "sha512"))


def _is_login(encoded: str) -> bool:
    """Whether Base64 holds `user:password`."""
    user, colon, password = plain(encoded).decode("latin-1").partition(":")
    return (
        bool(colon)
        and len(_CLASSES.findall(encoded)) > 3
        and f"{user}{password}".isprintable()
        and password != user
        and _is_password(password)
    )


def plain(encoded: str) -> bytes:
    """What Base64 stands for, of either alphabet, with or without its end."""
    kept = encoded.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(kept[: len(kept) - (len(kept) % 4 == 1)] + "=" * (-len(kept) % 4))
    except binascii.Error:
        return b""


# ---- the kinds ---------------------------------------------------------------------------------------------------------

_WORD = "A-Za-z0-9_"


def _token(name: str, starts: str, body: str, proof: Callable[[str], bool] | None = None) -> CredentialKind:
    """A token that begins with one of some words (between spaces); the head needs some of the characters after it."""
    some = "|".join(map(re.escape, starts.split()))
    more = _WORD + "".join(char for char in "+/=-" if char in body)
    shortest = min(map(len, starts.split()))
    begins = re.match(r"(\[[^\]]+\])\{(\d+)", body)
    head = f"{begins[1]}{{{min(int(begins[2]), 8 if shortest < 5 else 2)}}}" if begins else body
    return CredentialKind(name, rf"(?:\b|_)((?:{some}){body})", more, proof or _after(shortest), f"(?:{some}){head}")


def _shape(
    name: str, pattern: str, proof: Callable[[str], bool] = is_random, more: str = _WORD, head: str | None = None
) -> CredentialKind:
    return CredentialKind(name, pattern, more, proof, head or pattern)


_BASE64_LINES = r"(?:[A-Za-z0-9+/=]|\s|\\+[nr]){64,}"
_KEY_HEADERS = r"(?:[A-Z][A-Za-z-]{2,20}: [^\\\n]{1,80}(?:\s|\\+[nr])+){0,4}"

_PRIVATE_KEYS = (  # RFC 7468, RFC 4716, RFC 9580; the line that begins a key is no secret, what it encloses is
    CredentialKind(
        "a private key",
        r"----[- ]?BEGIN (?:[A-Z][A-Z0-9]{1,8} ){0,2}PRIVATE KEY(?: BLOCK)?-----?(?:\s|\\+[nr])*"
        rf"{_KEY_HEADERS}({_BASE64_LINES})",
        "",
        _is_private_key,
        "PRIVATE KEY",
    ),
    # PuTTY, "PPK file format"
    CredentialKind(
        "a private key",
        rf"Private-Lines: \d{{1,3}}(?:\s|\\+[nr])+({_BASE64_LINES})",
        "",
        _is_private_key,
        "Private-Lines: ",
    ),
    # age, "The age file encryption format": Bech32
    _token("an age key", "AGE-SECRET-KEY-1", "[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
)

_CLOUDS = (
    # AWS IAM User Guide, "IAM identifiers": base 32
    CredentialKind(
        "an AWS access key",
        r"(?:\b|_)((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})",
        "A-Za-z0-9_/+=",
        _after(4),
        "(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{8}",
    ),
    _token("an AWS session token", "IQoJb3JpZ2lu FwoGZXIvYXdz", "[A-Za-z0-9+/]{100,}"),
    _token("an Amazon Bedrock key", "ABSK", "[A-Za-z0-9+/]{109,269}"),
    _token("an Amazon MWS token", "amzn.mws.", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    # Azure Storage, "Configure connection strings": 64 bytes in base 64; Service Bus, Event Hubs: 32 bytes
    _shape(
        "an Azure storage key",
        r"\bAccountKey=([A-Za-z0-9+/]{86}==)",
        is_random,
        "A-Za-z0-9+/=",
        "AccountKey=[A-Za-z0-9+/]{8}",
    ),
    _shape(
        "an Azure access key", r"\bSharedAccessKey=([A-Za-z0-9+/]{43}=)", more="A-Za-z0-9+/=", head="SharedAccessKey="
    ),
    _shape(
        "an Azure client secret",
        r"([A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34})",
        more="A-Za-z0-9_~-",
        head=r"\dQ~[A-Za-z0-9_~.-]{8}",
    ),
    _shape("an Azure signature", r"\bsig=([A-Za-z0-9%+/_-]{43,60}(?:=|%3[dD]))", head="sig=[A-Za-z0-9%+/_-]{8}"),
    _shape(
        "an Azure key",
        r"\b([A-Za-z0-9+/_-]{40,80}(?:AZDO|AzFu|AzSe|ACDb|\+ASt|JQQJ9)[A-Za-z0-9+/_-]{4,30}={0,2})",
        head=r"(?:AZDO|AzFu|AzSe|ACDb|\+ASt|JQQJ9)[A-Za-z0-9+/_-]{4}",
    ),
    # Google Cloud, "Manage API keys"; Google Identity, "OAuth 2.0"
    _token("a Google API key", "AIza", "[A-Za-z0-9_-]{35}"),
    _token("a Google client secret", "GOCSPX-", "[A-Za-z0-9_-]{28}"),
    _token("a Google access token", "ya29.", "[A-Za-z0-9_-]{30,}"),
    _shape("a Google refresh token", r"\b(1//0[A-Za-z0-9_-]{40,})", more="A-Za-z0-9_-", head="1//0[A-Za-z0-9_-]{8}"),
    _token("an Alibaba Cloud key", "LTAI", "[A-Za-z0-9]{20}"),
    _token("a DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", "[a-f0-9]{64}"),
    _token("a Heroku key", "HRKU-", "[A-Za-z0-9_-]{60}"),
    _token("a Fly.io token", "fo1_", "[A-Za-z0-9_-]{43}"),
    _token("a Fly.io token", "fm1a_ fm1r_ fm2_", "[A-Za-z0-9+/]{100,}={0,3}"),
    _token("a Scalingo token", "tk-us-", "[A-Za-z0-9_-]{48}"),
    _shape("a Cloudflare key", r"\b(v1\.0-[a-f0-9]{24}-[a-f0-9]{146})", head=r"v1\.0-[a-f0-9]{8}"),
    _token("a Netlify token", "nfp_ nfc_ nfu_ nfo_ nfb_", "[A-Za-z0-9]{36}"),
    _token("a Vercel token", "vcp_ vci_ vca_ vcr_ vck_ vercel_blob_rw_", "[A-Za-z0-9_]{24,60}"),
    _token("a Supabase key", "sbp_", "[a-f0-9]{40}"),
    _token("a Supabase key", "sb_secret_", "[A-Za-z0-9_-]{22,40}"),
    _token("a PlanetScale credential", "pscale_tkn_ pscale_pw_ pscale_oauth_", "[A-Za-z0-9=._-]{32,64}"),
    _shape("a ClickHouse key", r"\b(4b1d[A-Za-z0-9]{38})", lambda key: _is_mixed(key, digits=2) and is_random(key)),
    _token("a Yandex Cloud key", "AQVN", "[A-Za-z0-9_-]{35,38}"),
    _shape(
        "a Yandex Cloud token",
        r"\b(t1\.[A-Za-z0-9_-]{8,}={0,2}\.[A-Za-z0-9_-]{86}={0,2})",
        more="A-Za-z0-9_=",
        head=r"t1\.[A-Za-z0-9_-]+={0,2}\.[A-Za-z0-9_-]{20}",
    ),
)

_CODE_HOSTS = (
    # GitHub, "Behind GitHub's new authentication token formats". A checksum that does not fit makes no token harmless: it
    # may be mistyped, or of a new format
    _token("a GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", "[A-Za-z0-9]{36,255}"),
    _token("a GitHub token", "github_pat_", "[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    # GitLab, "Token overview"
    _token(
        "a GitLab token",
        "glpat- gldt- glrt- glft- glsoat- glffct- GR1348941",
        "[A-Za-z0-9_-]{20,300}(?:\\.[0-9a-z]{2,4}\\.?[0-9a-z]{7,9})?",
    ),
    _token("a GitLab token", "glptt-", "[0-9a-f]{40}"),
    _token("a GitLab token", "glcbt- glimt- glagent- gloas- glrtr- glwt-", "[A-Za-z0-9_-]{20,80}"),
    _shape("a GitLab session", r"\b_gitlab_session=([0-9a-z]{32})"),
    # Atlassian: API tokens, access tokens of Bitbucket and Data Center
    _token("an Atlassian token", "ATATT3x ATCTT3x", "[A-Za-z0-9_=-]{60,250}"),
    _token("a Bitbucket token", "ATBB", "[A-Za-z0-9]{32}"),
    _token("a Sourcegraph token", "sgp_ sgp_local_", "[a-f0-9]{40}"),
    _token("a Sourcegraph token", "sgp_", "[a-f0-9]{16}_[a-f0-9]{40}"),
)

_PACKAGE_HOSTS = (
    _token("an npm token", "npm_", "[A-Za-z0-9]{36}"),
    _shape(
        "an npm token",
        rf"_auth(?i:token)?\s?=\s?{QUOTE}?([A-Za-z0-9+/=_-]{{20,}})",
        lambda token: _is_id(token) if _UUID.fullmatch(token) else _is_value(token),
    ),
    # PyPI, "API tokens": a macaroon that begins with the name of its issuer
    _token("a PyPI token", "pypi-AgEIcHlwaS5vcmc pypi-AgENdGVzdC5weXBpLm9yZ", "[A-Za-z0-9_-]{50,}"),
    _token("a RubyGems key", "rubygems_", "[a-f0-9]{48}"),
    _token("a NuGet key", "oy2", "[a-z0-9]{43}", lambda key: _is_mixed(key, digits=3) and is_random(key)),
    _token("a crates.io token", "cio", "[A-Za-z0-9]{32}", lambda key: _is_mixed(key, digits=1) and is_random(key)),
    _token("an Artifactory key", "AKCp", "[A-Za-z0-9]{69}"),
    _token("an Artifactory token", "cmVmd", "[A-Za-z0-9]{59}"),
    _token("a Clojars token", "CLOJARS_", "[A-Za-z0-9]{60}"),
    _token("a Docker Hub token", "dckr_pat_ dckr_oat_", "[A-Za-z0-9_-]{27,40}"),
)

_CHATS = (
    # Slack API, "Token types"
    _shape(
        "a Slack token",
        r"\b(xox[bpose]-[0-9]{8,14}-(?:[0-9]{8,14}-){0,2}[A-Za-z0-9-]{18,40})",
        _last_word,
        "A-Za-z0-9_-",
        "xox[bpose]-[0-9]{8}",
    ),
    _token("a Slack token", "xoxa- xoxr-", "[A-Za-z0-9-]{18,48}"),
    _token("a Slack token", "xoxe.xoxb-1- xoxe.xoxp-1- xoxe-1- xoxc- xoxd-", "[A-Za-z0-9%-]{60,250}"),
    _shape(
        "a Slack token",
        r"\b(xapp-\d-[A-Z0-9]{8,14}-\d{8,16}-[A-Za-z0-9]{32,80})",
        _last_word,
        "A-Za-z0-9_-",
        r"xapp-\d-[A-Z0-9]{8}",
    ),
    _shape(
        "a Slack webhook",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/_-]{30,80})",
        _last_part,
        "A-Za-z0-9_/-",
        r"hooks\.slack\.com/",
    ),
    # Telegram Bot API, "Authorizing your bot"
    _shape(
        "a Telegram bot token", r"\b(\d{6,12}:AA[A-Za-z0-9_-]{33})", _last_part, "A-Za-z0-9_-", ":AA[A-Za-z0-9_-]{8}"
    ),
    # Discord: the id of the bot in base 64, a time, a signature
    _shape(
        "a Discord bot token",
        r"\b([MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40})",
        lambda token: (
            re.fullmatch(rb"\d{17,20}", plain(token.partition(".")[0])) is not None or _is_mixed(token, digits=4)
        ),
        "A-Za-z0-9_.-",
        r"\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27}",
    ),
    _shape(
        "a Discord webhook",
        r"discord(?:app)?\.com/api/webhooks/(\d{16,20}/[A-Za-z0-9_-]{60,80})",
        _last_part,
        "A-Za-z0-9_-",
        r"/api/webhooks/\d{8}",
    ),
    _shape(
        "a Teams webhook",
        r"\.webhook\.office\.com/webhookb2/([0-9a-f-]{36}@[0-9a-f-]{36}/IncomingWebhook/[0-9A-Za-z]{32}/[0-9a-f-]{36}(?:/[A-Za-z0-9_-]{20,60})?)",
        more="A-Za-z0-9_/-",
        head="/IncomingWebhook/",
    ),
)

_SERVICES = (
    # Stripe, "API keys": those of test mode open nothing of worth, but are no one else's either
    _token("a Stripe key", "sk_live_ rk_live_ sk_prod_ rk_prod_", "[A-Za-z0-9]{16,247}"),
    _token("a Stripe signing secret", "whsec_", "[A-Za-z0-9+/]{32,64}={0,2}"),
    _shape("a PayPal token", r"\b(access_token\$(?:production|live)\$[0-9a-z]{16}\$[0-9a-f]{32})", _last_part),
    _token("a Square token", "sq0atp- sq0csp-", "[A-Za-z0-9_-]{22,60}"),
    _token("a Square token", "EAAAE EAAAl", "[A-Za-z0-9_-]{50,64}"),
    _token("a Shopify token", "shpat_ shpca_ shppa_ shpss_ shpua_", "[a-fA-F0-9]{32}"),
    _token("a Facebook token", "EAAC EAAM EAAB EAAG", "[A-Za-z0-9]{60,}"),
    _shape(
        "a Twitter token",
        r"\b(A{18,22}[A-Za-z0-9%]{60,100})",
        lambda token: is_random(token.lstrip("A")),
        "A-Za-z0-9%",
        "A{18}[A-Za-z0-9%]{8}",
    ),
    _shape("a Twilio key", r"\b(SK[0-9a-f]{32})", _after(2)),
    _token("a SendGrid key", "SG.", "[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}"),
    _token("a Mailgun key", "key-", "[0-9a-f]{32}"),
    _shape(
        "a Mailgun key",
        r"\b([0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})",
        more="A-Za-z0-9_-",
        head="[0-9a-f]-[0-9a-f]{8}-[0-9a-f]{8}",
    ),
    _shape("a Mailchimp key", r"\b([0-9a-f]{32}-us\d{1,2})", head=r"[0-9a-f]-us\d"),
    _token("a Brevo key", "xkeysib- xsmtpsib-", "[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    _token("a Postman key", "PMAK-", "[0-9a-f]{24}-[0-9a-f]{34}"),
    _token("a Linear key", "lin_api_ lin_oauth_", "[A-Za-z0-9]{40,64}"),
    _shape("a Notion token", r"\b(ntn_[0-9]{11}[A-Za-z0-9]{35})"),
    _token("a Figma token", "figd_ figo_ figu_", "[A-Za-z0-9_-]{36,60}"),
    _shape("an Airtable token", r"\b(pat[A-Za-z0-9]{14}\.[0-9a-f]{64})", head=r"pat[A-Za-z0-9]{14}\.[0-9a-f]{8}"),
    _shape("an Asana token", r"\b([12]/\d{14,18}(?:/\d{14,18})?:[0-9a-f]{32})"),
    _token("a Dropbox token", "sl. sl.u.", "[A-Za-z0-9_=-]{130,}"),
    _token("a Typeform token", "tfp_", "[A-Za-z0-9_.=-]{40,59}"),
    _token("an EasyPost key", "EZAK EZTK", "[A-Za-z0-9]{54}"),
    _token("a Shippo token", "shippo_live_ shippo_test_", "[a-fA-F0-9]{40}"),
    _token("a Duffel token", "duffel_live_ duffel_test_", "[A-Za-z0-9_=-]{43}"),
    _token("a Flutterwave key", "FLWSECK_TEST- FLWSECK-", "[A-Za-z0-9]{32}-X"),
    _token("a Frame.io token", "fio-u-", "[A-Za-z0-9_=-]{64}"),
    _token("a ReadMe token", "rdme_", "[a-z0-9]{70}"),
    _token("a Contentful token", "CFPAT-", "[A-Za-z0-9_-]{43}"),
    _token("a Mapbox token", "sk.eyJ", "[A-Za-z0-9_-]{40,}\\.[A-Za-z0-9_-]{20,}"),
    _token(
        "a Plaid token",
        "access-production- access-development- access-sandbox-",
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    ),
    _shape("a MaxMind key", r"\b([A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk)", head="[A-Za-z0-9]_mmk"),
    _token("an intra42 secret", "s-s4t2ud- s-s4t2af-", "[a-f0-9]{64}"),
    _token("a SettleMint token", "sm_aat_ sm_pat_ sm_sat_", "[A-Za-z0-9]{16}"),
    _shape("an Adobe client secret", r"\b(p8e-[A-Za-z0-9]{32})"),
    _shape(
        "a 1Password secret key",
        r"\b(A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3})",
        more="A-Za-z0-9_-",
    ),
    _token("a 1Password token", "ops_eyJ", "[A-Za-z0-9+/]{200,}={0,3}"),
    _shape(
        "an Authress key",
        r"\b((?:sc|ext|scauth|authress)_[A-Za-z0-9]{5,30}\.[A-Za-z0-9]{4,6}\.acc[_-][A-Za-z0-9-]{10,32}\.[A-Za-z0-9+/_=-]{30,120})",
        more="A-Za-z0-9+/_=-",
        head=r"\.acc[_-][A-Za-z0-9-]{8}",
    ),
    _shape("a Sidekiq credential", r"https?://([a-f0-9]{8}:[a-f0-9]{8})@(?:gems|enterprise)\.contribsys\.com", _is_id),
)

_OPERATIONS = (
    _token("a Grafana token", "glsa_", "[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}"),
    _token("a Grafana token", "glc_", "[A-Za-z0-9+/]{32,400}={0,3}"),
    _token("a Grafana key", "eyJrIjoi", "[A-Za-z0-9]{40,400}={0,3}"),
    _token("a New Relic key", "NRAK- NRRA- NRSP-", "[A-Za-z0-9]{27,42}"),
    _token("a New Relic key", "NRII-", "[A-Za-z0-9_-]{32}"),
    _token("a New Relic key", "NRJS-", "[a-f0-9]{19}"),
    _token("a Sentry token", "sntryu_", "[a-f0-9]{64}"),
    _token("a Sentry token", "sntrys_eyJ", "[A-Za-z0-9+/=]{40,400}_[A-Za-z0-9+/]{43}"),
    _token("a Dynatrace token", "dt0c01. dt0s01. dt0s16.", "[A-Z0-9]{24}\\.[A-Z0-9]{64}"),
    _token("a Datadog key", "ddapp_ ddp_ ddapi_", "[A-Za-z0-9]{32,40}"),
    _token("a Pulumi token", "pul-", "[a-f0-9]{40}"),
    _shape(
        "a Terraform token",
        r"\b([A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70})",
        _last_part,
        "A-Za-z0-9_=-",
        r"\.atlasv1\.",
    ),
    _token("a Vault token", "hvs. hvr.", "[A-Za-z0-9_-]{24,120}"),
    _token("a Vault token", "hvb.", "[A-Za-z0-9_-]{100,300}"),
    _shape(
        "a Vault token", r"\b(s\.[A-Za-z0-9]{24})", lambda token: _is_mixed(token[2:], digits=2) and is_random(token)
    ),
    _token("a Doppler token", "dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.", "[A-Za-z0-9]{40,44}"),
    _shape(
        "a Doppler token",
        r"\b(dp\.st\.[a-z0-9_-]{2,35}\.[A-Za-z0-9]{40,44})",
        _last_part,
        head=r"dp\.st\.[a-z0-9_-]{2}",
    ),
    _token("a Databricks token", "dapi dkea dose", "[a-f0-9]{32}(?:-\\d)?"),
    _token("an Octopus Deploy key", "API-", "[A-Z0-9]{26,32}", lambda key: _is_mixed(key, digits=2) and is_random(key)),
    _token("a Prefect token", "pnu_ pnb_", "[A-Za-z0-9]{36}"),
    _token("an Infracost key", "ico-", "[A-Za-z0-9]{32}"),
    _token("an OpenShift token", "sha256~", "[A-Za-z0-9_-]{43}"),
    _shape(
        "a Harness token",
        r"\b((?:pat|sat)\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20})",
        head=r"[ps]at\.[A-Za-z0-9_-]{8}",
    ),
    _token("a Tailscale key", "tskey-auth- tskey-api- tskey-client-", "[A-Za-z0-9]{8,20}-[A-Za-z0-9]{20,40}"),
    _token("a Snowflake token", "snowflake_pat_ ver:1-hint:", "[A-Za-z0-9_:-]{40,200}"),
    _token("a Buildkite token", "bkua_", "[a-f0-9]{40}"),
    _token("a CircleCI token", "CCIPAT_ CCIPRJ_", "[A-Za-z0-9]{16,24}_[a-f0-9]{40}"),
    _token("a defined.net key", "dnkey-", "[A-Za-z0-9=_-]{26}-[A-Za-z0-9=_-]{52}"),
    _shape(
        "a WireGuard key",
        r"\b(?:PrivateKey|PresharedKey)\s?=\s?([A-Za-z0-9+/]{43}=)",
        more="A-Za-z0-9+/=",
        head="(?:PrivateKey|PresharedKey)",
    ),
)

_MODELS = (
    _token("a Hugging Face token", "hf_ api_org_", "[A-Za-z]{34}"),
    # OpenAI and Anthropic: the marker in the middle, the fixed end
    _shape(
        "an OpenAI key",
        r"\b(sk-[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100})",
        _after(3),
        "A-Za-z0-9_-",
        "T3BlbkFJ",
    ),
    _token("an OpenAI key", "sk-proj- sk-svcacct- sk-admin-", "[A-Za-z0-9_-]{40,200}"),
    _token(
        "an Anthropic key",
        "sk-ant-api03- sk-ant-admin01- sk-ant-oat01- sk-ant-ort01- sk-ant-sid01- sk-ant-",
        "[A-Za-z0-9_-]{60,130}",
    ),
    _token("an OpenRouter key", "sk-or-v1-", "[a-f0-9]{64}"),
    _token("a LangSmith key", "lsv2_pt_ lsv2_sk_ ls__", "[a-f0-9]{32}(?:_[a-f0-9]{10})?"),
    _token("a Groq key", "gsk_", "[A-Za-z0-9]{52}"),
    _token("an xAI key", "xai-", "[A-Za-z0-9]{80}"),
    _token("a Replicate token", "r8_", "[A-Za-z0-9_-]{37}"),
    _token("a Perplexity key", "pplx-", "[A-Za-z0-9]{48,56}"),
    _token("a Fireworks key", "fw_", "[A-Za-z0-9]{22,24}", lambda key: _is_mixed(key, digits=2) and is_random(key)),
    _token("a Pinecone key", "pcsk_", "[A-Za-z0-9_]{60,80}"),
    _shape(
        "an API key",
        r"\b(sk-[a-f0-9]{32}|sk-[A-Za-z0-9]{48})",
        lambda key: _is_mixed(key[3:], digits=3) and is_random(key),
        "A-Za-z0-9_-",
        "sk-[A-Za-z0-9]{8}",
    ),
)

_HTTP = (
    # RFC 7519 and RFC 7516: base 64 of `{"`, parted by dots
    _shape(
        "a JSON Web Token",
        r"\b(eyJ[A-Za-z0-9_-]{10,}={0,2}\.eyJ[A-Za-z0-9_-]{10,}={0,2}\.[A-Za-z0-9_-]{20,}={0,2})",
        _is_signed,
        "A-Za-z0-9_-",
        "eyJ[A-Za-z0-9_-]{8}",
    ),
    _shape(
        "a JSON Web Token",
        r"\b(eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,})",
        _last_part,
        "A-Za-z0-9_-",
        "eyJ[A-Za-z0-9_-]{8}",
    ),
    # RFC 6750, RFC 7617
    _shape(
        "a bearer token",
        rf"(?i:bearer|authorization{_BLANK}{{0,2}}[:=](?:\s|{QUOTE}){{0,3}}(?:token|apikey|api-key|key))(?:\s|%20|:|=){{1,3}}([A-Za-z0-9._~+/-]{{16,}}={{0,2}})",
        _is_key,
        "A-Za-z0-9(\\[",
        r"(?i:bearer|token|key)(?:\s|%20|:|=){1,3}[A-Za-z0-9._~+/-]{16}",
    ),
    _shape(
        "a password",
        rf"(?i:\bbasic)(?:\s|:){{1,2}}{QUOTE}?([A-Za-z0-9+/_-]{{8,}}={{0,2}})",
        _is_login,
        "A-Za-z0-9",
        rf"(?i:basic)(?:\s|:){{1,2}}{QUOTE}?[A-Z]?[a-z]*[A-Z0-9+/_-][A-Za-z0-9+/_-]",
    ),
)

_IN_PASSWORD = r"[A-Za-z0-9._~!$&*+,;=%#^()?{}|<>\[\]-]"  # noqa: S105 - characters of a password
_BARE_PASSWORD = r"[A-Za-z0-9._~!@$&*+,=%#^(){}|?-]"  # noqa: S105 - what passwords are made of, not one
_NAME = (
    r"(?i:passw(?:or)?d|passphrase|passwort|pwd|secret|token|credential|api[_ .-]?key|auth[_ .-]?key"
    r"|(?:access|account|admin|app|application|client|consumer|deploy|encryption|license|master|private|security|service"
    r"|session|shared|signing|storage|subscription|webhook|aws|amazon)[_ .-]?key|[a-z]_key|_auth|bearer)"
)
_ISSUER = (  # whose keys have no shape of their own, so that only the name beside them shows it
    r"(?i:adafruit|adobe|airtable|algolia|alibaba|asana|atlassian|confluence|jira|beamer|bitbucket|bittrex|meraki|cloudflare"
    r"|codecov|cohere|coinbase|confluent|contentful|datadog|discord|droneci|dropbox|etsy|facebook|fastly|finicity|finnhub"
    r"|flickr|freshbooks|gitter|gocardless|heroku|hubspot|intercom|jfrog|artifactory|bintray|kraken|kucoin|launchdarkly"
    r"|linear|linked_?in|mailgun|mapbox|mattermost|message[_-]?bird|netlify|new[_-]?relic|nytimes|okta|plaid|private_?ai"
    r"|rapidapi|sendbird|sentry|snyk|sonar|sourcegraph|squarespace|sumo|telegram|travis|trello|twilio|twitch|twitter"
    r"|typeform|vercel|yandex|zendesk|pagerduty|opsgenie|cloudsmith|coveralls|tiktok|mistral|deepgram|elevenlabs)"
)
_GAP = r"[\w .-]{0,24}"
_SIGN = rf"(?:{_BLANK}{{0,3}}(?:=>|:{{1,3}}=|\?=|\|\||[=:>])|(?:\s|{QUOTE}|,){{1,8}}value{_BLANK}{{0,2}}[:=]){_BLANK}{{0,5}}"
_VALUE = r"[A-Za-z0-9_.+/=~!@#%^*$-]"
_NOT_SMALL = _VALUE.replace("a-z", "")
_NAMED_HEAD = (  # wider than all below that begin with a name and want a mixed value, and without numbers, so that it costs little
    rf"(?:{_NAME}|{_ISSUER})[\w .-]*"
    rf"(?:{_BLANK}*[=:>|?]+|(?:\s|{QUOTE}|,)+value{_BLANK}*[:=]){_BLANK}*[A-Z]?[a-z]*{_NOT_SMALL}{_VALUE}"
)
_AFTER_NAME = "(\\[:"
_NO_SECRET_NAME = lazily(
    r"(?i)arn:aws|(?:next|continuation|starting|change|page|paging|pagination|sync|cursor|csrf|xsrf|purchase|idempotency|resume|grant"
    r"|public|primary|foreign|partition|sort|cache|lock|request)[ _.-]?(?:token|key)"
    r"|(?:token|key|secret|password|credential)s?[ _.-]?(?:id|name|arn|type|hash|digest|version|length|size|path|file|ur[il]"
    r"|endpoint|ref|alias|fingerprint|checksum|verifier|count)\b"
)
"""What is called a token or a key and opens nothing."""


def _named(name: str, pattern: str, proof: Callable[[str], bool], more: str = _AFTER_NAME) -> CredentialKind:
    """A secret that only the name before it shows."""
    return CredentialKind(name, pattern, more, proof, _NAMED_HEAD, _NO_SECRET_NAME)


_NAMED = (
    # RFC 3986, "User Information": any scheme
    _shape(
        "a password",
        rf"[A-Za-z0-9]://[\w.%+~!$&*;=@-]{{0,80}}:({_IN_PASSWORD}{{4,128}})@[\w\[.]",
        _is_password,
        "",
        rf"://[\w.%+~!$&*;=@-]*:{_IN_PASSWORD}+@",
    ),
    _shape(
        "a token",
        r"https?://([A-Za-z0-9_.~-]{20,200})(?::(?:x-oauth-basic|x-access-token)?)?@[A-Za-z0-9]",
        _is_key,
        "",
        r"https?://[A-Za-z0-9_.~-]+(?::(?:x-oauth-basic|x-access-token)?)?@",
    ),
    # ADO.NET, ODBC and libpq
    _shape(
        "a password",
        rf"(?i:password|pwd)\s?=\s?{QUOTE}?({_BARE_PASSWORD}{{6,128}});",
        _is_password,
        "",
        rf"(?i:password|pwd)\s?=\s?{QUOTE}?{_BARE_PASSWORD}+;",
    ),
    _shape(
        "a password",
        rf";\s?(?i:password|pwd)\s?=\s?{QUOTE}?({_BARE_PASSWORD}{{6,128}})",
        _is_password,
        "",
        rf";\s?(?i:password|pwd)\s?=\s?{QUOTE}?{_BARE_PASSWORD}{{6}}",
    ),
    # on a command line
    _shape(
        "a password",
        rf"\s(?:-u|--user|--proxy-user|--creds)(?:\s|=){{1,2}}{QUOTE}?[A-Za-z][\w.@%+-]*:([A-Za-z0-9._~!$&*+,;=%#^()@?{{}}-]{{4,128}})",
        _is_password,
        "/",
        rf"(?:-u|--user|--proxy-user|--creds)(?:\s|=){{1,2}}{QUOTE}?[A-Za-z][\w.@%+-]*:[A-Za-z0-9._~!$&*+,;=%#^()@?{{}}-]{{4}}",
    ),
    _shape(
        "a password",
        rf"(?:\bsshpass\s+-p\s?|\s-u\s?\w+\s+-p){QUOTE}?([A-Za-z0-9._~!$&*+,;=%#^()@?-]{{4,128}})",
        _is_password,
        "/",
        r"(?:sshpass\s+-p|-u\s?\w+\s+-p)",
    ),
    _shape(
        "a password",
        rf"\s--?(?i:[\w-]*(?:password|passwd|passphrase|token|secret|api-?key))\s{QUOTE}?({_VALUE}{{6,150}})",
        _is_value,
        _AFTER_NAME,
        rf"-(?i:[\w-]*(?:password|passwd|passphrase|token|secret|api-?key))\s{QUOTE}?{_VALUE}{{6}}",
    )._replace(unless=_NO_SECRET_NAME),
    # netrc
    _shape(
        "a password",
        r"\blogin\s+[!#-\[\]-~]{1,40}\s+password\s+([!#-&(-;=?-\[\]-_a-~]{6,100})",
        _is_password,
        "",
        r"login\s+[!#-\[\]-~]+\s+password\s",
    ),
    _named(
        "an AWS secret key",
        r"(?i:(?:aws|amazon)[\w .-]{0,12}(?:secret|[a-z]_key)|secret_?access_?key|aws_?key)"
        rf"[\w .-]{{0,30}}{_SIGN}([A-Za-z0-9/+]{{40}})",
        lambda key: _is_mixed(key, digits=1) and is_random(key),
        "A-Za-z0-9/+=",
    ),
    _named(
        "a password", rf"(?i:passw(?:or)?d|passphrase|passwort|pwd|secret){_GAP}{_SIGN}({_VALUE}{{8,150}})", _is_value
    ),
    _named("a secret", rf"{_NAME}{_GAP}{_SIGN}({_VALUE}{{16,150}})", _is_key),
    _named("a secret", rf"{_ISSUER}{_GAP}{_SIGN}([A-Za-z0-9_=-]{{16,150}})", _is_key),
    _named(
        "a secret",
        rf"{_ISSUER}[\w.-]{{0,20}}(?i:key|token|secret|password|auth){_GAP}{_SIGN}([0-9a-fA-F]{{8}}(?:-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}})",
        _is_id,
    ),
)

KINDS = (
    *_PRIVATE_KEYS, *_CLOUDS, *_CODE_HOSTS, *_PACKAGE_HOSTS, *_CHATS, *_SERVICES, *_OPERATIONS, *_MODELS, *_HTTP, *_NAMED,
)  # fmt: skip
"""Every kind; where two see the same text, the first names it."""

PARTNERS = (
    _shape(
        "a secret beside it",
        r"\b([A-Za-z0-9+/_=-]{20,})",
        lambda text: len({_class(char) for char in text if char.isalnum()}) == 3 and is_random(text),
        "",
    ),
    _shape("a secret beside it", r"\b([0-9a-f]{32,64})", _is_id),
    _shape(
        "a secret beside it",
        rf"(?i:passw(?:or)?d|passphrase|passwort|pwd|secret|token|_key|user_?name|login){_GAP}{_SIGN}({_VALUE}{{4,150}})",
        lambda text: not _VARIABLE.search(text) and "*" not in text and not text.startswith("--"),
        "(",
    ),
)
"""What is taken for secret too where there is a credential: the other half of a pair, whatever it looks like."""


def spelt(pattern: str) -> str:
    """The same pattern for bytes that may spell white space and quotes as JSON does, a little wider."""
    return (
        pattern.replace(r"(?:\b|_)", "")
        .replace(r"\b", "")
        .replace(QUOTE, f"(?:\\\\*{QUOTE})")
        .replace(r"\s", r"(?:\s|\\+[nrt])")
    )
