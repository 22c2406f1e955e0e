# SPDX-License-Identifier: Apache-2.0
"""quick_run.py SOCKET CMD ARGS: what `hitotsu run` does, without its start-up.

For emulated machines, where a Java virtual machine takes seconds to start: the request to the daemon and the execution of
hitotsu-launch, which is the last step of `hitotsu run` too. Options, messages and the search of PATH are not tried here.
"""

import json
import os
import shutil
import signal
import socket
import sys

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAUNCH = os.path.join(TREE, "forwarder/target/classes/native/hitotsu-launch")


def main():
    path, argv = sys.argv[1], sys.argv[2:]
    program = argv[0] if "/" in argv[0] else shutil.which(argv[0])
    if program is None:
        sys.exit(f"quick_run: {argv[0]} is not in PATH")
    daemon = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    daemon.connect(path)
    request = {"command": "run", "id": 1, "argv": [os.fsencode(a).decode("utf-8", "replace") for a in argv]}
    request.update(nodes=[], place="spread")
    daemon.sendall((json.dumps(request) + "\n").encode())
    for line in daemon.makefile("r", encoding="utf-8"):
        reply = json.loads(line)
        if "error" in reply:
            sys.exit(f"quick_run: {reply['error'].get('message')}")
        if reply.get("final"):
            break
    else:
        sys.exit("quick_run: the daemon hung up")
    daemon.close()
    answer = reply["result"]
    # The interpreter ignores these, and what is ignored stays so in the program.
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored, signal.SIG_DFL)
    words = ["hitotsu-launch", path, str(answer["share"]), answer["filter"], program] + argv
    os.execv(LAUNCH, words)


main()
