"""RGX003: what a tool prints, and what somebody says of how a thing behaves."""

import pytest

from kb.analysis.prose import is_account
from tests.conftest import found

ACCOUNTS = [
    "Model training is slow after upgrade",
    "AI tells a traveler that tap water is safe",
    "AI ignores photography restrictions in religious contexts",
    "Build takes 20 minutes after switching to pnpm",
    "App crashes on startup after upgrade to iOS 17",
    "The dashboard gets slow when many users are online",
    "Docker Desktop hangs while starting containers",
    "Users report wrong totals in the invoice",
    "Page flickers when scrolling on Safari",
    "Queries become slower after migrating to version 16",
    "CI pipeline randomly fails on Mondays",
    "Tests pass locally but fail in CI sometimes",
    "Kubernetes pod keeps restarting without any log",
    "Assistant recommends the wrong hotline number",
    "An AI agent assumes the metric system everywhere",
    "The LLM confidently invents citations",
    "Service becomes unresponsive under heavy load",
    "Deployment works fine but traffic goes to the old version",
    "Wi-Fi drops every time the laptop wakes up",
    "Memory usage slows down the notebook after updating pandas",
    "Chatbot gives legal advice as if it were certain",
    "Video is choppy on the second monitor",
    "Developers often confuse the two flags",
    "GPU utilisation stays low and training takes hours",
    "Map tiles are blurry after the update",
    "Editor freezes for no apparent reason",
]

PRINTED = [
    "fatal: not a git repository",
    "Trying to backward through the graph a second time",
    "RuntimeError: Trying to backward through the graph a second time",
    "Permission denied",
    "Too many open files",
    "No space left on device",
    "command not found",
    "Cannot connect to the Docker daemon",
    "This module cannot be imported from a Client Component module.",
    "The process cannot access the file because it is being used by another process",
    "Segmentation fault (core dumped)",
    "Your branch and 'origin/main' have diverged",
    "The module could not be found",
    "Container is unhealthy",
    "User does not exist",
    "User has no access to this resource",
    "User is not authorized to perform this action",
    "Connection reset by peer",
    "Service stopped after restart limit was hit",
    "Host key verification failed",
    "The system is going down for reboot now",
    "Please restart the computer after installing updates",
    "error: externally-managed-environment",
    "Job crashes with exit status 1",
    "Execution failed after restarting 3 times",
    "Android resource linking failed",
    "Back-off restarting failed container",
    "Start request repeated too quickly",
    "Broken pipe",
    "Deadlock found when trying to get lock",
    "Lock wait timeout exceeded",
    "Operation not permitted",
    "device or resource busy",
    "unable to resolve host",
    "Loss is inf or nan",
    "Tensor had NaN values",
    "WARNING: DATA RACE",
    "Users of this API must authenticate",
    "Route 53 health check failed: endpoint returned non-2xx status",
    "Application is not responding",
    "Server is running out of memory",
    "Connection is slow to respond (server took 12s)",
    "Task keeps failing",
    "The server encountered a temporary error and could not complete your request",
    "upstream sent too big header while reading response header from upstream",
    "A fatal error has been detected by the Java Runtime Environment",
    "Watchdog timeout after restart",
    "System is stuck in emergency mode",
    "Team members limit reached",
    "User process fault",
    "People picker failed",
]


@pytest.mark.parametrize("signature", ACCOUNTS)
def test_an_account_of_behaviour_need_not_be_what_the_regex_looks_for(signature: str) -> None:
    assert is_account(signature)
    assert found({"/signature": signature, "/signature_zh": None, "/regex": "quite another thing"}, "RGX003") == []


@pytest.mark.parametrize("signature", PRINTED)
def test_what_a_tool_prints_has_to_be(signature: str) -> None:
    assert not is_account(signature)
    assert found({"/signature": signature, "/signature_zh": None, "/regex": "quite another thing"}, "RGX003") == [
        "/regex"
    ]
