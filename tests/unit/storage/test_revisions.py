"""Records that come again: whatever is sent how often, what is stored is each content once and the last said holds."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from storage.revisions import Fate, Fresh, History, histories, weigh


@dataclass(frozen=True, slots=True)
class Note:
    key: int
    content: str


notes = st.lists(st.builds(Note, st.integers(0, 3), st.sampled_from("abc")), max_size=20)


def stored(known: dict[object, History], fresh: list[Fresh[Note]]) -> dict[object, History]:
    """The histories after writing."""
    rows = [(key, content) for key, history in known.items() for content in history.contents]
    return dict(histories(rows + [(one.record.key, one.record.content) for one in fresh]))  # type: ignore[arg-type]


@given(notes, notes)
def test_what_was_sent_once_changes_nothing_when_it_comes_again(before: list[Note], new: list[Note]) -> None:
    known = stored({}, weigh(before, {})[1])
    fates, fresh = weigh(new, known)
    assert len(fates) == len(new)
    after = stored(known, fresh)
    again, nothing = weigh(before + new, after)
    assert set(again) <= {Fate.DUPLICATE}
    assert nothing == []


@given(notes, notes, st.booleans())
def test_every_record_has_one_fate_and_each_key_one_current_version(
    before: list[Note], new: list[Note], back: bool
) -> None:
    known = stored({}, weigh(before, {})[1])
    fates, fresh = weigh(new, known, back=back)
    assert len(fresh) == sum(fate is not Fate.DUPLICATE for fate in fates)
    for key in {note.key for note in new}:
        versions = [one for one in fresh if one.record.key == key]
        count = len(known[key].contents) if key in known else 0
        assert [one.revision for one in versions] == list(range(count, count + len(versions)))
        assert [one.is_current for one in versions] == [False] * (len(versions) - 1) + [True] * bool(versions)
        first = next(fate for note, fate in zip(new, fates, strict=True) if note.key == key)
        assert (first is Fate.STORED) == (count == 0)


@given(notes, notes)
def test_what_a_person_says_last_holds(before: list[Note], new: list[Note]) -> None:
    known = stored({}, weigh(before, {})[1])
    after = stored(known, weigh(new, known, back=True)[1])
    for key in {note.key for note in new}:
        assert after[key].contents[-1] == [note.content for note in new if note.key == key][-1]


def test_the_order_given_is_kept_as_it_was() -> None:
    fates, _ = weigh([Note(1, "a"), Note(1, "b"), Note(1, "a")], {})
    assert fates == [Fate.STORED, Fate.CORRECTION, Fate.DUPLICATE]
    fates, _ = weigh([Note(1, "a"), Note(1, "b"), Note(1, "a")], {}, back=True)
    assert fates == [Fate.STORED, Fate.CORRECTION, Fate.CORRECTION]
