"""WRK001, WRK002, WRK009, WRK010: when a `how` says nothing new, or there is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.rules.base import ABSENT, Example
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


PARTS = [
    ("Check the events: kubectl describe pod <name>", "kubectl describe pod <name>"),
    ("Check the events: kubectl describe pod <name>", "kubectl describe pod"),
    ("Check the events: kubectl describe pod <name>", "`kubectl describe pod <name>`"),
    ("Use `git pull --rebase` to catch up", "git pull --rebase"),
    ("Use `git pull --rebase` to catch up", "`git pull --rebase`"),
    ("Ensure the caller has sts:AssumeRole permission", "AssumeRole permission"),
    ("Find the folder, then change into it.", "Change into it."),
    ("Find the folder, then change into it.", "change into it"),
    ("Find the folder, then change into it.", "Find the folder"),
    ("Restart the daemon on every host of the cluster", "restart the daemon"),
    ("Restart the daemon on every host of the cluster", "on every host of the cluster"),
    ("Set optional: true in the volume mount", "true in the volume mount"),
    ("Pin versions with hashes: pip hash <package>.whl", "  pip hash <package>.whl  "),
    ("Install the system packages (e.g. libpq-dev)", "e.g. libpq-dev"),
    ("Rebuild native modules for this version: npm rebuild", "npm rebuild"),
    ("Raise the limit (num_classes must match)", "num_classes must match"),
    ("先进入克隆下来的目录，再运行命令", "再运行命令"),
    ("先进入克隆下来的目录，再运行命令", "先进入克隆下来的目录。"),
    ("Set the region: export AWS_DEFAULT_REGION=us-east-1", "export AWS_DEFAULT_REGION=us-east-1"),
    ("Match the user: docker run --user $(id -u):$(id -g)", "docker run --user $(id -u):$(id -g)"),
    ("Use 'docker system prune' once a week", "'docker system prune'"),
    ("Delete the lock with rm .git/index.lock", "rm .git/index.lock"),
    ("Turn it off and on again", "off"),
    ("Run it twice; the second run is quick", "The second run is quick"),
    ("Initialise at declaration: let x: Type = defaultValue", "let x: Type = defaultValue"),
    ("Add the user to the docker group, log out, log in", "Add the user to the docker group"),
]

NO_PARTS = [
    ("Delete the branch with git branch -D topic", "git branch -d topic"),
    ("Unpack it with tar -C / -xf a.tar", "tar -c / -xf a.tar"),
    ("Stage it all with git add .", "git add -A"),
    ("Search with grep 'a b' file in there", "grep 'a  b' file"),
    ("Restart the daemon", "systemctl restart docker"),
    ("Restart the daemon", "Restart the daemon"),
    ("Restart the daemon on the host", "Restart the daemon on the hosts."),
    ("Restart the daemon", "Restart the daemon: systemctl restart docker"),
    ("Restart the daemons", "daemon"),
    ("Reinstall the package", "install the package"),
    ("Use the prestart hook of the package", "start"),
    ("Use port 8080 for the proxy", "80"),
    ("Restart the daemon", None),
    ("Restart the daemon", "."),
    ("Restart the daemon", ""),
    ("", "Restart the daemon"),
    ("Raise the limit", "Set limits.memory to 2Gi"),
    ("Clean the cache", "npm cache clean --force"),
    ("Change the folder first, then run", "change folder"),
    ("git add . stages it", "git add -p"),
    ("Use -u to name the user of it", "-U"),
    ("Pull the image of the app", "docker pull app"),
    ("重启服务", "systemctl restart"),
    ("先进入目录，再运行命令", "运行该命令"),
    ("Add the user to the group", "usermod -aG docker $USER"),
]


@pytest.mark.parametrize(("action", "how"), PARTS)
def test_a_how_that_is_a_part_of_its_action_says_less(action: str, how: str) -> None:
    assert found({"/workarounds/0/action": action, "/workarounds/0/how": how}, "WRK009") == ["/workarounds/0/how"]


@pytest.mark.parametrize(("action", "how"), NO_PARTS)
def test_a_how_that_says_more_or_something_else_is_no_part(action: str, how: str | None) -> None:
    assert found({"/workarounds/0/action": action, "/workarounds/0/how": how}, "WRK009") == []


words = st.lists(st.text("abcdefgh", min_size=1, max_size=9), min_size=1, max_size=12)


@given(words, st.integers(0, 11), st.integers(1, 12))
def test_no_how_is_both_nearly_its_action_and_a_part_of_it(said: list[str], start: int, length: int) -> None:
    example = {"/workarounds/0/action": " ".join(said), "/workarounds/0/how": " ".join(said[start : start + length])}
    assert not (found(example, "WRK002") and found(example, "WRK009"))


HOLLOW = [
    ["Increase the memory"],
    ["Check the configuration"],
    ["Restart the service", "Reboot the host"],
    ["Use a newer version"],
    ["Verify the URL path matches the expected endpoint pattern"],
    ["Implement retry with exponential backoff"],
    ["Use GridFS for large binary data"],
    ["Use WorkManager for background work"],
    ["Ensure TLS certs match across nodes"],
    ["Add the current IP to the network access list"],
    ["Profile server-side handler performance"],
    ["Use parameterized queries/prepared statements exclusively"],
    ["Match CUDA and cuDNN to the build"],
    ["Reduce the learning rate by 10x and use warmup steps"],
    ["Check the file(s) for errors"],
    ["Fix the class(es) that differ"],
    ["Find the folder and go there"],
    ["Make sure that git is installed"],
    ["Kill the process", "Find which process holds the port"],
    ["Use the docker daemon of another host"],
    ["Install the package again"],
    ["升级到新版本"],
    ["检查配置", "重启服务"],
    ["Set a longer timeout, e.g. of a minute"],
    ["Use Redis Sentinel or Cluster for automatic master discovery"],
    ["Enable GPU instancing (see the manual)"],
]

TOLD = [
    ["Run `git status`"],
    ["Restart the service", "Run systemctl restart nginx"],
    ["Rebuild native modules: npm rebuild"],
    ["Call torch.cuda.empty_cache() now and then"],
    ["Set spark.sql.shuffle.partitions to 200"],
    ["Set cacheSizeGB to half of the memory"],
    ["Use shader_feature_local instead"],
    ["Pass --no-cache once"],
    ["Add -j4 to make"],
    ["Edit /etc/hosts"],
    ["Put it into ~/.bashrc"],
    ["Verify that google-services.json is there"],
    ["export PATH=$PATH:/opt/bin"],
    ["Use upsert:true for such writes"],
    ["Wait for the model: add wait_for_model=True"],
    ["Settings > Apps > Storage > Clear cache"],
    ["Dial *334# and choose a till"],
    ["Use POST _security/user to make one"],
    ["Use install(EXPORT Targets NAMESPACE Foo)"],
    ["Merge migrations: dotnet ef migrations remove"],
    ["Run: flutter gen-l10n and look at the output"],
    ["Verify the GPU with nvidia-smi"],
    ["Wrap it in <Suspense>"],
    ['Send the header {"a": 1}'],
    ["Use nn.ModuleList instead of a list"],
    [
        (
            "Ask at the counter of any branch with passport and residence card, say that the account is for a salary, and come "
            "back with the card after a week to set the number."
        )
    ],
    ["先到任意营业厅用护照和居留卡开户，说明账户用于领取工资，一周之后再带着卡片回来设置密码，并当场确认可以转账。"],
]


def _workarounds(actions: list[str]) -> Example:
    items: list[dict[str, object]] = [
        {"action": action, "how": None, "success_rate": 0.9, "condition": None, "sources": []} for action in actions
    ]
    return {"/workarounds": items, "/workarounds_zh": []}


@pytest.mark.parametrize("actions", HOLLOW)
def test_workarounds_that_only_say_what_to_do_are_noted(actions: list[str]) -> None:
    assert found(_workarounds(actions), "WRK010") == ["/workarounds"]


@pytest.mark.parametrize("actions", TOLD)
def test_code_or_a_long_action_says_how(actions: list[str]) -> None:
    assert found(_workarounds(actions), "WRK010") == []


@pytest.mark.parametrize("actions", HOLLOW)
def test_one_how_is_enough(actions: list[str]) -> None:
    assert found({**_workarounds(actions), "/workarounds/0/how": "systemctl restart nginx"}, "WRK010") == []


def test_without_workarounds_there_is_nothing_to_say_how_of() -> None:
    assert found(_workarounds([]), "WRK010") == []
    assert found({"/workarounds/0/how": ABSENT, "/workarounds/1/how": ABSENT}, "WRK010") == []


# ---- WRK004: one action as a dead end and as a workaround --------------------------------------------------------------


def contradicts(dead_end: str, workaround: str) -> bool:
    places = found({"/dead_ends/0/action": dead_end, "/workarounds/0/action": workaround}, "WRK004")
    return places == ["/dead_ends/0/action"]


@pytest.mark.parametrize(
    ("dead_end", "workaround"),
    [
        ("Restart the daemon", "Restart the daemon"),
        (" Restart the daemon\n", "Restart the daemon"),
        ("Restart  the daemon", "Restart the daemon"),
        ("Don't restart the  daemon", "Don't restart the daemon"),
        ("重启  服务", "重启 服务"),
        ("git branch -D topic", "git branch -D topic "),
        ("Run `cut -d '  '`", "Run `cut -d '  '`"),
    ],
)
def test_one_action_cannot_be_both(dead_end: str, workaround: str) -> None:
    assert contradicts(dead_end, workaround)


@pytest.mark.parametrize(
    ("dead_end", "workaround"),
    [
        ("Restart the daemon", "restart the daemon"),
        ("git branch -d topic", "git branch -D topic"),
        ("tar -C a -x", "tar -c a -x"),
        ("grep 'a  b' log", "grep 'a b' log"),
        ("Set the separator to “a  b”", "Set the separator to “a b”"),
        ("Split it at '  '", "Split it at ' '"),
        ("Write `key:  value`", "Write `key: value`"),
        ("if ready:\n    start()", "if ready:\n  start()"),
        ("IFS=$'\\t  '", "IFS=$'\\t '"),
        ("sed s/a\\  b//", "sed s/a\\ b//"),
        ("N/A", "N/A"),
        ("", ""),
    ],
)
def test_what_differs_in_case_or_in_a_blank_of_code_is_another_action(dead_end: str, workaround: str) -> None:
    assert not contradicts(dead_end, workaround)


@given(
    st.lists(st.sampled_from(["a", "A", "  ", " ", "-d", "-D", "\t", "\n", "key:", "don't"]), min_size=1, max_size=8)
)
def test_in_code_every_character_counts(parts: list[str]) -> None:
    code = f"Set `x{''.join(parts)}y`"
    for other in (code.swapcase(), code.replace("  ", " "), code.replace(" ", "  "), code.replace("\t", " ")):
        assert contradicts(code, other) is (code == other)
