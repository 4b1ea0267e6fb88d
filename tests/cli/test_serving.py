"""`kb serve` as a process: over standard input and output, and over HTTP on this machine, for who has the token."""

import asyncio
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import orjson
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from tests.bases import Base
from tests.terminal import ARGV, environment, kb, kb_process

pytestmark = pytest.mark.long(every=3)

ASKED = {"text": "fatal: clear is no repository"}
TOKEN = "a-token-of-this-test"  # noqa: S105 - of this test alone


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Base:
    base = Base(tmp_path_factory.mktemp("served"))
    base.configure("as_of = 2026-11-22\n")
    base.record("clear")
    base.ingest()
    return base


class Listening(NamedTuple):
    """A server that listens, and how it is reached."""

    address: str
    errors: str


@pytest.fixture(scope="module")
def listening(served: Base) -> Iterator[Listening]:
    started = subprocess.Popen(
        [*ARGV, "serve", "--http", "--port", "0"], cwd=served.root, env=environment({"KB_SERVE_TOKEN": TOKEN}),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with started:
        assert started.stderr is not None
        line = started.stderr.readline()
        try:
            yield Listening(line.split()[-1], line)
        finally:
            started.terminate()
            out, err = started.communicate(timeout=60)
    assert (out, err) == ("", "kb: interrupted; nothing was changed\n")


def posted(listening: Listening, body: Any, **headers: str) -> tuple[int, bytes]:  # noqa: ANN401 - JSON
    """The status of a request, and what it is answered."""
    usual = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    request = urllib.request.Request(listening.address, data, {**usual, **headers})  # noqa: S310 - of this machine
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - likewise
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def initialize(version: str) -> dict[str, Any]:
    about = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "a test", "version": "1"}}
    return {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": about}


GIVEN = {"Authorization": f"Bearer {TOKEN}"}


def test_over_standard_input_and_output(served: Base) -> None:
    async def talk() -> tuple[list[str], Any]:
        parameters = StdioServerParameters(
            command=sys.executable, args=[*ARGV[1:], "serve"], cwd=served.root, env=environment()
        )
        async with Client(parameters) as client:
            listed = await client.list_tools()
            return [tool.name for tool in listed.tools], await client.call_tool("match_error", ASKED)

    names, answer = asyncio.run(talk())
    assert names == ["match_error", "get_record", "report_outcome"]
    assert answer.structured_content["answers"][0]["record"] == "git/clear"


def test_standard_output_carries_the_protocol_alone_and_the_end_of_the_input_is_the_end(served: Base) -> None:
    done = kb(served.root, "serve", stdin=orjson.dumps(initialize("2024-11-05")) + b"\nno JSON\n")
    assert (done.code, done.err) == (0, "")
    first, *_ = (orjson.loads(line) for line in done.out.splitlines())
    assert first["result"]["protocolVersion"] == "2024-11-05"


def test_ctrl_c_ends_it_while_it_waits_for_input(served: Base) -> None:
    started = subprocess.Popen(
        [*ARGV, "serve"], cwd=served.root, env=environment(),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with started:
        assert started.stdin is not None
        assert started.stdout is not None
        started.stdin.write(orjson.dumps(initialize("2025-06-18")) + b"\n")
        started.stdin.flush()
        assert started.stdout.readline()
        started.send_signal(signal.SIGINT)
        assert started.wait(timeout=60) == 130


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_over_http_with_the_token(listening: Listening, mode: str) -> None:
    async def talk() -> Any:  # noqa: ANN401 - what the client gives
        async with (
            httpx2.AsyncClient(headers=GIVEN, timeout=60) as http,
            Client(streamable_http_client(listening.address, http_client=http), mode=mode) as client,
        ):
            return await client.call_tool("match_error", ASKED)

    assert asyncio.run(talk()).structured_content["answers"][0]["record"] == "git/clear"


@pytest.mark.parametrize("version", HANDSHAKE_PROTOCOL_VERSIONS)
def test_every_earlier_revision_is_spoken(listening: Listening, version: str) -> None:
    status, answer = posted(listening, initialize(version), **GIVEN)
    assert (status, orjson.loads(answer)["result"]["protocolVersion"]) == (200, version)


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer another"}, {"Authorization": TOKEN}, {"Authorization": f"Basic {TOKEN}"}]
)
def test_nobody_is_answered_without_the_token(listening: Listening, headers: dict[str, str]) -> None:
    status, answer = posted(listening, initialize("2025-06-18"), **headers)
    assert (status, answer) == (401, b"give the token of `kb serve` as `Authorization: Bearer TOKEN`\n")


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Host": "kb.example:80"}, 421), ({"Host": "10.0.0.1"}, 421), ({"Origin": "http://kb.example"}, 403)],
)
def test_only_this_machine_is_answered(listening: Listening, headers: dict[str, str], status: int) -> None:
    assert posted(listening, initialize("2025-06-18"), **GIVEN, **headers)[0] == status


def test_what_is_no_request_is_refused(listening: Listening) -> None:
    assert posted(listening, b"{", **GIVEN)[0] == 400


def test_the_address_is_of_this_machine_and_a_token_that_was_given_is_not_shown(listening: Listening) -> None:
    assert re.fullmatch(r"serving http://127\.0\.0\.1:\d+/mcp\n", listening.errors)


def test_a_port_that_is_taken_is_one_line(served: Base, listening: Listening) -> None:
    port = listening.address.split(":")[2].split("/")[0]
    done = kb_process(served.root, "serve", "--http", "--port", port)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-1] == (
        f"kb: port {port} of 127.0.0.1 is in use, or not for you to take; choose another with --port, or 0 for a free one"
    )
    done = kb_process(served.root, "serve", "--port", port)
    assert (done.code, done.err) == (2, "kb: Invalid value for --port: is for --http; add that, or leave it out\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--by", "person:Ada"], "what a person says, a person types"),
        (["--http", "--token", "short"], "take 16 characters or more"),
        (["--http", "--token", "with blanks in it, and long"], "take 16 characters or more"),
        (["--port", "99999", "--http"], "99999"),
    ],
)
def test_what_cannot_be_served_is_one_line(served: Base, arguments: list[str], message: str) -> None:
    done = kb(served.root, "serve", *arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert message in done.err


def test_without_a_base_there_is_nothing_to_serve(tmp_path: Path) -> None:
    assert kb(tmp_path, "serve").err.startswith("kb: kb.duckdb: there is no knowledge base here yet")


def test_without_the_extra_one_line_says_what_to_install(served: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "kb.serve.agent_tools", raising=False)
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    done = kb(served.root, "serve")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "kb: `kb serve` needs mcp.server.mcpserver, which is not installed; `pip install 'kb-curation[mcp]'` installs it\n"
    )
