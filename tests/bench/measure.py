"""Runs commands: timed, or to prepare something; and rounds of them.

In a round every tool runs once, in the same order (A B C A B C ...), so that a
machine that slows down slows all of them down. A first round warms caches and
is not counted. Between two runs everything written is brought to disk, so that
no tool pays for what another one left behind; how long that took is kept beside
the run, since some tools sync before they end and some do not.
"""

import json
import os
import signal
import subprocess
import time


class Failed(Exception):
    """A command failed; the text is the last line it printed."""


class Runner:
    """Starts commands; all they print goes to a log."""

    def __init__(self, timed, directory):
        self._timed = timed
        self._directory = directory
        self._log = os.path.join(directory, "log")

    def run(self, command, env=None, stdin=None):
        """Untimed: what prepares a run. Returns what the command printed."""
        return self._run(command, env, stdin)

    def measure(self, command, env=None, daemons=()):
        """Timed: {seconds, cpu_seconds, peak_bytes, tree_bytes, sync_seconds}.

        The processes of `daemons` are looked at as well for tree_bytes.
        """
        self.sync()
        result = os.path.join(self._directory, "result")
        others = [word for pid in daemons for word in ("--with", str(pid))]
        self._run([self._timed, result, *others, *command], env, None)
        with open(result, encoding="ascii") as file:
            figures = json.load(file)
        start = time.monotonic()
        self.sync()
        figures["sync_seconds"] = round(time.monotonic() - start, 6)
        return figures

    def sync(self):
        self._run(["sync", "-f", self._directory], None, None)

    def _run(self, command, env, stdin):
        with open(self._log, "w+", encoding="utf-8", errors="replace") as log:
            try:
                process = subprocess.Popen(
                    command, cwd=self._directory,
                    env={**os.environ, **(env or {})},
                    stdin=stdin or subprocess.DEVNULL, stdout=log,
                    stderr=subprocess.STDOUT, start_new_session=True)
            except OSError as error:
                raise Failed(f"{command[0]}: {error.strerror}") from error
            try:
                code = process.wait()
            except BaseException:  # Ctrl-C: leave nothing running
                stop(process)
                raise
            log.seek(0)
            printed = log.read()
        if code != 0:
            lines = printed.strip().splitlines() or [f"exit code {code}"]
            raise Failed(lines[-1])
        return printed


def stop(process):
    """Ends a process and its session: politely, then not."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, how)
            process.wait(timeout=15)
            return
        except ProcessLookupError:
            process.wait()
            return
        except subprocess.TimeoutExpired:
            pass


def rounds(workload, tools, count, say):
    """The runs of one workload, and why a tool is not among them."""
    runs, left_out = [], {}
    for number in range(-1, count):  # -1 warms
        for tool in tools:
            if tool.name in left_out or not workload.is_for(tool):
                continue
            kind = "warming" if number < 0 else f"run {number + 1} of {count}"
            say(f"{workload.name}: {tool.name}: {kind}")
            try:
                figures = _one(workload, tool, is_first=number < 0)
            except Failed as error:
                left_out[tool.name] = str(error)
                runs = [run for run in runs if run["tool"] != tool.name]
                continue
            if number >= 0:
                runs.append({"tool": tool.name, **figures})
    for tool in tools:
        tool.forget()
    return runs, left_out


def _one(workload, tool, is_first):
    if is_first:
        workload.set_up(tool)
    workload.before(tool)
    return tool.measure(workload.command(tool))
