"""Honest campaigns are what people with instruments can do; a forged one shows what its name says."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from domain.periods import SITE_ZONE
from simulators.leak_campaign import SIGNS, VARIANTS, dishonest, honest, works
from simulators.leak_shapes import Campaign, Probe

SPOTS = works(1500)
FEW = works(900)


def by_instrument(made: Campaign) -> dict[str | None, list[Probe]]:
    of: dict[str | None, list[Probe]] = {}
    for test in made.tests:
        of.setdefault(test.instrument, []).append(test)
    return of


@pytest.fixture(scope="module", params=[1, 2, 3])
def campaign(request: pytest.FixtureRequest) -> Campaign:
    return honest(int(request.param), SPOTS, crews=2)


def test_everybody_walks_up_to_everything_once(campaign: Campaign) -> None:
    routine = Counter(test.component for test in campaign.tests if test.purpose == "routine")
    assert routine == Counter(spot.code for spot in SPOTS)


def test_a_day_holds_what_people_can_do_in_it(campaign: Campaign) -> None:
    a_day = Counter((test.instrument, test.tested_at.astimezone(SITE_ZONE).date()) for test in campaign.tests)
    assert max(a_day.values()) <= 500
    for tests in by_instrument(campaign).values():
        for before, after in pairwise(tests):
            assert after.dwell_s is not None
            assert before.dwell_s is not None
            assert after.tested_at - before.tested_at >= timedelta(seconds=max(after.dwell_s, before.dwell_s))


def test_records_are_whole_and_agree_with_themselves(campaign: Campaign) -> None:
    response = {instrument.serial: instrument.response_time_s for instrument in campaign.instruments}
    for test in campaign.tests:
        assert test.video
        assert test.tester
        assert test.instrument
        assert test.dwell_s
        if test.method != "instrument":
            continue
        assert test.reading is not None
        assert test.background is not None
        assert test.response_factor is not None
        assert test.dwell_s >= 2 * response.get(test.instrument, 4.0)
        assert test.net == round(max(0.0, test.reading - test.background) * test.response_factor, 2)
    days = {(test.instrument, test.tested_at.date()) for test in campaign.tests}
    for kind in ("zero", "span", "drift"):
        assert days <= {(check.instrument, check.done_at.date()) for check in campaign.checks if check.kind == kind}


def test_leaks_are_mended_tested_again_or_filed(campaign: Campaign) -> None:
    leaking = {t.component: t for t in campaign.tests if t.purpose == "routine" and (t.net or 0) > 2000}
    for code, found in leaking.items():
        repairs = [m for m in campaign.mendings if m.component == code]
        retests = [t for t in campaign.tests if t.component == code and t.purpose == "retest"]
        assert repairs
        assert found.tested_at < repairs[0].repaired_at <= found.tested_at + timedelta(days=5)
        if not any(filing.component == code for filing in campaign.filings):
            assert len(retests) == len(repairs)
            assert all(m.repaired_at < t.tested_at for m, t in zip(repairs, retests, strict=True))
            assert (retests[-1].net or 0) < 500


@pytest.mark.parametrize(("sign", "variant"), [(sign, name) for sign in SIGNS for name in VARIANTS[sign]])
def test_a_forged_campaign_differs_from_the_honest_one_and_is_the_same_each_time(sign: str, variant: str) -> None:
    made = dishonest(sign, 7, FEW, variant=variant, crews=2)
    assert made == dishonest(sign, 7, FEW, variant=variant, crews=2)
    assert made != honest(7, FEW, crews=2) or made.also is not None


def test_signs_show_what_they_say() -> None:
    for variant, least in (("fast", 600), ("too_fast", 1000), ("impossible", 1499)):
        a_day = Counter((t.instrument, t.tested_at.date()) for t in dishonest("F2", 1, SPOTS, variant=variant).tests)
        assert max(a_day.values()) > least
    assert {t.tested_at.astimezone(SITE_ZONE).time().isoformat() for t in dishonest("F1", 1, SPOTS).tests
            if t.purpose == "routine" and t.reading is not None} == {"10:00:00"}  # fmt: skip
    lent = dishonest("F14", 1, SPOTS)
    assert lent.also is not None
    assert {i.serial for i in lent.instruments} & {t.instrument for t in lent.also.tests}
    forged = dishonest("F13", 1, SPOTS)
    leaks = {t.component: t.net for t in forged.tests if t.purpose == "routine"}
    assert all(t.net == leaks[t.component] for t in forged.tests if t.purpose == "retest")
