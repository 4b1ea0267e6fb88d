"""Credentials that open nothing, with the shape of real ones; put together at run time so that no scanner minds."""

import base64
import json
import random
import zlib
from collections.abc import Callable

LOWER = "abcdefghijklmnopqrstuvwxyz"
UPPER = LOWER.upper()
DIGITS = "0123456789"
BASE62 = DIGITS + UPPER + LOWER
HEX = "0123456789abcdef"
URL64 = BASE62 + "-_"
BASE64 = BASE62 + "+/"
_RANDOM = "q7Zk3Wv9XbT2mRc8JdL5yHs4Nf6PgAu1eKoBwGzYxVtQ0iMhUjSrElCnFaDp"
_LONG = "".join(_RANDOM[i:] + _RANDOM[:i] for i in (0, 7, 13, 29))


def checked(prefix: str, body: str = _RANDOM[:30]) -> str:
    """A token that ends with its CRC-32 in base 62, as those of GitHub and npm do."""
    number, digits = zlib.crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return f"{prefix}_{body}{digits:0>6}"


AWS = "AKIA" + "QZ7LNX3VMT5KWB2R"

CREDENTIALS = {
    "an AWS access key": AWS,
    "a GitHub token": checked("gh" + "p"),
    "an npm token": checked("np" + "m"),
    "a GitLab token": "glpat" + "-" + _RANDOM[:20],
    "a Slack token": "xox" + "b-123456789012-210987654321-" + _RANDOM[:24],
    "a Google API key": "AI" + "za" + _RANDOM[:35],
    "a Stripe key": "sk_" + "live_" + _RANDOM[:24],
    "a SendGrid key": "SG" + "." + _RANDOM[:22] + "." + _RANDOM[:43],
    "a PyPI token": "pypi-" + "AgEIcHlwaS5vcmc" + _LONG[:100],
    "a Hugging Face token": "hf" + "_" + "".join(c for c in _LONG if c.isalpha())[:34],
    "an OpenAI key": "sk-" + "proj-" + _LONG[:40] + "T3Blbk" + "FJ" + _RANDOM[:40],
    "an Anthropic key": "sk-" + "ant-api03-" + _LONG[:93] + "AA",
    "a DigitalOcean token": "dop_" + "v1_" + "9f3a7c05e1b84d26" + "0d8e6b41f72a9c35" * 3,
    "an Azure storage key": "AccountKey=" + _LONG[:86] + "==",
    "a private key": f"-----BEGIN RSA PRIVATE KEY-----\n{_LONG[:64]}\n{_LONG[64:128]}\n{_LONG[128:170]}==\n-----END",
}
"""One of each kind, by its name; what is secret of the last two is `SECRET`."""

SECRET = {
    **CREDENTIALS,
    "an Azure storage key": _LONG[:86] + "==",
    "a private key": _LONG[64:128],
}


def escaped(text: str) -> str:
    """JSON text that spells every character as an escape."""
    return "".join(f"\\u{ord(char):04x}" for char in text)


class Lot:
    """Draws by lot, always the same for the same seed."""

    def __init__(self, seed: str) -> None:
        self._lot = random.Random(seed)  # noqa: S311 - no secret at all

    def of(self, alphabet: str, count: int) -> str:
        return "".join(self._lot.choices(alphabet, k=count))

    def uuid(self) -> str:
        return "-".join(self.of(HEX, count) for count in (8, 4, 4, 4, 12))

    def password(self, count: int = 14) -> str:
        """Like those that a password manager makes."""
        chars = [
            self.of(LOWER, 1),
            self.of(UPPER, 1),
            self.of(DIGITS, 2),
            *self.of("!_~*", 1),
            *self.of(BASE62, count - 5),
        ]
        self._lot.shuffle(chars)
        return self.of(LOWER, 1) + "".join(chars)


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _part(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def _web_token(lot: Lot) -> str:
    return f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part({'sub': lot.of(HEX, 12), 'exp': 1767225600})}.{lot.of(URL64, 86)}"


def _discord(lot: Lot) -> str:
    return f"{_encoded('9' + lot.of(DIGITS, 17)).rstrip('=')}.{lot.of(URL64, 6)}.{lot.of(URL64, 38)}"


