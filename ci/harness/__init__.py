# SPDX-License-Identifier: Apache-2.0
"""What ci/e2e, ci/soak and ci/bench share: nodes on this machine, cases, and what was left behind. Python 3.9, no packages."""
