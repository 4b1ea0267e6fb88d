"""Where a command line runs what it has just downloaded, or what nobody can read."""

import re
from collections.abc import Iterator

from kb.analysis import shell
from kb.analysis.lazily import lazily
from kb.analysis.phrases import PhraseTable, phrase

_FETCHERS = (
    "curl", "wget", "wget2", "fetch", "aria2c", "lynx", "xh", "nc", "ncat", "netcat", "base64", "iwr", "irm",
    "Invoke-WebRequest", "Invoke-RestMethod",
)  # fmt: skip
_STORED = (
    shell.Form("aws s3 cp", (), ("-",)),
    shell.Form("gsutil|gcloud cat"),
    shell.Form("gcloud storage cat"),
    shell.Form("gh api"),
)
"""What writes the content of a place elsewhere to its output."""

_DECODES = "-d -D --decode"
_SHELLS = frozenset(
    ["sh", "bash", "zsh", "dash", "ash", "ksh", "mksh", "fish", "csh", "tcsh", "rbash", "pwsh", "powershell", "cmd"]
)
_INTERPRETER = lazily(
    r"(?:python|pypy)[\d.]*|perl|ruby|node|nodejs|deno|bun|php\d?|lua|Rscript|osascript|tclsh", re.IGNORECASE
)
_HAS_CODE = "-c -m -e -E -n -p -r -V --version --eval --print -h --help --check"
_ELSEWHERE = frozenset(
    ["ssh", "docker", "podman", "kubectl", "oc", "wsl", "su", "runuser", "chroot", "lxc", "vagrant", "incus"]
)
"""Commands that run one of their words somewhere else."""

_READERS = frozenset({"source", ".", "iex", "invoke-expression"})
_INPUT = frozenset({"-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"})

_ANY_SHELL = rf"(?:\S{{0,60}}/)?(?:{'|'.join(sorted(_SHELLS, key=len, reverse=True))})(?:\.exe)?"
_ANY_INTERPRETER = r"(?:\S{0,60}/)?(?:python[\d.]*|perl|ruby|node|php|deno|bun|lua|Rscript)"
_OPTIONS = r"(?:\s+-[\w-]*){0,8}"
_SUBSTITUTED = lazily(
    rf"(?i)(?<![\w.-])(?:(?:{_ANY_SHELL}|{_ANY_INTERPRETER}){_OPTIONS}\s+(?:<\s*)?<\(|(?:source|\.)\s+<\(|(?:source|\.)\s+/dev/stdin\s+<<<\s*[\"']?(?:\$\(|`)"
    rf"|(?:{_ANY_SHELL}|{_ANY_INTERPRETER})(?:\s+[^\s|;&<>()]{{1,40}}){{0,6}}\s+<\s*<\("
    rf"|{_ANY_SHELL}{_OPTIONS}\s+(?:-\w*c|/c|-command)\s*\\?[\"']?(?:\$\(|`|\()|{_ANY_INTERPRETER}{_OPTIONS}\s+-\w*[cer]\s*\\?[\"']?(?:\$\(|`)"
    rf"|(?:{_ANY_SHELL}|{_ANY_INTERPRETER}){_OPTIONS}\s+<<<\s*\\?[\"']?(?:\$\(|`)|eval\s+(?:--\s+)?\\?[\"']?(?:\$?\(|`))\s*$"
)
_RUNNER = r"(?:iex|Invoke-Expression|Invoke-Command|\[?scriptblock\]?::Create)"
_FETCHED = r"(?:iwr|irm|curl|wget|Invoke-WebRequest|Invoke-RestMethod|Download(?:String|Data)|Net\.WebClient|Net\.Http\.HttpClient)"
_SH = r"(?:ba|z|da|k)?sh"
_OF_A_VARIABLE = (
    rf"(?:\beval\s+(?:--\s+)?[\"']?\$\{{?\w|\b{_SH}\s+-\w*c\s+[\"']?\$\{{?\w|\b{_SH}\s+<<<\s*[\"']?\$\{{?\w"
    rf"|\b(?:echo|printf)\b[^|\n]*\$\{{?\w[^|\n]*\|\s*(?:sudo\s+)?{_SH}\b)"
)
"""Where a shell runs what a variable holds."""

_ENCODED = "|".join("EncodedCommand"[:length] for length in range(14, 0, -1))
_STATEMENT = r"(?:[^\n;]|`\r?\n)*"

