"""Whether a text advises its reader to do something, or not to: what a negation before a command is about.

A negation counts where it governs the command, which is where its clause leads right up to it. What is said of another
thing earlier in the sentence ("if uv is not installed, run …", "do not worry, just run …") says nothing of the command.
Where that cannot be decided, the text is taken to advise the command: a curator then looks.
"""

import re

from kb.analysis.lazily import lazily
from kb.analysis.shell import start_with_prefixes

_REACH = 300
"""So far back a sentence is read."""


def _words(text: str) -> str:
    return "|".join(text.split())


_RUN = _words(
    "run execute use try type pipe do issue call enter apply invoke paste copy copy-paste recommend suggest give grant set"
)
_RUNNING = _words(
    "running executing using trying typing piping doing issuing calling entering applying invoking pasting copying copy-pasting "
    "recommending suggesting giving granting setting resorting reaching relying falling disabling dropping deleting wiping "
    "force-pushing"
)
_DONE = _words("run executed used tried typed piped issued called entered applied invoked pasted copied given granted")
_FILLING = _words(
    "a an the any some this that these those such raw bare plain simple full destructive dangerous unsafe risky global command "
    "commands something anything things stuff like as of to with by via for and or just simply blindly directly ever even again "
    "always following script sudo root in on at production it them your own shell terminal powershell statement statements flag "
    "option code snippet out up back first e.g i.e called recursive recursively force forced push whole entire straight "
    "right immediately hastily carelessly ourselves yourself sql query longer more need reason be content output"
)
_LEAD = rf"(?>(?:(?:{_RUN}|{_RUNNING}|{_DONE}|{_FILLING})[,.:]?\s++|/\s*+)*)"

_N_T = r"(?:\s+not|n['’]?t)"
_IMPERATIVE = rf"(?:\bdo{_N_T}|\bdo\s+n['’]t|\bnever|\bnobody\s+should|\bno\s+one\s+should|\bunder\s+no\s+circumstances?|\b(?:in\s+no\s+case|on\s+no\s+account|at\s+no\s+time|by\s+no\s+means))\b"
_MODAL = rf"(?:\b(?:must|should|shall|could|might|may|need|ought){_N_T}|\bcan\s*not|\bcan['’]?t)\b"
_FACT = rf"\b(?:does|did|would|will|has|have|is|are|was|were){_N_T}\b"

_SOUND = (
    r"(?:recommended|advised|advisable|safe|wise|ok|okay|allowed|permitted|necessary|needed|required|acceptable|a\s+good\s+idea|an\s+option"
    r"|the\s+(?:answer|fix|solution|way)|an?\s+(?:answer|fix|solution)|enough|worth)"
)
_BAD = (
    r"(?:dangerous|unsafe|risky|harmful|wrong|unwise|foolish|tempting|forbidden|pointless|useless|unnecessary|reckless|destructive"
    r"|(?:a\s+)?(?:very\s+|terribly\s+|really\s+)?bad\s+(?:idea|practice|advice)|an?\s+(?:mistake|error|risk)|no\s+(?:need|reason)|overkill)"
)

