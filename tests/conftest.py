"""Checks the types and array shapes of both packages at every call, in the tests only."""

from jaxtyping import install_import_hook

# posology.pharmacology stays out: numba compiles its functions and cannot see through a checking wrapper.
CHECKED = ("dosefront", "posology.library", "posology.patients", "posology.treatment", "posology.dosing")

install_import_hook(CHECKED, "beartype.beartype")
