"""What a panel shows: frozen rows without nodes, arrays or Qt types."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "CASE_STATES",
    "FINDING_FILTERS",
    "FINDING_ORDERS",
    "LABORATORY_FLAGS",
    "SEVERITIES",
    "CaseEntry",
    "ContextFacts",
    "ContributionRow",
    "Explanation",
    "Fact",
    "FindingRow",
    "LaboratoryRow",
    "Message",
    "ModelEntry",
    "Point",
    "RunState",
    "SegmentComparison",
    "SegmentRow",
    "SeriesEntry",
]

Point = tuple[float, float, float]
"""A place in the patient: mm, RAS."""

SEVERITIES = ("info", "warning", "error")
CASE_STATES = ("new", "read", "stale")
LABORATORY_FLAGS = ("", "low", "high", "missing", "invalid")
FINDING_ORDERS = ("probability", "name", "status")
FINDING_FILTERS = ("all", "above", "open", "accepted", "rejected")


@dataclass(frozen=True)
class Message:
    """One sentence for the reader; ``at`` is ISO 8601."""

    severity: str
    text: str
    at: str = ""


@dataclass(frozen=True)
class SeriesEntry:
    """One image of a case; ``volume_id`` is empty when its node is gone."""

    role: str
    name: str
    volume_id: str
    modality: str = ""
    body_part: str = ""
    view: str = ""


@dataclass(frozen=True)
class CaseEntry:
    """One line of the case list; ``state`` is one of `CASE_STATES`."""

    id: str
    title: str
    subtitle: str = ""
    series: tuple[SeriesEntry, ...] = ()
    state: str = "new"


@dataclass(frozen=True)
class Fact:
    """A header fact: stable ``name``, ``label`` and ``value`` for people, in the reader's language."""

    name: str
    label: str
    value: str


@dataclass(frozen=True)
class ModelEntry:
    """A bundle as a choice: whether it can read the current case, why (one sentence), and whether the reader
    accepted its license and intended use. ``certain`` is False where the file does not state its modality.
    """

    id: str
    title: str
    version: str
    license: str
    intended_use: str
    applicable: bool
    reason: str
    accepted: bool
    certain: bool = True


@dataclass(frozen=True)
class ContextFacts:
    """What is known beside the images.

    ``age_years``, ``sex`` (``M``, ``F``, ``O``) and ``view`` are the values that count: the reader's, else
    the image header's. ``age_text``, ``sex_text`` and ``view_text`` are what a field shows: what was typed,
    even if it can not be used, else the value. ``from_header`` names those that the header gave,
    ``problems`` says (by name) why a typed text can not be used.
    """

    age_years: float | None = None
    sex: str | None = None
    view: str = ""
    indication: str = ""
    history: str = ""
    age_text: str = ""
    sex_text: str = ""
    view_text: str = ""
    from_header: tuple[str, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class LaboratoryRow:
    """A laboratory value, given or asked for by the model.

    ``text`` is what the reader typed or a file gave, in ``unit``; ``flag`` is one of `LABORATORY_FLAGS`;
    ``note`` says why a value is not used, or what was assumed.
    """

    name: str
    label: str
    text: str
    unit: str
    reference_text: str = ""
    flag: str = ""
    used_by_model: bool = False
    note: str = ""


@dataclass(frozen=True)
class RunState:
    """A run in progress: ``kind`` is ``analyze``, ``what-if`` or empty; ``fraction`` 0 to 1."""

    busy: bool = False
    kind: str = ""
    stage: str = ""
    fraction: float = 0.0
    elapsed_s: float = 0.0


@dataclass(frozen=True)
class FindingRow:
    """A finding; ``above``: the probability reaches the operating point (None: it has none)."""

    id: str
    name: str
    kind: str = "finding"
    probability: float | None = None
    threshold: float | None = None
    point_text: str = ""
    status: str = "proposed"
    laterality: str = ""
    region: str = ""
    location_ras: Point | None = None
    measurements_text: str = ""
    heat_map_id: str = ""
    note: str = ""
    above: bool | None = None


@dataclass(frozen=True)
class ContributionRow:
    """How much one input moved a probability, ``delta`` from -1 to 1; ``value_text`` is the input's value."""

    name: str
    label: str
    value_text: str
    delta: float


@dataclass(frozen=True)
class Explanation:
    """Why a finding has its probability; ``doubts`` are reasons not to trust it."""

    contributions: tuple[ContributionRow, ...] = ()
    doubts: tuple[str, ...] = ()
    method: str = ""
    point_text: str = ""


@dataclass(frozen=True)
class SegmentRow:
    """A segment; ``color`` is red, green, blue 0 to 255; ``touched``: a person changed it; ``is_new``: a
    later run put it beside a touched one; ``laterality``: ``left``, ``right``, ``bilateral`` or empty.
    """

    segmentation_id: str
    segment_id: str
    name: str
    color: tuple[int, int, int]
    visible: bool = True
    opacity: float = 1.0
    volume_text: str = ""
    algorithm_type: str = ""
    touched: bool = False
    is_new: bool = False
    laterality: str = ""


@dataclass(frozen=True)
class SegmentComparison:
    """A touched segment against what a later run gave; ``dice`` 0 to 1, volumes in mm3.

    ``new_segment_id`` equals ``segment_id`` where both have the same voxels.
    """

    segmentation_id: str
    segment_id: str
    new_segment_id: str
    name: str
    dice: float
    volume_mm3: float
    new_volume_mm3: float
