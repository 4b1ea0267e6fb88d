"""Pages for a browser: each is one file that loads nothing, and runs no code but its own."""

import base64
import hashlib
import re
from functools import cache
from typing import Any

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def page(template: str, *, styles: tuple[str, ...], scripts: tuple[str, ...] = (), **values: Any) -> str:  # noqa: ANN401 - what the template asks for
    """A template of this room as a whole page, with the styles and scripts that its policy then allows, and no others."""
    code = tuple(map(_script, scripts))
    css = tuple(Markup(style) for style in styles)  # noqa: S704 - style sheets of ours
    return _environment().get_template(template).render(policy=_policy(css, code), styles=css, scripts=code, **values)


def asset(name: str) -> str:
    """The text of a file of this room."""
    text, _, _ = _loader().get_source(_environment(), name)
    return text


def data(value: Any) -> Markup:  # noqa: ANN401 - any JSON value
    """JSON that can stand in a page: no text in it can end the element that holds it, or open another."""
    text = orjson.dumps(value).decode()
    return Markup(_MARKUP.sub(lambda match: f"\\u{ord(match.group()):04x}", text))  # noqa: S704 - made safe just here


_MARKUP = re.compile("[<>&\u2028\u2029]")


def _script(code: str) -> Markup:
    """Code as it can stand in a script element; what would end one is only ever found in a text or a pattern."""
    return Markup(code.replace("</script", r"<\/script").replace("<!--", r"<\!--"))  # noqa: S704 - code of ours


def _policy(styles: tuple[str, ...], scripts: tuple[str, ...]) -> str:
    """The Content-Security-Policy: nothing but these very styles and scripts, and no requests at all."""
    allowed = {"script-src": scripts, "style-src": styles}
    parts = [" ".join([name, *map(_digest, texts)]) for name, texts in allowed.items() if texts]
    return "; ".join(["default-src 'none'", *parts, "img-src data:", "base-uri 'none'", "form-action 'none'"])


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _loader() -> PackageLoader:
    return PackageLoader("kb.render", "html")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=_loader(), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["data"] = data
    return environment