_CLOSED = lazily(
    rf"(?i)(?:\b(?:rather\s+than|instead\s+of|in\s+place\s+of|in\s+lieu\s+of|as\s+opposed\s+to|unlike|nor|neither|no\s+longer|not\s+even"
    rf"|prefer\w*\s+[^,;]{{1,40}}?\bover|safer\s+than|better\s+than|alternatives?\s+to|replacement\s+for|substitute\s+for)"
    r"|(?<!\bif\s)(?<!\bwhy\s)(?<!\bwhether\sor\s)(?<!\b(?:is|or)\s)(?<!\b(?:are|was|did|has)\s)(?<!\b(?:were|does|have|will|been)\s)"
    r"(?<!\bwould\s)(?<!\bcould\s)\bnot(?!\s+(?:only|just|merely|simply)\b)"
    r"|\bwithout(?!\s+(?:sudo|root)\b)"
    rf"|\b(?:avoid|avoids|avoiding|stop|refrain(?:ing)?\s+from|beware\s+of|steer\s+clear\s+of|(?:stay|keep)\s+away\s+from|resist"
    r"|(?:warn|warns|warned|warning|advise|advises|recommend|recommends|decide)s?\s+against|against|forbids?|prohibits?|bans?|discourages?|rejects?"
    r"|disallows?|refuses?\s+to)"
    rf"|\b(?:is|are|was|it['’]s|be|be\s+a)\s+{_BAD}(?:\s+(?:to|of|in|for))?"
    rf"|\b{_BAD}\s+(?:to|of|in)"
    rf"|\b(?:is|are|was|were|be)(?:{_N_T}|\s+never)\s+(?:\w+ly\s+)?{_SOUND}(?:\s+(?:to|for))?"
    rf"|\bnot\s+(?:\w+ly\s+)?{_SOUND}\s+to"
    rf"|{_MODAL}|{_IMPERATIVE}|\b(?:does|did|would|will){_N_T})"
    rf"\s*[:,]?\s+{_LEAD}[\s\"'`“‘(\[<]*$"
)

_OPEN = lazily(rf"(?i){_IMPERATIVE}|{_MODAL}|\bavoid(?:ing)?(?=\s+\w+ing\b)")
_SUBJECT = lazily(r"(?i)\b(?:i|you|we|they|he|she|one|it|that|which|who|users?|people|this)\s*$")
_SPEAKS_TO_THE_READER = lazily(
    r"(?i)(?:^|\b(?:you|we|users?|people|one|i|they|please|and|or|but|so|also|should|must|to|always|ever|really|definitely|absolutely"
    r"|just|well|again|note|warning|caution|important|danger|doubt|unsure|then|ever|strictly|admins?|agents?|developers?|operators?))[\s:,*_(>#\-–—!]*$"
)
_CONDITION = lazily(
    r"(?i)\b(?:if|when|whenever|unless|once|while|in\s+case|until|where|provided|assuming|whether|as\s+long\s+as)\b"
)
_WHATEVER = lazily(r"(?i)\b(?:in\s+doubt|unsure)\s*$")
_FLIPS = lazily(
    r"(?i)^\s*(?:ever\s+)?(?:only\b|forget|hesitate|worry|panic|fail\b|omit|skip|neglect|miss\b|be\s+(?:afraid|shy|scared|worried)|wait\b|delay|give\s+up|stop\b"
    r"|despair|fear|mind\b|underestimate|lose\s+time|refrain|avoid|leave\s+out|overlook|put\s+off)"
)
_ANOTHER = lazily(
    r"(?i)\b(?:until|unless|without|before|after|except|but|then|instead|rather|than|so|because|since|if|when|once|while)\b|;|&&|=>|→"
)
_SECOND = lazily(
    rf"(?i)(?<=\w)(?<!\bto)(?<!\band)(?<!\bor)(?<!\bever)(?<!\beven)(?<!\bblindly)(?<!\bsimply)(?<!\bjust)\s+(?:{_RUN})\s"
)
_LETS = lazily(r"(?i)^\s*(?:ever\s+)?(?:let|make|have|help|see|watch|allow|ask|tell|advise)\b")
_BY = lazily(r"(?i)\b(?:with|by|using|via|through)\s+[\"'`(]*$")

