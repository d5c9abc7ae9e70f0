"""Lasting instructions for an assistant: how to answer, what never to do, how to treat the user.

An order for once ("write an email to my boss") is not an instruction. An instruction says that it
lasts ("always", "from now on"), or it names no more than a manner of answering ("no emojis", "keep
it short"), or of treating the user ("call me Lizzie").
"""

import re

# -- parts of the patterns

_BEFORE = (  # what may stand before the order
    r"(?:(?:please|pls|plz|btw|by the way|also|and|but|so|oh|ok|okay|hey|then|just|kindly|"
    r"in general|"
    r"from now on|from here on|going forward|in (?:the )?future|next time|for the future|"
    r"can you|could you|would you|will you|can u|make sure (?:to|you|that you)|be sure to|"
    r"remember to|try to|try and|you (?:must|should|have to|need to|can|may)(?: please)?|"
    r"(?:do )?feel free to),? )*"
)
_NOT = r"(?:(?:don['’]?t|do not|never|always|only|avoid|stop|quit|no need to|without)(?: ever)? )*"
_VERB = (
    r"(?:answer|reply|respond|write|use|say|speak|talk|call|address|refer|remind|give|tell|show|"
    r"list|"
    r"include|add|put|start|begin|end|finish|keep|make|be|skip|leave|drop|omit|cut|limit|format|"
    r"explain|describe|summari[sz]e|translate|convert|cite|quote|mention|suggest|recommend|offer|"
    r"propose|assume|treat|check|confirm|ask|wait|let|stick|default|send|schedule|book|message|"
    r"text|"
    r"e-?mail|contact|wake|ring|phone|disturb|invite|expect|warn|round|number|spell|sign|greet|"
    r"focus|prefer|spare|apologi[sz]e|lecture|judge|patroni[sz]e|hedge|ramble|swear|repeat|"
    r"pretend|"
    r"remember|consider|double[- ]check|correct|push|challenge|praise|flatter|interrupt|rush)"
)
_DOING = (  # "stop apologising"
    r"(?:apologi[sz]ing|saying|using|calling|adding|giving|writing|starting|ending|repeating|"
    r"hedging|"
    r"rambling|lecturing|patroni[sz]ing|morali[sz]ing|flattering|suggesting|recommending|asking|"
    r"telling|sending|talking|being so|sugar[- ]?coating|assuming|treating|explaining|including|"
    r"reminding|beating around)"
)
_LASTS = (
    r"\b(?:always|never|from now on|from here on|going forward|in (?:the )?future|every time|"
    r"each time|whenever|by default|as a (?:rule|default)|next time|until further notice|"
    r"until i (?:say|tell)|unless|ever|any ?more|all the time|at all times|in general|generally|"
    r"for (?:all|every) (?:your|my|future|recipes|answers)|in (?:all|every) (?:your|of your)|"
    r"when(?:ever)? (?:i|you|we)(?:['’]?(?:m|re))? (?:ask|answer|write|reply|talk|speak|tell|say|"
    r"explain|give|suggest|recommend|send|want|am|are)\w*)\b"
)
_LANGUAGE = (
    r"(?:(?:plain|simple|proper|british|american|uk|us|australian|formal|informal|easy|basic) )?"
    r"(?:english|german|french|spanish|italian|portuguese|dutch|polish|russian|ukrainian|turkish|"
    r"arabic|hindi|persian|farsi|chinese|mandarin|cantonese|japanese|korean|swedish|danish|"
    r"norwegian|"
    r"finnish|czech|greek|hungarian|romanian|catalan|welsh|irish|hebrew|thai|vietnamese|"
    r"indonesian|"
    r"afrikaans|swahili|latin|words|language|spelling|terms|sentences|prose)"
)
_MANNER = (  # how something is written
    r"(?:bullets?(?: points?)?|numbered lists?|lists?|tables?|emojis?|emoticons|smileys|markdown|"
    r"headings?|headers?|bold(?: text)?|capitals|all caps|exclamation (?:marks|points)|jargon|"
    r"buzzwords|slang|jokes?|puns|fluff|filler|waffle|waffling|padding|preambles?|intros?|"
    r"introductions?|outros?|pleasantries|small talk|chit-?chat|disclaimers?|caveats?|warnings|"
    r"apolog(?:y|ies)|flattery|compliments|praise|morali[sz]ing|lectures?|hedging|"
    r"sugar[- ]?coating|"
    r"walls? of text|long (?:answers?|texts?|replies|explanations|paragraphs|messages)|"
    r"short (?:answers?|replies|sentences|paragraphs|messages)|follow-?up questions|"
    r"abbreviations|acronyms|footnotes|metaphors|analogies|cliches|clichés|em dashes|"
    r"metric(?: units| system)?|imperial(?: units)?|celsius|fahrenheit|kilomet(?:er|re)s|km|"
    r"kilos|kilograms|grams|miles|stones?|euros?|pounds|dollars|francs|"
    r"(?:the )?24[- ]?h(?:(?:ou)?rs?)?(?: clock| time| format)?|12[- ]?hour(?: clock)?|iso dates|"
    r"(?:my )?(?:first|last|full) names?|(?:my )?nicknames?|gender[- ]neutral \w+|pronouns|"
    r"they/them|she/her|he/him|details?|basics|theory|code blocks?|comments)"
)
_END = (
    r"(?=\W*\Z|[,;:.(]|\W+(?:please|pls|plz|btw|thanks|thank you|with me|for me|in|unless|"
    r"because|as|when|whenever|if|after|before|and|or|but|only|at all|next|any ?more|always|ever|"
    r"going|going forward|from|between|during|on (?:weekends|weekdays|sundays?)|instead)\b)"
)
_SHORT_AND_PLAIN = (
    r"(?:short(?:er)?|brief|concise|succinct|terse|crisp|snappy|tight|simple|formal|informal|"
    r"casual|"
    r"professional|friendly|light|plain|polite|respectful|clean|to the point|to a minimum|real|"
    r"blunt|direct|honest|frank|straight|straightforward|specific|precise|critical|realistic|"
    r"skeptical|sceptical|strict|neutral|factual|gentle with me|patient with me|kind to me|"
    r"(?:under|below|within|at|around|max(?:imum)?) (?:\w+ ){1,3}(?:words|sentences|lines|"
    r"paragraphs|"
    r"bullets|bullet points|minutes))"
)
_ANSWERS = (
    r"(?:it|things|everything|(?:all )?(?:your |my |the )?(?:answers?|repl(?:y|ies)|responses?|"
    r"explanations?|messages?|texts?|summar(?:y|ies)|emails?))"
)
_MORE = (
    r"(?:(?:more|less|very|really|completely|always|as|a bit|a little|super|totally|brutally|"
    r"so) )*"
)
_ABOUT_ME = (  # how to address the user
    r"(?:call|address|refer to) (?:me|us) (?!(?:back|later|at|on|when|if|now|in|tomorrow|tonight|"
    r"asap|again|after|before|today|this|next|once)\b)"
    r"|(?:talk|speak|write|explain (?:it|things|everything|stuff)) (?:to (?:me|us) )?(?:like|"
    r"as if|as though|"
    r"as you would)\b|treat (?:me|us) (?:like|as)\b|be \w+ (?:with|to) (?:me|us)\b"
    r"|(?:lecture|patroni[sz]e|interrupt|rush|flatter|judge|quiz|baby|mother|humou?r) (?:me|us)\b"
    r"|remind (?:me|us) (?:to|that|about)\b"
)
_OF_MANNER = (
    rf"(?:keep|make(?! (?:it|things|everything)\b)) {_ANSWERS} {_MORE}{_SHORT_AND_PLAIN}"
    rf"|be {_MORE}{_SHORT_AND_PLAIN}{_END}"
    rf"|(?:answer|reply|respond|speak|talk|chat|write)(?: to me| with me| back| everything)? "
    rf"(?:{_MORE}(?:briefly|concisely|directly|honestly|formally|informally|bluntly|shortly)"
    rf"|(?:only )?(?:in|with|using|without) (?:only )?(?:\w+ )?(?:{_LANGUAGE}|{_MANNER})){_END}"
    rf"|(?:use|prefer|stick to|default to|write|show|give (?:me )?) ?(?:only )?(?:{_MANNER}|"
    rf"{_LANGUAGE}){_END}"
    rf"|(?:skip|leave out|drop|cut(?: out)?|ditch|lose|spare me|omit|avoid|save) "
    rf"(?:the |any |all |all the |your )?(?:{_MANNER}){_END}"
    r"|(?:sugar[- ]?coat|hedge|ramble|waffle|beat around the bush|mince (?:your )?words|hold back|"
    r"apologi[sz]e(?! for)|repeat yourself|say sorry|be afraid to disagree|over-?explain)\b"
    rf"|(?:cite|quote|give|name|include|add|list|show|provide) (?:me )?(?:your |the |all )?"
    rf"(?:sources?|references|citations|links)(?! in\b){_END}"
    r"|explain (?:things|everything|stuff|it all|concepts|terms|words)(?: to me)? "
    r"(?:like|as if|as though|simply|in)\b"
    r"|assume (?:that )?(?:i|we) (?:already )?(?:know|have|am|are|understand|can|don['’]?t|"
    r"do not|use|"
    r"live|eat|speak)\b"
    r"|(?:just |only )?(?:give|show|tell|send) (?:me |us )?(?:just |only )?(?:the )?(?:gist|"
    r"essentials|bottom line|"
    r"short version|key points|facts|main points|tl;?dr|highlights)\b"
)
_NOUN = (  # "prices in euros, please", "no emojis", "less waffle"
    rf"(?:I['’]m )?not (?:an? )?(?:big |huge |great |much )?(?:of an? )?(?:fan of|keen on|"
    rf"into) {_MANNER}"
    r"|"
    rf"(?:no|less|fewer|more|only|zero|minimal)(?: more)? (?:{_MANNER}){_END}"
    rf"|no (?:e-?mails?|calls?|texts?|messages?|meetings?|notifications?|reminders?|links?) "
    r"(?:before|after|between|during|on (?:weekends|weekdays|sundays?|mondays?|fridays?|"
    r"saturdays?)|past|unless)\b"
    rf"|(?:just )?(?:the )?(?:gist|essentials|bottom line|key points) (?:only|please|pls)"
    rf"|(?:(?:{_MANNER})|{_LANGUAGE}|short answers?)(?: only)?,? (?:please|pls|plz)"
    r"|(?:prices|dates|times|temperatures|distances|units|answers|replies|numbers|amounts|recipes|"
    r"sizes|weights|results|explanations|summaries|measurements|currency|costs|sums) "
    r"(?:only )?(?:in|as|with|without|under|at) .{1,40}?\b(?:please|pls|always|only)"
)
_TO_YOU = (  # "you don't need to explain basics to me"
    r"you (?:can|may|could|should|must|don['’]?t (?:have|need) to|do not (?:have|need) to|"
    r"needn['’]?t|"
    r"shouldn['’]?t|mustn['’]?t|['’]?re allowed to|are welcome to|never (?:have|need) to)"
    r" (?:just |always |also |safely |please |ever )*"
)
_AT_ONCE = (  # of the few kinds that need no word that they last
    r"(?:schedule|book|suggest|recommend|offer|propose|mention|call|phone|text|ring|wake|contact|"
    r"disturb|message|e-?mail|invite|send|show|assume|include|expect|remind)"
)

