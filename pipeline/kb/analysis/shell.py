"""Shell commands where people write them: in code, in backticks, and in the middle of a sentence.

A parser of whole scripts reads prose as one long command and loses its way at the apostrophe of "don't". So a reader
looks for a word that names a command, and reads on from there, in any of the shells, as far as one command can go.
No text can make that slow: a command has an end, and so has what is read of one text.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from kb.analysis.lazily import lazily
from kb.analysis.phrases import compiled

MOST_CHARS = 1_500
MOST_WORDS = 60
"""A command is read so far; what a person writes is shorter."""

MOST_WORDS_OF_A_TEXT = 5_000
MOST_CHARS_OF_A_TEXT = 300_000
"""Of one text so much is read, over and over where commands seem to stand in each other."""

_GAP = r"(?>(?:[ \t\r\u00a0\u3000]|[\\`^]\r?\n)+)"
_CLOSED = r"\"[^\"\n]{0,400}+\"|'[^'\n]{0,400}+'"
_PLAIN = r"[^\s\"'`;&|<>()\u3000-\u303f\u4e00-\u9fff\uff00-\uff5e]"
_PLACEHOLDER = r"<[A-Za-z][\w .:/-]{0,40}+>"
_TOKEN = lazily(
    rf"(?P<gap>{_GAP})"
    r"|(?P<pipe>\|&?(?!\|))"
    rf"|(?P<redirect>(?!{_PLACEHOLDER})\d?(?:&>>?|>>?\|?|<<<|<)(?:&[\d-]+|(?=[^(])))"
    rf"|(?P<word>(?:{_CLOSED})(?=[\s;&|)`.,:]|$)"
    rf"|(?>(?:\$\([^()\n]{{0,200}}+\)|\$?\{{[^}}\s]{{0,80}}+\}}|(?<=[=:])(?:{_CLOSED})|\"[^\"\s]{{1,200}}+\"(?=[^\s\"'])"
    rf"|{_PLACEHOLDER}|\\[;&|()<>]|(?<=[a-zA-Z])'(?=[a-zA-Z])|{_PLAIN})+)(?>(?:\"[^\"\s]{{0,200}}+\")?))"
)
_CLOSED_PIPE = lazily(r"[ \t]{0,9}\)[ \t]{0,9}\|(?!\|)")
_PUNCTUATION = ".,:!?…"
_NO_ARGUMENT = frozenset(
    [
        "and",
        "then",
        "or",
        "but",
        "to",
        "from",
        "for",
        "the",
        "is",
        "are",
        "was",
        "must",
        "should",
        "can",
        "cannot",
        "could",
        "will",
        "would",
        "may",
        "might",
        "never",
        "not",
        "which",
        "that",
        "this",
        "it",
        "after",
        "before",
        "if",
        "unless",
        "when",
        "while",
        "so",
        "because",
        "in",
        "into",
        "at",
        "as",
        "via",
        "instead",
        "rather",
        "without",
        "until",
        "again",
        "since",
        "than",
        "where",
        "you",
        "your",
    ]
)
"""Words that go on with a sentence: where one stands bare, the command is over."""

PREFIXES = frozenset(
    [
        "sudo",
        "doas",
        "env",
        "nohup",
        "time",
        "timeout",
        "nice",
        "ionice",
        "stdbuf",
        "setsid",
        "command",
        "exec",
        "builtin",
        "busybox",
        "xargs",
        "winpty",
    ]
)
"""Commands that run the command that follows them."""

_THEN = lazily(r"[\"']?[ \t]{0,9}(?:&&|\|\||;|\n)\s{0,9}")
_WITH_VALUE = frozenset(
    ["-u", "-g", "-n", "-k", "-s", "-C", "-p", "-I", "-L", "-P", "-d", "--user", "--group", "--signal"]
)
_ASSIGNMENT = lazily(r"\w+=")
_NUMBER = lazily(r"\d[\d.]*[smhd]?")
_PREFIXES_BEFORE = lazily(
    rf"(?:(?:(?<![\w-])(?:{'|'.join(sorted(PREFIXES))})(?:[ \t]+(?:-[ugnksCpILP][ \t]+\w\S{{0,30}}|-\S{{1,30}}|\w{{1,30}}=\S{{0,60}}|\d\S{{0,8}}))*[ \t]+"
    r"|(?<![\w-])\w{1,30}=\S{0,60}[ \t]+|(?<!\S)(?:/\w{1,20}){0,4}/|\\|\"|')){1,6}$"
)
_ENTERED = lazily(r"(?:^|[\s;&\"'`])(?:cd|pushd)[ \t]+[\"']?([^\s\"';&|]{1,200})[\"']?\s*(?:&&|;|\n)\s*$")
_END_OF_PREFIX = frozenset(" \t\n/\\\"'")


class Word(NamedTuple):
    """One word of a command: as the shell hands it on, and where it stands."""

    text: str
    start: int
    end: int


class Command(NamedTuple):
    """One command: its words, the first of which names it, and where it stands; `pipe` is where the next one begins."""

    words: tuple[Word, ...]
    start: int
    end: int
    pipe: int | None


class Form(NamedTuple):
    """A way to call a command, as a row of a table says it.

    `call` is its name and its sub-commands, with `|` between spellings. `options` are groups of which each has to be
    there, written with any spelling of it; `operands` are patterns that each have to fit one operand. Nothing of
    `unless` may be there. The options of Windows may be cut short, and their case does not count.
    """

    call: str
    options: tuple[str, ...] = ()
    operands: tuple[str, ...] = ()
    unless: str = ""
    windows: bool = False

    @property
    def names(self) -> list[str]:
        """The first words that it can be called by."""
        return self.call.split(" ")[0].split("|")


def scanner(names: Sequence[str]) -> str:
    """An RE2 pattern for the beginning of every command of one of the names, in a text, and what stands before it."""
    return rf"(?i)(?:^|[^A-Za-z0-9_.$@%-]){_any_name(names)}\b"


def screen(names: Sequence[str]) -> str:
    """The like for a text as JSON spells it, where a letter before a name may be the end of an escape."""
    spelt = r"(?:[^A-Za-z0-9_.$@%-]|\\[bfnrt]|\\u[0-9a-fA-F]{4})"
    return rf"(?i:{spelt}{_any_name(names)}(?:[^A-Za-z0-9_]|$))"


def _any_name(names: Sequence[str]) -> str:
    longest_first = sorted(set(names), key=lambda name: (-len(name), name))
    return f"(?:{'|'.join(re.escape(name) for name in longest_first)})"


class ShellReader:
    """Reads the commands of one text, and counts what it reads: `spent` says that there is more than one would write."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words_read = self.chars_read = 0

    @property
    def spent(self) -> bool:
        """Whether the text holds more than is read."""
        return self.words_read > MOST_WORDS_OF_A_TEXT or self.chars_read > MOST_CHARS_OF_A_TEXT

    def commands(self, beginning: str) -> Iterator[Command]:
        """Every command that begins as the pattern of a `scanner` says, wherever that is."""
        for match in compiled(beginning).finditer(self.text):
            if self.spent:
                return
            if not _goes_on(self.text, match.end()):
                yield self.command(match.start() + (not _NAMED.match(match[0])))

    def command(self, start: int) -> Command:
        """The command that begins at a place."""
        words: list[Word] = []
        end, pipe = start, None
        while end < start + MOST_CHARS and len(words) < MOST_WORDS:
            token = _TOKEN.match(self.text, end, start + 2 * MOST_CHARS)
            if token is None:
                break
            if token.lastgroup == "pipe":
                pipe = token.end()
                break
            if token.lastgroup == "word":
                word, is_last = _word(token[0], end, self.text[token.end() : token.end() + 1])
                if words and word.text in _NO_ARGUMENT and token[0] == word.text:
                    break
                words.append(word)
                if is_last:
                    break
            end = token.end()
        closed = _CLOSED_PIPE.match(self.text, end)
        pipe = closed.end() if closed else pipe
        self.words_read += len(words) + 1
        self.chars_read += end - start
        return Command(tuple(words), start, words[-1].end if words else start, pipe)

    def stages(self, command: Command) -> Iterator[Command]:
        """The commands that read, one after the other, what a command writes; of a group in brackets, all."""
        for _ in range(MOST_WORDS):
            if command.pipe is None:
                return
            start = _skip(self.text, command.pipe)
            is_group = "(" in (before := self.text[command.pipe : start]) or "{" in before
            command = self.command(start)
            yield command
            for _ in range(MOST_WORDS if is_group else 0):
                then = _THEN.match(self.text, command.end)
                if then is None or not command.words:
                    break
                command = self.command(then.end())
                yield command


