"""What programs wrote in a message is left out; what people say beside it is not."""

import pytest

from litemem.core.text.machine_text import without_machine_text

WRITTEN_BY_PROGRAMS = {
    "diff": "diff --git a/m.c b/m.c\n@@ -1,3 +1,3 @@\n-int n = 3;\n+int n = 4;\n return n;",
    "diff without a head": "-int n = 3;\n+int n = 4;\n return n;",
    "SQL": "SELECT u.name\n  FROM users u\n  JOIN orders o ON o.uid = u.id\n WHERE u.id = 5;",
    "HTML": '<div class="a">\n  <p>I am a paragraph</p>\n</div>',
    "CSS": ".card { color: red; }\n#main > a {\n  width: 10px;\n}",
    "YAML": "server:\n  port: 8080\n  host: my-host\n  tls: true",
    "INI": "[global]\nworkgroup = HOME\nserver string = my nas",
    "TOML": '[tool.ruff]\nline-length = 100\ntarget-version = "py311"',
    "CSV": "id,name,city\n1,Anna,Rome\n2,Ben,Oslo",
    "regex": "^(?:[a-z0-9_.+-]+)@(?:[a-z]+\\.)+[a-z]{2,}$",
    "hex": "00000000: 7f45 4c46 0201 0100 0000 0000 0000 0000  .ELF............",
    "key": "-----BEGIN PRIVATE KEY-----\nMIIE\nmy+ab\n-----END PRIVATE KEY-----",
    "chat": "[03/05/2026, 10:01] Ann: I'm pregnant\n[03/05/2026, 10:02] Bob: I moved to Rome",
    "mail": "From: Bob <bob@x.org>\nTo: Ann <ann@y.org>\nSubject: I moved\n\nI moved to Rome.",
    "German mail": "Von: Anna\nAn: Ben\nBetreff: Umzug\n\nIch ziehe nach Kiel.",
    "calendar": "BEGIN:VEVENT\nSUMMARY:My dentist\nDTSTART:20260501T090000Z\nEND:VEVENT",
    "Java": 'Exception in thread "main" a.b.C: closed\n\tat x.Y.z(Y.java:31)\n\t... 3 more',
    "Go": "panic: my index\n\ngoroutine 1 [running]:\nmain.main()\n\t/tmp/x.go:8 +0x1d",
    "Rust": "thread 'main' panicked at src/main.rs:4:5:\nmy len is 3\nnote: run with `X=1`",
    "JavaScript": "Uncaught TypeError: x\n    at foo (app.js:10:5)\n    at async bar (app.js:20)",
    "C#": "Unhandled exception. System.X: no\n   at App.Main(String[] a) in C:\\P.cs:line 12",
    "PHP": "PHP Fatal error:  no foo in /x.php:3\nStack trace:\n#0 {main}\n  thrown in /x.php",
    "C++ build": "[ 62%] Building CXX object core.cpp.o\n"
    "c++: fatal error: Killed signal terminated program cc1plus",
    "linker": "/usr/bin/ld: cannot find -lssl\ncollect2: error: ld returned 1 exit status",
    "Gradle": "> Task :app:compileDebugKotlin FAILED\ne: file:///src/Main.kt:12:5 Unresolved\n"
    "FAILURE: Build failed.\n* What went wrong:\nExecution failed for task 'x'.",
    "tsc": "src/my.ts(12,5): error TS2322: no string\nFound 1 error in src/my.ts:12",
    "eslint": "  12:5  error  'my' is not defined  no-undef\n✖ 2 problems (1 error, 1 warning)",
    "git push": " ! [rejected]        main -> main (fetch first)\n"
    "hint: Updates were rejected because my remote has work\nhint: not have locally.",
    "apt": "E: Unable to locate package foo\ndpkg: error processing package foo (--configure)",
    "systemctl": "● my.service - A server\n     Loaded: loaded\n     Active: failed (Result: y)",
    "nginx": "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)",
    "psql": 'psql: error: connection to server at "my_db" failed\nLINE 1: SELECT * FROM my_table;',
    "ssh": "ssh: connect to host my_nas: refused\nPermission denied (publickey).",
    "progress": "45%|████      | 45/100 [00:10<00:12,  4.5it/s]",
    "git log": "commit 1f2e3d4c5b6a\nAuthor: A <a@b.c>\nDate:   Mon May 3 10:00:00 2026\n\n"
    "    I fixed my parser",
    "ls": "total 8\n-rw-r--r-- 1 cam users 1204 May 3 10:12 notes.txt",
    "ps": "  PID TTY          TIME CMD\n  812 pts/0    00:00:03 my_app",
    "docker": "CONTAINER ID   IMAGE   STATUS   NAMES\na1b2c3d4e5f6   nginx   Up   my_web",
    "kubectl": "NAME    READY   STATUS    RESTARTS   AGE\nmy-0    1/1     Running   0          5d",
    "terraform": 'Terraform will do:\n  + resource "x" "my_web" {\n    }\nPlan: 1 to add',
    "cmake": "-- Detecting C compiler ABI info - done\n-- Configuring done",
    "make": "cc -o app main.c\nmake: *** [Makefile:12: all] Error 2",
    "pytest": "===== test session starts =====\ncollected 3 items\ntests/test_a.py ..F",
}
SAID = [
    "I take B12 + D3 + omega-3",
    "I use vim; my shell is zsh;",
    "My meds: metformin (500 mg), lisinopril (10 mg).",
    "My shopping list:\n- eggs\n- milk\n- 2 lemons",
    "name: Ana\nage: 34\ncity: Rome",
    "rent = 900\nfood = 300",
    "Plan: ferry to Rab on 2 August, cabin 14. I want a quiet room.",
    "My machine: {'memory': '32GB', 'os': 'Fedora'}",
    "I wake at 6:30 - run: 5 km; breakfast: oats",
    "Today I fixed the bug in parser.py:120 and my boss was happy",
    "OK I moved to Rome.",
    "OK so here is the thing: my dad is 80.",
    "OK, I'm vegan.",
    "ERROR code E21 shows up on my boiler, it's a Vaillant.",
    "WARNING: I snore.",
    "Date: 3 June is my wedding.",
    "T-shirt: size M, I always take M.",
    "E-mail: ben@example.org is my new one.",
    "Wi-Fi: the password at my mum's is on the fridge.",
    "Server: I run Debian 12 on a Hetzner box",
    "FAILED my driving test again, third time.",
    "make: Toyota, model: Yaris, it's my car",
    "$ 40 a week is my budget",
    "Step 3/4 of my degree done, last year starts in May.",
    "note: my sister arrives at 10:30:00 on Sunday",
    "INFO desk is where I work",
    "npm is my least favourite tool",
    "yarn is what I knit with",
    "make: I make candles",
    "Collecting stamps is my hobby",
    "Building a shed is my summer project",
    "Installing solar panels on our roof in May",
    "Content: I write horror stories",
    "hint: my birthday is in May",
    "* Try: the pizza place on my street",
    "Found 3 errors in my essay",
    "Plan: two weeks in Rome",
    "I have a cron job that backs up my laptop at 3 am.",
    "The nightly cron job runs at 2 am.",
    "My resting heartbeat is 52.",
    "at home (Leeds) I've got two cats",
    "exit code 7 is the door code at our office",
    "no action needed on the mortgage, we paid it off",
]


