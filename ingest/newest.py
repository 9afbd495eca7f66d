"""Which readings are surely new: a guess that saves the store a look at each of them."""

from __future__ import annotations

import numpy as np

from domain.readings import Bool, Int64, Readings


class Newest:
    """The newest instant committed of each point, as far as this process knows.

    What is newer is hardly stored yet and takes the fast road; a redelivery, a repetition or late data name an instant
    that is not newer, and look before they store. So a few of those do not slow down a whole batch. Only a guess: the
    fast road finds out by itself when another process or an earlier life has stored an instant.
    """

    def __init__(self) -> None:
        self._at_us = np.empty(0, np.int64)

    def split(self, readings: Readings, is_first: Bool) -> tuple[Int64, Int64]:
        """Positions of the firsts that are newer than all before of their point, and of the other firsts.

        The readings are in order of point and not empty; is_first is where one is the first of its instant.
        """
        missing = int(readings.point_id[-1]) + 1 - len(self._at_us)
        if missing > 0:
            missing += len(self._at_us)  # at least double, so that growing stays cheap
            self._at_us = np.r_[self._at_us, np.full(missing, np.iinfo(np.int64).min)]
        newer = readings.measured_us > self._at_us[readings.point_id]
        return np.flatnonzero(is_first & newer), np.flatnonzero(is_first & ~newer)

    def learn(self, readings: Readings) -> None:
        """Take note of readings that are committed, in order of point and time."""
        if len(readings) == 0:
            return
        last = np.flatnonzero(np.r_[readings.point_id[1:] != readings.point_id[:-1], True])
        point_id = readings.point_id[last]
        self._at_us[point_id] = np.maximum(self._at_us[point_id], readings.measured_us[last])
