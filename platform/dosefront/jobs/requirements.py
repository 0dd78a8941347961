"""What dosefront requires, pinned to the versions that are installed here."""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from dosefront.jobs.wheel import installed_distribution

EXTRAS = ("cluster", "mo", "optuna")
"""Extras that a sweep can make use of."""


@dataclass(frozen=True)
class Pin:
    """A package that dosefront names, at the version that is installed here."""

    name: str
    version: str  # without a local label such as "+cpu", which no index offers
    works: SpecifierSet  # the versions that dosefront works with
    is_needed: bool  # False: an extra, of use to some experiments

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


def pins() -> tuple[Pin, ...]:
    """The packages that dosefront and its extras name, as far as they are installed; sorted."""
    found: dict[str, Pin] = {}
    for text in installed_distribution().requires or ():
        required = Requirement(text)
        is_needed = _applies(required, extra="")
        if not is_needed and not any(_applies(required, extra=extra) for extra in EXTRAS):
            continue
        try:
            here = Version(version(required.name)).public
        except PackageNotFoundError:
            continue
        if is_needed or required.name not in found:
            found[required.name] = Pin(required.name, here, required.specifier, is_needed)
    return tuple(sorted(found.values(), key=lambda pin: pin.name.lower()))


def _applies(required: Requirement, *, extra: str) -> bool:
    return required.marker is None or required.marker.evaluate({"extra": extra})
