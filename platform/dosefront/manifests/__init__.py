"""Manifests: what a cluster is started with, written from a few values without asking Ray.

The files in cluster/ are what `render` gives with every value left as it is.
"""

from dosefront.manifests.plan import ClusterPlan, gibibytes
from dosefront.manifests.render import KINDS, Kind, render

__all__ = ["KINDS", "ClusterPlan", "Kind", "gibibytes", "render"]
