"""A fixed scale of words for probabilities.

Five steps of the calibrated language of the Intergovernmental Panel on Climate Change (Mastrandrea et al.,
Guidance Note for Lead Authors of the IPCC Fifth Assessment Report on Consistent Treatment of Uncertainties,
2010, table 1), made disjoint. Its two outermost steps (below 1 % and above 99 %) are left out: no calibration
on a few hundred patients supports them.
"""

from __future__ import annotations

__all__ = ["LIKELIHOOD_STEPS", "likelihood_key"]

LIKELIHOOD_STEPS = (
    (0.10, "very-unlikely"),
    (0.33, "unlikely"),
    (0.66, "even"),
    (0.90, "likely"),
    (1.01, "very-likely"),
)
"""Upper limit, not included, and key of each step."""


def likelihood_key(probability: float) -> str:
    """Key of the step of a probability of 0 to 1; templates hold the words as ``likelihood.<key>``.

    Raises
    ------
    ValueError
        If it is no probability.
    """
    if not 0 <= probability <= 1:
        raise ValueError(f"{probability} is no probability")
    return next(key for limit, key in LIKELIHOOD_STEPS if probability < limit)
