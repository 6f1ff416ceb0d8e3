"""Policies, obligations and what was done about them."""

from supervision.models.extension import Extension, ExtensionRecord
from supervision.models.obligation import (
    Obligation,
    Performance,
    PerformanceFile,
    Proposal,
    Reminder,
    Urging,
    UrgingBatch,
)
from supervision.models.policy import Holiday, PilotEntry, Policy, PolicyNumber
from supervision.models.saved import SavedFilter
from supervision.models.sweep import BoardCell, SweepRun

__all__ = [
    "BoardCell",
    "Extension",
    "ExtensionRecord",
    "Holiday",
    "Obligation",
    "Performance",
    "PerformanceFile",
    "PilotEntry",
    "Policy",
    "PolicyNumber",
    "Proposal",
    "Reminder",
    "SavedFilter",
    "SweepRun",
    "Urging",
    "UrgingBatch",
]
