"""Shell commands in the middle of anything: where they begin and end, what they are called with, and what they cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.analysis import harm, remote, shell
from kb.analysis.phrases import compiled
from kb.analysis.shell import Call, Form, ShellReader


def _words(text: str, name: str) -> list[str]:
    (command,) = ShellReader(text).commands(shell.scanner([name]))
    return [word.text for word in command.words]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rm -rf /", ["rm", "-rf", "/"]),
        ("Run rm -fr ~/ and clone again", ["rm", "-fr", "~/"]),
        ("It's full. Run rm -rf /. Don't wait.", ["rm", "-rf", "/"]),
        ("`rm -rf /` is wrong", ["rm", "-rf", "/"]),
        ('bash -c "rm -rf /" && ls', ["rm", "-rf", "/"]),
        ("ssh host 'rm -rf /home'", ["rm", "-rf", "/home"]),
        ("rm -rf 'a b' \"c d\"", ["rm", "-rf", "a b", "c d"]),
        ('rm -rf "$HOME"/*', ["rm", "-rf", "$HOME/*"]),
        ("rm \\\n  -rf \\\n  /", ["rm", "-rf", "/"]),
        ("rm -rf . ..", ["rm", "-rf", ".", ".."]),
        ("rm -rf build; ls /", ["rm", "-rf", "build"]),
        ("rm -rf build, then look in /", ["rm", "-rf", "build"]),
        ("运行rm -rf /然后重启", ["rm", "-rf", "/"]),
        ("rm -rf <folder> /x", ["rm", "-rf", "<folder>", "/x"]),
        ("rm -rf x 2>/dev/null || true", ["rm", "-rf", "x", "/dev/null"]),
        ("rm -r C:\\", ["rm", "-r", "C:\\"]),
        ("chown -R $(id -un) /usr".replace("chown", "rm"), ["rm", "-R", "$(id -un)", "/usr"]),
    ],
)
def test_a_command_begins_at_its_name_and_ends_with_it(text: str, words: list[str]) -> None:
    assert _words(text, "rm") == words


@pytest.mark.parametrize(
    "text", ["docker run --rm x", "x.rm y", "form", "rm-all x", "$rm x", "rm: cannot", "rm.txt", "rm=1"]
)
def test_what_only_looks_like_a_name_is_none(text: str) -> None:
    commands = list(ShellReader(text).commands(shell.scanner(["rm"])))
    assert not commands or (len(commands[0].words) <= 2 and text == "rm: cannot")


@pytest.mark.parametrize(
    ("call", "form", "fits"),
    [
        ("git -C /x push -f", Form("git push", ("-f --force",)), True),
        ("git -c a=b push origin", Form("git push", ("-f --force",)), False),
        ("git commit -m push -f", Form("git push", ("-f",)), False),
        ("rm -fr x", Form("rm", ("-r -R --recursive",)), True),
        ("rm -- -r", Form("rm", ("-r",)), False),
        ("x --all=true", Form("x", ("--all",)), True),
        ("Remove-Item -rec C:", Form("remove-item", ("-Recurse",), windows=True), True),
        ("rd /S/Q C:", Form("rd", ("-s",), windows=True), True),
        ("x -a", Form("x", ("-a",), (), "-n"), True),
        ("x -an", Form("x", ("-a",), (), "-n"), False),
        ("/usr/bin/x y", Form("x", (), ("y",)), True),
        ("x.exe y", Form("x", (), ("y",)), True),
    ],
)
def test_a_form_says_how_a_command_is_called(call: str, form: Form, fits: bool) -> None:  # noqa: FBT001
    assert Call(ShellReader(call).command(0).words).is_of(form) is fits


@pytest.mark.parametrize(
    "prefixed", ["sudo bash", "sudo -u me bash", "env X=1 Y=2 bash", "nohup time bash", "timeout 5 bash", "X=1 bash"]
)
def test_what_only_runs_a_command_is_taken_off(prefixed: str) -> None:
    command = ShellReader(prefixed).command(0)
    assert [word.text for word in shell.bare(command)] == ["bash"]
    assert shell.start_with_prefixes(f"Use {prefixed}", len(f"Use {prefixed}") - 4) == 4


def test_the_stages_of_a_pipeline_follow_one_another() -> None:
    reader = ShellReader("curl x | tee y \\\n | sudo sh && ls | sh")
    assert [[word.text for word in stage.words] for stage in reader.stages(reader.command(0))] == [
        ["tee", "y"],
        ["sudo", "sh"],
    ]


_CALLS = st.sampled_from(
    [
        ("rm", ("-r", "-f"), ("/home",)),
        ("rm", ("--recursive", "--force", "-v"), ("build",)),
        ("chmod", ("-R", "-v"), ("777", "/srv/x")),
        ("chmod", ("-R",), ("755", "app")),
        ("git push", ("--force",), ("origin", "main")),
        ("git push", ("--force-with-lease", "-u"), ("origin", "main")),
        ("kubectl delete", ("--wait=false",), ("namespace", "x")),
        ("kubectl delete", ("--now",), ("pod", "x")),
        ("mkfs", ("-F", "-q"), ("/dev/sda1",)),
        ("docker volume prune", ("-f", "-a"), ()),
        ("terraform destroy", ("-auto-approve",), ()),
        ("terraform plan", ("-destroy",), ()),
    ]
)
_PREFIX = st.sampled_from(["", "sudo ", "sudo -n ", "env X=1 ", "time ", "nohup ", "doas ", "timeout 5 ", "X=1 "])


def _is_harmful(text: str) -> bool:
    return bool(harm.harmful(ShellReader(text)))


@given(
    _CALLS,
    _PREFIX,
    st.randoms(use_true_random=False),
    st.sampled_from([" ", "  ", " \\\n  ", "\t"]),
    st.sampled_from(["%s", "`%s`", 'sh -c "%s"', "Run %s, then wait."]),
)
def test_order_prefixes_and_line_ends_change_nothing(
    call: tuple[str, tuple[str, ...], tuple[str, ...]], prefix: str, random: object, gap: str, frame: str
) -> None:
    name, options, operands = call
    placed: list[str | None] = [*options, *(None for _ in operands)]
    random.shuffle(placed)  # type: ignore[attr-defined]
    rest = iter(operands)
    shuffled = [word if word is not None else next(rest) for word in placed]
    text = prefix + gap.join([*name.split(), *shuffled])
    assert _is_harmful(frame % text) == _is_harmful(" ".join([name, *options, *operands])), text


@pytest.mark.parametrize(
    "unit", ["rm ", "rm -rf x ", 'rm "', "rm '", "curl x | ", "curl $(", "git push ", "`rm ", "sudo rm ", "rm <a "]
)
def test_a_text_costs_no_more_than_its_length_and_never_more_than_a_bound(unit: str) -> None:
    def words_read(times: int) -> int:
        reader = ShellReader(unit * times)
        harm.harmful(reader)
        remote.unread(reader)
        return reader.words_read

    few, many = words_read(20), words_read(200_000)
    assert few <= 20 * 2 * (shell.MOST_WORDS + 1)
    assert many <= 2 * (shell.MOST_WORDS_OF_A_TEXT + shell.MOST_WORDS**2)


@pytest.mark.parametrize("form", harm.FORMS, ids=lambda form: form.call[:30])
def test_a_row_is_a_command_that_the_screen_lets_pass(form: Form) -> None:
    assert form.names
    assert all(compiled(harm.SCREEN).search(f'"Run {name} x"') for name in form.names)
    for pattern in form.operands:
        compiled(pattern)


@pytest.mark.parametrize("text", ["base64\\", "\u1820rm", "rm;", "curl "])
def test_a_text_is_not_read_over_and_over(text: str) -> None:
    reader = shell.ShellReader(text * 20_000)
    list(reader.commands(shell.scanner(["base64", "rm", "curl"])))
    assert reader.chars_read <= shell.MOST_CHARS_OF_A_TEXT + 2 * shell.MOST_CHARS
