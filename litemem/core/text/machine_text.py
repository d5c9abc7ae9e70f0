"""Find what programs wrote in a message: logs, traces, diffs, code, data, tables and keys.

A line is judged alone where its form is enough, else with the lines around it. What a person says
before or behind such a block is kept.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from litemem.core.text.lexicon import ENGLISH, NOT_SPACED_CODES, code_of, words_in
from litemem.core.text.words import words

MAX_LINE = 400  # characters of a line that are read
SHARE = 0.5  # of the lines of a message; then an unknown line among them is written by it too
SYMBOLS = 0.3  # of a line's characters; then it is a pattern, or code
MIN_SYMBOLS = 6  # characters of such a line
MIN_ROWS = 3  # of a table with commas between values
MIN_COLUMNS = 3
MAX_COMMIT = 40  # lines
MIN_PAIRS = 2  # lines "name = value"

_LINE = re.compile(
    r"^\W{0,3}\d{4}-\d\d-\d\d[T ]\d\d:\d\d"
    r"|^\W{0,3}(?:\d\d:\d\d:\d\d\S*\W{0,3})?(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL"
    r"|CRITICAL)\b"
    r"|^\W{0,3}(?:\w{3} [ \d]?\d|\w{3}, \d\d \w{3} \d{4}) \d\d:\d\d:\d\d\b"
    r"|\b\d\d:\d\d:\d\d (?:warn|info|error)\b"
    r"|^\s*(?:\\t)?(?:Traceback \(most|File \"|at [\w.$<>]+\(|Caused by:|\.\.\. \d+ more)"
    r"|^\s*\w*(?:Error|Exception):"
    r"|^\s*(?:error|warning|note)(?:\[\w+\])?: |^\s*--> \S+:\d+"
    r"|^\s*[\[{}\]],?\s*$|^\s*\"[\w.-]{1,40}\"\s*:"
    r"|^\s*(?:GET|POST|PUT|PATCH|DELETE|HEAD) /|^\s*HTTP/\d"
    r"|^\s*[A-Z]\w*-[\w-]+: \S|^(?:Host|Accept|Author|Date|Content|Server|Via|Cookie): +\S"
    r"|^\s*(?:diff --git|@@ -|\+\+\+ |--- |npm |yarn |make(?:\[\d+\])?:|gcc |cc1|ld:|\[\d+/\d+\]"
    r"|\[\s*\d+%\]|Step \d+/\d+|=== |\$ |PASS\b|FAIL\b|ok \d|not ok \d|commit [0-9a-f]{6,40}\b"
    r"|(?:BUILD|Compiling|Downloading|Installing|Collecting|Resolving|Building) \S|kernel: "
    r"|\[(?:ok|fail|tool_result|debug|info)\])"
    r"|^\S.{1,60}? {2,}\S.{1,60}? {2,}\S|\bno action (?:is )?(?:needed|required)\b"
    r"|^\s*Exception in thread|^(?:FAILED|PASSED|ERRORS?|OK|SKIPPED) \S"
    r"|^(?:\w{1,20} ){0,2}(?:Error|Warning|Exception)\b.{0,60}\bat \S{1,80}:\d"
    r"|^\s*\{.{0,200}\"(?:event|level|path|url|ts|timestamp|host|pid|uptime|status|method|msg)\" ?:"
    r"|^\S{1,60}/\S{1,60} {1,9}(?:Running|Pending|Completed|Terminating|CrashLoop\w*|Error)\b"
    r"|\b\d{1,3}/\d{1,3} {1,9}(?:Running|Ready)\b"
    r"|^\w{1,20}: .{0,60}\d(?:[KMGT]i?B?|%|ms)\b.{0,20}\b(?:total|used|free|available)\b"
    r"|^(?i:automated|automatic|scheduled|periodic|routine) [\w-]{1,30}(?: [\w-]{1,30})?:"
    r"|^(?:health|status|smoke) ?-?checks?\b.{0,40}\b(?:ok|passed|green|healthy)\b"
    r"|\b[Nn]othing (?:new )?to report\b"
    r"|\b[Aa]ll (?:systems|services|checks) (?:are )?(?:ok|normal|green|up|operational|healthy)\b"
    r"|\bheart ?beat\b|\bHEARTBEAT|\bkeep-?alive\b"
    r"|^\s*[\w.]{1,40}=\S{1,80}\s+[\w.]{1,40}=\S|\bcron ?job\b"
    r"|\d{1,3}% ?\[|^[|+][-=+| ]|^\| |\bicmp_seq="
    r"|\bexit(?:ed)? (?:with )?(?:code|status) \d|\bwith code \d"
    r"|\b\d+ (?:passed|failed|skipped|packages|warnings?)\b.{0,80}\bin \d|^/dev/\w+\s"
    r"|^[A-Za-z0-9+/]{24,}={0,2}\s*$"
    r"|^\s*<[a-z!/][^>]*>.*</?[a-z][^>]*>\s*$|^\s*SELECT \S.*;\s*$"
    r"|^\S{0,60}[./]\S{0,60}:(?: line | )?\d{1,6}:(?:\d{1,6}:)? \S"
    r"|^\S{1,60}(?: \S{1,40})?: (?:command )?not found\s*$"
    r"|: (?:[Cc]ommand not found|No such file or directory|[Pp]ermission denied)\b.{0,20}$"
    r"|^(?:ba|z|da|k)?sh: |^[\w.-]{1,40}@[\w.-]{1,40}:\S{0,60}[$#] \S|^C:\\\S{0,60}>"
    r"|^(?:Segmentation fault|Killed|Aborted|Bus error)(?: \(.{0,30}\))?$|^PS [A-Z]:\\"
    r"|^(?:bash|fatal|panic|E|W): \S.{0,120}:"
)
_TRACE = re.compile(  # of Go, Rust, JavaScript, C#, PHP, Ruby and Python
    r"^panic: |^goroutine \d+ \[|^\s*/?\S{1,200}\.(?:go|rs|rb|php|cs|js|ts|py|java|kt):\d+\b"
    r"|^[\w./*-]{1,80}\.[\w.()*]{1,80}\(.{0,120}\)\s*$|^created by \S+ in goroutine"
    r"|^thread '.{0,60}' (?:\(\d+\) )?panicked at |^stack backtrace:|^\s+\d{1,3}: (?:0x)?\w+::"
    r"|^\s*at (?:async )?[\w.<>$\[\]` ]{1,120}(?:\(|$)|^\s+at \S+ in \S+:line \d+"
    r"|^\s*at (?:file|node|https?|/)\S*:\d+|^(?:Uncaught|Unhandled) \w+|^Unhandled exception\."
    r"|^PHP (?:Fatal|Warning|Notice|Parse|Deprecated)|^#\d{1,3} (?:\S+\(\d+\): |\{main\})"
    r"|^(?:Fatal error|Stack trace): ?|^\s*thrown in \S+|^\s*from \S+:\d+:in "
    r"|^(?:\w+\.)+\w*(?:Exception|Error)\b|^\s*\^+\s*$|^\s*[~^]{2,}\s*$|^Node\.js v\d"
)
_CODE = re.compile(
    r"^[+-]?\s*(?:[\w.:<>\[\]*&,]+\s+){0,6}[\w.:<>\[\]*&>-]+\s*(?:[-+*/|&]?=|\().*;\s*(?://.*)?$"
    r"|^[+-]?\s*(?:return\b.{0,120}|break|continue);\s*$|^[+-]?\s*[}\])]+[;,)]*\s*$"
    r"|^[+-]?\s*(?:async )?(?:def|fn|func|function)\s+\w+\s*\("
    r"|^[+-]?\s*class \w+[^.!?]{0,80}[:{]\s*$"
    r"|^[+-]?\s*(?:public|private|protected|static|export|abstract) [\w<>\[\] ]+.{0,120}[{;(=]"
    r"|^[+-]?\s*(?:const|let|var|val|auto|final|mut) \w+.{0,60}="
    r"|^[+-]?\s*(?:import \w[\w.]*(?: as \w+|;)?|from [\w.]+ import \S.*|#include [<\"].*"
    r"|using [\w.]+;"
    r"|package [\w.]+;?|require ?\(.*|@\w+(?:\(.*\))?)\s*$"
    r"|^[+-]?\s*(?:if|for|while|switch|elif|else if|catch|match)\b.{0,160}[{:]\s*$(?<!\w\w :)"
    r"|^[+-]?\s*(?:else|try|finally|do)\s*[:{]\s*$|^\s*[}\])].{0,60}[{;]\s*$"
    r"|^\s*(?:#!/|//|/\*|\*/|<\?php|\?>|<!--|--\[\[)"
    r"|^[+-]?\s*\w+(?:\.\w+){0,4}\(.{0,160}\)\s*[;{]?\s*$|\) ?(?:=>|->) ?[{(]|^\s*#!?\[\w"
    r"|^\s*(?:print|console\.log|printf|echo|puts|println!)\s?\("
)
_QUERY = re.compile(  # the lines that begin a query
    r"^\s*(?:SELECT|INSERT\s+INTO|DELETE|CREATE (?:OR REPLACE )?(?:TABLE|INDEX|VIEW|UNIQUE)"
    r"|ALTER TABLE|DROP (?:TABLE|INDEX)|WITH \w+ AS \(|UPDATE \S+ SET|EXPLAIN|TRUNCATE)\b"
)
_DATA = re.compile(  # other lines of a query, HTML, CSS, INI, calendars, keys, dumps
    r"^\s*(?:FROM|WHERE|(?:(?:LEFT|RIGHT|INNER|OUTER|FULL|CROSS) )*JOIN|(?:GROUP|ORDER)\s+BY|HAVING"
    r"|UNION(?: ALL)?|VALUES|LIMIT|OFFSET|ON|AND|SET)\b(?! ?:).{0,200}(?:[=;,()<>]|\b(?:DESC|ASC)\b"
    r"|\w+ [a-z]\w{0,2}\s*$|LIMIT \d+)"
    r"|^\s*select\s.{1,160}\sfrom\s+\w+.{0,200}(?:;|\bwhere\b|\bjoin\b|\blimit\b|$)(?<![.!?])$"
    r"|^\s*(?:insert into|delete from|update \w+ set|create table|alter table) \S.{0,200}[;(]\s*$"
    r"|^\s*</?[a-zA-Z][\w:-]*(?:\s[^<>]*)?/?>(?:.*>)?\s*$|^\s*<(?:p|div|span|li|td|tr|h\d|a"
    r"|ul)[\s>]|^\s*<[!?][a-zA-Z]"
    r"|^\s*[.#@*]?[\w.#:>\[\]=\"', *()~+-]{0,80}\{(?:\s*[\w-]{1,40}:[^{}'\";]{1,80};?)*\s*\}?\s*$"
    r"|^\s*(?:--)?[a-z][a-z-]{1,40}:\s*[^;:]{1,120};\s*\}?\s*$"
    r"|^\s*\[{1,2}[\w.\"' -]{1,60}\]{1,2}\s*$|^[A-Z][A-Z0-9_]{2,40}=\S*\s*$"
    r"|^(?:export|set) \w+=|^(?:BEGIN|END):V?[A-Z]+|^-----(?:BEGIN|END) "
    r"|^(?:DTSTART|DTEND|DTSTAMP|UID|RRULE|PRODID|SUMMARY|LOCATION|DESCRIPTION|ORGANIZER|ATTENDEE"
    r"|VERSION|CALSCALE|METHOD|SEQUENCE|TRANSP|CREATED|LAST-MODIFIED)[;:]\S"
    r"|^\s*(?:0x)?[0-9a-f]{4,16}:?\s+(?:[0-9a-f]{2,4}\s+){4,}|^(?:[0-9a-fA-F]{2}[ :]){7,}"
    r"|^\s*[\w+/=-]{40,}\s*$|^(?:ssh-(?:rsa|ed25519)|ecdsa-\S+) \S{20}|^eyJ[\w-]{8,}\.\S+"
    r"|^\s*-- \w|^(?:apiVersion|kind|metadata|spec):(?: \S+)?\s*$|^---\s*$|^%YAML"
)
_TOOL = re.compile(  # git, ls, ps, top, docker, kubectl, terraform, make, cmake, pytest
    r"^[dlcbps-][rwxsStT-]{9}[@+.]?\s|^total \d+(?:\.\d)?[KMG]?\s*$"
    r"|^(?=[0-9a-f]{0,11}\d)(?=[0-9a-f]{0,11}[a-f])[0-9a-f]{7,12} \S|^[*|/\\]+ [*|/\\ ]*[0-9a-f]{7}"
    r"|^\s*(?:modified|new file|deleted|renamed|both modified):\s|^On branch \S+$"
    r"|^index [0-9a-f]+\.\."
    r"|^Changes (?:not staged|to be committed)|^\s*\(use \"git|^Untracked files:|^HEAD detached"
    r"|^ ?\S+ +\| +(?:\d+|Bin) ?[+-]*|\b\d+ files? changed\b|^Merge(?:: [0-9a-f]| branch ')"
    r"|^(?:Auto-merging|CONFLICT \(|Fast-forward|Already up to date|nothing to commit)"
    r"|^top - |^Tasks: +\d|^%?Cpu\(s\)|^[KM]iB (?:Mem|Swap)|\bload averages?: \d"
    r"|^\s*\d+ +\w+ +-?\d+ +-?\d+ +\d\S* +\d|^[\w+-]+ +\d+ +\d+\.\d +\d+\.\d +\d+"
    r"|^(?:Sending build context| ?---> |Removing intermediate|Successfully (?:built|tagged"
    r"|installed)"
    r"|=> |#\d+ (?:\[|DONE|CACHED|sha256|\d)|Digest: sha|Status: (?:Downloaded|Image))"
    r"|^[0-9a-f]{12}(?:\s|:)|^[\w./-]+: (?:Pulling|Pull complete|Waiting|Already exists|Verifying)"
    r"|^\S+\s+\d+/\d+\s+[A-Z]\w+|^[a-z]+(?:\.[a-z.]+)?/\S+ (?:created|configured|unchanged"
    r"|deleted|scaled)"
    r"|^(?:Name|Namespace|Labels|Annotations|Status|Node|Selector|Type|Events|IPs?"
    r"|Replicas):\s{2,}\S"
    r"|^Terraform (?:will|has|used|v\d)|^\s*[+~-]/?[+-]? (?:resource \"|\w+\s+=)"
    r"|^\s*# \S+ (?:will|must) be"
    r"|^Plan: \d+ to |^(?:Apply|Destroy) complete! |^\S+\.\S+: (?:Creat|Refresh|Destroy|Modif)\w+"
    r"|^(?:Initializing|Reading|Unpacking|Preparing|Selecting|Fetched|Get:\d+|Hit:\d+) ?\S"
    r"|^(?:cc|gcc|g\+\+|clang|clang\+\+|ld|ar|rustc|javac|tsc|go build) -\S|^\[ *\d+%\] "
    r"|^-- (?:The|Detecting|Check|Configuring|Generating|Build|Found|Looking|Performing|Install)"
    r"|^(?:Scanning dependencies|Consolidate compiler|ninja: |\*\*\* \[)"
    r"|^=+ .{1,100} =+\s*$|^_{3,} .{0,100}|^\S+\.py(?:::\S+)? (?:[.FEsxX]+|PASSED|FAILED"
    r"|SKIPPED|ERROR)\b"
    r"|^(?:platform \w+ -- |rootdir: |plugins: |collected \d+ |cachedir: |configfile: )|^E   "
    r"|^running \d+ tests?$|^test \S+ \.\.\. (?:ok|FAILED|ignored)|^test result: "
    r"|^\s*[✓✔✗✘×] .{0,120}(?:\(\d+ ?ms\))?$|^(?:Tests|Test Suites|Snapshots|Time|Ran all): +\S"
    r"|^\s*(?:Finished|Running|Checking|Fresh|Updating|Downloaded|Locking) .{0,120}(?:\[|\("
    r"|v\d|target)"
    r"|[█▉▊▋▌▍▎▏▓▒░━╸]{2,}|\d{1,3}% ?\|.{0,80}\||\[[=#>. -]{4,}\]|\d{1,3}%.{0,60}\b(?:eta|ETA"
    r"|[kMG]i?B/s|it/s)"
    r"|^[#=]{5,}>? *\d|^(?:added|removed|audited|changed) \d+ packages"
    r"|^(?:WARNING|Warning|Hint): (?!I\b|[Mm]y\b)"
    r"|^npm (?:ERR!|WARN)"
    r"|^Requirement already satisfied|^(?:remote|To|From) ?:? ?(?:Enumerating|Counting"
    r"|Resolving|git@)"
)
_CHAT = re.compile(  # exports of WhatsApp, Telegram, IRC and Discord
    r"^\W{0,2}\d{1,2}[./-]\d{1,2}[./-]\d{2,4},? (?:\w{2} )?\d{1,2}:\d\d(?::\d\d)?"
    r"(?:\s?[APap]\.?[Mm]\.?)?"
    r"\W{1,5}[^:\n]{1,40}: |^\[?\d\d:\d\d(?::\d\d)?\]? <[^>\s]{1,40}> "
    r"|^.{1,40}, \[\d{1,2}\.\d{1,2}\.\d{2,4} \d\d:\d\d"
    r"|^\W{0,2}\d{4}[./-]\d{1,2}[./-]\d{1,2},? \d{1,2}:\d\d(?::\d\d)?\W{1,5}[^:\n]{1,40}: "
)
_TIMED_TALK = re.compile(  # "12:01 - Tess: hi", several times
    r"^\[?\d{1,2}:\d\d(?::\d\d)?(?: ?[AP]M)?\]? ?[-–]? ?[^\W\d][^:\n]{0,30}: \S"
)
_CHAT_HEAD = re.compile(  # the line above a message, in Slack and Discord
    r"^[^\n:]{1,40} (?:—|–|\[)? ?(?:(?:Today|Yesterday) at )?\d{1,2}:\d\d(?: ?[AP]M)?\]?\s*$"
)
_COLUMNS = re.compile(
    r"\b(?:PID|PPID|UID|USER|TTY|CMD|COMMAND|%?CPU|%?MEM|VSZ|RSS|STAT|START|TIME\+?|VIRT|RES"
    r"|SHR|NAME|READY"
    r"|STATUS|RESTARTS|AGE|NAMESPACE|IMAGE|CONTAINER ID|CREATED|PORTS|NAMES|REPOSITORY|TAG|SIZE"
    r"|TYPE|CLUSTER-IP|PORT\(S\)|DESIRED|CURRENT|NODE|IP|FD|DEVICE|Filesystem|Mounted|Proto"
    r"|Used|Avail)\b"
)
_HEADER = re.compile(
    r"^(?:From|To|Cc|Bcc|Subject|Date|Sent|Reply-To|Message-ID|Received|Return-Path|MIME-Version"
    r"|Delivered-To|Content-[\w-]+|X-[\w-]+|Von|An|Gesendet|Betreff|Datum|De|À|A|Envoyé|Objet|Date"
    r"|Para|Enviado|Asunto|Fecha|Da|Inviato|Oggetto|Data|Assunto|Onderwerp|Aan|Van|Verzonden|Od|Do"
    r"|Temat|Wysłano|От|Кому|Тема|Дата|Från|Till|Ämne|Skickat|Kimden|Kime|Konu|差出人|宛先|件名"
    r"|日時"
    r"|发件人|收件人|主题|日期|보낸 사람|받는 사람|제목|날짜|من|إلى|الموضوع|Dari|Kepada"
    r"|Subjek) ?[:：] ?\S"
)
_SUBJECT = re.compile(
    r"^(?:Subject|Betreff|Objet|Asunto|Oggetto|Assunto|Onderwerp|Temat|Тема|Ämne|Konu|件名|主题"
    r"|제목"
    r"|الموضوع|Subjek|Message-ID|Reply-To) ?[:：]|[\w.+-]@[\w-]"
)
_COMMIT = re.compile(r"^commit [0-9a-f]{7,40}\b")
_COMMIT_HEAD = re.compile(r"^(?:Author|Merge|AuthorDate|Commit): ")
_PAIR = re.compile(r"^\s*[\w.\"-]{1,60}(?: [\w.\"-]{1,30}){0,3} ?= ?\S")
_SECTION = re.compile(r"^\s*\[[^\[\]]{1,60}\]\s*$")
_IN_SETTING = re.compile(r"\w[._]\w[^=]*=|= ?(?:[\"'\[{/]|true\b|false\b|\S*[/_])|\w=\w")
_KEY = re.compile(r"^(?P<indent>\s*)(?:- )?[\w.\"/-]{1,60}:(?P<value> \S.*)?\s*$")
_ITEM = re.compile(r"^\s*- \S")
_CHANGED = re.compile(r"^(?P<sign>[+-])(?![+-])")
_IN_CODE = re.compile(r"[;{}()=<>\[\]_]")
_SYMBOL = re.compile(r"[\\^$*+?{}\[\]()|<>=;&%#~_]")
_ADDRESS = re.compile(r"://|[\w.+-]@[\w-]+\.\w")
_SPACES = re.compile(r"\s+")
_BLOCKS = (  # from a line that begins one to the line that ends it
    (re.compile(r"^-----BEGIN "), re.compile(r"^-----END ")),
    (re.compile(r"^BEGIN:V?[A-Z]+"), re.compile(r"^END:V?[A-Z]+")),
    (re.compile(r"^\s*(?:<style|<script|<svg|/\*)"), re.compile(r"(?:</style|</script|</svg|\*/)")),
)


def without_machine_text(text: str) -> str:
    """Return a text without the lines that programs wrote; the lines of people stay."""
    lines = text.split("\n")
    written = _written_by_programs(lines)
    if not any(written):
        return text
    if sum(written) > SHARE * sum(bool(line.strip()) for line in lines):
        first, last = written.index(True), len(lines) - 1 - written[::-1].index(True)
        kept = (
            line
            for i, line in enumerate(lines)
            if not written[i] and not first < i < last and _speaks_of_self(line)
        )
    else:
        kept = (line for line, is_written in zip(lines, written, strict=True) if not is_written)
    return "\n".join(kept)


def _speaks_of_self(line: str) -> bool:
    """Return True if somebody says something of themself in a line: "This is from my server:"."""
    said = line[:MAX_LINE]
    code = code_of(said)
    own = _own_words(code) | _own_words(ENGLISH)
    return (
        any(word in said for word in own)
        if code in NOT_SPACED_CODES
        else not own.isdisjoint(words(said))
    )


@cache
def _own_words(code: str) -> frozenset[str]:
    return words_in(code, "clauses", "speaker") | words_in(code, "clauses", "possessives")


def _written_by_programs(lines: Sequence[str]) -> list[bool]:
    """Return for each line whether a program wrote it."""
    read = [line[:MAX_LINE] for line in lines]
    written = [_is_written(line) for line in read]
    for find in (_blocks, _commits, _changes, _rows, _pairs, _keys, _table, _mail, _chat):
        for start, end in find(read):
            written[start:end] = [True] * (end - start)
    _spread(read, written)
    return written


def _is_written(line: str) -> bool:
    if not line.strip():
        return False
    if any(kind.search(line) for kind in (_LINE, _TRACE, _CODE, _QUERY, _DATA, _TOOL, _CHAT)):
        return True
    plain = _SPACES.sub("", line)
    is_address = _ADDRESS.search(line) is not None
    symbols = len(_SYMBOL.findall(plain))
    is_dense = len(plain) >= MIN_SYMBOLS and symbols >= SYMBOLS * len(plain)
    return is_dense and not is_address and not _speaks_of_self(_SYMBOL.split(line)[0])


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield what stands between "BEGIN" and "END" of a key or a calendar; to the end without it."""
    for begins, ends in _BLOCKS:
        start = None
        for i, line in enumerate(lines):
            if start is None and begins.search(line):
                start = i
            if start is not None and ends.search(line):
                yield start, i + 1
                start = None
        if start is not None:
            yield start, len(lines)


