"""Seeded synthetic corpora of native records: unique, bilingual, mean 3 KB, with a few per cent of each defect.

The same seed and size give the same bytes. Record i does not depend on the size, so a smaller corpus is a prefix.
"""

import argparse
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

_DOMAINS = (
    "ansible aws bash cmake cuda docker elastic flask git go grafana java kafka kubernetes linux mysql nginx node "
)
_DOMAINS += "npm php pip postgres python pytorch rabbitmq redis ruby rust spark ssh systemd terraform typescript vault"
_WORDS = """
    adapter address agent allocator api archive argument artifact assertion backend backup bandwidth batch binary bind branch
    bridge broker buffer build bundle byte cache callback certificate channel checksum chunk client cluster codec column
    commit compiler config connection constraint consumer container context controller counter credential cursor daemon
    database deadlock decoder default delta dependency descriptor device digest directory disk domain driver encoder
    endpoint engine entry environment event exception executor export extension fetch field file filter firewall flag
    format fragment frame gateway graph group handle handler handshake hash header heap hook host image import index
    inode input instance interface interrupt iterator job journal kernel key label latency layer layout lease library
    limit link listener loader lock log loop manifest mapping marker member memory merge message metric migration mirror
    module monitor mount mutex namespace network node object offset operator option order output owner package packet page
    parser partition patch path payload peer permission pipe pipeline plugin pointer policy pool port prefix process
    producer profile project protocol provider proxy query queue quota range reader record recovery redirect region
    registry release replica request resolver resource response result retry revision role rollback route router row
    runtime sandbox scheduler schema scope script secret sector segment selector sequence server service session shard
    signal snapshot socket source stack stage state statement storage stream string subnet symbol sync table tag target
    task template tenant thread threshold timeout token topic trace transaction transfer trigger tunnel type update user
    value variable vector version view volume watcher worker workspace wrapper writer zone
""".split()
_VERBS = (
    "raise lower restart rebuild remove replace reset rotate split merge pin upgrade move clear disable check".split()
)
_HAN = "连接超时配置错误内存不足权限拒绝文件缺失版本冲突依赖解析失败端口占用证书过期磁盘已满进程退出重启服务"
_TIERS = ("ai_generated", "community_reported", "human_reviewed", "community_verified", "reproduced")
_CEILINGS = (0.8, 0.8, 0.9, 0.95, 1.0)

Record = dict[str, Any]


