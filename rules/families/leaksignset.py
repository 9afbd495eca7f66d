"""Families of the LDAR signs, by evaluator."""

from __future__ import annotations

from collections.abc import Mapping

from rules.families.contract import Family
from rules.families.leakcampaigns import CAMPAIGN_SIGNS, LeakCampaigns
from rules.families.leakdays import DAY_SIGNS, LeakDays

LEAK_SIGN_FAMILIES: Mapping[str, Family] = {
    **{name: LeakDays() for name in DAY_SIGNS},
    **{name: LeakCampaigns() for name in CAMPAIGN_SIGNS},
}
