# SPDX-License-Identifier: MIT
"""A program under test: started, listened to, stopped by its pid."""
import os
import re
import signal
import subprocess

from .wait import seconds, until


class Process:
    """Runs argv with its output in a log file that can be waited on."""

    def __init__(self, name, argv, log, cwd=None, env=None):
        self.name = name
        self.argv = [str(a) for a in argv]
        self.log_path = log
        self.cwd = cwd
        self.env = env
        self.popen = None
        self.code = None
        self._mark = 0

    def start(self):
        assert not self.is_running(), f"{self.name} runs already"
        self.code = None
        self.mark()
        with open(self.log_path, "ab") as log:
            self.popen = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.cwd, env=self.env)
        return self

    @property
    def pid(self):
        return self.popen.pid

    def is_running(self):
        return self.popen is not None and self.popen.poll() is None

    def send(self, number):
        self.popen.send_signal(number)

    def pause(self):
        self.send(signal.SIGSTOP)

    def resume(self):
        self.send(signal.SIGCONT)

    def kill(self):
        """Without a chance to say goodbye."""
        self.send(signal.SIGKILL)
        return self.wait_exit()

    def wait_exit(self, patience=15):
        """The exit status; negative for a signal."""
        try:
            self.code = self.popen.wait(seconds(patience))
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"{self.name} did not end within {seconds(patience):g} s"
            ) from None
        return self.code

    def stop(self, number=signal.SIGTERM):
        """Asks it to end, insists after a while; fine when it has ended."""
        if self.popen is None:
            return None
        if not self.is_running():
            self.code = self.popen.returncode
            return self.code
        self.resume()
        self.send(number)
        try:
            return self.wait_exit(10)
        except AssertionError:
            self.kill()
            raise

    def log(self, since=0):
        """The log from byte `since` on."""
        try:
            with open(self.log_path, "rb") as f:
                f.seek(since)
                return f.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def mark(self):
        """From here on wait_log() looks, and log_after_mark()."""
        try:
            self._mark = os.path.getsize(self.log_path)
        except FileNotFoundError:
            self._mark = 0
        return self._mark

    def log_after_mark(self):
        return self.log(self._mark)

    def wait_log(self, pattern, patience=15):
        """Waits for a line that matches, in what came since the last mark().

        Returns the match. Ends at once when the program has ended.
        """
        wanted = re.compile(pattern, re.M)
        ended = []

        def seen():
            was_running = self.is_running()
            match = wanted.search(self.log_after_mark())
            if match is None and not was_running:
                ended.append(self.popen.returncode)
            return match or ended

        got = until(seen, f"{self.name} to log /{pattern}/", patience)
        assert not ended, (f"{self.name} ended with {ended[0]} before it "
                           f"logged /{pattern}/")
        return got

    def count_log(self, pattern):
        """How many lines since the last mark() match."""
        return len(re.findall(pattern, self.log_after_mark(), re.M))
