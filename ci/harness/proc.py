# SPDX-License-Identifier: Apache-2.0
"""Files below /proc."""


def text(path):
    """A file's text. Names of threads and files in it are any bytes: those that are not UTF-8 show as U+FFFD."""
    return path.read_text(encoding="utf-8", errors="replace")


def stat(path):
    """Fields of a process's `stat` from the third on, behind its name: state, parent, …"""
    return text(path).rsplit(")", 1)[1].split()
