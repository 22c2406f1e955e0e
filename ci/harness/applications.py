# SPDX-License-Identifier: Apache-2.0
"""Programs of the distribution for ci/transparency: none of them knows of hitotsu, none is ours."""

from dataclasses import fields

from .cases import packaged
from .programs import Program


def applications():
    """Those of ci/e2e. One that is not installed is the caller's to skip."""
    return [of_e2e(case) for case in packaged()]


def of_e2e(case):
    values = {field.name: getattr(case, field.name) for field in fields(case)}
    values["name"] = f"packaged/{case.name}"
    return Program(**values, proves=f"{case.name} with several threads writes what it writes natively.")