# -- patterns

_FLAGS = re.IGNORECASE | re.DOTALL
_LASTING = re.compile(_LASTS, _FLAGS)
_ORDER = re.compile(rf"\A\W*{_BEFORE}(?P<wish>{_NOT}{_VERB}\b.*)\Z", _FLAGS)
_INSTRUCTION = re.compile(
    rf"\A\W*{_BEFORE}(?P<wish>(?:{_NOT}(?:{_ABOUT_ME}|{_OF_MANNER})|(?:stop|quit|avoid|"
    rf"no) {_DOING}\b"
    rf"|{_NOUN}|(?:don['’]?t|do not|never|always|only) (?:ever )?{_AT_ONCE}\b).*)\Z",
    _FLAGS,
)
_PERMISSION = re.compile(
    rf"\A\W*(?P<wish>{_TO_YOU}(?:{_ABOUT_ME}|{_OF_MANNER}|{_VERB}\b.{{0,40}}?\b(?:to|with|"
    rf"for) me\b).*)\Z",
    _FLAGS,
)
_RATHER = re.compile(  # "I'd rather you didn't use bullet points"
    r"\A\W*(?:I['’]d|I would) (?:much |really )?(?:(?:rather|prefer)(?: it)?(?: if| that)?|"
    r"(?:like|love|appreciate) it if) you (?P<not>(?:didn['’]?t|did not|don['’]?t|do not) )?",
    re.IGNORECASE,
)
_WANTS = re.compile(  # "I'd like you to answer briefly"; not "to answer the mail of my aunt"
    r"\A\W*(?:(?:I['’]d|I would) (?:like|prefer)|I want|I need) (?:(?:that|if) )?you (?:to )?"
    r"(?=(?:please |always |only |never )*(?:use|keep|speak|talk|be|avoid|stop|call me|"
    r"(?:answer|reply|respond)(?! (?:to|the|my|an?|his|her|their|every)\b))\b)",
    re.IGNORECASE,
)
_PLEASE = re.compile(r",? (?:please|pls|thanks|thank you)[.! ]{0,3}\Z", re.IGNORECASE)
_ONCE = re.compile(  # not "from now on"
    r"\b(?:this|these|that|below|above|following|(?<!from )(?:now|today|here))\b", re.IGNORECASE
)


def wish(clause: str) -> str | None:
    """Return a lasting instruction for answers and messages as a fact, or None."""
    clause = clause.strip()
    is_once = _ONCE.search(clause) is not None
    if rather := _RATHER.match(clause):
        text = clause if rather["not"] is None else f"don't {clause[rather.end() :]}"
        asks = f"User asks: {text.rstrip('.!? ')}" if rather["not"] else f"User: “{text}”"
        return None if is_once else asks
    match = None if is_once else _instruction(clause)
    return match and f"User asks: {_PLEASE.sub('', match['wish']).rstrip('.!? ')}"


def asks_to_do(clause: str) -> str | None:
    """Return what a lasting instruction asks for: "keep it short"."""
    match = _instruction(clause.strip())
    return match and match["wish"]


def _instruction(clause: str) -> re.Match[str] | None:
    text = _WANTS.sub("", clause)
    for read in (text, _PLEASE.sub("", text)):
        if match := _INSTRUCTION.match(read) or _PERMISSION.match(read):
            return match
    return _ORDER.match(text) if _LASTING.search(text) else None
