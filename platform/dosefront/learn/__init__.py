"""Learning with RLlib behind one door: a trial goes in, a policy comes out."""

from dosefront.learn.algorithms import ALGORITHMS
from dosefront.learn.divergence import DivergedError
from dosefront.learn.door import ScalarizedVectorEnv
from dosefront.learn.training import Progress, Training

__all__ = ["ALGORITHMS", "DivergedError", "Progress", "ScalarizedVectorEnv", "Training"]
