"""The server over HTTP: on this machine alone, for who has the token."""

import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.responses import PlainTextResponse

from kb.errors import KbError

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer
    from starlette.types import ASGIApp, Receive, Scope, Send

HOST = "127.0.0.1"
"""No other address is listened on. What a browser was led to by another name (DNS rebinding) is refused too."""

PATH = "/mcp"


class TokenGate:
    """Lets no request by that does not give the token."""

    def __init__(self, app: "ASGIApp", token: str) -> None:
        self._app = app
        self._wanted = f"Bearer {token}".encode()

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Handle one request, as ASGI has it."""
        if scope["type"] != "lifespan":
            given = [value for key, value in scope["headers"] if key == b"authorization"]
            if len(given) != 1 or not hmac.compare_digest(given[0], self._wanted):
                refusal = PlainTextResponse(
                    "give the token of `kb serve` as `Authorization: Bearer TOKEN`\n",
                    401,
                    {"WWW-Authenticate": "Bearer"},
                )
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


def serve(made: "MCPServer[Any]", port: int, token: str, announce: Callable[[str], None]) -> None:
    """Serve until a signal comes; `announce` is given the address, which with port 0 has a free one.

    Raises:
        KbError: the port cannot be had.
    """
    app = made.streamable_http_app(streamable_http_path=PATH, host=HOST, stateless_http=True, json_response=True)
    config = uvicorn.Config(
        TokenGate(app, token), host=HOST, port=port, log_config=None, access_log=False, lifespan="on"
    )
    try:
        listening = config.bind_socket()
        listening.listen(config.backlog)  # from now on a request waits for the server, and is not refused
    except (OSError, SystemExit):  # it exits where the port is taken
        raise KbError(
            f"port {port} of {HOST} is in use, or not for you to take; choose another with --port, or 0 for a free one"
        ) from None
    announce(f"http://{HOST}:{listening.getsockname()[1]}{PATH}")
    uvicorn.Server(config).run(sockets=[listening])
