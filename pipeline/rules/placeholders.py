"""What stands where a text belongs: words that say that there is none, in some languages."""

import re

_LONGEST = 60

_NOTHING_BUT = re.compile(
    r"[\s.…?!*~_/\-–—。？]+|\W*(?:todo|tb[dac]|fixme|x{3,}|n\W?/?\W?a|placeholder(?: text)?|lorem|change ?me|fill (?:me |this )?in|"
    r"to be (?:done|determined|decided|written|added|filled in|confirmed|announced|completed|continued)|coming soon|pending|"
    r"(?:currently |still )?(?:unknown|unspecified|undetermined|undefined|unclear)(?: (?:at this time|yet|for now|cause|reason))?|"
    r"not (?:applicable|available|specified|known|provided|given|set|yet known|yet available|determined|stated|documented)(?: yet)?|"
    r"does not apply|no (?:information|info|data|details?|description|content|text|value|comment|reason)(?: (?:available|given|provided|yet))?|"
    r"none|nil|null|nothing|empty|blank|ditto|idem|same|(?:the )?same(?: as| like)? (?:above|before|previous(?: one)?|the (?:above|previous)(?: one)?)|"
    r"as (?:above|before)|like above|(?:see|refer to|cf\.?) (?:the )?(?:above|below|action|description|previous(?: one| entry)?|root cause|first one|title|signature)|"
    r"(?:insert|enter|add|your|some) (?:your )?(?:text|description|content|details?)(?: here)?|(?:text|description) (?:goes )?here|"
    r"(?:your )?(?:action|reason|description) here|"
    r"待补充?|待定|待办|待填写?|待确认|待完善|待续|待查|无|無|没有|沒有|暂无|暫無|无内容|暂无(?:内容|信息|数据|说明)|不适用|不適用|不详|不詳|未知|未定|未填写?|未提供|"
    r"同上|如上|同前|见上(?:文|面)?|見上|参见上文|请见上文|略|空|占位符?|なし|該当なし|不明|未定義|없음|해당 ?없음|미정|"
    r"keine?(?: angaben?)?|nicht zutreffend|unbekannt|siehe oben|aucune?|sans objet|inconnu|voir ci-dessus|ninguno|no aplica|desconocido|нет|неизвестно|см\. выше)\W*",
    re.IGNORECASE,
)

_MARKS = ("TODO", "FIXME", "TBD")

_LEFT_OVER = re.compile(r"^\W*(?:TODO|FIXME|TBD)\s*[:(\-–—]|[\[<](?:TODO|FIXME|TBD)\b[^\]>]{0,80}[\]>]|\(TBD\)")


def holds_a_place(text: str) -> bool:
    """Whether a text is all placeholder, or marks what is missing in it."""
    return (
        (len(text) <= _LONGEST and _NOTHING_BUT.fullmatch(text) is not None)
        or (any(mark in text for mark in _MARKS) and _LEFT_OVER.search(text) is not None)
        or "lorem ipsum" in text.lower()
    )
