# SPDX-License-Identifier: Apache-2.0
"""A daemon's administration socket. Imports little: quick_run.py starts once for each program."""

import json
import socket


class ClusterError(Exception):
    """A node did not do what it should; the text says which and shows the end of its log."""


class Admin:
    """One connection to a daemon's administration socket: JSON objects, one a line."""

    def __init__(self, path, timeout=60.0):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("r", encoding="utf-8")
        self.id = 0

    def call(self, command, **members):
        """Sends a command and returns its result; raises ClusterError with the daemon's words if it refuses."""
        self.id += 1
        request = dict(members, command=command, id=self.id)
        self.socket.sendall((json.dumps(request) + "\n").encode())
        for line in self.lines:
            reply = json.loads(line)
            if not reply.get("final"):
                continue
            if "error" in reply:
                raise ClusterError(reply["error"].get("message", "no reason given"))
            return reply.get("result", {})
        raise ClusterError(f"{command}: the daemon closed the connection")

    def close(self):
        self.lines.close()
        self.socket.close()
