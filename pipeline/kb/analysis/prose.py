"""Whether a signature is what a tool prints, or what somebody says of how a thing behaves. In doubt, a tool prints it."""

import re

from kb.analysis.lazily import lazily

_SOMEBODY = lazily(
    r"(?:(?:an?|the|some|many|our) )?(?:\w+ )?"
    r"(?:AI agents?|AIs?|LLMs?|chatbots?|assistants?|copilots?|users?|developers?|engineers?|customers?|travell?ers?"
    r"|tourists?|visitors?|people|someone|somebody|everyone|students?)"
    r"(?: (?:\w+ly|often|never|always|still))? (?!is\b|was\b|has\b|does\b|exists\b|pass\b|access\b|address\b|process\b|class\b)"
    r"(?:\w{2,}[^\W\dsu]s|misses|passes|dismisses|confuses|uses|assumes|presumes|focuses"
    r"|see|get|report|complain|confuse|assume|believe|expect|think)\b",
    re.IGNORECASE,
)

_BEHAVIOUR = lazily(
    r"\b(?:(?:is|are|was|were|gets?|got|becomes?|became|runs?|feels?|seems?|stays?|remains?) (?:\w+ )?"
    r"(?:slow(?! to\b)|slower|sluggish|unresponsive|flaky|laggy|blurry|blank|unstable|inconsistent|choppy|noisy|garbled|wrong)"
    r"|(?:hangs|freezes|crashes|flickers|lags|stutters|stalls|drifts|slows down|stops working|gets stuck|keeps \w+ing)"
    r"|never finishes|never ends|loses data|leaks memory"
    r"|takes (?:too long|forever|(?:\w+ )?(?:seconds|minutes|hours|days))"
    r"|(?:after|since|when|while) (?:(?:the|an?|each|every) )?(?:\w+ )?"
    r"(?:upgrad|updat|migrat|switch|mov|deploy|enabl|install|releas|renam)(?:es?|e?d|ing|ate|ating|ion|ation|ment)?"
    r"|intermittently|randomly|sometimes|occasionally|every time|for no (?:apparent )?reason|even though"
    r"|works (?:locally|fine|only|but))\b",
    re.IGNORECASE,
)

_PRINTED = lazily(
    r"[:\[\]{}<>=|\\`$#*_@]|\w\.\w|\w\(|(?:^| )[/~-]\w|[a-z](?:Error|Exception)\b|\b[A-Z]{2,}[0-9]{2,}\b|\b0x[0-9a-f]|\n"
    r"|\b(?:your?|please|errno|exception|traceback|undefined|deprecated|denied|refused|unexpected|invalid|exceeded"
    r"|timed out|not found|no such|failed to|could not|cannot|can't|couldn't|unable to|must be|aborted|try again)\b"
    r"|^(?:this|that|error|warning|fatal|failed|failure|panic|note|info|notice|critical|caution|an error|unknown|missing"
    r"|unsupported|too many|job|task|process)\b",
    re.IGNORECASE,
)


def is_account(text: str) -> bool:
    """Whether a text is an account of behaviour, such as "Model training is slow after upgrade", and no tool's output."""
    if _SOMEBODY.match(text) and len(text.split()) > 3:
        return True
    return len(text.split()) > 3 and _BEHAVIOUR.search(text) is not None and _PRINTED.search(text) is None