@pytest.mark.parametrize("kind", WRITTEN_BY_PROGRAMS)
def test_what_a_program_wrote_is_left_out(kind: str) -> None:
    assert without_machine_text(WRITTEN_BY_PROGRAMS[kind]) == ""


@pytest.mark.parametrize("text", SAID)
def test_what_a_person_wrote_stays(text: str) -> None:
    assert without_machine_text(text) == text


@pytest.mark.parametrize(
    "said",
    ["This is from my Raspberry Pi 4:", "Das läuft auf meinem NAS:", "これは私のサーバーです："],
)
@pytest.mark.parametrize("kind", ["ps", "Go", "diff", "YAML"])
def test_a_sentence_before_or_behind_it_stays(said: str, kind: str) -> None:
    written = WRITTEN_BY_PROGRAMS[kind]
    assert without_machine_text(f"{said}\n{written}").strip() == said
    assert without_machine_text(f"{written}\n\n{said}").strip() == said


def test_a_sign_in_the_middle_of_a_key_does_not_hide_it() -> None:
    key = "_ab-cd+ef_" * 6
    assert key not in without_machine_text(f"Here is my key:\n{key}\n")


def test_the_shortened_user_of_a_process_is_of_a_program() -> None:
    row = "systemd+ 812 0.3 1.2 51204 9012"
    assert row not in without_machine_text(f"My server is slow:\n{row}\n")
