"""Find what programs wrote in a message: logs, traces, diffs, code, data, tables and keys.

A line is judged alone where its form is enough, else with the lines around it. What a person says
before or behind such a block is kept.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from litemem.core.text import vocabulary
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
    r"|^\W{0,3}\d\d:\d\d:\d\d\S{0,200}\W{0,3}(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL"
    r"|CRITICAL)\b"
    r"|^\W{0,3}(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL)"
    r"(?:\s{0,9}[:\[\]|(>-]|\s{2,}\S|\s(?:[A-Z\d]|[a-z0-9]{0,60}[/.:=\[_])|\s{0,9}$)"
    r"|^\W{0,3}(?:\w{3} [ \d]?\d|\w{3}, \d\d \w{3} \d{4}) \d\d:\d\d:\d\d\b"
    r"|\b\d\d:\d\d:\d\d (?:warn|info|error)\b"
    r"|^\W{0,3}\[[\w.:/ -]{1,40}\]\W{0,3}\[?(?:\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d)"
    r"|^\s{0,40}(?:\\t)?(?:Traceback \(most|File \"|at [\w.$<>]{1,200}\(|Caused by:"
    r"|\.\.\. \d{1,40} more)"
    r"|^\s{0,40}\w{0,80}(?:Error|Exception):"
    r"|^\s{0,40}(?:error|warning)(?:\[\w{1,80}\])?: |^\s{0,40}note: .{0,80}[`‘'\"#<\[]"
    r"|^\s{0,40}--> \S{1,200}:\d{1,40}"
    r"|^\s{0,40}[\[{}\]],?\s{0,9}$|^\s{0,40}\"[\w.-]{1,40}\"\s{0,40}:"
    r"|^\s{0,40}(?:GET|POST|PUT|PATCH|DELETE|HEAD) /|^\s{0,40}HTTP/\d"
    r"|^\s{0,40}(?:X|Content|Accept|User|Cache|Set|Transfer|Access|Strict|WWW|Proxy|Retry|Keep"
    r"|Message|MIME|Request|Last|If|Reply|Return)-[A-Z][\w-]{0,200}: \S|^Host: \S{1,200}\s{0,9}$"
    r"|^Accept: \S{1,200}/|^Author: .{1,80}<\S|^Server: \S{1,200}\s{0,9}$|^Via: \d"
    r"|^Cookie: \S{1,200}="
    r"|^Date: +(?:[A-Z][a-z]{2},? |\d{4}-)"
    r"|^\s{0,40}(?:diff --git|@@ -|\+\+\+ |--- |npm (?:ERR|WARN|info|notice|error|warn)\b"
    r"|yarn (?:run|install|add|v\d)\b|make(?:\[\d{1,40}\])?: (?:\*|\S{0,9}['`‘]"
    r"|[A-Z]\w{1,20} dir)|cc1|ld:"
    r"|\[\d{1,40}/\d{1,40}\]"
    r"|\[\s{0,40}\d{1,40}%\]|Step \d{1,40}/\d{1,40} ?:|=== |\$ [a-z./~]|(?:PASS|FAIL)(?:\s{2,}\S"
    r"|:|\s\S{0,200}[/._:]|\s{0,9}$)"
    r"|ok \d|not ok \d"
    r"|commit [0-9a-f]{6,40}\b"
    r"|BUILD [A-Z]|(?:Compiling|Downloading|Installing|Collecting|Resolving|Building)"
    r"\s(?:\S{1,200}\s{0,9}$|\S{0,200}[\d/@:_=]|.{0,200}\.\.\.)|kernel: \["
    r"|\[(?:ok|fail|tool_result|debug|info)\])"
    r"|^\S.{1,60}? {2,}\S.{1,60}? {2,}\S|\bno action (?:is )?(?:needed|required)\b"
    r"|^\s{0,40}Exception in thread|^(?:FAILED|PASSED|ERRORS?|OK|SKIPPED)"
    r"(?::| \S{0,200}[/._:\[(]|\s{2,}\S)"
    r"|^(?:\w{1,20} ){0,2}(?:Error|Warning|Exception)\b.{0,60}\bat \S{1,80}:\d"
    r"|^\s{0,40}\{.{0,200}\"(?:event|level|path|url|ts|timestamp|host|pid|uptime|status|method"
    r"|msg)\" ?:"
    r"|^\S{1,60}/\S{1,60} {1,9}(?:Running|Pending|Completed|Terminating|CrashLoop\w{0,80}|Error)\b"
    r"|\b\d{1,3}/\d{1,3} {1,9}(?:Running|Ready)\b"
    r"|^\w{1,20}: .{0,60}\d(?:[KMGT]i?B?|%|ms)\b.{0,20}\b(?:total|used|free|available)\b"
    r"|^(?i:automated|automatic|scheduled|periodic|routine) [\w-]{1,30}(?: [\w-]{1,30})?:"
    r"|^(?:health|status|smoke) ?-?checks?\b.{0,40}\b(?:ok|passed|green|healthy)\b"
    r"|\b[Nn]othing (?:new )?to report\b"
    r"|\b[Aa]ll (?:systems|services|checks) (?:are )?(?:ok|normal|green|up|operational|healthy)\b"
    r"|\bheart ?beat\b|\bHEARTBEAT|\bkeep-?alive\b"
    r"|^\s{0,40}[\w.]{1,40}=\S{1,80}\s{1,40}[\w.]{1,40}=\S"
    r"|^\W{0,3}[Cc]ron ?job\b.{0,80}\b(?:ran|finished|completed?|ok|success\w{0,9}|failed"
    r"|started|done)\b"
    r"|\d{1,3}% ?\[|^[|+][-=+| ]|^\| |\bicmp_seq="
    r"|\bexit(?:ed)? (?:with )?(?:code|status) \d|\bwith code \d"
    r"|\b\d{1,40} (?:passed|failed|skipped|packages|warnings?)\b.{0,80}\bin \d|^/dev/\w{1,80}\s"
    r"|^[A-Za-z0-9+/]{24,}={0,2}\s{0,9}$"
    r"|^\s{0,40}<[a-z!/][^>]{0,200}>.{0,400}</?[a-z][^>]{0,200}>\s{0,9}$"
    r"|^\s{0,40}SELECT \S.{0,400};\s{0,9}$"
    r"|^\S{0,60}[./]\S{0,60}:(?: line | )?\d{1,6}:(?:\d{1,6}:)? \S"
    r"|^\S{1,60}(?: \S{1,40})?: (?:command )?not found\s{0,9}$"
    r"|: (?:[Cc]ommand not found|No such file or directory|[Pp]ermission denied)\b.{0,20}$"
    r"|^(?:ba|z|da|k)?sh: |^[\w.-]{1,40}@[\w.-]{1,40}:\S{0,60}[$#] \S|^C:\\\S{0,60}>"
    r"|^(?:Segmentation fault|Killed|Aborted|Bus error)(?: \(.{0,30}\))?$|^PS [A-Z]:\\"
    r"|^(?:bash|fatal|panic|E|W): \S.{0,120}:"
)
_REPORT = re.compile(  # of compilers, build tools, package managers and clients of servers
    r"^\s{0,40}[\w+./-]{1,60}: (?:fatal )?(?:error|warning): "
    r"|^\S{1,200}\(\d{1,6},\d{1,6}\): (?:error|warning)\b"
    r"|^Found \d{1,6} errors? in \S{0,200}[./:]\S"
    r"|^\s{0,40}\d{1,6}:\d{1,6}\s{1,9}(?:error|warning)\s|^[✖✗] \d{1,6} problems?\b|^> Task :"
    r"|^FAILURE: |^\* (?:What went wrong|Try|Exception is):\s{0,9}$|^Execution failed for task"
    r"|^> Run with --|^[ew]: file:"
    r"|^hint: (?:Updates were|not have locally|to the same ref|before pushing|See the"
    r"|Use ['`-])"
    r"|^To \S{1,200}\.git\s{0,9}$|^ ! \[\w"
    r"|^go: (?:downloading|module|finding|cannot|upgraded|added)\b"
    r"|^# [\w.]{1,80}/[\w./-]{1,200}$|^Error (?:from server \(|response from daemon)"
    r"|^The connection to the server \S{1,200} was"
    r"|^[EWN]: (?:Unable|Failed|Could|Some|Package|Sub-process)\b|^dpkg: |^LINE \d{1,6}: "
    r"|^[●○×] \S{1,200}\.(?:service|socket|timer)\b"
    r"|^\s{1,40}(?:Loaded|Active|Main PID|Process|Tasks|Memory|CGroup|CPU): \S"
    r"|^[\w-]{1,30}: \[(?:emerg|alert|crit|error|warn|notice)\]"
    r"|^(?:ssh|scp|curl|wget|rsync|psql|git|tar|cp|mv|rm|ls|cat|mount|ld"
    r"|/usr/bin/ld): (?:\(\d|connect to|cannot|could not|unable|invalid|unrecognized|no such"
    r"|can['’]t)"
    r"|^Permission denied \(|^@{5,80}\s{0,9}$|^@ {2,9}\S.{0,80} @$|^Plan: \d{1,6} to add"
)
_TRACE = re.compile(  # of Go, Rust, JavaScript, C#, PHP, Ruby and Python
    r"^panic: |^goroutine \d{1,40} \[|^\s{0,40}/?\S{1,200}\.(?:go|rs|rb|php|cs|js|ts|py|java"
    r"|kt):\d{1,40}\b"
    r"|^[\w./*-]{1,80}\.[\w.()*]{1,80}\(.{0,120}\)\s{0,9}$|^created by \S{1,200} in goroutine"
    r"|^thread '.{0,60}' (?:\(\d{1,40}\) )?panicked at |^stack backtrace:"
    r"|^\s{1,40}\d{1,3}: (?:0x)?\w{1,80}::"
    r"|^\s{0,40}at (?:async )?[\w.<>$\[\]` ]{1,120}(?:\(|$)"
    r"|^\s{1,40}at \S{1,200} in \S{1,200}:line \d{1,40}"
    r"|^\s{0,40}at (?:file|node|https?|/)\S{0,200}:\d{1,40}|^(?:Uncaught|Unhandled) \w{1,80}"
    r"|^Unhandled exception\."
    r"|^PHP (?:Fatal|Warning|Notice|Parse|Deprecated)|^#\d{1,3} (?:\S{1,200}\(\d{1,40}\): "
    r"|\{main\})"
    r"|^(?:Fatal error|Stack trace): ?|^\s{0,40}thrown in \S{1,200}"
    r"|^\s{0,40}from \S{1,200}:\d{1,40}:in "
    r"|^(?:\w{1,80}\.)+\w{0,80}(?:Exception|Error)\b|^\s{0,40}\^+\s{0,9}$"
    r"|^\s{0,40}[~^]{2,}\s{0,9}$|^Node\.js v\d"
)
_CODE = re.compile(
    r"^[+-]?\s{0,40}(?:[\w.:<>\[\]*&,]{1,200}\s{1,40}){0,6}[\w.:<>\[\]*&>-]{1,200}\s{0,40}"
    r"(?:[-+*/|&]?=|\().{0,400};\s{0,40}(?://.{0,400})?$"
    r"|^[+-]?\s{0,40}(?:return\b.{0,120}|break|continue);\s{0,9}$"
    r"|^[+-]?\s{0,40}[}\])][}\]);,]{0,40}\s{0,9}$"
    r"|^[+-]?\s{0,40}(?:async )?(?:def|fn|func|function)\s{1,40}\w{1,80}\s{0,40}\("
    r"|^[+-]?\s{0,40}class \w{1,80}[^.!?]{0,80}[:{]\s{0,9}$"
    r"|^[+-]?\s{0,40}(?:public|private|protected|static|export"
    r"|abstract) [\w<>\[\] ]{1,200}.{0,120}[{;(=]"
    r"|^[+-]?\s{0,40}(?:const|let|var|val|auto|final|mut) \w{1,80}.{0,60}="
    r"|^[+-]?\s{0,40}(?:import \w[\w.]{0,200}(?: as \w{1,80}|;)?"
    r"|from [\w.]{1,200} import \S.{0,400}|#include [<\"].{0,400}"
    r"|using [\w.]{1,200};"
    r"|package [\w.]{1,200};?|require ?\(.{0,400}|@\w{1,80}(?:\(.{0,400}\))?)\s{0,9}$"
    r"|^[+-]?\s{0,40}(?:if|for|while|switch|elif|else if|catch"
    r"|match)\b.{0,160}[{:]\s{0,9}$(?<!\w\w :)"
    r"|^[+-]?\s{0,40}(?:else|try|finally|do)\s{0,40}[:{]\s{0,9}$|^\s{0,40}[}\])].{0,60}[{;]\s{0,9}$"
    r"|^\s{0,40}(?:#!/|//|/\*|\*/|<\?php|\?>|<!--|--\[\[)"
    r"|^[+-]?\s{0,40}\w{1,80}(?:\.\w{1,80}){0,4}\(.{0,160}\)\s{0,40}[;{]?\s{0,9}$|\) ?(?:=>"
    r"|->) ?[{(]|^\s{0,40}#!?\[\w"
    r"|^\s{0,40}(?:print|console\.log|printf|echo|puts|println!)\s?\("
)
_QUERY = re.compile(  # the lines that begin a query
    r"^\s{0,40}(?:SELECT|INSERT\s{1,40}INTO|DELETE|CREATE (?:OR REPLACE )?(?:TABLE|INDEX|VIEW"
    r"|UNIQUE)"
    r"|ALTER TABLE|DROP (?:TABLE|INDEX)|WITH \w{1,80} AS \(|UPDATE \S{1,200} SET|EXPLAIN"
    r"|TRUNCATE)\b"
)
_DATA = re.compile(  # other lines of a query, HTML, CSS, INI, calendars, keys, dumps
    r"^\s{0,40}(?:FROM|WHERE|(?:(?:LEFT|RIGHT|INNER|OUTER|FULL|CROSS) )*JOIN|(?:GROUP"
    r"|ORDER)\s{1,40}BY|HAVING"
    r"|UNION(?: ALL)?|VALUES|LIMIT|OFFSET|ON|AND|SET)\b(?! ?:).{0,200}(?:[=;,()<>]|\b(?:DESC|ASC)\b"
    r"|\w{1,80} [a-z]\w{0,2}\s{0,9}$|LIMIT \d{1,40})"
    r"|^\s{0,40}select\s.{1,160}\sfrom\s{1,40}\w{1,80}.{0,200}(?:;|\bwhere\b|\bjoin\b|\blimit\b"
    r"|$)(?<![.!?])$"
    r"|^\s{0,40}(?:insert into|delete from|update \w{1,80} set|create table"
    r"|alter table) \S.{0,200}[;(]\s{0,9}$"
    r"|^\s{0,40}</?[a-zA-Z][\w:-]{0,200}(?:\s[^<>]{0,200})?/?>(?:.{0,400}>)?\s{0,9}$"
    r"|^\s{0,40}<(?:p|div|span|li|td|tr|h\d|a"
    r"|ul)[\s>]|^\s{0,40}<[!?][a-zA-Z]"
    r"|^\s{0,40}[.#@*]?[\w.#:>\[\]=\"', *()~+-]{0,80}\{"
    r"(?:\s{0,40}[\w-]{1,40}:[^{}'\";]{1,80};?)*\s{0,40}\}?\s{0,9}$"
    r"|^\s{0,40}(?:--)?[a-z][a-z-]{1,40}:\s{0,40}[^;:]{1,120};\s{0,40}\}?\s{0,9}$"
    r"|^\s{0,40}\[{1,2}[\w.\"' -]{1,60}\]{1,2}\s{0,9}$|^[A-Z][A-Z0-9_]{2,40}=\S{0,200}\s{0,9}$"
    r"|^(?:export|set) \w{1,80}=|^(?:BEGIN|END):V?[A-Z]{1,200}|^-----(?:BEGIN|END) "
    r"|^(?:DTSTART|DTEND|DTSTAMP|UID|RRULE|PRODID|SUMMARY|LOCATION|DESCRIPTION|ORGANIZER|ATTENDEE"
    r"|VERSION|CALSCALE|METHOD|SEQUENCE|TRANSP|CREATED|LAST-MODIFIED)[;:]\S"
    r"|^\s{0,40}(?:0x)?[0-9a-f]{4,16}:?\s{1,40}(?:[0-9a-f]{2,4}\s{1,40}){4,}"
    r"|^(?:[0-9a-fA-F]{2}[ :]){7,}"
    r"|^\s{0,40}[\w+/=-]{40,}\s{0,9}$|^(?:ssh-(?:rsa|ed25519)|ecdsa-\S{1,200}) \S{20}"
    r"|^eyJ[\w-]{8,}\.\S{1,200}"
    r"|^\s{0,40}-- \w|^(?:apiVersion|kind|metadata|spec):(?: \S{1,200})?\s{0,9}$|^---\s{0,9}$"
    r"|^%YAML"
)
_TOOL = re.compile(  # git, ls, ps, top, docker, kubectl, terraform, make, cmake, pytest
    r"^[dlcbps-][rwxsStT-]{9}[@+.]?\s|^total \d{1,40}(?:\.\d)?[KMG]?\s{0,9}$"
    r"|^(?=[0-9a-f]{0,11}\d)(?=[0-9a-f]{0,11}[a-f])[0-9a-f]{7,12} \S"
    r"|^[*|/\\]+ [*|/\\ ]{0,200}[0-9a-f]{7}"
    r"|^\s{0,40}(?:modified|new file|deleted|renamed|both modified):\s|^On branch \S{1,200}$"
    r"|^index [0-9a-f]{1,200}\.\."
    r"|^Changes (?:not staged|to be committed)|^\s{0,40}\(use \"git|^Untracked files:"
    r"|^HEAD detached"
    r"|^ ?\S{1,200} +\| +(?:\d{1,40}|Bin) ?[+-]{0,200}|\b\d{1,40} files? changed\b"
    r"|^Merge(?:: [0-9a-f]| branch ')"
    r"|^(?:Auto-merging|CONFLICT \(|Fast-forward|Already up to date|nothing to commit)"
    r"|^top - |^Tasks: +\d|^%?Cpu\(s\)|^[KM]iB (?:Mem|Swap)|\bload averages?: \d"
    r"|^\s{0,40}\d{1,40} +\w{1,80} +-?\d{1,40} +-?\d{1,40} +\d\S{0,200} +\d"
    r"|^[\w+-]{1,200} +\d{1,40} +\d{1,40}\.\d +\d{1,40}\.\d +\d{1,40}"
    r"|^(?:Sending build context| ?---> |Removing intermediate|Successfully (?:built|tagged"
    r"|installed)"
    r"|=> |#\d{1,40} (?:\[|DONE|CACHED|sha256|\d)|Digest: sha|Status: (?:Downloaded|Image))"
    r"|^(?=[0-9a-f]{0,11}\d)[0-9a-f]{4,12}: (?:Layer|Pushed|Mounted|Preparing|Waiting|Pull)"
    r"|^\S{1,60}: digest: sha256:|^[0-9a-f]{12}(?:\s|:)|^[\w./-]{1,200}: (?:Pulling"
    r"|Pull complete|Waiting|Already exists"
    r"|Verifying)"
    r"|^\S{1,200}\s{1,40}\d{1,40}/\d{1,40}\s{1,40}[A-Z]\w{1,80}"
    r"|^[a-z]{1,200}(?:\.[a-z.]{1,200})?/\S{1,200} (?:created|configured|unchanged"
    r"|deleted|scaled)"
    r"|^(?:Name|Namespace|Labels|Annotations|Status|Node|Selector|Type|Events|IPs?"
    r"|Replicas):\s{2,}\S"
    r"|^Terraform (?:will|has|used|v\d)|^\s{0,40}[+~-]/?[+-]? (?:resource \"|\w{1,80}\s{1,40}=)"
    r"|^\s{0,40}# \S{1,200} (?:will|must) be"
    r"|^Plan: \d{1,40} to |^(?:Apply|Destroy) complete! |^\S{1,200}\.\S{1,200}: (?:Creat|Refresh"
    r"|Destroy|Modif)\w{1,80}"
    r"|^(?:Initializing|Reading|Unpacking|Preparing|Selecting|Fetched|Get:\d{1,40}"
    r"|Hit:\d{1,40}) ?\S"
    r"|^(?:cc|gcc|g\+\+|clang|clang\+\+|ld|ar|rustc|javac|tsc|go build) -\S|^\[ *\d{1,40}%\] "
    r"|^-- (?:The|Detecting|Check|Configuring|Generating|Build|Found|Looking|Performing|Install)"
    r"|^(?:Scanning dependencies|Consolidate compiler|ninja: |\*\*\* \[)"
    r"|^=+ .{1,100} =+\s{0,9}$|^_{3,} .{0,100}|^\S{1,200}\.py(?:::\S{1,200})? (?:[.FEsxX]{1,200}"
    r"|PASSED|FAILED"
    r"|SKIPPED|ERROR)\b"
    r"|^(?:platform \w{1,80} -- |rootdir: |plugins: |collected \d{1,40} |cachedir: |configfile: )"
    r"|^E   "
    r"|^running \d{1,40} tests?$|^test \S{1,200} \.\.\. (?:ok|FAILED|ignored)|^test result: "
    r"|^\s{0,40}[✓✔✗✘×] .{0,120}(?:\(\d{1,40} ?ms\))?$|^(?:Tests|Test Suites|Snapshots|Time"
    r"|Ran all): +\S"
    r"|^\s{0,40}(?:Finished|Running|Checking|Fresh|Updating|Downloaded|Locking) .{0,120}(?:\[|\("
    r"|v\d|target)"
    r"|[█▉▊▋▌▍▎▏▓▒░━╸]{2,}|\d{1,3}% ?\|.{0,80}\||\[[=#>. -]{4,}\]|\d{1,3}%.{0,60}\b(?:eta|ETA"
    r"|[kMG]i?B/s|it/s)"
    r"|^[#=]{5,}>? *\d|^(?:added|removed|audited|changed|found) \d{1,40} (?:packages"
    r"|\w{0,20} ?vulnerabilit)"
    r"|^(?:WARNING|Warning|Hint): (?!I\b|[Mm]y\b)"
    r"|^npm (?:ERR!|WARN)"
    r"|^Requirement already satisfied|^(?:remote|To|From) ?:? ?(?:Enumerating|Counting"
    r"|Resolving|git@)"
)
_BY_PROGRAM = re.compile(  # even if it says "us" or "my"
    r"^\W{0,3}\d{4}-\d\d-\d\d[T ]\d\d:\d\d|^\W{0,3}(?:\[?\d\d:\d\d:\d\d|\w{3} [ \d]?\d \d\d:\d\d:)"
    r"|^\W{0,3}(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL"
    r"|CRITICAL)\s{0,9}[:\[\]|(-]\s{0,9}+(?!I\b|[Mm]y\b)"
    r"|^\s{0,40}\w{0,80}(?:Error|Exception):|^\s{0,40}(?:Traceback|File \"|at [\w.$<>]{1,200}\()"
    r"|^(?:panic|fatal|E|W): |^[0-9a-f]{7,40} |[{};]\s{0,9}$|^\s{0,40}(?://|/\*|#|--|<|[+-])"
    r"|^\s{0,40}\"[\w.-]{1,40}\"\s{0,40}:"
    r"|^\s{0,40}(?:print|console\.log|printf|echo|puts|println!)\s?\("
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
    r"^[^\n:]{1,40} (?:—|–|\[)? ?(?:(?:Today|Yesterday) at )?\d{1,2}:\d\d(?: ?[AP]M)?\]?\s{0,9}$"
)
_COLUMNS = re.compile(
    r"\b(?:PID|PPID|UID|USER|TTY|CMD|COMMAND|%?CPU|%?MEM|VSZ|RSS|STAT|START|TIME\+?|VIRT|RES"
    r"|SHR|NAME|READY"
    r"|STATUS|RESTARTS|AGE|NAMESPACE|IMAGE|CONTAINER ID|CREATED|PORTS|NAMES|REPOSITORY|TAG|SIZE"
    r"|TYPE|CLUSTER-IP|PORT\(S\)|DESIRED|CURRENT|NODE|IP|FD|DEVICE|Filesystem|Mounted|Proto"
    r"|Used|Avail)\b"
)
_HEADERS = vocabulary.either_of_all("mail", "headers")
_SUBJECTS = vocabulary.texts("mail", "subject")
_SENDERS = vocabulary.texts("mail", "sender_in_line")
_HEADER = re.compile(
    r"^(?:From|To|Cc|Bcc|Subject|Date|Sent|Reply-To|Message-ID|Received|Return-Path|MIME-Version"
    rf"|DKIM-Signature|Delivered-To|Content-[\w-]{{1,200}}|X-[\w-]{{1,200}}|{_HEADERS}) ?[:：] ?\S"
)
_OF_WAY = re.compile(  # headers that say how a mail came, and nothing of what it says
    r"^(?:Received|Message-ID|Return-Path|Delivered-To|MIME-Version|DKIM-Signature|ARC-[\w-]{1,200}"
    r"|Authentication-Results|X-[\w-]{1,200}|Content-[\w-]{1,200}) ?:"
)
_SUBJECT = re.compile(
    rf"^(?:Subject|Message-ID|Reply-To|{'|'.join(_SUBJECTS.values())}) ?[:：]|[\w.+-]@[\w-]"
)
_MAIL_IN_LINE = re.compile(
    rf"^\W{{0,5}}(?:From|{'|'.join(_SENDERS.values())}): \S.{{0,200}}?"
    rf"\s(?:Subject|{'|'.join(_SUBJECTS[code] for code in _SENDERS)}): "
)
_COMMIT = re.compile(r"^commit [0-9a-f]{7,40}\b")
_COMMIT_HEAD = re.compile(r"^(?:Author|Merge|AuthorDate|Commit): ")
_PAIR = re.compile(r"^\s{0,40}[\w.\"-]{1,60}(?: [\w.\"-]{1,30}){0,3} ?= ?\S")
_SECTION = re.compile(r"^\s{0,40}\[[^\[\]]{1,60}\]\s{0,9}$")
_IN_SETTING = re.compile(
    r"\w[._]\w[^=]{0,200}=|= ?(?:[\"'\[{/]|true\b|false\b|\S{0,200}[/_])|\w=\w"
)
_KEY = re.compile(r"^(?P<indent>\s{0,40})(?:- )?[\w.\"/-]{1,60}:(?P<value> \S.{0,400})?\s{0,9}$")
_ITEM = re.compile(r"^\s{0,40}- \S")
_CHANGED = re.compile(r"^(?P<sign>[+-])(?![+-])")
_IN_CODE = re.compile(r"[;{}()=<>\[\]_]")
_SYMBOL = re.compile(r"[\\^$*+?{}\[\]()|<>=;&%#~_]")
_ADDRESS = re.compile(r"://|[\w.+-]@[\w-]{1,200}\.\w")
_SPACES = re.compile(r"\s+")
_AROUND = '.,:;!?"“”()'
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


def _is_said(line: str) -> bool:
    """Return True if a line looks like a program's, but says "I" or "my" as people do.

    "OK, I moved to Rome", "my cron job runs at 3"; not "I/O error", "unused variable i".
    """
    code = code_of(line)
    if code in NOT_SPACED_CODES:
        return _speaks_of_self(line)
    own = _own_words(code) | _own_words(ENGLISH)
    said = [word.strip(_AROUND).replace("’", "'").partition("'")[0] for word in line.split()]
    return any(word != "i" and word.casefold() in own for word in said)


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
    if _CHAT.search(line):
        return True
    if any(kind.search(line) for kind in (_LINE, _REPORT, _TRACE, _CODE, _QUERY, _DATA, _TOOL)):
        return _BY_PROGRAM.search(line) is not None or not _is_said(line)
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
    """Yield a mail with its headers, to the end of the text; headers of its way alone end first."""
    for start, end in _runs(lines, lambda line: _HEADER.match(line) is not None):
        if end - start > 1 and any(_SUBJECT.search(line) for line in lines[start:end]):
            is_of_way = all(_OF_WAY.match(line) for line in lines[start:end])
            yield start, end if is_of_way else len(lines)
            return
    for i, line in enumerate(lines):
        if _MAIL_IN_LINE.match(line):
            yield i, i + 1


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
