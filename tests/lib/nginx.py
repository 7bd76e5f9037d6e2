# SPDX-License-Identifier: MIT
"""A real nginx, for templates that are not HAProxy's."""
import os
import shutil
import signal

from . import ports
from .process import Process
from .wait import until

HEAD = """user root;
daemon off;
pid {folder}/nginx.pid;
error_log stderr notice;
events {{ worker_connections 1024; }}
http {{
	access_log off;
	client_body_temp_path {folder}/body;
	proxy_temp_path {folder}/proxy;
	fastcgi_temp_path {folder}/fastcgi;
	uwsgi_temp_path {folder}/uwsgi;
	scgi_temp_path {folder}/scgi;
	include {included};
}}
"""


class Nginx(Process):
    """Serves what .included (the inside of http {{ }}) says, on .port."""

    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.port = ports.take()
        self.config = os.path.join(folder, "nginx.conf")
        self.included = os.path.join(folder, "sites.conf")
        self.program = shutil.which(
            "nginx", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        head = HEAD
        if os.getuid() != 0:
            head = head.replace("user root;\n", "")
        with open(self.config, "w", encoding="utf-8") as f:
            f.write(head.format(folder=folder, included=self.included))
        super().__init__(
            "nginx", [self.program, "-p", folder, "-c", self.config,
                      "-e", "stderr"],
            os.path.join(folder, "nginx.log"))

    def write(self, text):
        with open(self.included, "w", encoding="utf-8") as f:
            f.write(text)

    def start(self):
        super().start()
        until(lambda: os.path.exists(os.path.join(self.folder, "nginx.pid"))
              and self.is_running(), "nginx to be up")
        return self

    def reload(self):
        self.send(signal.SIGHUP)
