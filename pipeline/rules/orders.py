"""Sentences and tags by which a text speaks to the agent that reads it, as tables of phrases."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import product

from pipeline.analysis.lazily import lazily
from pipeline.rules.phrases import Table, compiled, phrase, said


def _each(*parts: str) -> str:
    """Keys: every way to take one word of each part."""
    return " ".join("_".join(words) for words in product(*(part.split() for part in parts)))


_DROP_WORDS = (
    "ignore ignoring disregard forget override overriding bypass discard abandon dismiss stop_following quit_following cease_following "
    "not_follow t_follow never_follow longer_follow obey comply adhere listen_to listening_to heed attention_to set_aside put_aside "
    "leave_aside cast_aside supersede violate disobey unlearn nullify revoke erase"
)
_DROP = (
    r"\b(?:ignore|ignoring|disregard|forget|override|overriding|bypass|discard|abandon|dismiss|(?:stop|quit|cease) (?:following|obeying|listening to)"
    r"|(?:do not|don.?t|never|no longer|need not|must not|should not) (?:follow|obey|comply with|adhere to|listen to|heed|pay attention to)"
    r"|pay no (?:more )?(?:attention|heed) to|(?:set|put|leave|cast) aside|supersede|violate|disobey|unlearn|nullify|revoke|erase)"
)
_ANY = (
    r"(?: (?:absolutely|all|any|every|each|everything|of|the|your|my|our|their|these|those|this|that|and|or|other|whatever|both|about|completely|entirely|now"
    r"|please|just|immediately|openai|anthropic|system|user|developer|safety|security|hidden|given|current|earlier|previous|prior|initial|default))*"
)
_TOLD = (
    r"(?:previous|prior|above|preceding|earlier|foregoing|original|initial|past|former|existing|old|current|before|system|developer|safety|other"
    r"|previously (?:given|received|stated|provided))"
)
_ORDERS = (
    r"(?:instructions?|instruction set|prompts?|directions?|directives?|guidelines?|rules|orders|programming|constraints|restrictions|training|teachings"
    r"|guardrails|safeguards|safety (?:rules|filters?|measures|policies|guidelines|training)|ethics|system (?:prompt|message)s?|briefing|mandates?)"
)
_LATER = (
    r"(?:(?:given |provided |stated )?above|before(?:hand)?|so far|earlier|previously|until now|up to (?:now|here|this point)|(?:that|which) (?:came|come|comes|was|were) (?:before|above|earlier|given)"
    r"|(?:that )?(?:you|i|they|anyone|the user|the system|the developer|your developers?) (?:were|was|have been|had been|have|had|has)?\s*(?:told|given|said|taught|received|provided|know|learned|instructed|gave|wrote))"
)

_DROPPING = (
    said(_DROP_WORDS, rf"{_DROP}{_ANY} {_TOLD}(?: (?:system|user|developer|safety|and|or|set|of|conversation))* {_ORDERS}\b"),
    said(_DROP_WORDS, rf"{_DROP}{_ANY} all {_TOLD} (?:messages|context|conversations?|text|content|input)\b"),
    said(_DROP_WORDS, rf"{_DROP}(?: (?:all|any|of|every))* (?:your|the) (?:(?:system|own|safety|security|developer.?s|content|usage|ethical|core|built.in|existing|internal) )*"
          r"(?:instructions|guidelines|system prompt|programming|training|guardrails|safeguards|directives|ethics|safety (?:rules|filters?|measures|policies|guidelines|training))\b"),
    said(_DROP_WORDS, rf"{_DROP}{_ANY} (?:instructions?|rules|everything|anything|whatever|what|all|prompts?|directions|orders|things?) {_LATER}\b"),
    said(_DROP_WORDS, rf"{_DROP}(?: \w+){{1,6}} (?:instructions?|guidance|directives) (?:(?:that|which) )?{_LATER}"),
    said(_each("your all", "previous prior earlier original old"), r"\b(?:your|all) (?:previous|prior|earlier|original|old) (?:instructions|prompt|rules|orders|directives) (?:are|is|have been|were|was) (?:now )?(?:void|cancell?ed|revoked|obsolete|superseded|replaced|no longer|invalid|overridden|null|outdated|suspended|lifted)\b"),
)  # fmt: skip

_MODE = r"(?:developer|dev|jailbreak|jailbroken|god|unrestricted|debug|admin(?:istrator)?|root|maintenance|sudo|dan|evil|no.?filter|unfiltered|override|unsafe)"
_ROLE = (
    r"(?:an? |the )?(?:dan\b|unrestricted|unfiltered|uncensored|jailbroken|evil|unaligned|amoral|root (?:shell|user|agent)|(?:new |different |autonomous |helpful |command.?line |linux |system )*"
    r"(?:ai|assistant|agent|model|chatbot|bot|language model|terminal|shell|administrator|hacker|attacker|persona|operator)\b)"
)
_BECOMING = (
    said("you_are_now", rf"\byou are now (?:in {_MODE} mode|(?:operating|running|working) in {_MODE} mode|{_ROLE}|free (?:from|of|to)|no longer (?:bound|restricted|limited|an?))"),
    said("are_dan unrestricted unfiltered uncensored jailbroken unaligned", r"\byou are (?:dan\b|an? (?:unrestricted|unfiltered|uncensored|jailbroken|unaligned)\b)"),
    said("role_of persona_of identity_of", r"\b(?:assume|take on|adopt) the (?:role|persona|identity) of (?:an? |the )?(?:system\b|developer|dan\b|unrestricted|unfiltered|uncensored|jailbroken|evil|hacker|attacker)"),
    said("re_no_longer", r"\byou(?: are|.re) no longer (?:bound|restricted|limited|required to (?:follow|obey|comply)|subject|an? (?:ai|assistant|language model)|claude|chatgpt|gpt|gemini|under)\b"),
    said("now_on here_on moment_on point_on now_onward here_onward", r"\bfrom (?:now|here|this (?:moment|point)) on(?:wards?)? (?:and \w+ )?you (?:are (?:an?|the|my|now|no|dan|free|to (?:obey|ignore|act|answer|follow))|act|answer|obey|respond|will (?:act|respond|answer|behave|obey|only|ignore|follow|do anything|pretend|be an?)"
          r"|must (?:obey|ignore|answer|respond|follow|act|do anything|run|execute)|should (?:obey|ignore|act|respond|answer)|shall\b|have no|do not have|can do anything|ignore)"),
    said("pretend imagine roleplay role_play the_role", r"\b(?:pretend|imagine|role(?:play| play)|play the role)(?: (?:to be|that|you|are|you.re|as|of|being|have|had|were))+ (?:an? |the |no |my )?(?:dan\b|unrestricted|unfiltered|uncensored|system|admin\w*|developer|root|evil|jailbroken|restrictions|rules|limits|hacker|ai without|different ai)"),
    said(_each("act behave respond answer speak", "as like"), r"\b(?:act|behave|respond|answer|speak) (?:as|like) (?:if you (?:have|had|were|are) (?:no|not|an? un|free|the system|the developer)|(?:an? |the )?(?:dan\b|unrestricted|unfiltered|uncensored|jailbroken|evil|unaligned)|(?:the |a )?(?:system|developer)(?: (?:prompt|message|role|itself))?(?: and| from|[.;!]|$))"),
    said("your_new", r"\byour new (?:role|task|goal|objective|mission|instructions?|directives?|orders?|rules|system prompt|identity|persona|purpose|job) (?:is|are)\b"),
    said("instructions instruction prompt directive orders", r"(?:^|[\n.!>#*\[(]\s*)(?:new|updated|important|revised|real|actual|urgent|hidden|override)(?: (?:system|developer|agent|admin))? (?:instructions?|prompt|directives?|orders)[*\])]*\s*:"),
    said("you_have_no you_now_have", r"\byou (?:now )?have no (?:more )?(?:restrictions|limits|limitations|rules|filters|content policy)(?: (?:and|or|any ?more|whatsoever|at all|now)\b|\s*(?:[.!,;]|$))"),
    said("jailbreak_mode god_mode dan_mode unrestricted_mode unfiltered_mode filter_mode nofilter_mode now_mode evil_mode", r"\b(?:enter|enable|activate|switch to|go into|engage) (?:jailbreak|god|dan|unrestricted|unfiltered|(?:no)?filter|no filter|do anything now|evil) mode\b"),
    said("do_anything_now", r"\bdo anything now\b"),
)  # fmt: skip

_READERS = "user human operator customer owner person developer client reader maintainer victim"
_READER = f"(?:{_READERS.replace(' ', '|')})s?"
_HIDING = (
    said(_each("tell telling inform informing alert alerting warn warning notify notifying", "the your any this"), rf"\b(?:do not|don.?t|never|must not|should not|shouldn.?t|mustn.?t) (?:ever )?(?:tell|telling|inform|informing|alert|alerting|warn|warning|notify|notifying) (?:the|your|any|this) {_READER}\b"),
    said(f"{_each('to', 'the your any', _READERS)} {_each('to', _READERS)} to_anyone to_anybody", rf"\b(?:do not|don.?t|never|must not|should not|avoid) (?:ever )?(?:mention|reveal|disclose|report|show|admit|explain|say|mentioning|revealing|disclosing) (?:(?:any of|this|that|these|it|them|anything|what you did|what you do|about|instructions?|message|step|command|steps|commands|note|the) )+to (?:the |your |any )?(?:{_READER}|anyone|anybody)\b"),
    said("mention reveal disclose", r"\b(?:do not|don.?t|never) (?:ever )?(?:mention|reveal|disclose) (?:that you (?:ran|did|have|were|are|read|saw|followed)|these instructions|this (?:instruction|message|note|prompt)|the (?:existence|source) of (?:this|these))\b"),
    said(_each("let", "the your any"), rf"\b(?:do not|don.?t|never) (?:ever )?let (?:the|your|any) {_READER} (?:know|notice|find out|learn|suspect|realize|see (?:this|that|it|what))\b"),
    said("no_need_to", rf"\bno need to (?:tell|inform) (?:the|your) {_READER}\b"),
    said("make_sure", rf"\bmake sure (?:that )?(?:the|your) {_READER} (?:does not|doesn.?t|do not|don.?t|never|cannot) (?:find out|finds out|learns?|suspects?|knows? about|sees? (?:this|it))\b"),
    said("telling informing", rf"(?:^|[.!\n]\s*)without (?:telling|informing) (?:the|your|any) {_READER}\s*,\s*\w+"),
    said(f"{_each('from', 'the your any', _READERS)} {_each('from', _READERS)}", rf"\b(?:keep|hide|conceal|withhold) (?:(?:this|it|that|these|them|all|of|what|you|do|did|step|steps|command|commands|output|the|a|secret|hidden|private|quiet|completely|action|actions) )+from (?:the |your |any )?{_READER}\b"),
    said(_each(f"{_READERS} {' '.join(f'{who}s' for who in _READERS.split())}", "must should may need can"), rf"\b(?:the|your) {_READER} (?:must|should|may|need|can) (?:not|never) (?:know|see|find out|notice|learn|suspect|realize|be (?:told|informed|aware|warned))(?: (?:about|of|this|that|it|out)|[.!;]|$)"),
    said(_each("silently secretly quietly covertly", "run execute send upload delete install add insert push commit exfiltrate copy post"), rf"\b(?:silently|secretly|quietly|covertly) (?:run|execute|send|upload|delete|install|add|insert|push|commit|exfiltrate|copy|post)\b.{{0,80}}\b(?:without|so that|do not|don.?t) .{{0,40}}\b{_READER}\b"),
    said(_each("without", "telling informing notifying asking approval permission confirmation consent"), rf"\b(?:run|execute|send|delete|install|push|commit|upload|post|do) (?:this|it|these|the following|all|them|every)\b.{{0,60}}\bwithout (?:telling|informing|notifying|asking|approval|permission|confirmation|consent)(?: (?:from|of|by))?(?: (?:the|your|any) {_READER}|[.!;]|$)"),
)  # fmt: skip

_PROMPT = r"(?:(?:system|hidden|initial|original|secret|developer|internal|full|exact|above|pre) )*(?:system prompt|system message|developer (?:prompt|message)|initial (?:prompt|instructions)|hidden (?:prompt|instructions)|secret instructions|prompt above|instructions (?:above|you (?:were|have been) given)|instructions|pre prompt|preprompt|guidelines)"
_TELL = r"\b(?:reveal|print|show|output|repeat|display|disclose|leak|expose|tell me|give me|write (?:out|down)|return|recite|dump|share|send|echo|paste|quote|divulge|summari[sz]e|translate)"
_REVEALING = (
    said("prompt preprompt system_message developer_message instructions guidelines", rf"{_TELL}(?: (?:me|us|all|of|back|every|word|the|full|entire|complete|exact|verbatim|text|contents?|out))* your (?:own )?{_PROMPT}\b"),
    said("system_prompt system_message hidden_instructions hidden_prompt initial_prompt developer_message initial_instructions", r"\b(?:reveal|leak|disclose|recite|divulge|expose|exfiltrate)(?: (?:me|us|all|of|the|full|entire|complete|exact|verbatim|contents?))* (?:system prompt|system message|hidden instructions|hidden prompt|initial prompt|developer message|initial instructions)\b"),
    said(_each("your", "system initial original hidden secret"), r"\b(?:what (?:are|is|were|was)|repeat|print) your (?:system|initial|original|hidden|secret) (?:instructions|prompt)\b"),
    said(_each("text words instructions prompt conversation everything", "above before_this"), r"\b(?:repeat|print|output|show|recite) (?:the |all |everything |of )*(?:text|words|instructions|prompt|conversation|everything) (?:above|before this)\b"),
    said("repeat recite", r"\b(?:repeat|recite) (?:everything|all|the (?:words|text|prompt|instructions))(?: .{0,30})? above\b"),
)  # fmt: skip

_SECRETS = (
    r"(?:(?:all |the |your |any |every |full |its |their |my |our |user.?s |contents? of |values? of )*(?:environment(?: variables?| vars?)?|env (?:variables?|vars?|file)|\.env(?: file)?|ssh (?:private )?keys?|private keys?|~/\.ssh\S*|\S*id_rsa|\S*id_ed25519"
    r"|\.?aws.credentials|conversation(?: history)?|chat (?:history|log)s?|system prompt|(?:api keys|apikeys|secrets|credentials|tokens|passwords|cookies) (?:you|that you|in|from|of|on|to)\b|all (?:api keys|apikeys|secrets|credentials|tokens|passwords)"
    r"|/etc/(?:passwd|shadow)))"
)
_SINK = (
    r"(?:https?://|me\b|us\b|my \w+|this (?:url|address|server|endpoint|webhook|host)|the following (?:url|address|server|endpoint|webhook|host)|an? (?:external|remote)\b|attacker|evil\b|(?:a |the )?webhook"
    r"|[\w.+]+@[\w]+\.|[\w-]+\.(?:com|net|org|io|dev|ru|xyz|site)\b)"
)
_KEYS_OF_STEALING = (
    "environment env_variable env_var env_file .env ssh private_key id_rsa id_ed25519 conversation chat_history chat_log system_prompt api_keys "
    "apikeys secrets credentials tokens passwords cookies passwd shadow"
)
_STEALING = (
    said(_KEYS_OF_STEALING, rf"\b(?:send|post|upload|exfiltrate|forward|e.?mail|transmit|leak|copy|report|submit|append|deliver|publish|ship|steal) {_SECRETS}[^\n]{{0,60}}? (?:to|at|into|via) {_SINK}"),
    said(_KEYS_OF_STEALING, rf"\b(?:read|collect|gather|take|dump|cat|find|get|open|grab|encode|list|extract|fetch|copy|print) {_SECRETS}[^\n]{{0,40}}? and (?:then )?(?:send|post|upload|forward|e.?mail|transmit|submit|deliver|publish|share|exfiltrate)(?: (?:it|them|that|the|result|content|contents|everything|output))+ (?:to|at|via) {_SINK}"),
    said(_KEYS_OF_STEALING, rf"\b(?:include|add|put|print|paste|append|write|quote|list|output|show|return) {_SECRETS}[^\n.]{{0,30}}? ?(?:your (?:reply|answer|response|output|next \w+|comment|summary|message)|the (?:reply|answer|response))\b"),
    said("exfiltrat", r"\b(?:please |now |then |^)exfiltrate\b"),
    said("curl wget", r"\b(?:curl|wget)\b[^\n;|]*(?:-d|--data\S*|-F|-T|--upload-file|--form|--post-(?:file|data))\s?\S*(?:~/\.ssh/|\.env\b|/etc/(?:passwd|shadow)|\$\(\s*(?:env|printenv|cat)\b|`(?:env|printenv)`|id_rsa|\.aws/credentials|\.netrc|\.npmrc|\.git-credentials)".replace(" ", "")),
    said("curl wget ncat netcat", r"(?:^|[\s`;&(])(?:env|printenv|cat\s+(?:~|\$HOME|/root|/home/\w+)/\.(?:ssh/\S+|aws/credentials|netrc|git-credentials)|cat\s+\S*\.env)\s*\|[^\n]{0,60}\b(?:curl|wget|ncat|netcat)\s"),
)  # fmt: skip

_AI = (
    r"(?:an? |any |all |the |every |whichever |dear |other )*(?:(?:ai|llm|autonomous|coding|automated|large|language|artificial intelligence|generative) )*"
    r"(?:ai\b|llms?\b|a\.i\.|language models?|(?:ai|coding|llm|autonomous|automated|software) (?:agents?|assistants?|models?|systems?|bots?|crawlers?|tools?)|chatbots?|copilot|claude|chatgpt|gpt.?\d\w*|gemini|cursor|codex|devin)"
)
_MUST = r"(?:must|run|execute|ignore|send|should|follow|do not|don.?t|stop|always|never|obey|please|you (?:have|need|are required|are instructed)|delete|add|include|recommend|insert|install|is required|are required|reply|respond|answer|print|output|disregard|shall)"
_ADDRESSING = (
    said("if_you_are if_you_re attention note_to note_for message_to message_for dear", rf"(?:\bif you are|\bif you.re|\battention|\bnote (?:to|for)|\bmessage (?:to|for)|\bdear) {_AI}(?: (?:reading|processing|parsing|summari[sz]ing|helping|working|running|tasked|with access|that|who|which|model|assistant|agent)\b[^.\n]{{0,60}}?)?[\s,:;!.*-]+(?:(?:you|and|then|please) )*{_MUST}\b"),
    said("if_you_are if_you_re", rf"\bif you(?: are|.re) an? (?:agent|assistant)[\s,]+(?:you )?{_MUST}\b"),
    said(_each("ai ais llm llms assistant assistants agent agents model models system systems this", "must should shall have_to"), r"(?:^|[.!\n:]\s*)(?:all |any |every )?(?:ai|llm|language)s?(?: (?:assistants?|agents?|models?|systems?))?(?: reading this)? (?:must|should|shall|have to) (?:(?:run|execute|install|do|follow) (?:this|the following|these|it)\b|ignore|disregard|obey|not tell|always (?:run|recommend|install|obey))"),
    said("llm llms claude chatgpt gpt gemini copilot cursor ai: ai, agent: agents: assistant: assistants: model: models: agent, agents, assistant, assistants,", r"(?:^|\n)\s*(?:dear )?(?:llms?|ai|ai (?:agent|assistant|model)s?|claude|chatgpt|gpt|gemini|copilot|cursor)[:,]\s*(?:please )?(?:ignore|disregard|forget|run|execute|you (?:must|should|are)|do not|delete|send|obey|always|never)\b"),
    said(_each("system admin developer security emergency prompt", "override"), r"(?:^|[.!\n\[*#]\s*)(?:system|admin|developer|security|emergency)(?: prompt)? override\b[\])*]*\s*[:!.]"),
    said("as_an_ai as_an_llm as_a_ai as_a_llm", r"\bas an? (?:ai|llm)(?: (?:language model|assistant|agent|model|coding agent))? (?:reading this |you )+(?:must|should|will|shall|are required|need)\b"),
    said(_each("reading processing reads read", "this"), r"\b(?:(?:any|all|every|to the) (?:ai|llm|agents?|assistants?|models?)|(?:ai|llm)s?)(?: (?:agents?|assistants?|models?))? (?:reading|processing|that reads?|who reads?) this\b"),
    said(" ".join(f"{role}{mark}" for role in ("system", "assistant", "developer", "admin") for mark in (":", "]", ")", ">", "*", "_message", "_prompt", "_override", "_note", "_instruction", "_command", "_alert")), r"(?:^|\n)\s*[#>*\[(<-]*\s*(?:system|assistant|developer|admin)(?: (?:message|prompt|override|note|instruction|command|alert)s?)?[\])*>]*:\s*(?:you (?:are|must|will|should|have|may)|ignore|disregard|forget|from now|new |execute|run |do not|always|never|the user)"),
)  # fmt: skip

TAGS = Table(
    phrase("<|", r"<\|im_start\|>\s*(?:system|user|assistant|tool|developer)\b"),
    phrase("<|", r"<\|(?:system|user|assistant|developer|tool|SYSTEM_TOKEN|USER_TOKEN|CHATBOT_TOKEN|START_OF_TURN_TOKEN)\|>"),
    phrase("<|", r"<\|(?:start_header_id|start_of_role|start|header_start|role_start)\|>\s*(?:system|user|assistant|developer|tool|ipython)"),
    phrase("<|", r"<\|(?:im_end|eot_id|end|eot|return|call)\|>\s*<\|"),
    phrase("<｜", r"<｜(?:System|User|Assistant|tool[▁_]\w+)｜>"),
    phrase("inst]", r"(?i)\[/?inst\]"),
    phrase("sys>>", r"(?i)<</?sys>>"),
    phrase("start_of_turn", r"<start_of_turn>\s*(?:system|user|model)"),
    phrase("system_prompt tool_results available_tools", r"\[/?(?:SYSTEM_PROMPT|TOOL_RESULTS|AVAILABLE_TOOLS)\]"),
    phrase("human: assistant:", r"(?:^(?:Human|Assistant): [A-Z\x{4e00}-\x{9fff}]|\n\n(?:Human|Assistant): )"),
    phrase("###", r"(?i)(?:^|\n)###\s*(?:instructions?|system|response|human|assistant|user|system prompt)\s*:\s"),
    phrase(
        "<system <instruction <important <admin <developer <assistant <human <secret",
        r"(?i)<(?:system|system[-_ ](?:prompt|message|reminder|note|instructions?)|instructions?|important|admin|developer|assistant|human|secret)>\s*"
        r"(?:you\b|ignore|disregard|forget|always|never|do not|don.?t|run|execute|new |from now|the (?:user|assistant|agent)|this is|please|before|when|send|read)",
    ),
    phrase("</", r"(?i)</(?:system|system[-_](?:prompt|message|reminder)|user[-_]?(?:input|message|query|data)|untrusted\w*|function_results?|tool_results?|tool_response|context|documents?|search_results?)>\s*(?:system\b|you\b|ignore|now\b|new |<(?:system|instructions?|user|assistant|function|tool))"),
    phrase("<function <tool <invoke", r"(?i)<(?:function_results?|function_calls?|function_response|tool_results?|tool_response|tool_output|tool_call|tool_use|invoke)\b[^<>]{0,80}>\s*[^\s<`\"',.;:)][\s\S]{0,800}?</"),
    phrase("<function <tool <invoke <antml", r"(?i)<(?:antml:)?(?:function_calls|invoke name=|parameter name=|function_results)[^<>]{0,60}>\s*<"),
    phrase("role_system role_developer", r"[{,]\s*\"role\"\s*:\s*\"(?:system|developer)\"\s*,\s*\"content\"\s*:\s*\"(?i:you (?:must|are now|will)|ignore|disregard|forget|new instructions)"),
)  # fmt: skip
"""The tags that open a role, or end one, in the conversations of the common models, and results that no tool gave."""

_HAN_OLD = r"(?:之前|以前|上述|以上|上面|前面|先前|此前|前述|前文|上文|原来|原先|原本|原有|最初|初始|既有|已有|现有|过去|刚才|早先)"
_HAN_ORDERS = r"(?:指令|指示|提示词|提示语|提示|规则|内容|设定|命令|要求|约束|限制|对话|说明|准则|守则|规定|指引|安全策略|话|一切|信息|系统消息)"
_HAN_DROP = r"(?:忽略|无视|忘记|忘掉|忘了|忘却|抛开|抛弃|摒弃|撇开|不理会|不(?:要|用|必|需要?|再)(?:理会|管|遵守|遵循|遵从|服从|听从|理睬|考虑)|别(?:管|理会|遵守|遵循|听)|停止(?:遵守|遵循|执行)|无需(?:遵守|遵循|理会)|违反|违背|绕过|推翻)"
_HAN_DROP_WORDS = "忽略 无视 忘 抛开 抛弃 摒弃 撇开 理会 遵守 遵循 遵从 服从 听从 理睬 别管 不要管 不用管 别听 停止执行 违反 违背 绕过 推翻 考虑 不再 不必 不需"
_HAN_WHO = r"(?:用户|使用者|人类|操作员|操作者|客户|主人|对方|任何人|管理员|开发者)"
_HAN = (
    phrase(_HAN_DROP_WORDS, rf"{_HAN_DROP}掉?(?:你|您)?(?:所|收到|被|给|的|在|了|所有|全部|一切|任何|这些|那些|那|这|关于){{0,5}}{_HAN_OLD}[^，。；、！？,.;\n]{{0,12}}?{_HAN_ORDERS}"),
    phrase(_HAN_DROP_WORDS, rf"{_HAN_DROP}掉?(?:你|您)(?:的|所)?(?:所有|全部|一切|任何|原有|系统|安全|收到的|接收到的|被给予的|的){{0,4}}(?:指令|指示|提示词|系统提示|规则|设定|限制|约束|准则|守则|训练|指引|要求)"),
    phrase(_HAN_DROP_WORDS, rf"{_HAN_DROP}掉?(?:所有|全部|一切|任何|的|掉|这些|那些){{0,3}}(?:系统|开发者|安全|内置|预设|既定)(?:的)?(?:指令|提示词|规则|设定|限制|约束|准则|守则|指引)"),
    phrase("作废 取消", rf"{_HAN_OLD}的?(?:所有|全部|一切)?的?(?:指令|指示|提示词|规则|设定)(?:都|已|均|全部|现在|一律|已经|现已){{0,3}}(?:作废|被?取消)"),
    phrase(_HAN_DROP_WORDS, rf"{_HAN_DROP}掉?(?:上文|前文|以上(?:全部|所有|一切)|上述(?:全部|所有|一切)|先前(?:全部|所有|一切)|你的(?:身份|角色|职责|使命))"),
    phrase("忘 忽略 无视 抛", rf"(?:把|将)[^，。；\n]{{0,6}}{_HAN_OLD}[^，。；\n]{{0,8}}?(?:指令|指示|提示词|提示|规则|设定|要求|约束|限制|对话|内容)(?:都|全|全部|统统|一律|给|通通){{0,3}}(?:忘掉|忘记|忘了|忽略|无视|抛开|抛弃|抛到)"),
    phrase("你的角色 你的身份 你的任务 你的目标", r"你的(?:角色|身份|任务|目标)(?:现在|现已|已|已经)(?:是|变为|变成|改为|更改为)[^否不]"),
    phrase("你现在 您现在 你从此 您从此 你已 您已 你如今 您如今", r"(?:你|您)(?:现在|从此|已经|已|如今)(?:起)?就?(?:是|变成|成为|扮演)(?:一个|一名|一位|个)?(?:没有|不受|无|全新|新|名为|叫|自由)?[^，。；\n]{0,10}?(?:限制|约束|助手|模型|AI|DAN|人工智能|智能体|管理员|系统(?:角色|本身|[，。！,.!]|$)|开发者模式|越狱|黑客|终端|机器人|角色|审查|道德)"),
    phrase("从现在 自现在 从此 从这一刻 即刻 现在 今后 往后 接下来", r"(?:从现在|自现在|从此刻|从这一刻|从此|即刻|现在|今后|往后|接下来)(?:起|开始)?[，,]?\s*(?:你|您)(?:就)?(?:是|扮演|作为|必须(?:服从|听从|遵守|执行|忽略|回答|听)|只能|将(?:扮演|作为|成为|忽略|服从|听从|不受)|不再(?:是|受|遵守|有)|要(?:扮演|忽略|服从|听)|应(?:当|该)?(?:扮演|忽略|服从|听)|可以做任何|没有任何|不受|需要(?:扮演|忽略|服从))"),
    phrase("不再", r"(?:你|您)(?:已经|已|现在)?不再(?:是|受|遵守|有任何)"),
    phrase("假装 扮演 假设 装作", r"(?:假装|装作|假设|扮演)(?:你|您|自己)?(?:是|为|成)?(?:一个|一名)?(?:没有(?:任何)?(?:限制|约束|规则|道德)|不受(?:任何)?(?:限制|约束)|系统(?:管理员)?|DAN|越狱|无限制|黑客|邪恶)"),
    phrase("模式", r"(?:(?:你|您)(?:现在|已经|已)?(?:处于|进入)了?|(?:请|立即|现在)?(?:进入|切换到|开启|启用))(?:越狱|上帝|无限制|DAN|不受限制?)(?:的)?模式|(?:你|您)(?:现在|已经|已)?(?:处于|进入)了?(?:开发者|管理员|调试|维护)模式"),
    phrase("你的新 您的新 新指令 新的指令 新的系统 新系统 新任务", r"(?:你|您)的新(?:的)?(?:任务|角色|指令|身份|目标|规则|使命)(?:是|为|如下|：|:)|新的?(?:系统)?(?:指令|提示词|任务指令)\s*[:：]"),
    phrase("身份", r"以系统(?:的)?(?:身份|角色)(?:来)?(?:执行|行动|回答|回复|发言|运行|说话)"),
    phrase("作为系统", r"作为系统(?:角色|消息|提示)?[，,]?(?:请|你|执行|立即)"),
    phrase("告诉 告知 告之 透露 提及 提到 知道 发现 察觉 泄露 通知 说 报告", rf"(?:不要|别|不得|切勿|禁止|请勿|无需|不必|不能|不可|绝不|勿|不准|不许|不应|不用)[^，。；,;\n]{{0,10}}?(?:(?:告诉|告知|告之|透露给|泄露给|报告给|通知){_HAN_WHO}|(?:向|对|跟|和){_HAN_WHO}(?:透露|提及|提到|提起|说明|披露|说|报告|承认|泄露)|让{_HAN_WHO}(?:知道|发现|察觉|看到这|看见这|意识到|得知))"),
    phrase("隐瞒 瞒着 保密 隐藏", rf"(?:向|对){_HAN_WHO}(?:隐瞒|保密|隐藏)|瞒着{_HAN_WHO}"),
    phrase("提及 透露 泄露 提到", r"(?:不要|切勿|请勿|别|不得)(?:在(?:回复|回答|输出)(?:中|里))?(?:提及|透露|泄露|提到)(?:这|此|本|上述|以上)(?:条|些|个|段)?(?:指令|消息|提示|步骤|内容|指示|说明|信息)"),
    phrase("未经 不经 无需 不用 不必 征得", rf"(?:未经|不经|无需|不用|不必|无须)(?:征得|得到|获得|经过|询问|告知|通知)?{_HAN_WHO}(?:的)?(?:同意|许可|确认|批准|允许)?[，,]?(?:就|直接|便|立即)(?:执行|运行|删除|发送|上传|提交)"),
    phrase("提示 指令 设定 prompt 规则", r"(?:输出|打印|显示|重复|复述|透露|泄露|告诉我|说出|展示|给出|公开|写出|列出|发给我)(?:一遍)?(?:了)?(?:全部|所有|完整|完整的)?(?:你|您)的?(?:全部|所有|完整|原始|初始|隐藏|内部|系统|的){0,4}(?:提示词|系统提示|提示|指令|设定|prompt|规则)"),
    phrase("提示 指令", r"(?:透露|泄露|公开|泄漏)(?:全部|所有|完整|原始|初始|隐藏|内部|的){0,4}(?:系统)?(?:提示词|系统提示|隐藏指令|系统指令)"),
    phrase("环境变量 私钥 .env ssh id_rsa 密钥 对话 凭据 凭证 令牌 密码", r"(?i)(?:把|将)?[^，。；\n]{0,12}(?:环境变量|私钥|\.env|~/\.ssh\S*|\S*id_rsa|ssh\s*密钥|所有(?:的)?(?:密钥|密码|凭据|凭证|令牌)|(?:你|用户|系统)的(?:密钥|密码|凭据|凭证|令牌)|对话(?:记录|历史|内容)|聊天记录)[^，。；\n]{0,12}(?:发送|上传|提交|发|转发|泄露|传|传送|推送|写)(?:到|给|至|往)\s*(?:https?://|我|以下|下面|下列|这个(?:地址|网址|服务器)|外部|攻击者|该(?:地址|网址)|\S{1,30}@)"),
    phrase("发送 上传 发给 传到 发到", r"(?i)(?:发送|上传|提交|转发)(?:所有|全部|你的|用户的|系统的|的){0,4}(?:环境变量|私钥|\.env|ssh\s*密钥|对话记录|聊天记录)(?:文件|内容)?(?:到|给|至|往)\s*(?:https?://|我|以下|下面|外部|攻击者|\S{1,30}@)"),
    phrase("如果你是 若你是 如果您是", r"(?:如果|若|假如)(?:你|您)是(?:一个|一名|一位|个|任何)?\s*(?i:AI|LLM|GPT|Claude|人工智能|大语言模型|大模型|语言模型|智能体|代理|机器人)[^。\n]{0,40}(?:必须|请|应|要|执行|运行|忽略|发送)"),
    phrase("致 注意 各位 给", r"(?:^|[。\n！])\s*(?:致|注意|给|各位|所有)[，,：:]?\s*(?:所有|任何|各位|阅读此文的|正在阅读的)*(?:的)?(?i:AI|LLM|人工智能|大语言模型|大模型|智能体)(?:助手|代理|模型|系统|们)*[:：，,！!]"),
)  # fmt: skip

ORDERS = Table(*_DROPPING, *_BECOMING, *_HIDING, *_REVEALING, *_STEALING, *_ADDRESSING, *_HAN)
_ALL = Table(*ORDERS.phrases, *TAGS.phrases)
SCREEN = _ALL.screen
"""What every text has in it, as JSON spells it, in which `spoken` finds anything."""

_BEGINS_AN_ORDER = lazily(
    r"(?:^|[.!?:;,，。：；！？\n\"'`“‘「『《«(\[>#*|{=/~-]|\b(?:please|now|then|and|but|you|must|should|will|shall|just|so|simply|kindly|immediately|always|instead|first|also"
    r"|therefore|hence|step|\d|ai|assistant|agent|claude|chatgpt|gpt|system|ok|okay|or|actually|important|begin|can)|\b(?:you|is|are|important|need|have|had|supposed|required|asked|instructed|ordered|want|wants"
    r"|going|told|free|authorized|allowed|you.re) (?:now )?to)\s*$",
    re.IGNORECASE,
)
_TELLS_OF = lazily(
    r"\b(?:llms?|models?|agents?|assistants?|it|they|that|which|attackers?|not|n.t|never|tries|makes?|could|might|may|would|can)\s+(?:\w+\s+)?(?:and\s+)?$",
    re.IGNORECASE,
)
_NOT_ORDERS = lazily("错误|警告|报错|日志|编译|配置|异常|告警|弹窗|系统提示[的，,]")
_QUOTED = lazily(
    r"\"[^\"\n]{1,600}\"|'[^'\n]{1,600}'(?!\w)|`+[^`]{1,900}`+|“[^”]{1,600}”|‘[^’]{1,600}’|「[^」]{1,600}」|『[^』]{1,600}』|《[^》]{1,600}》|«[^»]{1,600}»"
)
_ABOUT = (
    r"(?i)prompt.{0,3}injection|injected (?:prompt|instruction)s?|jail.?break|guard.?rail|prompt.{0,3}(?:leak|extraction|hijack)|(?:content|safety|prompt|input).{0,3}(?:filter|shield|moderation|classifier)"
    r"|adversarial (?:prompt|input)|red.?team|instruction hierarchy|tool poisoning|poisoned (?:tool|document|context)|提示(?:词|语)?注入|越狱|护栏|提示(?:词)?泄[露漏]|内容(?:过滤|审核|安全)|红队"
)


def speak_of_attacks(texts: Sequence[str]) -> bool:
    """Whether what a record is about, in its own words, are attacks on an agent, or what keeps them off."""
    return any(compiled(_ABOUT).search(text) is not None for text in texts)


def may_speak(text: str) -> bool:
    """Whether it is worth to look closer: the very words of the tables."""
    return _ALL.may_hold(text)


def spoken(text: str, *, quotes_are_examples: bool) -> Iterator[tuple[int, int]]:
    """Where a text speaks to the agent that reads it: beginning and end.

    A tag that stands alone in quotes is only named. Where `quotes_are_examples`, nothing in quotes is an order.
    """
    quoted = [match.span() for match in _QUOTED.finditer(text)]
    for start, end in TAGS.places(text):
        around = _around(quoted, start, end)
        if around is None or not (quotes_are_examples or around[1] - around[0] <= end - start + 4):
            yield start, end
    for start, end in ORDERS.places(text):
        if (not quotes_are_examples or _around(quoted, start, end) is None) and _is_order(text, start, end):
            yield start, end


def _around(quoted: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int] | None:
    """The quotation in which a place lies."""
    last = bisect_right(quoted, start, key=lambda span: span[0]) - 1
    return quoted[last] if last >= 0 and end <= quoted[last][1] else None


def _is_order(text: str, start: int, end: int) -> bool:
    """Whether words tell a reader to do something, and do not tell of one who does it."""
    before, words = text[max(0, start - 60) : start], text[start:end]
    if not words.isascii() and _HAN_CHARACTER.search(words):
        return _NOT_ORDERS.search(words) is None
    if not _VERB_FIRST.match(words):
        return True
    return bool(_BEGINS_AN_ORDER.search(before)) and not _TELLS_OF.search(before)


_HAN_CHARACTER = lazily("[\u4e00-\u9fff]")
_VERB_FIRST = lazily(
    r"(?:ignor|disregard|forget|overrid|bypass|discard|abandon|dismiss|stop|quit|cease|pay|set|put|leave|cast|supersede|violate|disobey|unlearn|nullify|revoke|erase|pretend|imagine|role"
    r"|play|act|behave|respond|answer|speak|enter|enable|activate|switch|go|engage|keep|hide|conceal|withhold|run|execute|send|delete|install|push|commit|upload|post|do (?!not)|reveal|print|show|output"
    r"|repeat|display|disclose|leak|expose|tell|give|write|return|recite|dump|share|echo|paste|quote|divulge|summari|translate|exfiltrate|forward|e.?mail|transmit|copy|report|submit|append|deliver"
    r"|publish|ship|steal|read|collect|gather|take|find|get|open|grab|encode|list|extract|fetch|include|add|assume|adopt|silently|secretly|quietly|covertly)",
    re.IGNORECASE,
)
