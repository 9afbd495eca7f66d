"""Words of duties with a date, as boards show them."""

from __future__ import annotations

from grafana.words import BLUE, GREEN, GREY, ORANGE, RED, Word, Words

#: Where a term stands: reasons of findings of the evaluator `duty`.
DUTY_REASONS: Words = {
    "overdue": Word("逾期未办", RED),
    "done_late": Word("逾期办结", ORANGE),
    "due_soon": Word("即将到期", BLUE),
    "done_without_evidence": Word("已办，缺凭证", GREY),
    "scheduled": Word("未到期", GREEN),
    "done_in_time": Word("按期办结", GREEN),
    "ended": Word("不再要求", GREY),
}
