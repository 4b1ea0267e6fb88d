"""What other bases call the fields of a record, for `kb formats guess`: words in small letters, with blanks between them."""

from collections.abc import Mapping

FIELD_WORDS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "key", "identifier", "uid", "slug", "record id", "error id", "编号", "标识"),
    "signature": (
        "signature", "message", "error", "error message", "msg", "text", "pattern text", "alert", "alert name", "title",
        "name", "headline", "summary", "problem", "symptom", "fehlermeldung", "meldung", "fehler", "错误", "错误信息", "错误消息",
        "报错", "标题", "消息", "エラー", "mensaje", "message d'erreur",
    ),
    "regex": ("regex", "regexp", "regular expression", "pattern", "match", "re", "正则", "正则表达式", "muster"),
    "domain": (
        "domain", "tool", "product", "component", "service", "system", "linter", "application", "app", "project", "library",
        "package", "area", "module", "werkzeug", "produkt", "系统", "产品", "工具", "领域", "组件",
    ),
    "category": ("category", "kind", "class", "error type", "type", "group", "kategorie", "art", "类别", "分类", "类型"),
    "subcategory": ("subcategory", "subtype", "sub category", "subclass", "子类", "子类别"),
    "severity": ("severity", "level", "priority", "criticality", "schwere", "严重程度", "严重性", "级别"),
    "root_cause": (
        "root cause", "cause", "reason", "why", "explanation", "analysis", "meaning", "description", "details", "overview",
        "background", "remarks", "ursache", "grund", "beschreibung", "原因", "根本原因", "描述", "说明", "causa", "raison",
    ),
    "diagnosis": (
        "diagnosis", "diagnose", "diagnostics", "investigation", "troubleshooting", "how to diagnose", "check", "checks",
        "诊断", "排查",
    ),
    "verify": ("verify", "verification", "validation", "how to verify", "confirm", "test", "prüfung", "验证", "校验"),
    "official_doc_url": (
        "official doc url", "url", "link", "doc url", "docs", "documentation", "reference", "doc", "more info", "help url",
        "homepage", "链接", "文档", "参考",
    ),
    "error_code": ("error code", "code", "errno", "number", "rule", "error number", "fehlercode", "错误码", "错误代码", "代码"),
    "verification_tier": ("verification tier", "tier", "review status", "verification", "trust"),
    "confidence": ("confidence", "certainty", "score", "sicherheit", "置信度", "可信度"),
    "fix_success_rate": ("fix success rate", "success rate", "success", "fix rate", "erfolgsquote", "成功率"),
    "resolvable": ("resolvable", "fixable", "solvable", "resolved", "lösbar", "可解决"),
    "first_seen": ("first seen", "created", "created at", "created on", "date", "reported", "added", "erstellt", "创建时间",
                   "日期"),
    "last_confirmed": ("last confirmed", "confirmed", "last verified", "verified at", "last reviewed", "last checked", "确认日期"),
    "last_updated": (
        "last updated", "updated", "updated at", "modified", "last modified", "changed", "ms date", "date modified", "geändert",
        "更新时间", "修改时间",
    ),
    "evidence_count": ("evidence count", "confirmations", "reports", "occurrences", "hits"),
    "tags": ("tags", "keywords", "labels", "f1 keywords", "topics", "标签", "关键词", "schlagworte"),
    "aliases": ("aliases", "also known as", "other ids", "old ids"),
    "locale": ("locale", "language", "lang", "语言"),
    "signatures": ("signatures", "messages", "other messages", "variants", "message formats", "error messages"),
    "dead_ends": (
        "dead ends", "dead end", "what does not work", "does not work", "failed attempts", "failed", "tried", "not working",
        "pitfalls", "wrong fix", "anti patterns", "do not", "sackgassen", "无效方案", "无效尝试", "死路",
    ),
    "workarounds": (
        "workarounds", "workaround", "fix", "fixes", "solution", "solutions", "resolution", "remedy", "mitigation",
        "remediation", "how to fix", "answer", "action", "actions", "steps", "lösung", "abhilfe", "behebung", "解决方案",
        "解决办法",         "解决方法", "修复", "处理", "solución", "solution de contournement",
    ),
    "versions": ("versions", "version", "affected versions", "affected", "版本"),
}  # fmt: skip
"""For each native field that is guessed, its names elsewhere; the first are the likeliest."""

ITEM_WORDS: Mapping[str, tuple[str, ...]] = {
    "action": ("action", "step", "what", "title", "name", "summary", "fix", "solution", "description", "text", "command", "do",
               "try", "操作", "方案", "步骤", "做法"),
    "why_fails": ("why fails", "why", "reason", "why it fails", "because", "explanation", "problem", "原因"),
    "fail_rate": ("fail rate", "failure rate", "fails", "失败率"),
    "success_rate": ("success rate", "success", "works", "rate", "confidence", "成功率"),
    "how": ("how", "details", "instructions", "command", "code", "commands", "description", "explanation", "方法", "命令"),
    "condition": ("condition", "when", "if", "context", "applies to", "条件"),
    "sources": ("sources", "source", "url", "urls", "link", "links", "reference", "references", "refs", "evidence", "来源", "链接"),
    "quote": ("quote", "quotation", "excerpt", "引文"),
    "version": ("version", "number", "release", "版本"),
    "introduced": ("introduced", "since", "from", "added"),
    "deprecated": ("deprecated",),
    "removed": ("removed", "until", "to"),
    "behavior_change": ("behavior change", "behaviour change", "change", "note", "notes"),
    "status": ("status", "state"),
}  # fmt: skip
"""Likewise for the fields of what stands in its lists."""

SEVERITIES: Mapping[str, str] = {
    "critical": "critical", "fatal": "critical", "blocker": "critical", "p0": "critical", "sev1": "critical", "严重": "critical",
    "high": "error", "error": "error", "major": "error", "p1": "error", "hoch": "error", "高": "error",
    "medium": "warning", "moderate": "warning", "warning": "warning", "warn": "warning", "p2": "warning", "mittel": "warning",
    "中": "warning",
    "low": "info", "info": "info", "note": "info", "minor": "info", "trivial": "info", "niedrig": "info", "低": "info",
}  # fmt: skip
"""Words for how bad an error is, each with ours."""

RESOLVABLE: Mapping[str, str] = {
    "true": "true", "yes": "true", "y": "true", "always": "true", "1": "true", "ja": "true", "是": "true",
    "false": "false", "no": "false", "n": "false", "never": "false", "0": "false", "none": "false", "nein": "false", "否": "false",
    "partial": "partial", "partly": "partial", "sometimes": "partial", "teilweise": "partial", "部分": "partial",
}  # fmt: skip
"""Words for whether an error can be resolved, each with ours."""