def bare(command: Command) -> tuple[Word, ...]:
    """The words of a command without those that only run it: `sudo -u me env X=1 bash` is `bash`."""
    words = command.words
    index = 0
    while index < len(words):
        text = words[index].text
        if _basename(text) in PREFIXES or _ASSIGNMENT.match(text) or _NUMBER.fullmatch(text):
            index += 1
        elif index and text.startswith("-"):
            index += 2 if text in _WITH_VALUE else 1
        else:
            break
    return words[index:]


def start_with_prefixes(text: str, start: int) -> int:
    """Where a command begins if what only runs it, as `sudo`, is a part of it."""
    if text[start - 1 : start] not in _END_OF_PREFIX:
        return start
    begin = max(0, start - 200)
    match = _PREFIXES_BEFORE.search(text[begin:start])
    return begin + match.start() if match else start


def entered(text: str, start: int) -> str:
    """The folder that the command right before a place changes to, or nothing."""
    begin = max(0, start - 300)
    match = _ENTERED.search(text[begin:start])
    return match[1] if match else ""


class Call:
    """The words of a command by their role: what it is called by, its options and its operands."""

    def __init__(self, words: Sequence[Word], folder: str = "") -> None:
        self.name = _basename(words[0].text).lower() if words else ""
        self.arguments = [word.text for word in words[1:]]
        self._folder = folder

    def is_of(self, form: Form) -> bool:
        """Whether it is called as a form says."""
        first, *path = form.call.split(" ")
        if self.name not in first.lower().split("|"):
            return False
        rest = _after_path(self.arguments, path)
        if rest is None:
            return False
        options, operands = _options(rest, windows=form.windows), self._operands(rest, windows=form.windows)
        has = _has_windows if form.windows else _has
        return (
            all(has(options, group) for group in form.options)
            and not has(options, form.unless)
            and all(any(compiled(wanted).fullmatch(operand) for operand in operands) for wanted in form.operands)
        )

    @cached_property
    def operands(self) -> list[str]:
        """What is no option."""
        return self._operands(self.arguments, windows=False)

    def has(self, spellings: str) -> bool:
        """Whether an option is there, in any of its spellings, alone or among others: `-x` in `-fx`."""
        return _has(_options(self.arguments, windows=False), spellings)

    def _operands(self, arguments: Sequence[str], *, windows: bool) -> list[str]:
        operands, only_operands = [], False
        for argument in arguments:
            if argument == "--" and not only_operands:
                only_operands = True
            elif only_operands or not _is_option(argument, windows=windows):
                operands.append(argument)
        if self._folder:
            operands += [
                f"{self._folder.rstrip('/')}/{operand.removeprefix('./')}"
                for operand in operands
                if operand[:1] in "*."
            ]
        return operands


