"""One told story for the whole level: making a month of messages takes seconds."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import pytest

from simulators.events import Event
from simulators.story import Step, Story
from simulators.truth import Truth


@dataclass(frozen=True)
class Told:
    story: Story
    steps: list[Step]
    truth: Truth


@pytest.fixture(scope="session")
def told() -> Told:
    """The demo's story with all its steps and the truth at its end."""
    story = Story()
    return Told(story, list(story.steps()), story.truth(story.end))


@functools.cache
def told_month(month: tuple[int, int]) -> tuple[Story, list[Event]]:
    """A story of another month, with its judgements but without its messages."""
    story = Story(month)
    return story, story.referee.events(story.timeline.hours)
