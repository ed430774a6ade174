"""Platform profiles (平台对接约定): how a kind of platform is asked, and how its answers are read.

A platform with an API of its own needs a profile and no new client; ``redblack_xml`` is a worked example.
"""

from __future__ import annotations

from credit_sdk.sources.profiles._profile import Flow, PlatformProfile, Reading
from credit_sdk.sources.profiles._reading import read_coverage, read_record, unusable
from credit_sdk.sources.profiles.redblack_xml import RedBlackXmlProfile
from credit_sdk.sources.profiles.standard import StandardProfile

__all__ = [
    "Flow",
    "PlatformProfile",
    "Reading",
    "RedBlackXmlProfile",
    "StandardProfile",
    "read_coverage",
    "read_record",
    "unusable",
]
