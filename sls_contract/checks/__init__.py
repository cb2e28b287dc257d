"""Judge exchanges by the clauses of the contract: one small function per clause, and none of them raises."""

from __future__ import annotations

from sls_contract.checks.judgement import CHECKS, Verdict, check, judge, judge_request, judge_response
from sls_contract.checks.rule import Check, Flaw, Side

__all__ = ["CHECKS", "Check", "Flaw", "Side", "Verdict", "check", "judge", "judge_request", "judge_response"]
