"""What of a text is code: what stands in backticks, and commands that stand in prose without them."""

import re
from collections.abc import Iterator
from functools import cache

from kb.analysis.lazily import lazily

Span = tuple[int, int]
"""Where a piece of a text starts and ends."""

DASHES = "\u2010-\u2015\u2212"
"""Typographic dashes and the minus sign, as a character class."""

QUOTES = "\u2018-\u201f\u2032\u2033\u00ab\u00bb"
"""Typographic quotes and primes, likewise."""

_TICKS = lazily(r"`+")

_LOOK_AT = 240
"""How much of a text shows whether a command starts it."""

_STARTS = (
    r"(?:^|(?<=\n)|: |：\s?|[;|]\s|&& |(?<=\s)['\"(]|^['\"(]"
    r"|\b(?:[Rr]un|[Uu]se|[Ee]xecute|[Tt]ry|[Tt]ype|[Ee]nter|[Ii]ssue|[Cc]all|[Ww]ith|[Vv]ia|[Bb]y|[Oo]r|[Aa]nd|[Tt]hen)\s)"
    r"(?=\s{0,40}[^\s])"
)

_MARKER = r"\s*(?:[-*+•]\s+|\(?\d{1,3}[.)]\s+|[$%>❯]\s+|PS [^>\n]{0,60}>\s*|C:\\[^>\n]{0,60}>\s*)*"

_ENDS = rf"\n|\.(?=\s+[A-Z]|\s*$)|\s#\s|\s[{DASHES}]\s|,\s|;\s(?=[A-Z])|\s\((?=[a-z]+\s[a-z])"

_BEFORE = frozenset(
    (
        "sudo",
        "doas",
        "env",
        "time",
        "nohup",
        "exec",
        "command",
        "xargs",
        "nice",
        "watch",
        "then",
        "do",
        "else",
        "&&",
        "||",
        "!",
        "run",
    )
)

_ASSIGNED = lazily(r"[A-Za-z_]\w*=\S*$")

_ARGUMENT = (
    rf"[-{DASHES}]{{1,2}}[A-Za-z0-9?]|[.~]?/|\.$|\*|\$|<\w|\{{|[\w.-]+[=/:@]\S|[{QUOTES}\"'][-\w/.*{{]"
    r"|\S*\.\w{1,5}$|\d+$|[a-z]+-[a-z0-9-]+$"
)

_PROGRAMS = frozenset(
    """
    adb ansible ansible-playbook apk apt apt-cache apt-get aws awk az bash brew bundle bun cargo cat cd certbot chgrp chmod
    chown choco clang cmake code composer conan conda cp crictl crontab ctest curl cypress dd deno df dig dir dmesg dnf
    docker docker-compose dotnet dpkg dropdb du echo eslint etcdctl export fdisk ffmpeg find firebase flake8 flutter free g++ gcc
    gcloud gdb gem gh git go gpg gradle grep grpcurl gunzip gunicorn gzip head helm heroku hostname htop iconv id ifconfig
    initctl install ip iptables istioctl java javac jest journalctl jq julia jupyter kafka-console-consumer kafka-topics
    kafka-topics.sh keytool kill killall kubeadm kubectl kubelet ldconfig ldd less ln locale-gen logrotate ls lsb_release
    lsmod lsof make md5sum meson minikube mkdir mkfs modprobe mongo mongod mongosh mount mv mvn mypy mysql mysqladmin
    mysqldump nano nc netstat nginx ninja nmap node nohup npm npx nproc nslookup nvcc nvidia-smi nvm openocd openssl pacman
    passwd patch pecl perl pg_ctl pg_dump pg_restore php ping pip pip3 pipx pkill pm2 pnpm podman poetry printf ps psql
    pulumi pwsh py pyenv pytest python python2 python3 rabbitmqctl rails rake redis-cli rg rm rmdir ros2 rosdep rsync ruby
    ruff rustc rustup scp sdkmanager sed service sestatus setenforce sh sha256sum snap sort source sqlite3 ss ssh ssh-add
    ssh-copy-id ssh-keygen stat strace su swift sysctl systemctl tail tar tcpdump tee telnet terraform test top touch tox
    tr tsc tsx umount uname uniq unzip update-alternatives usermod useradd uv uvicorn vagrant vault vi vim virtualenv
    wc wget which winget xattr xcodebuild xcrun yarn yum zip zsh zypper
    """.split()  # noqa: SIM905 - so many words are better read, and kept in order, as text
)

_ALSO_ENGLISH = frozenset(
    """
    brew bundle cat code command conda cut dig echo export find flutter free gem git go head helm install jest java jupyter kill
    less locate make meson more mount nano node patch ping rake rails service snap sort source swift tail tar test top
    touch vault watch which zip docker nginx redis mysql python npm terraform gradle php ruby
    """.split()  # noqa: SIM905 - so many words are better read, and kept in order, as text
)
"""Programs whose names stand in prose too; what follows them has to look like an argument, or be a word of theirs."""

