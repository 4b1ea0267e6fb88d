"""Credentials that open nothing, with the shape and the checksums of real ones; put together so that no scanner minds."""

import zlib

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM = "q7Zk3Wv9XbT2mRc8JdL5yHs4Nf6PgAu1eKoBwGzYxVtQ0iMhUjSrElCnFaDp"
_LONG = "".join(_RANDOM[i:] + _RANDOM[:i] for i in (0, 7, 13, 29))


def checked(prefix: str, body: str = _RANDOM[:30]) -> str:
    """A token that ends with its CRC-32 in base 62, as those of GitHub and npm do."""
    number, digits = zlib.crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
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
