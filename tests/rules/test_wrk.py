"""WRK001: when a `how` says nothing new."""

import pytest

from tests.conftest import found


@pytest.mark.parametrize(
    ("action", "how"),
    [
        ("Restart the daemon", "Restart the daemon"),
        ("Restart the daemon", "restart  the daemon."),
        ("Restart the daemon!", "Restart the daemon"),
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
        ("", "."),
        ("...", "..."),
    ],
)
def test_any_other_how_stays(action: str, how: str | None) -> None:
    assert found({"/workarounds/0/action": action, "/workarounds/0/how": how}, "WRK001") == []