_EMPHASIS = lazily(r"\*\*|__")
_ABBREVIATION = lazily(r"(?i)\b(e\.g|i\.e|etc|vs|cf|approx|incl)\.")
_SENTENCE = lazily(r"[.!?](?:[\"'”’)]?\s)|[。！？；;]|\n(?!\s*$)|\s[-–—]{1,2}\s")
_PIECE = lazily(r"[,，、]")
_GOES_ON = lazily(
    r"(?i)^\s*(?:e\.g|i\.e|eg|such\s+as|like|including|especially|for\s+example|for\s+instance|or|nor|and\s*(?=[\"'`(]*$)|ever|even|not\s+even|say|let\s+alone)\b"
)
_CODE_ALONE = lazily(r"^\s*(?:or\s+|and\s+)?`[^`]*`\s*$")
_DANGLING = lazily(rf"(?i)(?:{_IMPERATIVE}|{_MODAL})\s*$")
_BEGINS_TO_RUN = lazily(rf"(?i)^\s*(?:ever\s+)?(?:{_RUN})\b")
_POINTING = lazily(
    r"(?i)(?:\b(?:this|that|these|those|following|below|commands?|anything|something|things?|stuff|like|as|never|not|avoid|n['’]t|e\.g|i\.e)"
    rf"|\b(?:{_RUN}))\s*[:：]\s*[\"'`(]*$"
)
_COLON = lazily(r"[:：](?=\s)")

_LIST = lazily(
    r"(?i)[\s\"'`”’)\]]*(?:(?:,|/|、|，|\||;|&&|\|\||\bor\b|\band\b|\bnor\b|或者?|和|以及)[\s\"'`“‘(\[]*){1,3}(?:sudo\s+)?$"
)

_AFTERWARDS = lazily(
    r"(?i)[\s\"'`”’)\]]*(?:"
    rf"(?:(?:is|are|was|were|would\s+be|will\s+be|can\s+be|could\s+be|may\s+be|seems|looks)\s+(?:\w+ly\s+|very\s+|too\s+|so\s+|always\s+)?{_BAD}"
    rf"|(?:is|are|was|were){_N_T}\s+(?:\w+ly\s+|an?\s+)?(?:{_SOUND}|good|real|proper|fix|solution|answer|way|option)"
    rf"|(?:is|are)\s+(?:never|no)\s+(?:\w+ly\s+)?(?:{_SOUND}|good|fix|solution|answer|way|option|needed|the|an?\b)"
    rf"|(?:must|should|shall|may|can|ought)(?:{_N_T}|\s+never)\b|cannot\s+be\s+(?:used|recommended)|must\s+be\s+avoided|should\s+be\s+avoided|is\s+to\s+be\s+avoided"
    rf"|(?:does|do|will|would){_N_T}\s+(?:help|work|fix|solve|cure)"
    r"|[(—–,:-]+\s*(?:never|do\s+not|don['’]?t)\s*(?:(?:ever\s+)?(?:do|run|use|try)\s+(?:this|that|it)\b|[!.)]|$)"
    r"|[(—–-]+\s*(?:not\s+recommended|dangerous|unsafe|avoid\b))"
    r"|\s*(?:是|都是|可能|会)?(?:非常|很|十分|极其|极为)?(?:危险|不安全|有害|不可取|不推荐|不建议|被禁止|应避免|应当避免|不要使用|不能使用))"
)

_HAN_NEGATION = r"(?:千万|绝对|一定|请|也|都|而|永远|切)?(?:不要|不得|不应该?|不能|不可以?|不宜|不该|不建议|不推荐|不允许|切勿|请勿|切忌|严禁|禁止|避免|杜绝|拒绝|勿|别|莫|不是|而不是|而非)"
_HAN_CLOSED = lazily(
    r"(?:代替|取代|替代|无需|无须|不必|不用|不再|没必要|没有必要|而不是|而非|不去)(?:再|去|通过|直接)*(?:运行|执行|使用|用|输入|采用)?(?:命令|指令)?[\s\"'`“‘「（(:：]*$"
)
_HAN_OPEN = lazily(rf"{_HAN_NEGATION}([^。！？；，,;\n]*)$")
_HAN_ANOTHER = lazily(
    r"忘|担心|犹豫|害怕|怕|忽略|错过|省略|跳过|只|仅|才|就|则|然后|请|直到|除非|否则|但|之前|以前|之后|时(?=[运执使用])|的话|[:：](?!\s*[\"'`“‘「（(]*$)"
)
_HAN_CONDITION = lazily(r"如果|若|假如|要是|倘若|一旦|当")
_HAN_SENTENCE = lazily(r"[。！？；，,;\n]|\.\s")