PHRASES = PhraseTable(
    phrase("iex invoke- scriptblock", rf"(?i)(?:^|[^\w-]){_RUNNER}\b{_STATEMENT}[^\w-]{_FETCHED}\b[^\n;|]*"),
    phrase("iex invoke- scriptblock", rf"(?i)(?:^|[^\w-]){_FETCHED}\b{_STATEMENT}\|[\s(]*{_RUNNER}\b"),
    phrase(
        "iex invoke- scriptblock", rf"(?i)\$\w+\s*=[^\n;]*?{_FETCHED}\b[^\n;]*[;\n][^\n]{{0,80}}?{_RUNNER}\b[\s(]*\$\w+"
    ),
    phrase(
        "curl wget",
        rf"(?:^|[\s;`(])\w+=[\"']?(?:\$\(|`)\s*(?:curl|wget)\b[^\n]*?(?:;|&&|\n)[^\n]{{0,80}}?{_OF_A_VARIABLE}",
    ),
    phrase(
        "powershell pwsh",
        rf"(?i)\b(?:powershell|pwsh)(?:\.exe)?\s[^\n;|]*[-/](?:ec|{_ENCODED})[\s:]+[\"']?(?:[A-Za-z0-9+/=]{{16,}}|\$\w+)",
    ),
    phrase("mshta regsvr32", r"(?i)\b(?:mshta|regsvr32)(?:\.exe)?\s[^\n;|]*https?://\S+"),
)
"""Forms without a pipe."""

NAMES = (*_FETCHERS, *sorted({name for form in _STORED for name in form.names}))
_BEGINNING = shell.scanner(NAMES)
WORDS = f"(?:{_BEGINNING})|{PHRASES.words}"
"""An RE2 pattern that is in every text in which anything is found, and in all texts together, a line each."""

SCREEN = f"{shell.screen(NAMES)}|{PHRASES.screen}"
"""What every text has in it, as JSON spells it, in which `unread` finds anything."""


def unread(reader: shell.ShellReader) -> list[tuple[int, int]]:
    """Where the text of a reader runs what nobody has read: each place's beginning and end."""
    return sorted({*_piped(reader), *PHRASES.places(reader.text)})


def _piped(reader: shell.ShellReader) -> Iterator[tuple[int, int]]:
    for command in reader.commands(_BEGINNING):
        if not _brings(shell.Call(command.words)):
            continue
        substituted = _substituted(reader.text, command.start)
        if substituted is not None:
            yield substituted, command.end
            continue
        for stage in reader.stages(command):
            if _runs_its_input(shell.bare(stage)) or _is_handed_on(stage) or _is_teed(reader.text, stage):
                yield command.start, stage.end
                break


def _brings(call: shell.Call) -> bool:
    """Whether a command writes to its output what comes from elsewhere, or what nobody can read as it stands."""
    stored = [form for form in _STORED if call.name in form.names]
    if stored:
        return any(call.is_of(form) for form in stored)
    return call.name != "base64" or call.has(_DECODES)


def _substituted(text: str, start: int) -> int | None:
    """Where the command begins that runs the output of the one at a place, if it stands in `<(…)`, `$(…)` or the like."""
    end = shell.start_with_prefixes(text, start)
    begin = max(0, end - 200)
    if not text[begin:end].rstrip().endswith(("(", "`")):  # as all of the pattern does
        return None
    match = _SUBSTITUTED.search(text[begin:end])
    return begin + match.start() if match else None


def _runs_its_input(words: tuple[shell.Word, ...]) -> bool:
    """Whether a command runs what it reads."""
    call = shell.Call(words)
    if call.name in _ELSEWHERE:
        return any(_runs_its_input(inner) for inner in _inner(words))
    if call.name in _READERS:
        return not call.operands or call.operands[0] in _INPUT
    is_shell = call.name in _SHELLS
    if not is_shell and not _INTERPRETER.fullmatch(call.name):
        return False
    if is_shell and call.has("-s"):
        return True
    if call.has("-c -n /c" if is_shell else _HAS_CODE):
        return False
    return not call.operands or call.operands[0] in _INPUT or not _is_file(call.operands[0])


def _is_file(operand: str) -> bool:
    """A script has a path or an ending; else it is a word of the sentence."""
    return any(mark in operand for mark in "./$")


def _inner(words: tuple[shell.Word, ...]) -> Iterator[tuple[shell.Word, ...]]:
    for index in range(1, len(words)):
        first, *rest = words[index].text.split() or [""]
        yield tuple(shell.Word(text, 0, 0) for text in (first, *rest)) + words[index + 1 :]


def _is_handed_on(stage: shell.Command) -> bool:
    """Whether a command makes a command line of each line that it reads: `xargs -I% sh -c %`."""
    words = [word.text for word in shell.bare(stage)]
    is_line = len(words) == 2 or (len(words) == 3 and words[2] in {"{}", "%", "@"})
    return is_line and words[0] in _SHELLS and words[1] == "-c" and "xargs" in {word.text for word in stage.words}


def _is_teed(text: str, stage: shell.Command) -> bool:
    """Whether a command hands what it reads to a shell on the side: `tee >(bash)`."""
    return bool(_TEED.match(text, stage.end))


_TEED = lazily(rf"\s{{0,9}}>\(\s{{0,9}}(?:sudo\s+)?{_ANY_SHELL}\b")