def _commits(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the commits of a log: a head, a blank line, a message, a blank line."""
    for i, line in enumerate(lines):
        if _COMMIT.match(line) and i + 1 < len(lines) and _COMMIT_HEAD.match(lines[i + 1]):
            blank = [j for j in range(i, min(len(lines), i + MAX_COMMIT)) if not lines[j].strip()]
            yield i, blank[1] if len(blank) > 1 else min(len(lines), i + MAX_COMMIT)


def _changes(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the lines of a diff without a head: "-" and "+" of code, and the lines between them."""
    for start, end in _runs(lines, lambda line: line[:1] in ("+", "-", " ") and line.strip() != ""):
        signs = {match["sign"] for match in map(_CHANGED.match, lines[start:end]) if match}
        is_code = any(_IN_CODE.search(line) for line in lines[start:end])
        if signs == {"+", "-"} and is_code:
            yield start, end


def _rows(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield rows of values between commas, semicolons or tabs, each with as many."""
    for sign in (",", ";", "\t"):
        counts = [line.count(sign) if f"{sign} " not in line else 0 for line in lines]
        start = 0
        for i in range(1, len(lines) + 1):
            if i == len(lines) or counts[i] != counts[start]:
                if i - start >= MIN_ROWS and counts[start] >= MIN_COLUMNS - 1:
                    yield start, i
                start = i


def _pairs(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield settings: lines "name = value" beneath "[section]", or with values as in code."""
    for start, end in _runs(lines, lambda line: _PAIR.match(line) is not None):
        is_headed = start > 0 and _SECTION.match(lines[start - 1])
        is_code = any(map(_IN_SETTING.search, lines[start:end]))
        if is_headed or (is_code and end - start >= MIN_PAIRS):
            yield start, end


def _keys(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield YAML: lines "name: value", one of them indented beneath a name alone."""
    is_part = lambda line: bool(_KEY.match(line) or _ITEM.match(line))  # noqa: E731
    for start, end in _runs(lines, is_part):
        found = [_KEY.match(line) for line in lines[start:end]]
        opens = [i for i, key in enumerate(found[:-1]) if key and key["value"] is None]
        nests = any(
            (below := lines[start + i + 1]).startswith((" ", "\t")) and ":" in below for i in opens
        )
        if nests and end - start >= MIN_ROWS:
            yield start, end


def _table(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the output of `ps`, `top` or `docker`: names of columns, and the rows below."""
    for i, line in enumerate(lines):
        if len(_COLUMNS.findall(line)) >= MIN_COLUMNS - (1 if "  " in line else 0):
            yield i, next((j for j in range(i, len(lines)) if not lines[j].strip()), len(lines))


def _mail(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield a mail with its headers, to the end of the text."""
    for start, end in _runs(lines, lambda line: _HEADER.match(line) is not None):
        if end - start > 1 and any(_SUBJECT.search(line) for line in lines[start:end]):
            yield start, len(lines)
            return


def _chat(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield messages of a chat, with name and time before them or in the line above."""
    timed = [i for i, line in enumerate(lines) if _TIMED_TALK.match(line)]
    if len(timed) > 1:
        yield from ((i, i + 1) for i in timed)
    heads = [i for i, line in enumerate(lines) if _CHAT_HEAD.match(line)]
    if len(heads) > 1:
        for i in heads:
            yield i, next((j for j in range(i, len(lines)) if not lines[j].strip()), len(lines))


def _spread(lines: Sequence[str], written: list[bool]) -> None:
    """Mark indented lines behind a written one, but for a sentence of a person."""
    for i in range(1, len(lines)):
        is_indented = lines[i].startswith(("   ", "\t")) and lines[i].strip() != ""
        if written[i - 1] and is_indented and not _speaks_of_self(lines[i]):
            written[i] = True


def _runs(lines: Sequence[str], is_part) -> Iterator[tuple[int, int]]:  # type: ignore[no-untyped-def]
    """Yield where lines that are parts of the same begin and end."""
    start = None
    for i in range(len(lines) + 1):
        if i < len(lines) and is_part(lines[i]):
            start = i if start is None else start
        elif start is not None:
            yield start, i
            start = None
