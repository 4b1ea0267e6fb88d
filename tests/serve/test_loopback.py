"""The server over HTTP, before and after it has started."""

import socket
from urllib.parse import urlsplit

import pytest
import uvicorn
from mcp.server.mcpserver import MCPServer

from kb.serve import loopback


def test_who_asks_as_soon_as_the_address_is_known_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server takes a while to start, and may be asked meanwhile."""
    monkeypatch.setattr(uvicorn.Server, "run", lambda _, sockets: [one.close() for one in sockets])
    reached = []

    def ask(address: str) -> None:
        place = urlsplit(address)
        with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
            reached.append(connection.getpeername()[0])

    loopback.serve(MCPServer("kb"), 0, "token", ask)
    assert reached == [loopback.HOST]
