"""WRK001, WRK002: when a `how` says nothing new."""

import pytest

from tests.conftest import found


@pytest.mark.parametrize(
    ("action", "how"),
    [
        ("Restart the daemon", "Restart the daemon"),
        ("Restart the daemon", " Restart the daemon.\n"),
        ("Restart the daemon.", "Restart the daemon"),
        ("restart the daemon", "restart the daemon."),
        ("Restart it (twice)", "Restart it (twice)."),
        ("git add .", "git add ."),
        ("重启服务", "重启服务。"),
    ],
)
def test_a_how_equal_to_its_action_says_nothing(action: str, how: str) -> None:
    assert found({"/workarounds/0/action": action, "/workarounds/0/how": how}, "WRK001") == ["/workarounds/0/how"]


@pytest.mark.parametrize(
    ("action", "how"),
    [
        ("Restart the daemon", "Restart the daemon twice"),
        ("Restart the daemon", None),
        ("Restart the daemon?", "Restart the daemon"),
        ("Restart the daemon!", "Restart the daemon"),
        ("Restart the daemon..", "Restart the daemon"),
        ("Restart the daemon", "restart the daemon"),
        ("Restart the daemon", "Restart  the daemon"),
        ("git branch -d topic", "git branch -D topic"),
        ("tar -C a -x", "tar -c a -x"),
        ("echo 'a  b'", "echo 'a b'"),
        ("git add", "git add ."),
        ("Run git add", "Run git add ."),
        ("cd .", "cd .."),
        ("npm i lodash", "npm i lodash."),
        ("dig example.com", "dig example.com."),
        ("Query the name example.com", "Query the name example.com."),
        ("Use python 3", "Use python 3."),
        ("  a:\n    b: 1", "a:\n    b: 1"),
        ("", "."),
        ("...", "..."),
    ],
)
def test_any_other_how_stays(action: str, how: str | None) -> None:
    assert found({"/workarounds/0/action": action, "/workarounds/0/how": how}, "WRK001") == []


@pytest.mark.parametrize(
    ("action", "how", "hollow"),
    [
        ("Restart the docker daemon on the host", "Restart the docker daemon on the hosts.", True),
        ("Restart the docker daemon on the host", "Restarts  the Docker daemon on the host", True),
        (
            "Restart the docker daemon on the host",
            "Restart the docker daemon on the host: systemctl restart docker",
            False,
        ),
        ("Restart the docker daemon on the host", "restart the docker  daemon on the host!", True),
        ("git branch -d topic", "git branch -D topic", True),
        ("git add", "git add .", False),
        ("Restart the docker daemon", "systemctl restart docker", False),
        ("Restart the docker daemon", None, False),
        ("", "", False),
    ],
)
def test_a_how_that_differs_in_a_letter_or_two_is_noted(action: str, how: str | None, hollow: bool) -> None:  # noqa: FBT001
    places = found({"/workarounds/0/action": action, "/workarounds/0/how": how}, "WRK002")
    assert places == (["/workarounds/0/how"] if hollow else [])