def records(count: int, seed: int = 1, broken: int | None = None) -> Iterator[bytes]:
    """The lines of a corpus of `count` records, without line feeds.

    With `broken`, none has a defect but so many, evenly spread and the last line among them, that are cut off.
    """
    domains = _DOMAINS.split()
    for i in range(count):
        rng = random.Random(seed * 1_000_003 + i)
        record = _clean(rng, i, domains)
        if broken is None:
            for chance, spoil in _DEFECTS:
                if rng.random() < chance:
                    spoil(record, rng)
        line = orjson.dumps(record)
        yield line[: len(line) // 2] if broken and (i + 1) * broken % count < broken else line


def _name(i: int, domains: list[str]) -> str:
    return f"{domains[i % len(domains)]}/{_WORDS[i % 97]}-{_WORDS[i % 89]}-{i}"


def _phrase(rng: random.Random, least: int, most: int) -> str:
    return " ".join(rng.choices(_WORDS, k=rng.randint(least, most)))


def _sentence(rng: random.Random, least: int, most: int) -> str:
    return f"{_phrase(rng, least, most).capitalize()}."


def _chinese(rng: random.Random, least: int, most: int) -> str:
    return "".join(rng.choices(_HAN, k=rng.randint(least, most))) + "。"


def _url(rng: random.Random, domain: str) -> str:
    return f"https://docs.{domain}.example.org/{rng.choice(_WORDS)}/{rng.choice(_WORDS)}-{rng.randrange(10**6)}.html"


def _day(rng: random.Random, first: int, last: int) -> str:
    return f"{rng.randint(first, last)}-{rng.randint(1, 12):02}-{rng.randint(2, 28):02}"


def _clean(rng: random.Random, i: int, domains: list[str]) -> Record:
    name = _name(i, domains)
    domain = name.split("/")[0]
    phrase, code = _phrase(rng, 6, 10), f"E{i:07}"
    best = rng.randint(80, 97) / 100
    dead_ends = [
        {
            "action": f"{rng.choice(_VERBS).capitalize()} the {_phrase(rng, 4, 9)}",
            "why_fails": _sentence(rng, 6, 14),
            "fail_rate": rng.randint(55, 98) / 100,
            "condition": None if rng.random() < 0.7 else _phrase(rng, 2, 5),
            "sources": [_url(rng, domain) for _ in range(rng.randint(1, 2))],
        }
        for _ in range(rng.randint(2, 4))
    ]
    workarounds = [
        {
            "action": f"{rng.choice(_VERBS).capitalize()} the {_phrase(rng, 4, 8)}",
            "success_rate": round(best - k * 0.07, 2),
            "how": _sentence(rng, 6, 14),
            "condition": None if rng.random() < 0.7 else _phrase(rng, 2, 5),
            "sources": [_url(rng, domain) for _ in range(rng.randint(1, 2))],
        }
        for k in range(rng.randint(2, 4))
    ]
    tier = rng.randrange(len(_TIERS))
    confirmed = _day(rng, 2024, 2025)
    neighbours = [_name(i - 1 if i % 2 else i + 1, domains)] if i > 1 else []  # pairs: 2 and 3, 4 and 5, …
    return {
        "id": name,
        "signature": f"{code}: {phrase}",
        "signature_zh": f"{code}：{_chinese(rng, 8, 20)}",
        "regex": f"{code}: {phrase}",
        "domain": domain,
        "category": rng.choice(("runtime_error", "build_error", "config_error", "network_error")),
        "subcategory": None,
        "root_cause": _sentence(rng, 12, 28),
        "root_cause_type": "generic",
        "root_cause_zh": _chinese(rng, 25, 60),
        "versions": [
            {"version": f"{rng.randint(1, 9)}.{v}", "introduced": None, "deprecated": None, "removed": None,
             "behavior_change": None, "status": "active"}
            for v in range(rng.randint(0, 2))
        ],
        "os_specific": {},
        "dead_ends": dead_ends,
        "workarounds": workarounds,
        "workarounds_zh": [_chinese(rng, 8, 24) for _ in workarounds],
        "transition_graph": {
            **{
                kind: [{"error_id": other, "probability": rng.randint(5, 60) / 100, "condition": None} for other in known]
                for kind, known in _arrow(i, neighbours).items()
            },
            "frequently_confused_with": [],
        },
        "official_doc_url": _url(rng, domain),
        "official_doc_section": None,
        "error_code": code,
        "verification_tier": _TIERS[tier],
        "confidence": round(_CEILINGS[tier] - rng.randint(0, 20) / 100, 2),
        "fix_success_rate": round(best - 0.03, 2),
        "resolvable": "true",
        "first_seen": _day(rng, 2018, 2023),
        "last_confirmed": confirmed,
        "last_updated": confirmed,
        "evidence_count": 3,
        "tags": rng.choices(_WORDS, k=2),
        "locale": "en",
        "aliases": [],
    }  # fmt: skip


def _arrow(i: int, neighbours: list[str]) -> dict[str, list[str]]:
    """The two ends of an arrow: the odd record of a pair leads to the even one."""
    return {"leads_to": neighbours, "preceded_by": []} if i % 2 else {"leads_to": [], "preceded_by": neighbours}


def _at(key: str, field: str, value: Callable[[random.Random], Any]) -> Callable[[Record, random.Random], None]:
    def spoil(record: Record, rng: random.Random) -> None:
        record[key][rng.randrange(len(record[key]))][field] = value(rng)

    return spoil


def _set(field: str, value: Callable[[random.Random], Any]) -> Callable[[Record, random.Random], None]:
    def spoil(record: Record, rng: random.Random) -> None:
        record[field] = value(rng)

    return spoil


def _repeat_action(record: Record, rng: random.Random) -> None:
    item = rng.choice(record["workarounds"])
    item["how"] = item["action"]


def _repeat_dead_end(record: Record, rng: random.Random) -> None:
    record["dead_ends"].append(dict(rng.choice(record["dead_ends"])))


def _pad(record: Record, _: random.Random) -> None:
    record["root_cause"] = f" {record['root_cause']}\n"


def _forget_neighbour(record: Record, _: random.Random) -> None:
    record["transition_graph"]["preceded_by"] = []


def _untranslate(record: Record, _: random.Random) -> None:
    record["root_cause_zh"] = record["root_cause"]


_DEFECTS: tuple[tuple[float, Callable[[Record, random.Random], None]], ...] = (
    (0.04, _at("dead_ends", "action", lambda _: "")),
    (0.04, _at("dead_ends", "sources", lambda _: [])),
    (0.05, _at("workarounds", "condition", lambda _: "")),
    (0.03, _repeat_action),
    (0.02, _repeat_dead_end),
    (0.02, _pad),
    (0.03, _untranslate),
    (0.03, _forget_neighbour),
    (0.02, _at("workarounds", "success_rate", lambda rng: f"{rng.randint(50, 90)}%")),
    (0.005, _at("dead_ends", "fail_rate", lambda rng: rng.randint(50, 99))),
    (0.02, _set("verification_tier", lambda _: "auto_generated")),
    (0.04, _set("confidence", lambda _: 0.99)),
    (0.03, _set("evidence_count", lambda rng: rng.randint(20, 90))),
    (0.02, _set("first_seen", lambda rng: f"{rng.randint(2018, 2023)}-01-01")),
    (0.02, _set("last_confirmed", lambda _: None)),
    (0.01, _set("last_updated", lambda rng: f"{rng.randint(2024, 2025)}/{rng.randint(1, 9)}/{rng.randint(1, 9)}")),
    (0.004, _set("last_confirmed", lambda _: "2024-02-30")),
    (0.004, _set("official_doc_url", lambda _: "http://localhost:8080/docs")),
    (0.02, _set("severity_level", lambda _: "high")),
)


def main() -> None:
    """Write a corpus: `python -m benchmarks.generate COUNT FILE [--broken LINES]`."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--broken", type=int, help="no defects but for so many lines that are cut off")
    given = parser.parse_args()
    with given.file.open("wb") as out:
        out.writelines(line + b"\n" for line in records(given.count, given.seed, given.broken))


if __name__ == "__main__":
    main()
