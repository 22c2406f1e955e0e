# SPDX-License-Identifier: Apache-2.0
"""Files below /proc."""


def text(path):
    """A file's text. Names of threads and files in it are any bytes: those that are not UTF-8 show as U+FFFD."""
    return path.read_text(encoding="utf-8", errors="replace")