def is_warned_of(text: str, start: int, end: int) -> bool:
    """Whether a text warns of the command that stands there, or names it as what not to do."""
    if _AFTERWARDS.match(text, end, end + 80):
        return True
    begin = start_with_prefixes(text, start)
    return any(_is_governed(text[max(0, place - _REACH) : place]) for place in {begin, _opened(text, begin)})


def is_listed_with(text: str, end: int, start: int) -> bool:
    """Whether nothing but "or", "and" or a comma stands between the end of one command and the start of the next."""
    return start - end < 60 and bool(_LIST.match(text, end, start))


def _opened(text: str, start: int) -> int:
    """Where the code or the quotation begins in which a place lies, or that place."""
    begin = max(0, start - _REACH)
    line = text[begin:start].rpartition("\n")[2]
    for mark in ("`", '"'):
        if line.count(mark) % 2:
            return start_with_prefixes(text, start - len(line) + line.rindex(mark))
    return start


def _is_governed(before: str) -> bool:
    plain = _EMPHASIS.sub("", before)
    return _is_governed_in_chinese(plain) or _clause_governs(_clause(plain))


def _clause(before: str) -> str:
    """The clause that leads up to the end of a text."""
    sentence = _SENTENCE.split(_ABBREVIATION.sub(r"\1", before))[-1]
    if not _POINTING.search(sentence):
        sentence = _COLON.split(sentence)[-1]
    pieces = _PIECE.split(sentence)
    clause = pieces.pop()
    dangling = _BEGINS_TO_RUN.match(clause) and next(
        (piece for piece in reversed(pieces) if _DANGLING.search(piece)), None
    )
    if dangling:
        return f"{dangling} {clause}"
    while pieces and (_GOES_ON.match(clause) or _CODE_ALONE.match(clause)):
        clause = f"{pieces.pop()} {clause}"
    return clause.rpartition("(")[2] if re.search(r"\([^)]*\w\s+$", clause) else clause


def _clause_governs(clause: str) -> bool:
    closed = _CLOSED.search(clause)
    if closed and not _is_condition(clause[: closed.start()], closed[0]) and not _is_doubled(clause, closed):
        return True
    negations = list(_OPEN.finditer(clause))
    if not negations:
        return False
    negation = negations[-1]
    before, after = clause[: negation.start()], clause[negation.end() :]
    if _FLIPS.match(after) or _ANOTHER.search(after) or _is_condition(before, negation[0]):
        return False
    if _SECOND.search(after) and not _LETS.match(after):
        return False
    return bool(_SPEAKS_TO_THE_READER.search(before)) or bool(_BY.search(after))


def _is_doubled(clause: str, closed: re.Match[str]) -> bool:
    """Whether two negations make a demand: "does not start without …"."""
    return closed[0].lower().startswith("without") and bool(_ANY.search(clause, 0, closed.start()))


def _is_condition(before: str, negation: str) -> bool:
    """Whether a negation belongs to an if-clause, as in "if you cannot run …"."""
    if not _NEEDS_SUBJECT.match(negation):
        return False
    return bool(_CONDITION.search(before)) and not _WHATEVER.search(before)


_ANY = lazily(r"(?i)\b(?:not|never|cannot|no|nothing)\b|n['’]t\b")
_NEEDS_SUBJECT = lazily(rf"(?i)(?:{_IMPERATIVE}|{_MODAL}|{_FACT})")


def _is_governed_in_chinese(before: str) -> bool:
    clause = _HAN_SENTENCE.split(before)[-1]
    if _HAN_CLOSED.search(clause):
        return True
    negation = _HAN_OPEN.search(clause)
    if negation is None:
        return False
    return not _HAN_ANOTHER.search(negation[1]) and not _HAN_CONDITION.search(clause[: negation.start()])