def _after_path(arguments: Sequence[str], path: Sequence[str]) -> Sequence[str] | None:
    """What follows the sub-commands, and the options before them; None where others are called."""
    wanted, kept, is_value = list(path), list[str](), False
    for index, argument in enumerate(arguments):
        if not wanted:
            return [*kept, *arguments[index:]]
        if argument.startswith("-"):
            kept.append(argument)
            is_value = "=" not in argument
        elif argument.lower() in wanted[0].split("|"):
            del wanted[0]
            is_value = False
        elif is_value:
            is_value = False
        else:
            return None
    return None if wanted else kept


def _is_option(argument: str, *, windows: bool) -> bool:
    return (argument.startswith("-") and len(argument) > 1) or bool(windows and _SLASHED.fullmatch(argument))


_SLASHED = lazily(r"/[a-zA-Z?](?::\S*)?(?:/[a-zA-Z])*")


def _options(arguments: Sequence[str], *, windows: bool) -> set[str]:
    """The options, each whole and, where it may be several in one, letter by letter."""
    options = set[str]()
    for argument in arguments:
        if argument == "--":
            break
        if not _is_option(argument, windows=windows):
            continue
        if windows:
            options.update(f"-{letter}" for letter in argument[1:].lower().split("/")) if argument[
                0
            ] == "/" else options.add(argument.partition(":")[0].lower())
        else:
            options.add(argument.partition("=")[0])
            options.add(argument)
            if argument[1] != "-":
                options.update(f"-{letter}" for letter in argument[1:].partition("=")[0])
    return options


def _has(options: set[str], spellings: str) -> bool:
    return any(spelling in options for spelling in spellings.split())


def _has_windows(options: set[str], spellings: str) -> bool:
    """Likewise, where an option may be cut short."""
    return any(spelling.startswith(option) for spelling in spellings.lower().split() for option in options)


def _word(raw: str, start: int, following: str) -> tuple[Word, bool]:
    """A word as the shell sees it, and whether a sentence or a quotation ends with it."""
    if raw[0] in "\"'" and raw[-1] == raw[0] and len(raw) > 1:
        return Word(raw[1:-1], start, start + len(raw)), False
    text = _QUOTE.sub("", raw)
    is_last = following in {'"', "'"}
    if is_last:
        text = text.removesuffix("\\")
    closed = text.rstrip(_PUNCTUATION)
    if not closed or closed == text or _DRIVE.fullmatch(text):
        return Word(text, start, start + len(raw)), is_last
    if _DRIVE.fullmatch(text[: len(closed) + 1]):
        closed = text[: len(closed) + 1]
    return Word(closed, start, start + len(raw) - len(text) + len(closed)), True


_QUOTE = lazily(r"\\?[\"']")
_DRIVE = lazily(r"[a-zA-Z]:")


def _basename(word: str) -> str:
    return word.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".exe")


def _goes_on(text: str, end: int) -> bool:
    """Whether what looked like a name is only the beginning of a longer word."""
    following = text[end : end + 2]
    return bool(_LONGER.match(following) or _DOTTED.match(following))


_NAMED = lazily(r"[A-Za-z0-9]")
_LONGER = lazily(r"[A-Za-z0-9_-]")
_DOTTED = lazily(r"[.:=][A-Za-z0-9_/\\]")


def _skip(text: str, start: int) -> int:
    """The place after blanks, line ends, and the brackets and quotes that a command may stand in."""
    match = _BLANK.match(text, start)
    return match.end() if match else start


_BLANK = lazily(r"(?>(?:[\s({]|[\\`]\r?\n){0,40})")
