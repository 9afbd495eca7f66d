"""Water balances and efficiency: what formulas of GB/T 7119-2018 and GB/T 18820 say, on plain volumes in m3 (KH: known,
not read in the standards). Balances of energy use the same loss.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Balance:
    """What entered a boundary in a window, and what its sub-meters passed in the same window, in one unit."""

    entry: float
    subs: float

    @property
    def loss(self) -> float:
        """漏失水量 V1 = Vi - sum(Vsub): unmetered or lost; negative where sub-meters pass more than entered."""
        return self.entry - self.subs

    @property
    def loss_pct(self) -> float | None:
        """综合漏失率 K1 = V1 / Vi in %, signed; None when nothing entered."""
        return 100.0 * self.loss / self.entry if self.entry > 0 else None

    def exceeds(self, percent: float) -> bool:
        """Whether the difference, whichever way, is more than some percent of the entry. Compared crosswise."""
        return 100.0 * abs(self.loss) > percent * self.entry


def reuse_pct(reused: float, fresh: float) -> float | None:
    """重复利用率 R = Vr / (Vi + Vr) in %; None when no water was used."""
    return 100.0 * reused / (fresh + reused) if fresh + reused > 0 else None


def cooling_circulation_pct(circulating: float, makeup: float) -> float | None:
    """间接冷却水循环率 Rc = Vcr / (Vcr + Vcf) in %; None when none flowed."""
    return 100.0 * circulating / (circulating + makeup) if circulating + makeup > 0 else None


def condensate_pct(condensate_m3: float, steam_t: float, density_t_m3: float = 1.0) -> float | None:
    """冷凝水回用率 Rb = Vbr / D x density in %; None when no steam was made."""
    return 100.0 * condensate_m3 * density_t_m3 / steam_t if steam_t > 0 else None


def unit_intake(volume_m3: float, output: float) -> float | None:
    """单位产品取水量 Vui = Vi / Q in m3 per unit of output (GB/T 18820); None without output."""
    return volume_m3 / output if output > 0 else None


def saved_m3(unit_before: float, unit_now: float, output: float) -> float:
    """节水量 = (Vui of the base period - Vui now) x output, in m3; negative where more is used."""
    return (unit_before - unit_now) * output


def forecast(to_date: float, days_elapsed: int, days_of_year: int) -> float:
    """What a year comes to when it goes on as until now. Raises ValueError before its first day has passed."""
    if days_elapsed <= 0:
        raise ValueError("no day has passed: nothing can be forecast")
    return to_date * days_of_year / days_elapsed


def ahead_of(to_date: float, allowed: float, days_elapsed: int, days_of_year: int, percent: float = 100.0) -> bool:
    """Whether use to date is more than some percent of the allowed year's part that has passed. Compared crosswise."""
    return 100.0 * to_date * days_of_year > percent * allowed * days_elapsed