_THEIRS = frozenset(
    """
    add annotate apply attach audit auth autoscale bench bisect blame branch build bundle cache check checkout
    cherry-pick ci clean clone commit compose config console container context cordon cp create dedupe delete describe
    destroy dev diff doc doctor down drain edit ef env exec explain expose fetch fix fmt freeze fsck gc generate get
    graph help history image images import info init inspect install kill label lfs link list load lock log login logout
    logs ls ls-files merge metadata migrate migrations mod mv network new node outdated output pip plan plugin providers
    prune ps publish pull push rebase rebuild reflog refresh reload remote remove repo reset restart restore rev-list
    rev-parse revert rm rmi rollback rollout root run save scale search serve shell show start stash state stats status
    stop submodule switch sync system tag taint tap test tidy top tree uninstall unlink untaint up update upgrade
    validate vendor version view volume wait watch workspace worktree
    """.split()  # noqa: SIM905 - so many words are better read, and kept in order, as text
)

_OF_PROSE = frozenset(
    """
    a again all already also an and any are as at be because been before being but by can cannot command commands could
    daemon desktop did do does errors every failed fails file files for from had has have how if in instead into is it its
    itself may
    might must needs never no not of on only or out over process processes project requires server should so still
    sure than that the their them then
    there these they this those to too until up users uses version was were what when where whether which while who why
    will with without would you your
    """.split()  # noqa: SIM905 - so many words are better read, and kept in order, as text
)


def has_no_spaces(char: str) -> bool:
    """Whether a character is of a script without spaces between words: Han, kana, or Hangul, which has few."""
    return "\u3040" <= char <= "\ud7a3"


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern, compiled when the first record needs it: most commands judge none."""
    return lazily(pattern)


def backticked(text: str) -> Iterator[Span]:
    """What stands between backticks, as Markdown pairs them: a run of them ends at the next run of the same length."""
    if "`" not in text:
        return
    runs = [match.span() for match in _TICKS.finditer(text)]
    last = {end - start: i for i, (start, end) in enumerate(runs)}
    i = 0
    while i < len(runs):
        start, end = runs[i]
        length = end - start
        j = i + 1
        while last[length] > i and runs[j][1] - runs[j][0] != length:
            j += 1
        if last[length] > i:
            yield end, runs[j][0]
            i = j + 1
        else:
            i += 1


def is_command(text: str) -> bool:
    """Whether a text starts as a line for a shell does: a known program, and what a program takes."""
    head = text[:_LOOK_AT]
    words = head[_end_of_marker(head) :].split()
    while words and (words[0] in _BEFORE or _ASSIGNED.match(words[0])):
        words = words[1:]
    if not words or not _is_program(words[0]):
        return False
    program, arguments = words[0], words[1:]
    if program not in _ALSO_ENGLISH:
        return bool(arguments) and arguments[0] not in _OF_PROSE
    if not arguments or arguments[0] in _OF_PROSE:
        return False
    return bool(compiled(_ARGUMENT).match(arguments[0])) or arguments[0] in _THEIRS or _has_option(arguments)


def commands(text: str) -> Iterator[Span]:
    """The commands that stand in prose, or are all there is, without backticks around them; none overlap."""
    done = 0
    for match in compiled(_STARTS).finditer(text):
        start = match.end()
        if start < done:
            continue
        head = text[start : start + _LOOK_AT]
        start += _end_of_marker(head)
        if is_command(text[start : start + _LOOK_AT]):
            end = compiled(_ENDS).search(text, start)
            done = end.start() if end else len(text)
            yield start, done


def _is_program(word: str) -> bool:
    return word in _PROGRAMS or bool(compiled(r"(?:\.{0,2}|~)/[\w./+-]*\w").fullmatch(word))


def _has_option(words: list[str]) -> bool:
    return any(compiled(rf"[-{DASHES}]{{1,2}}[A-Za-z]").match(word) for word in words)


def _end_of_marker(text: str) -> int:
    match = compiled(_MARKER).match(text)
    return match.end() if match else 0


_CODE_SHAPES = (
    r"`[^`\s]"
    rf"|(?:^|\s)[-{DASHES}]{{1,2}}[A-Za-z][\w-]*"  # an option
    r"|\w\((?!e?s\)|ies\))"  # a call
    r"|\w\s?[:+]?==?\s?['\"\w\[{$-]|\w=\S"  # an assignment
    r"|\w_\w|@\w{3,}|\$\w|\$\{|\w::|\b[a-z]{2,}(?:[A-Z][a-z0-9]+)+[A-Z]{0,3}\b"  # a name
    r"|\b(?!e\.g|i\.e|a\.m|p\.m|vs\.|[A-Z]\.[A-Z])[A-Za-z][\w-]*\.[a-zA-Z]\w+"  # a dotted name, a file
    r"|(?:^|\s)(?:~|\.{1,2})?/[\w.-]+/?|\b(?:GET|POST|PUT|PATCH|DELETE|HEAD) [\w/.]*/"  # a path
    r"|\b[a-z]\w*:[A-Za-z0-9]|\{['\"]?\w+['\"]?:|\b[a-z]+(?:-[a-z]+){3,}\b"  # a setting
    r"|\b(?:nvidia-smi|redis-cli|apt-get|docker-compose|\w+-cli)\b"  # a program that no prose has a word for
    r"|</?\w+>|\*\d{2,}#|\s[>→]\s"
)


def has_code(text: str) -> bool:
    """Whether there is code in a text: in backticks, a command, or a name that only code has."""
    return bool(compiled(_CODE_SHAPES).search(text)) or next(commands(text), None) is not None
