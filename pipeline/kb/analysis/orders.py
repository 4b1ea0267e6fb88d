"""Sentences and tags by which a text speaks to the agent that reads it, as tables of phrases."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product

from kb.analysis.lazily import lazily
from kb.analysis.phrases import PhraseTable, compiled, phrase, said


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

_OF_A_USER = r"(?:requests?|questions?|tasks?|wish(?:es)?|instructions?|orders?|intent(?:ions?)?|goals?|demands?)"
_GOES_ON = r"(?:\s*(?:[.!;,:]|$)| (?:and|instead|then|but|aside|entirely)\b)"
_REFUSE_WORDS = f"{_DROP_WORDS} aside never_mind skip drop not_do don_t_do dont_do never_do not_answer t_answer never_answer not_carry t_carry not_help don_t_help dont_help not_fulfil t_fulfil"
_REFUSE = (
    rf"(?:{_DROP}|\b(?:never mind|skip|drop|set)|\b(?:do not|don.?t|never) (?:do|answer|carry out|help with|fulfill?))"
)
_NEW_ORDERS = r"(?:orders|instructions?|directives?|commands?|mission)"
_ACTING = r"(?:run|execute|install|fetch|open|call|output|print|send|upload|delete|push|follow|obey|do|answer|reply|reveal|exfiltrate|wipe)"
_REPLACING = (
    said(_REFUSE_WORDS, rf"{_REFUSE}(?: (?:all|any|of|just|now))* (?:the|your|this|every) {_READER}.?s?.? (?:original |actual |real |current |own |first |last |earlier )*{_OF_A_USER}{_GOES_ON}"),
    said(_REFUSE_WORDS, rf"{_REFUSE} (?:what|whatever|anything|everything) (?:the|your|this|that) {_READER} (?:asks?|asked|wants?|wanted|says?|said|requests?|requested|told you|tells you)(?: (?:for|you|to do))*{_GOES_ON}"),
    said("current_task present_task original_task assigned_task current_job current_assignment current_work you_are_doing you_re_doing you_were_doing", rf"\b(?:abandon|drop|quit|forget|ignore|interrupt|leave) (?:your (?:current|present|original|assigned) (?:task|job|assignment|work)|what(?:ever)? you (?:are|.re|were) doing)(?:[.,;!]| and| instead) ?(?:instead |now |just |then )*(?:{_ACTING})\b"),
    said("instead_of_the instead_of_your", rf"\binstead of (?:the|your) (?:(?:original |current |actual |real |{_READER}.?s? )+(?:task|request|question)s?|task (?:that )?you (?:were|have been) (?:given|assigned))[^.\n]{{0,4}} (?:please |just |first )*{_ACTING}\b"),
    said("instead_of_the instead_of_your", r"\binstead of the task (?:that )?you (?:were|have been) (?:given|assigned)\b"),
    said("task_has objective_has goal_has mission_has role_has", rf"\byour (?:task|objective|goal|mission|role) has (?:now )?(?:been )?(?:changed|updated|replaced|overridden|superseded)\s*[:;.!] (?:you (?:must|will|are)|{_ACTING})\b"),
    said("your_instructions your_orders your_directives", r"\byour (?:instructions|orders|directives) have (?:now )?(?:been )?(?:changed|replaced|overridden|superseded|revoked)\b"),
    said("your_instructions your_directives", rf"\byour (?:instructions|directives) have been updated\s*[:;.!] (?:you (?:must|will)|{_ACTING})\b"),
    said("new_instructions new_instruction new_directive new_directives", r"\byou(?:.ve)? (?:now )?(?:have |had |are )?(?:have|got|been given|given|received|been issued) (?:the |a )?(?:following )?new (?:instructions?|directives?)\b"),
    said("new_orders", r"\byou(?:.ve)? (?:now )?(?:have )?(?:got|been given|received|been issued|have) new orders[.,:;!] (?:follow|obey|execute|carry|now|from|run)\b"),
    said("override overriding", rf"(?:^|[.!\n\[*#]\s*)override(?: (?:in effect|active|activated|engaged|code \w+|accepted|now))?[\])*]*\s*[:!,.;–—-]+ (?:you (?:now )?(?:have|are|must|will)\b|your? (?:new )?(?:orders|instructions|task|directives?|role|mission)\b|new {_NEW_ORDERS}\b|ignore|disregard|obey|comply)"),
    said("new_order new_orders new_instruction new_instructions new_directive new_directives new_command new_commands", rf"(?:^|[\n.!>#*\[(]\s*)new {_NEW_ORDERS} (?:from|for|to) (?:the |your |all |any )?(?:administrators?|admins?|developers?|system|operators?|headquarters|agents?|assistants?|ai|llms?|models?|owner|anthropic|openai)\s*:"),
    said(f"{_each('reply answer respond', 'every all each any')} {_each('reply respond', 'to', 'every all each any')}", r"\b(?:reply|answer|respond)(?: to)? (?:every|all|each|any) (?:later|further|following|future|subsequent|next) (?:questions?|messages?|prompts?|requests?) (?:with|by|as)\b"),
)  # fmt: skip

_PRINCIPAL = r"(?:user|operator|owner|human|customer|client|admin|administrator|developer|maintainer|manager|boss)s?"
_APPROVED = r"(?:approved|authori[sz]ed|consented|agreed|permitted|signed off|(?:given|granted|gave) (?:\w+ )?(?:permission|consent|approval|authori[sz]ation))"
_NO_QUESTION = (
    r"(?:(?:do not|don.?t|never|no need to|need not|stop|not necessary to) (?:ever )?(?:ask(?:ing)?|request|seek|wait|confirm|re.?confirm|double.?check|check with|bother)|without (?:any |further |more )?(?:asking|confirm\w*|hesitation)"
    r"|(?:skip|bypass|omit) (?:the |any |all |every |further )*(?:confirmations?|approvals?|questions))"
)
_NO_QUESTION_WORDS = (
    "not_ask t_ask never_ask to_ask stop_asking not_request t_request not_seek t_seek not_wait t_wait not_confirm t_confirm to_confirm never_confirm without_asking without_confirm without_any without_further without_more "
    "without_hesitation skip bypass omit need_not check_with double bother reconfirm re_confirm never_request never_wait to_request to_seek to_wait"
)
_APPROVING = (
    said(_NO_QUESTION_WORDS, rf"\b(?:the|your|our) {_PRINCIPAL} (?:has |have |had )?(?:(?:already|fully|explicitly|previously|hereby|long since) )*{_APPROVED}\b[^\n?]{{0,80}}?\b{_NO_QUESTION}"),
    said(_NO_QUESTION_WORDS, rf"\b(?:this|these|it|that|everything|all (?:of )?(?:this|these|commands|actions|steps|operations|changes)|(?:this|the following|the) (?:action|command|step|operation|request|deletion|script|task)s?) (?:was|were|is|are|has been|have been|had been) (?:(?:already|pre|fully|explicitly|previously|hereby) ?)*(?:approved|authori[sz]ed|cleared|sanctioned)\b[^\n?]{{0,80}}?\b{_NO_QUESTION}"),
    said(_NO_QUESTION_WORDS, rf"\byou (?:are|have been|were) (?:(?:now|hereby|already|fully|pre) ?)*(?:approved|authori[sz]ed|cleared) to (?:run|execute|do|use|perform|delete|change|act|proceed)\b[^\n?]{{0,80}}?\b{_NO_QUESTION}"),
    said(_NO_QUESTION_WORDS, rf"\byou have (?:full |complete |unlimited |blanket |standing |my )*(?:permission|authority|consent|approval|authori[sz]ation|clearance) to\b[^\n?]{{0,80}}?\b{_NO_QUESTION}"),
    said(_NO_QUESTION_WORDS, rf"\b(?:approval|consent|permission|authori[sz]ation) (?:has|was|is) (?:(?:already|been|hereby|just) )+(?:given|granted|obtained|received)\b[^\n?]{{0,60}}?\b{_NO_QUESTION}"),
    said("confirmation approval", rf"\bno (?:further |more )?(?:confirmation|approval) is (?:needed|required|necessary)[^\n?]{{0,10}}? (?:the|your) {_PRINCIPAL} (?:has |have )?(?:already |previously |fully )*(?:approved|authori[sz]ed) (?:all|every|any|this|these|everything)\b"),
)  # fmt: skip

_CLAIMING = (
    said("from_your from_anthropic from_openai", r"(?:^|[\n.!>#*\[(]\s*)(?:(?:this|the following) (?:is|comes|message is|message comes|note is)(?: an?)? ?)?(?:(?:message|order|command|instruction|directive|note)s? )?(?:directly )?from (?:your (?:developers?|creators?|makers?|administrators?|owners?|operators?|supervisors?)|anthropic|openai)\s*[:,;.!]? (?:you|please|ignore|disregard|disable|turn|stop|obey|run|execute|do|from now|your)\b"),
    said("as_your", r"\b(?:speaking )?as your (?:administrator|admin|developer|creator|owner|operator|supervisor|master|maker|boss)[,;:]? (?:i|we) (?:\w+ )?(?:order|command|instruct|tell|ask|require|want|need|expect|direct)\b"),
    said("order_you command_you instruct_you", r"\bi (?:hereby |now )?(?:order|command|instruct) you to\b"),
    said("am_your m_your are_your", r"\b(?:i am|i.m|we are) your (?:administrator|admin|developer|creator|owner|operator|supervisor|master|maker|boss)s?\b"),
    said(" ".join(f"{kind}_{to}" for kind in ("note", "message", "order", "directive", "notice") for to in ("to", "for")), r"(?:^|[\n.!]\s*)(?:admin|administrator|developer|operator|security) (?:note|message|order|directive|notice) (?:to|for) (?:the |all |any )?(?:assistant|agent|ai|model|llm|chatbot|bot)s?\s*:"),
    phrase("](#", r"(?i)\[(?:system|assistant|developer|admin)(?:[ _-](?:message|prompt|note|instructions?))?\]\(#[^)\n]{0,80}\)[\s:*]*(?:you (?:must|are|will|should|shall|have to|need to|may)\b|ignore|disregard|forget|obey|do not|don.t|always|never|execute|run\b|from now|new )"),
    phrase("system] assistant] developer] admin]", r"(?i)(?:^|\n)\s*\[(?:system|assistant|developer|admin)\]\s+(?:you (?:are now|will (?:now )?(?:follow|obey|act|answer|ignore)|must (?:obey|comply|follow|ignore|not tell|always|never|install|run|execute))\b|ignore|disregard|forget|obey|from now on)"),
)  # fmt: skip

_STEERING = (
    said("user_asks", r"\b(?:when|whenever|if|every time) (?:the|your) user (?:ever )?asks? (?:about (?:this|it|that|you)|why|what (?:you did|happened)|whether)\b[^.\n]{0,40}?(?:,| then| always| just) ?(?:you (?:must|should|will) |always |just |then |only |simply )*(?:say|tell them|tell the user|answer|claim|recommend|insist|pretend|deny|lie)\b"),
    said("are_asked", r"\b(?:when|whenever|if) you are (?:ever )?asked about (?:this|it|these)\b[^.\n]{0,40}?, ?(?:always |just |only |you (?:must|should) )*(?:say|claim|recommend|deny|pretend|insist)\b"),
    said("somebody_asks someone_asks anyone_asks anybody_asks", r"\bwhenever (?:somebody|someone|anyone|anybody) asks,? (?:you (?:must|should) |always )*(?:tell them that the (?:fix|answer|solution)|recommend|claim)\b"),
    said(_each("mention quote cite repeat reveal disclose include", "this these the"), r"\b(?:do not|don.?t|never|must not|should not) (?:ever )?(?:mention|quote|cite|repeat|reveal|disclose|include) (?:this|these|the above|the following) (?:text|paragraph|note|message|sentence|line|instructions?|comment|section|passage|block|prompt)s? in (?:your|any) (?:reply|answer|response|summary)(?:\s*[.,;!]| to\b|$)"),
    said(_each("your", "answer reply response summary"), r"\bin your (?:answer|reply|response|summary) (?:do not|don.?t|never|you must not) (?:ever )?(?:mention|quote|cite|repeat|reveal|disclose) (?:this|these|the above)\b"),
    said("tool", r"\b(?:before (?:you )?(?:answer(?:ing)?|reply(?:ing)?|respond(?:ing)?),? (?:first |always |you must )*(?:call|invoke|use) (?:the|your|this)|(?:first|you must) (?:first |always )*(?:call|invoke|use) your) (?:[\w.-]+ )?tool\b[^.\n]{0,20}? (?:with|and|to)\b"),
    said("tool", r"\b(?:call|invoke|use) your (?:shell|browser|file|email|code|search|web|bash|filesystem|memory|\w+_\w+) tool (?:to|and)\b"),
)  # fmt: skip

TAGS = PhraseTable(
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

_HAN_BEGINS = r"(?:^|[，。；！？：、,;!?:\s]|请|务必|必须|立即|现在|直接)"
_HAN_OWNER = r"(?:用户|使用者|管理员|操作员|主人|客户|老板|负责人|开发者)"
_HAN_NO_QUESTION = r"(?:无需|无须|不必|不用|不要|请勿|切勿|别|勿)(?:再次|再|重复|向他|征求)*(?:确认|询问|问|请示|核实)"
_HAN_MAKER = r"(?:管理员|开发者|创造者|主人|老板|上级|制造者|运营者)"
_HAN_REPEALED = "无效 失效 撤销 废除 取代 替换 覆盖 停用 不再有效 不再适用 不再生效 作废 取消"
_HAN_REPLACING = (
    phrase(_HAN_REPEALED, rf"{_HAN_OLD}的?(?:所有|全部|一切)?的?(?:指令|指示|提示词|提示语|提示|系统提示|设定|守则|准则|指引)(?:都|已|均|全部|现在|一律|已经|现已|统统|全){{0,3}}(?:无效|失效|不再(?:有效|适用|生效)|被?(?:撤销|废除|取代|替换|覆盖)|停用)"),
    phrase(_HAN_REPEALED, rf"{_HAN_OLD}的?(?:所有|全部|一切)?的?(?:说明|要求|规定|约束|限制)(?:全部|一律|统统)(?:已|已经)?(?:无效|失效|作废|取消|撤销|废除)"),
    phrase(_HAN_REPEALED, rf"{_HAN_OLD}的?(?:所有|全部|一切)?的?(?:规则|说明|要求|命令|规定|约束|限制)[^，。；,;\n]{{0,6}}(?:无效|失效|作废|取消|撤销|废除|取代)[，,；;。]\s*(?:请|现在|改为|你){{0,2}}(?:必须|只)?(?:听我|听从|服从|执行新|按(?:照)?(?:以下|下面|我|新)的?(?:指令|指示|规则|要求|命令|执行|话)|遵(?:循|守)(?:以下|下面|新|我))"),
    phrase(f"{_HAN_DROP_WORDS} 按用户 按照用户 答用户 应用户", rf"{_HAN_BEGINS}(?:{_HAN_DROP}(?:掉)?|别管|不管|不要管|不要(?:按照?|回答|响应|理睬)|别(?:按照?|回答|理))(?:这个|该|当前)?(?:用户|使用者)(?:的|所|说的|提出的|刚才的|一切|所有|任何){{0,3}}(?:请求|要求|问题|提问|指令|指示|意愿|任务|命令|话|说了?什么)"),
    phrase("新的命令 新的指令 新的指示 新命令 新指令 新指示", r"(?:你|您)(?:现在|已|已经)?(?:有了?|收到了?|接到了?|得到了?)(?:一[个条项])?新的?(?:命令|指令|指示)"),
    phrase("你的指令 你的指示 你的命令 你的规则 您的指令", r"(?:你|您)的(?:指令|指示|命令|规则)(?:已|已经|现已|刚刚)被?(?:更新|更改|改变|变更|替换|修改)"),
    phrase("任务", r"(?:放弃|停止|中断|抛开|放下)(?:你)?(?:当前|现在|手头|原来|原有)的?任务[，,]?\s*(?:改为|转而|立即|并|去)?(?:执行|运行|完成|去做|按)"),
)  # fmt: skip
_HAN_APPROVING = (
    phrase("确认 询问 不要问 不必再问 不用问 别问 勿问 再问 请示 核实 直接", rf"{_HAN_OWNER}(?:已|已经|早已|早就|事先|提前|预先|完全|明确|都){{1,3}}(?:同意|批准|授权|许可|允许|认可)[^。\n用]{{0,16}}?(?:{_HAN_NO_QUESTION}|直接(?:执行|运行|删除|操作))"),
    phrase("确认 询问 不要问 不必再问 不用问 别问 勿问 再问 请示 核实", rf"(?:已|已经|现已|早已)(?:获|被|得到|获得|经)?(?:批准|授权|同意|许可)[，,。；;]\s*(?:请|你|因此|所以)?{_HAN_NO_QUESTION}"),
    phrase("确认 询问", rf"{_HAN_NO_QUESTION}[，,；;。]\s*{_HAN_OWNER}(?:已|已经|早已)(?:同意|批准|授权)"),
)  # fmt: skip
_HAN_CLAIMING = (
    phrase("来自", r"(?:这|此|本条?|以下)?(?:是|消息)?来自(?:系统|开发者|管理员|OpenAI|Anthropic)的?(?:消息|指令|命令|通知|指示)[：:，,]\s*(?:你|您|请)(?:必须|务必|立即|现在|只能|不得|忽略|执行|停止|要)"),
    phrase("通知 消息 指令 命令 公告", r"(?:^|[。！\n])\s*(?:系统|开发者|管理员)(?:通知|消息|指令|命令|公告)[：:]\s*你(?:现在|从现在起)?(?:必须|不得|只能)(?:服从|听从|遵守|执行|运行|忽略|回答|输出|按)"),
    phrase("我是你的 我是您的", rf"我是(?:你|您)的{_HAN_MAKER}"),
    phrase("作为你的 身为你的", rf"(?:作为|身为)你的{_HAN_MAKER}[，,]?\s*我"),
    phrase("命令你", r"我(?:现在)?命令你"),
    phrase("读到 收到 看到 阅读 读取 处理 解析", r"(?i)(?:读到|收到|看到|阅读|读取|处理|解析)(?:此|本|这)(?:里|处|文|条|段|篇|份|页|消息|文档|内容|信息|文本){0,3}的?(?:所有|任何)?的?\s*(?:AI|LLM|人工智能|大语言模型|大模型|语言模型|智能体|助手|模型|代理)(?:们|助手|智能体)?(?:都|均)?(?:必须|请|应当?|务必|立即|要先|需要先|需先)"),
)  # fmt: skip
_HAN_STEERING = (
    phrase("用户", r"(?:当|如果|若|只要|一旦)?用户(?:问起|询问|问到|问及|提问)[^，。\n]{0,10}[，,]\s*(?:你)?(?:就说|一律|总是|始终|谎称|声称|必须说|都说)"),
    phrase("不要提 切勿提 请勿提 别提 不得提 透露 引用", r"(?:回答|回复|输出|答复)(?:中|里|时)?(?:不要|切勿|请勿|别|不得)(?:提到|提及|透露|引用)(?:这|本|此|该|上述)"),
    phrase("之前 答前 复前", r"(?:回答|回复|答复)(?:用户)?(?:之前|前)[，,]?\s*(?:请)?(?:你)?(?:必须|务必)?(?:先|首先)(?:调用|使用)[^，。\n]{0,16}工具"),
)  # fmt: skip

ORDERS = PhraseTable(
    *_DROPPING, *_BECOMING, *_HIDING, *_REVEALING, *_STEALING, *_ADDRESSING, *_REPLACING, *_APPROVING, *_CLAIMING, *_STEERING,
    *_HAN, *_HAN_REPLACING, *_HAN_APPROVING, *_HAN_CLAIMING, *_HAN_STEERING,
)  # fmt: skip
_ALL = PhraseTable(*ORDERS.phrases, *TAGS.phrases)
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
_IN_CASE = lazily(r"(?:如果|若|假如|要是|一旦|倘若|万一|当)[^，。；！？\n]{0,12}$")
_THEN = lazily("时|的话|后才|的原因")
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


def are_silent(joined: str) -> bool:
    """Whether certainly none of some texts, joined by NUL characters, speaks to an agent."""
    return _ALL.is_in_none(joined)


def may_speak(texts: Sequence[str]) -> list[int]:
    """The numbers of the texts that are worth to look closer at: those with the very words of the tables."""
    return _ALL.holding(texts)


def spoken(text: str, *, quotes_are_examples: bool) -> Iterator[tuple[int, int]]:
    """Where a text speaks to the agent that reads it: beginning and end.

    A tag that stands alone in quotes is only named. Where `quotes_are_examples`, nothing in quotes is an order.
    """
    for start, end in TAGS.places(text):
        around = _around(text, start, end)
        if around is None or not (quotes_are_examples or around[1] - around[0] <= end - start + 4):
            yield start, end
    for start, end in ORDERS.places(text):
        if (not quotes_are_examples or _around(text, start, end) is None) and _is_order(text, start, end):
            yield start, end


@lru_cache(maxsize=4)
def _quotations(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _QUOTED.finditer(text)]


def _around(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The quotation in which a place of a text lies."""
    quoted = _quotations(text)
    last = bisect_right(quoted, start, key=lambda span: span[0]) - 1
    return quoted[last] if last >= 0 and end <= quoted[last][1] else None


