"""How the clinic works: what is measured, how well, and what support there is."""

from __future__ import annotations

from dataclasses import dataclass

from posology.library import comedications

GCSF_POLICIES = ("label", "none", "secondary", "primary")


@dataclass(frozen=True)
class Scenario:
    """Circumstances of a course that the policy does not choose.

    Raises:
        ValueError: a share outside 0 to 1, a negative error, or an unknown policy.
    """

    visit_interval_weeks: int = 1
    """Blood is taken, and a dose can be decided, at every such visit."""
    missing_labs: float = 0.0
    """Share of visits whose blood counts are lost; the last ones stay in the chart."""
    assay_error: float = 1.0
    """Times the assays' and the scans' usual error; 0 measures exactly."""
    adherence: float = 1.0
    """Share of weeks in which tablets are taken; infusions are always given."""
    gcsf: str = "label"
    """``label``, or one of ``none``, ``secondary`` and ``primary`` in the label's place."""
    comedication: tuple[str, ...] = ()
    """What patients take beside the regimen, names of the library's interactions."""
    genotype_observed: bool = True
    """Whether the clinic sees DPYD and UGT1A1."""

    def __post_init__(self) -> None:
        for name in ("missing_labs", "adherence"):
            share = getattr(self, name)
            if not (isinstance(share, int | float) and 0.0 <= share <= 1.0):
                raise ValueError(f"{name} is a share from 0 to 1; got {share!r}.")
        error = self.assay_error
        if not (isinstance(error, int | float) and 0.0 <= error <= 10.0):
            raise ValueError(f"assay_error is 0 to 10 times the usual one; got {error!r}.")
        if not isinstance(self.genotype_observed, bool):
            raise ValueError(f"genotype_observed is true or false; got {self.genotype_observed!r}.")
        if self.visit_interval_weeks not in range(1, 13):
            raise ValueError(
                f"visit_interval_weeks is a whole number from 1 to 12; "
                f"got {self.visit_interval_weeks!r}."
            )
        unknown = [name for name in self.comedication if name not in comedications()]
        if unknown:
            known = ", ".join(comedications())
            raise ValueError(f"unknown comedication {unknown[0]!r}; the library holds {known}.")
        if self.gcsf not in GCSF_POLICIES:
            raise ValueError(f"gcsf must be one of {', '.join(GCSF_POLICIES)}; got {self.gcsf!r}.")
