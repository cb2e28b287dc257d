"""Every broken endpoint by name; importing this fills the register."""

from __future__ import annotations

from broken_endpoints import (
    admission,
    alike,
    bodies,
    connections,
    dates,
    elsewhere,
    existence,
    leniency,
    lent,
    logs,
    logs_in_time,
    names,
    operations,
    order,
    others,
    passing,
    per_operation,
    refusals,
    responses,
    shards,
    signed,
    spellings,
    state,
    texts,
)
from broken_endpoints.harness import BROKEN, EXPIRED, LOGSTORE, OTHER, PROJECT, WIDE, Broken, correct, now, verify

__all__ = ["BROKEN", "EXPIRED", "FILES", "LOGSTORE", "OTHER", "PROJECT", "WIDE", "Broken", "correct", "now", "verify"]

FILES = (
    admission,
    alike,
    responses,
    bodies,
    connections,
    dates,
    elsewhere,
    existence,
    leniency,
    lent,
    logs,
    logs_in_time,
    names,
    operations,
    order,
    others,
    passing,
    per_operation,
    refusals,
    shards,
    signed,
    spellings,
    state,
    texts,
)
