from itertools import product

import pytest

from domain.alarmstate import WORDS, DisplayState, Facts, display
from domain.alerts import AlertState


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(AlertState.PENDING, False, False), DisplayState.PENDING),
        (Facts(AlertState.FIRING, True, False), DisplayState.UNACKNOWLEDGED),
        (Facts(AlertState.FIRING, True, True), DisplayState.ACKNOWLEDGED),
        (Facts(AlertState.RESOLVED, True, False), DisplayState.RETURNED_UNACKNOWLEDGED),
        (Facts(AlertState.RESOLVED, True, True), DisplayState.NORMAL),
        (Facts(AlertState.RESOLVED, False, False), DisplayState.NORMAL),
        (Facts(AlertState.FIRING, True, True, is_shelved=True), DisplayState.SHELVED),
        (Facts(AlertState.FIRING, True, False, is_shelved=True, is_suppressed=True), DisplayState.SUPPRESSED),
        (Facts(AlertState.FIRING, True, False, True, True, True), DisplayState.OUT_OF_SERVICE),
    ],
)
def test_the_state_that_is_shown(facts: Facts, expected: DisplayState) -> None:
    assert display(facts) is expected


def test_every_combination_has_a_state_with_a_word() -> None:
    for state, *flags in product(AlertState, *[(False, True)] * 5):
        assert WORDS[display(Facts(state, *flags))]
