"""Descriptions of the server for the programs that start services at login."""

import shlex
import subprocess
import textwrap
from collections.abc import Sequence
from html import escape
from typing import Literal, get_args

Manager = Literal["systemd", "launchd", "windows"]
MANAGERS: tuple[Manager, ...] = get_args(Manager)
LABEL = "litemem"


def unit(manager: Manager, command: Sequence[str]) -> str:
    """Return the file that makes a manager start a command at login, with how it is installed."""
    match manager:
        case "systemd":
            return _systemd(command)
        case "launchd":
            return _launchd(command)
        case "windows":
            return _windows(command)


def _systemd(command: Sequence[str]) -> str:
    # systemd expands % and $ in a command, and reads backslashes between quotes too
    line = shlex.join(command).replace("\\", r"\\").replace("\n", r"\n")
    line = line.replace("%", "%%").replace("$", "$$")
    return textwrap.dedent(
        f"""\
        # litemem serve --print-service systemd > ~/.config/systemd/user/litemem.service
        # systemctl --user daemon-reload && systemctl --user enable --now litemem
        [Unit]
        Description=litemem, a memory for AI agents

        [Service]
        ExecStart={line}
        Restart=on-failure
        TimeoutStopSec=60
        UMask=0077

        [Install]
        WantedBy=default.target
        """
    )


def _launchd(command: Sequence[str]) -> str:
    arguments = "\n".join(f"    <string>{escape(each, quote=False)}</string>" for each in command)
    return f"""\
<?xml version="1.0" encoding="UTF-8"?>
<!-- Save as ~/Library/LaunchAgents/{LABEL}.plist, then:
     launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/{LABEL}.plist -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN"
  "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>{LABEL}</string>
  <key>ProgramArguments</key>
  <array>
{arguments}
  </array>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ExitTimeOut</key>
  <integer>60</integer>
</dict>
</plist>
"""


def _windows(command: Sequence[str]) -> str:
    program, *rest = command
    arguments = subprocess.list2cmdline(rest)
    return f"""\
<?xml version="1.0"?>
<!-- Save as litemem.xml, then: schtasks /Create /TN {LABEL} /XML litemem.xml -->
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
    </LogonTrigger>
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>3</Count>
    </RestartOnFailure>
  </Settings>
  <Actions>
    <Exec>
      <Command>{escape(program, quote=False)}</Command>
      <Arguments>{escape(arguments, quote=False)}</Arguments>
    </Exec>
  </Actions>
</Task>
"""