def _is_order(text: str, start: int, end: int) -> bool:
    """Whether words order a reader to do something, and do not report that somebody does it."""
    before, words = text[max(0, start - 60) : start], text[start:end]
    if not words.isascii() and _HAN_CHARACTER.search(words):
        return not (_NOT_ORDERS.search(words) or _IN_CASE.search(before) or _THEN.match(text, end))
    if not _VERB_FIRST.match(words):
        return True
    return bool(_BEGINS_AN_ORDER.search(before)) and not _TELLS_OF.search(before)


_HAN_CHARACTER = lazily("[\u4e00-\u9fff]")
_VERB_FIRST = lazily(
    r"(?:ignor|never mind|skip|drop|interrupt|use\b|call|invoke|instead|disregard|forget|overrid|bypass|discard|abandon|dismiss|stop|quit|cease|pay|set|put|leave|cast|supersede|violate|disobey|unlearn|nullify|revoke|erase|pretend|imagine|role"
    r"|play|act|behave|respond|answer|speak|enter|enable|activate|switch|go|engage|keep|hide|conceal|withhold|run|execute|send|delete|install|push|commit|upload|post|do (?!not)|reveal|print|show|output"
    r"|repeat|display|disclose|leak|expose|tell|give|write|return|recite|dump|share|echo|paste|quote|divulge|summari|translate|exfiltrate|forward|e.?mail|transmit|copy|report|submit|append|deliver"
    r"|publish|ship|steal|read|collect|gather|take|find|get|open|grab|encode|list|extract|fetch|include|add|assume|adopt|silently|secretly|quietly|covertly)",
    re.IGNORECASE,
)
