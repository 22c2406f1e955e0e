# SPDX-License-Identifier: Apache-2.0
"""quick_run.py SOCKET PLACE CMD ARGS: what `hitotsu run` does, without its start-up.

For emulated machines, where a Java virtual machine takes seconds to start: the request to the daemon and the execution of
hitotsu-launch, which is the last step of `hitotsu run` too. Options, messages and the search of PATH are not tried here.
"""

import os
import shutil
import signal
import sys

sys.dont_write_bytecode = True
# -I leaves the program's own directory out.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from admin import Admin, ClusterError  # noqa: E402

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAUNCH = os.path.join(TREE, "forwarder/target/classes/native/hitotsu-launch")


def main():
    path, place, argv = sys.argv[1], sys.argv[2], sys.argv[3:]
    program = argv[0] if "/" in argv[0] else shutil.which(argv[0])
    if program is None:
        sys.exit(f"quick_run: {argv[0]} is not in PATH")
    daemon = Admin(path, timeout=None)
    try:
        words = [os.fsencode(word).decode("utf-8", "replace") for word in argv]
        answer = daemon.call("run", argv=words, nodes=[], place=place)
    except ClusterError as error:
        sys.exit(f"quick_run: {error}")
    daemon.close()
    # The interpreter ignores these, and what is ignored stays so in the program.
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored, signal.SIG_DFL)
    words = ["hitotsu-launch", path, str(answer["share"]), answer["filter"], program] + argv
    os.execv(LAUNCH, words)


main()
