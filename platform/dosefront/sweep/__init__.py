"""Sweeps on Ray Tune: many trials on many machines, resumed where they stopped."""

from dosefront.sweep.sweep import SweepResult, resume_sweep, start_sweep

__all__ = ["SweepResult", "resume_sweep", "start_sweep"]
