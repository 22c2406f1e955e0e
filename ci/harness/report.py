# SPDX-License-Identifier: Apache-2.0
"""One line a verdict, and how many of each there were."""


class Report:
    def __init__(self):
        self.counts = {"pass": 0, "fail": 0, "skip": 0}

    def say(self, verdict, name, reason="", ran="", took=None):
        """`verdict` is pass, fail or skip; `ran` says where, `took` is in seconds."""
        self.counts[verdict] += 1
        text = f"{verdict} {name}"
        text += f" ({reason})" if reason else ""
        text += f" [{ran}]" if ran else ""
        text += f" {took:.1f} s" if took is not None else ""
        print(text, flush=True)

    def closing(self):
        return f"{self.counts['pass']} passed, {self.counts['fail']} failed, {self.counts['skip']} skipped"

    def left_behind(self, watch, said=True):
        """The verdict on what a harness.leftovers.Watch finds; nothing found is only worth a line if `said`."""
        left = watch.left()
        if left:
            self.say("fail", "left behind", "; ".join(left))
        elif said:
            self.say("pass", "left behind", "nothing")
