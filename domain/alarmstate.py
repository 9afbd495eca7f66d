"""The state of an alarm as a person sees it, after the state diagram of ISA-18.2 (IEC 62682): computed, never stored.

What is stored are facts, each with its author and time: that a violation lasts, that somebody acknowledged it, that it
is shelved or out of service, that telling is suppressed by design. `dash.alert_display_v1` is the same in SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.alerts import AlertState


class DisplayState(StrEnum):
    """The letters are those of the standard's state diagram."""

    PENDING = "pending"  # not an alarm yet: the rule's `for` has not passed
    UNACKNOWLEDGED = "unacknowledged"  # B
    ACKNOWLEDGED = "acknowledged"  # C
    RETURNED_UNACKNOWLEDGED = "returned_unacknowledged"  # D: over, and nobody has said that they have seen it
    NORMAL = "normal"  # A
    SHELVED = "shelved"  # G: by a person, for a limited time, with a reason
    SUPPRESSED = "suppressed"  # H: by design, while its cause alarm fires or the plant is stopped
    OUT_OF_SERVICE = "out_of_service"  # I


#: What the states are called.
WORDS = {
    DisplayState.PENDING: "观察中",
    DisplayState.UNACKNOWLEDGED: "未签收",
    DisplayState.ACKNOWLEDGED: "已签收",
    DisplayState.RETURNED_UNACKNOWLEDGED: "已恢复未签收",
    DisplayState.NORMAL: "已结束",
    DisplayState.SHELVED: "已搁置",
    DisplayState.SUPPRESSED: "设计抑制",
    DisplayState.OUT_OF_SERVICE: "停用",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an alert at an instant.

    was_told: a message about it was put into the outbox. is_acknowledged: and not re-alarmed since.
    """

    state: AlertState
    was_told: bool
    is_acknowledged: bool
    is_shelved: bool = False
    is_suppressed: bool = False
    is_out_of_service: bool = False


def display(facts: Facts) -> DisplayState:
    """The state to show. What takes an alarm away from the operator comes before where it stands."""
    if facts.state is AlertState.RESOLVED:
        if facts.was_told and not facts.is_acknowledged:
            return DisplayState.RETURNED_UNACKNOWLEDGED
        return DisplayState.NORMAL
    if facts.is_out_of_service:
        return DisplayState.OUT_OF_SERVICE
    if facts.is_suppressed:
        return DisplayState.SUPPRESSED
    if facts.is_shelved:
        return DisplayState.SHELVED
    if facts.state is AlertState.PENDING:
        return DisplayState.PENDING
    return DisplayState.ACKNOWLEDGED if facts.is_acknowledged else DisplayState.UNACKNOWLEDGED
