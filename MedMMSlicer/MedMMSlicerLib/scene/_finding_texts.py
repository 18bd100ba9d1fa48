"""What a point in the image says of its finding."""

from __future__ import annotations

from ..core import Finding, localized
from ._mrml import clean_name, clean_text

__all__ = ["finding_description", "finding_label"]

_SIDES = {
    "en": {"left": " (left)", "right": " (right)"},
    "zh-CN": {"left": "（左侧）", "right": "（右侧）"},
}


def finding_label(finding: Finding, language: str) -> str:
    """The name of a finding with its side, so that those of both sides can be told apart."""
    name = localized(finding.name, language)
    side = _SIDES.get(language, _SIDES["en"]).get(finding.laterality, "")
    stated = side.strip(" ()（）侧")
    return clean_name(name if not stated or stated in name.lower() else name + side)


def finding_description(finding: Finding) -> str:
    """Id, side, status and probability."""
    parts = [finding.id, finding.laterality, finding.status]
    if finding.probability is not None:
        parts.append(f"probability {finding.probability:.2f}")
    return clean_text("; ".join(part for part in parts if part))