def _armoured(lot: Lot, kind: str, length: int) -> str:
    body = lot.of(BASE64, length)
    lines = "\n".join(body[at : at + 64] for at in range(0, length, 64))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}\n-----END {kind}PRIVATE KEY-----"


_SHAPES: dict[str, Callable[[Lot], str]] = {
    "aws id": lambda o: "AKI" + "A" + o.of(UPPER + "234567", 16),
    "aws temporary id": lambda o: "ASI" + "A" + o.of(UPPER + "234567", 16),
    "azure client secret": lambda o: o.of(BASE62, 3) + "8" + "Q~" + o.of(BASE62 + "_.-", 34),
    "azure signature": lambda o: (
        "https://a1.blob.core.windows.net/c?sv=2024-01-01&si" + "g=" + o.of(BASE62, 43) + "%3D"
    ),
    "azure devops": lambda o: o.of(BASE62, 76) + "AZ" + "DO" + o.of(BASE62, 4),
    "service bus": lambda o: "Endpoint=sb://x.servicebus.windows.net/;SharedAccess" + "Key=" + o.of(BASE64, 43) + "=",
    "google key": lambda o: "AI" + "za" + o.of(URL64, 35),
    "google client secret": lambda o: "GOC" + "SPX-" + o.of(URL64, 28),
    "google access token": lambda o: "ya" + "29.a0" + o.of(URL64, 120),
    "google refresh token": lambda o: "1/" + "/0" + o.of(URL64, 60),
    "alibaba": lambda o: "LT" + "AI" + o.of(BASE62, 20),
    "digitalocean": lambda o: "dop" + "_v1_" + o.of(HEX, 64),
    "heroku": lambda o: "HRK" + "U-AA" + o.of(URL64, 58),
    "fly": lambda o: "fo" + "1_" + o.of(URL64, 43),
    "netlify": lambda o: "nf" + "p_" + o.of(BASE62, 36),
    "supabase": lambda o: "sb" + "p_" + o.of(HEX, 40),
    "planetscale token": lambda o: "pscale" + "_tkn_" + o.of(URL64, 43),
    "planetscale password": lambda o: "pscale" + "_pw_" + o.of(URL64, 43),
    "github": lambda o: "gh" + "p_" + o.of(BASE62, 36),
    "github app": lambda o: "gh" + "s_" + o.of(BASE62, 36),
    "github refresh": lambda o: "gh" + "r_" + o.of(BASE62, 76),
    "github fine-grained": lambda o: "github" + "_pat_" + o.of(BASE62, 22) + "_" + o.of(BASE62, 59),
    "gitlab": lambda o: "gl" + "pat-" + o.of(URL64, 20),
    "gitlab routable": lambda o: "gl" + "pat-" + o.of(URL64, 27) + ".01." + o.of(DIGITS + LOWER, 9),
    "gitlab deploy": lambda o: "gl" + "dt-" + o.of(URL64, 20),
    "gitlab runner": lambda o: "gl" + "rt-" + o.of(URL64, 20),
    "gitlab trigger": lambda o: "gl" + "ptt-" + o.of(HEX, 40),
    "gitlab registration": lambda o: "GR134" + "8941" + o.of(URL64, 20),
    "atlassian": lambda o: "ATA" + "TT3xFfGF0" + o.of(URL64, 175) + "=" + o.of(HEX, 8).upper(),
    "bitbucket": lambda o: "AT" + "BB" + o.of(BASE62, 32),
    "npm": lambda o: "np" + "m_" + o.of(BASE62, 36),
    "npm legacy": lambda o: "//registry.example.org/:_auth" + "Token=" + o.uuid(),
    "pypi": lambda o: "pypi-" + "AgEIcHlwaS5vcmc" + o.of(URL64, 150),
    "rubygems": lambda o: "ruby" + "gems_" + o.of(HEX, 48),
    "nuget": lambda o: "oy" + "2" + o.of(LOWER + DIGITS, 43),
    "crates": lambda o: "ci" + "o" + o.of(BASE62, 32),
    "artifactory key": lambda o: "AK" + "Cp" + o.of(BASE62, 69),
    "artifactory token": lambda o: "cm" + "Vmd" + o.of(BASE62, 59),
    "docker hub": lambda o: "dckr" + "_pat_" + o.of(URL64, 27),
    "slack bot": lambda o: "xox" + "b-" + o.of(DIGITS, 12) + "-" + o.of(DIGITS, 13) + "-" + o.of(BASE62, 24),
    "slack user": lambda o: "xox" + "p-" + "-".join(o.of(DIGITS, 12) for _ in "abc") + "-" + o.of(HEX, 32),
    "slack app": lambda o: "xap" + "p-1-A" + o.of(UPPER + DIGITS, 10) + "-" + o.of(DIGITS, 13) + "-" + o.of(HEX, 64),
    "slack webhook": lambda o: (
        "https://hooks.slack"
        ".com/services/T" + o.of(UPPER + DIGITS, 8) + "/B" + o.of(UPPER + DIGITS, 8) + "/" + o.of(BASE62, 24)
    ),
    "telegram": lambda o: o.of("123456789", 10) + ":A" + "A" + o.of(URL64, 33),
    "discord bot": _discord,
    "discord webhook": lambda o: "https://discord" + ".com/api/webhooks/1" + o.of(DIGITS, 18) + "/" + o.of(URL64, 68),
    "teams webhook": lambda o: (
        f"https://acme.webhook.office.com/webhookb2/{o.uuid()}@{o.uuid()}/IncomingWebhook/{o.of(HEX, 32)}/{o.uuid()}"
    ),
    "stripe": lambda o: "sk" + "_live_" + o.of(BASE62, 24),
    "stripe restricted": lambda o: "rk" + "_live_" + o.of(BASE62, 99),
    "stripe signing": lambda o: "wh" + "sec_" + o.of(BASE62, 32),
    "paypal": lambda o: "access" + "_token$production$" + o.of(LOWER + DIGITS, 16) + "$" + o.of(HEX, 32),
    "square": lambda o: "sq0" + "atp-" + o.of(URL64, 22),
    "square secret": lambda o: "sq0" + "csp-" + o.of(URL64, 43),
    "shopify": lambda o: "shp" + "at_" + o.of(HEX, 32),
    "shopify secret": lambda o: "shp" + "ss_" + o.of(HEX, 32),
    "facebook": lambda o: "EA" + "AC" + o.of(BASE62, 160),
    "twitter": lambda o: "A" * 22 + o.of(BASE62, 90),
    "twilio": lambda o: "S" + "K" + o.of(HEX, 32),
    "sendgrid": lambda o: "S" + "G." + o.of(URL64, 22) + "." + o.of(URL64, 43),
    "mailgun": lambda o: "ke" + "y-" + o.of(HEX, 32),
    "mailchimp": lambda o: o.of(HEX, 32) + "-u" + "s12",
    "brevo": lambda o: "xkey" + "sib-" + o.of(HEX, 64) + "-" + o.of(BASE62, 16),
    "postman": lambda o: "PM" + "AK-" + o.of(HEX, 24) + "-" + o.of(HEX, 34),
    "linear": lambda o: "lin" + "_api_" + o.of(BASE62, 40),
    "notion": lambda o: "nt" + "n_" + o.of(DIGITS, 11) + o.of(BASE62, 35),
    "figma": lambda o: "fig" + "d_" + o.of(URL64, 40),
    "airtable": lambda o: "pa" + "t" + o.of(BASE62, 14) + "." + o.of(HEX, 64),
    "dropbox": lambda o: "s" + "l." + o.of(URL64, 136),
    "easypost": lambda o: "EZ" + "AK" + o.of(BASE62, 54),
    "grafana": lambda o: "gl" + "sa_" + o.of(BASE62, 32) + "_" + o.of(HEX, 8),
    "grafana cloud": lambda o: "gl" + "c_" + o.of(BASE64, 80),
    "grafana legacy": lambda o: _encoded(
        json.dumps({"k": o.of(BASE62, 32), "n": "ci", "id": 1}, separators=(",", ":"))
    ),
    "new relic": lambda o: "NR" + "AK-" + o.of(UPPER + DIGITS, 27),
    "sentry user": lambda o: "sntry" + "u_" + o.of(HEX, 64),
    "sentry organisation": lambda o: (
        "sntry" + "s_" + _encoded('{"iat":1700000000,"url":"https://sentry.io"}').rstrip("=") + "_" + o.of(BASE64, 43)
    ),
    "dynatrace": lambda o: "dt0" + "c01." + o.of(UPPER + DIGITS, 24) + "." + o.of(UPPER + DIGITS, 64),
    "pulumi": lambda o: "pu" + "l-" + o.of(HEX, 40),
    "terraform": lambda o: o.of(BASE62, 14) + ".atlas" + "v1." + o.of(URL64, 66),
    "vault": lambda o: "hv" + "s." + o.of(URL64, 92),
    "vault batch": lambda o: "hv" + "b." + o.of(URL64, 140),
    "doppler": lambda o: "dp" + ".pt." + o.of(BASE62, 43),
    "databricks": lambda o: "da" + "pi" + o.of(HEX, 32),
    "octopus": lambda o: "AP" + "I-" + o.of(UPPER + DIGITS, 26),
    "prefect": lambda o: "pn" + "u_" + o.of(BASE62, 36),
    "openshift": lambda o: "sha" + "256~" + o.of(URL64, 43),
    "tailscale": lambda o: "tskey" + "-auth-" + o.of(BASE62, 12) + "-" + o.of(BASE62, 32),
    "hugging face": lambda o: "h" + "f_" + o.of(LOWER + UPPER, 34),
    "hugging face organisation": lambda o: "api" + "_org_" + o.of(LOWER + UPPER, 34),
    "openai": lambda o: "sk" + "-proj-" + o.of(URL64, 74) + "T3Blbk" + "FJ" + o.of(URL64, 74),
    "openai legacy": lambda o: "sk" + "-" + o.of(BASE62, 20) + "T3Blbk" + "FJ" + o.of(BASE62, 20),
    "anthropic": lambda o: "sk" + "-ant-api03-" + o.of(URL64, 93) + "AA",
    "groq": lambda o: "gs" + "k_" + o.of(BASE62, 52),
    "replicate": lambda o: "r" + "8_" + o.of(BASE62, 37),
    "perplexity": lambda o: "pp" + "lx-" + o.of(BASE62, 48),
    "age": lambda o: "AGE-SECRET" + "-KEY-1" + o.of("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58),
    "private key": lambda o: _armoured(o, "", 1600),
    "private key of OpenSSH": lambda o: _armoured(o, "OPENSSH ", 380),
    "private key of EC": lambda o: _armoured(o, "EC ", 164),
    "private key of PGP": lambda o: _armoured(o, "PGP ", 900).replace("KEY-----", "KEY BLOCK-----"),
    "private key of PuTTY": lambda o: (
        f"PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 2\n{o.of(BASE64, 64)}\n{o.of(BASE64, 40)}"
    ),
    "json web token": _web_token,
}
"""What the issuer's own mark tells, wherever it stands."""

_NAMED: dict[str, Callable[[Lot], tuple[str, str]]] = {
    "bearer": lambda o: ("curl -H 'Authorization: Bearer {}' https://api.acme.io", o.of(URL64, 40)),
    "bearer in lower case": lambda o: ("authorization: bearer {}", o.of(BASE62, 32)),
    "basic": lambda o: ("Authorization: Basic {}", _encoded(f"deploy:{o.password()}")),
    "token header": lambda o: ("Authorization: token {}", o.of(HEX, 40)),
    "key header": lambda o: ('curl -H "X-Api-Key: {}" https://api.acme.io', o.of(BASE62, 32)),
    "curl user": lambda o: ("curl -u deploy:{} https://api.acme.io", o.password()),
    "curl user quoted": lambda o: ("curl --user 'deploy:{}' https://api.acme.io", o.password()),
    "aws environment": lambda o: ("export AWS_SECRET_ACCESS_KEY={}", o.of(BASE64, 39) + "7"),
    "aws file": lambda o: ("aws_secret_access_key = {}", o.of(BASE64, 39) + "7"),
    "aws json": lambda o: ('{{"SecretAccessKey": "{}"}}', o.of(BASE64, 39) + "7"),
    "aws yaml": lambda o: ("aws:\n  secretAccessKey: {}", o.of(BASE64, 39) + "7"),
    "postgres": lambda o: ("postgres://app:{}@db.acme.io:5432/prod", o.password()),
    "postgresql": lambda o: ("postgresql+psycopg2://app:{}@10.0.0.8/prod", o.password()),
    "mysql": lambda o: ("mysql://app:{}@db.acme.io/prod", o.password()),
    "mongodb": lambda o: ("mongodb+srv://app:{}@cluster0.ab1cd.mongodb.net/prod", o.password()),
    "redis": lambda o: ("redis://:{}@cache.acme.io:6379/0", o.password()),
    "amqp": lambda o: ("amqps://app:{}@mq.acme.io/vhost", o.password()),
    "ftp": lambda o: ("ftp://app:{}@ftp.acme.io/", o.password()),
    "ssh": lambda o: ("ssh://app:{}@host.acme.io", o.password()),
    "https": lambda o: ("git clone https://app:{}@git.acme.io/x.git", o.password()),
    "https token": lambda o: ("git clone https://{}@git.acme.io/x.git", o.of(HEX, 40)),
    "jdbc": lambda o: ("jdbc:postgresql://db.acme.io/prod?user=app&password={}", o.password()),
    "ado": lambda o: ("Server=db;Database=prod;User Id=app;Password={};Encrypt=true", o.password()),
    "odbc": lambda o: ("DRIVER={{ODBC Driver 18}};SERVER=db;UID=app;PWD={}", o.password()),
    "environment": lambda o: ("DB_PASSWORD={}", o.password()),
    "yaml": lambda o: ("password: {}", o.password()),
    "yaml entry": lambda o: ("- name: DB_PASSWORD\n  value: {}", o.password()),
    "kubernetes": lambda o: ("kind: Secret\ndata:\n  password: {}", _encoded(o.password(20))),
    "kubernetes uri": lambda o: ("kind: Secret\ndata:\n  uri: {}", _encoded(f"postgres://app:{o.password()}@db/prod")),
    "toml": lambda o: ('api_key = "{}"', o.of(BASE62, 32)),
    "python": lambda o: ("client_secret='{}'", o.of(BASE62, 40)),
    "go": lambda o: ('authToken := "{}"', o.of(BASE62, 40)),
    "xml": lambda o: ("<apiToken>{}</apiToken>", o.of(BASE62, 40)),
    "query": lambda o: ("https://api.acme.io/v1?access_token={}", o.of(BASE62, 40)),
    "flag": lambda o: ("acme login --token {}", o.of(BASE62, 32)),
    "flag with sign": lambda o: ("acme login --password={}", o.password()),
    "cloudflare": lambda o: ("CLOUDFLARE_API_TOKEN={}", o.of(URL64, 40)),
    "datadog": lambda o: ("datadog_api_key: {}", o.of(HEX, 32)),
    "heroku id": lambda o: ("HEROKU_API_KEY={}", o.uuid()),
    "snyk id": lambda o: ('snyk_token = "{}"', o.uuid()),
    "okta": lambda o: ("okta_token: 00{}", o.of(URL64, 40)),
    "discord secret": lambda o: ("DISCORD_CLIENT_SECRET={}", o.of(URL64, 32)),
    "twitter secret": lambda o: ("twitter_api_secret={}", o.of(BASE62, 50)),
    "fastly": lambda o: ("FASTLY_API_TOKEN={}", o.of(URL64, 32)),
    "zendesk": lambda o: ('zendesk = "{}"', o.of(LOWER + DIGITS, 40)),
    "wireguard": lambda o: ("[Interface]\nPrivateKey = {}", o.of(BASE64, 43) + "="),
    "netrc": lambda o: ("machine api.acme.io login app password {}", o.password()),
    "sshpass": lambda o: ("sshpass -p '{}' ssh app@host", o.password()),
    "npmrc": lambda o: ("_auth={}", _encoded(f"app:{o.password(16)}")),
}
"""What only the words around it tell: the words, and the secret."""

KINDS = sorted([*_SHAPES, *_NAMED])


def specimen(kind: str, seed: int = 0) -> tuple[str, str]:
    """A text with a credential of a kind in it, and what of it nobody may see."""
    lot = Lot(f"{kind} {seed}")
    if kind in _NAMED:
        around, secret = _NAMED[kind](lot)
        return around.format(secret), secret
    text = _SHAPES[kind](lot)
    return text, text.splitlines()[-2 if "END" in text else -1] if "\n" in text else text[-20:]
