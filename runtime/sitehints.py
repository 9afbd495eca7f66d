"""What to do about a value that a model refused, where the refusal itself does not say it."""

from __future__ import annotations

from collections.abc import Mapping

from runtime.sitemodels import MODELS

HINTS: Mapping[tuple[str, str], str] = {
    (
        "intake",
        "permitted_m3_a",
    ): "an intake is registered with the volume that its permit allows; one without a permit "
    "cannot be judged: register it once the permit says a volume",
    ("control_index", "water_m3"): "a plan of no water is no plan: leave the year out",
    ("meter", "counter.digits"): "a register of its own needs digits and scale; leave all three out where it is the "
    "point's",
    ("meter", "verified_on"): "a meter that was never verified is not fitted: give the day of its factory verification",
    ("point", "unit"): "without a unit no value of the point means anything",
}


def fault_text(noun: str, field: str, message: str) -> str:
    """A model's refusal of a field (``counter.digits`` for the inner ones), with what to do about it."""
    hint = HINTS.get((noun, field))
    text = message.removeprefix("Value error, ")
    if text == "Extra inputs are not permitted":
        text = f"there is no such field; expected one of {', '.join(MODELS[noun].model_fields)}"
    return text if hint is None else f"{text} ({hint})"
