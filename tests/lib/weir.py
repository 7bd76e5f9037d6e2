# SPDX-License-Identifier: MIT
"""The program under test, with a configuration of the scenario's own."""
import json
import os
import signal
import subprocess

from . import ports
from .process import Process
from .wait import seconds, until

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PROGRAM = os.path.abspath(os.environ.get(
    "WEIR", os.path.join(ROOT, "build", "weir")))

# What of the environment reaches it: nobody's CONSUL_HTTP_ADDR does.
PASSED = ("PATH", "HOME", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS",
          "LSAN_OPTIONS")


def ini(sections):
    """{"consul": {"stale": "2s"}, 'template "x"': {…}} as an ini file.

    A list is blank-separated, True and False are yes and no, None is left
    out.
    """
    lines = []
    for section, keys in sections.items():
        lines.append(f"[{section}]")
        for key, value in keys.items():
            if value is None:
                continue
            if isinstance(value, bool):
                value = "yes" if value else "no"
            elif isinstance(value, (list, tuple)):
                value = " ".join(str(v) for v in value)
            lines.append(f"{key} = {value}")
        lines.append("")
    return "\n".join(lines)


class Result:
    """What a command gave: .code, .out, .err."""

    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout.decode(errors="replace")
        self.err = done.stderr.decode(errors="replace")

    def __repr__(self):
        return f"exit {self.code}\n{self.out}{self.err}"


class Weir(Process):
    """`weir run` by start(), any other command by call()."""

    def __init__(self, folder, config=None, env=None, options=()):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.ini = os.path.join(folder, "weir.ini")
        self.state = os.path.join(folder, "state")
        self.http_port = ports.take()
        self.sections = {
            "state": {"path": self.state},
            "http": {"listen": f"127.0.0.1:{self.http_port}"},
        }
        environment = {k: os.environ[k] for k in PASSED if k in os.environ}
        environment.update(env or {})
        super().__init__(
            "weir", [PROGRAM, "run", "-c", self.ini, "--log-level", "debug",
                     *options],
            os.path.join(folder, "weir.log"), env=environment)
        self.configure(config or {})

    def configure(self, config):
        """Adds these keys to the file, section by section."""
        for section, keys in config.items():
            self.sections.setdefault(section, {}).update(keys)
        with open(self.ini, "w", encoding="utf-8") as f:
            f.write(ini(self.sections))

    def call(self, command, *args, patience=30, env=None):
        """Runs another command with the same configuration file."""
        done = subprocess.run(
            [PROGRAM, command, "-c", self.ini, *map(str, args)],
            stdin=subprocess.DEVNULL, capture_output=True,
            env={**self.env, **(env or {})}, timeout=seconds(patience),
            check=False)
        result = Result(done)
        assert result.code >= 0 and "Sanitizer" not in result.err, result
        return result

    def render(self, *args, **more):
        return self.call("render", *args, **more)

    def diff(self, *args, **more):
        return self.call("diff", *args, **more)

    def status(self):
        """`weir status --json`, as a dictionary."""
        result = self.call("status", "--json")
        assert result.code == 0, result
        return json.loads(result.out)

    def reload(self):
        self.send(signal.SIGHUP)

    def get(self, path):
        """(status, text) of its own http endpoint."""
        from .backend import fetch
        return fetch(self.http_port, path)

    def metric(self, name):
        """The value of a metric, labels included in its name; or None."""
        for line in self.get("/metrics")[1].splitlines():
            key, _, value = line.rpartition(" ")
            if key == name:
                return float(value)
        return None

    def wait_metric(self, name, wanted, patience=15):
        """Waits until wanted(value) is true; returns the value."""
        def asked():
            value = self.metric(name)
            return value is not None and wanted(value) and [value]
        return until(asked, f"metric {name}", patience)[0]

    def stop(self, number=signal.SIGTERM):
        """Ends it, and looks whether it went as it should."""
        was_killed = self.code is not None and self.code == -signal.SIGKILL
        code = super().stop(number)
        log = self.log()
        assert "Sanitizer" not in log and "runtime error:" not in log, \
            "a sanitizer spoke"
        assert code is None or code >= 0 or was_killed, \
            f"weir was ended by signal {-code}"
        return code
