"""Plain MONAI bundles: a manifest from ``network_data_format``, as far as that goes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..core import CodedConcept, Color
from .manifest import (
    FindingDefinition,
    GraphDefinition,
    InputRole,
    IntensityStep,
    LabelDefinition,
    Manifest,
    Postprocess,
    Preprocess,
    Region,
)
from .onnx_reader import OnnxModel
from .violation import Violation

__all__ = ["Derivation", "PlainBundle", "derive_manifest"]

_KEYS = (
    "inputs.image with num_channels (1 or 3), spatial_shape, modality and value_range, and outputs.pred "
    "with type and channel_def"
)
_TISSUE = CodedConcept("85756007", "SCT", "Tissue")
_COLORS: tuple[Color, ...] = (
    (230, 25, 75),
    (60, 180, 75),
    (0, 130, 200),
    (245, 130, 48),
    (145, 30, 180),
    (70, 240, 240),
    (240, 50, 230),
    (210, 245, 60),
)
_MULTIPLE = re.compile(r"([0-9]{1,3})(?:\*\*([0-9]))?\*[a-z]\Z")
_SIDE_LIMIT = 65536


@dataclass(frozen=True)
class PlainBundle:
    """What there is to derive from: the file, its SHA-256 and its network, the folder's name, the license."""

    metadata: Mapping[str, Any]
    folder_name: str
    file: str
    model: OnnxModel
    files: Mapping[str, str]
    has_license: bool


@dataclass(frozen=True)
class Derivation:
    """The manifest, with notes that say what was assumed, or the reasons why there is none."""

    manifest: Manifest | None
    notes: tuple[str, ...] = ()
    violations: tuple[Violation, ...] = ()


class _NotDerivable(Exception):
    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def derive_manifest(bundle: PlainBundle) -> Derivation:
    """Derive a manifest from MONAI's keys alone.

    MONAI arrays run along R, A, S in the order of the tensor's axes, so K, J, I grow towards R, A, S, which
    is the orientation ``SAR``. MONAI's ``metadata.json`` states neither the voxel spacing nor the intensity
    transform; the notes say what stands in.
    """
    try:
        return _derive(bundle)
    except _NotDerivable as error:
        violation = Violation(
            f"$.network_data_format{error.key}",
            f"{error} The bundle has no 'medmm' key, so MedMM needs network_data_format.",
            f"Needed are {_KEYS}; or add the 'medmm' key.",
        )
        return Derivation(None, (), (violation,))


def _derive(bundle: PlainBundle) -> Derivation:
    formats = _mapping(bundle.metadata.get("network_data_format"), "")
    image = _tensor(formats, "inputs", "image")
    prediction = _tensor(formats, "outputs", "pred")
    dimensions, region = _region(image)
    names = _channels(prediction)
    is_segmentation = prediction.get("type") == "image"
    if prediction.get("type") not in ("image", "probabilities"):
        raise _NotDerivable(".outputs.pred.type", "The type is neither 'image' nor 'probabilities'.")
    has_background = "background" in names[0].lower()
    labels = names[1:] if has_background else names
    if is_segmentation and not 1 <= len(labels) <= 255:
        raise _NotDerivable(".outputs.pred.channel_def", "It names no label, or more than 255.")
    title = _text(bundle.metadata, "name") or _text(bundle.metadata, "task") or bundle.folder_name
    manifest = Manifest(
        id=_identifier(bundle.folder_name),
        version=str(bundle.metadata["version"]),
        title={"en": title},
        intended_use={"en": _text(bundle.metadata, "intended_use") or "Not stated by its authors."},
        not_for=(),
        license="See the license file" if bundle.has_license else "Not stated",
        tasks=("segmentation",) if is_segmentation else ("classification",),
        inputs=(InputRole("current", _modalities(image), dimensions, channels=_image_channels(image)),),
        context=(),
        graphs={"image": _graph(bundle, is_segmentation)},
        preprocess=Preprocess(
            region=region, orientation="SAR" if dimensions == 3 else "", intensity=_intensity(image)
        ),
        postprocess=Postprocess(decision="argmax" if has_background else "threshold"),
        labels=tuple(_label(n, name) for n, name in enumerate(labels, 1)) if is_segmentation else (),
        findings=() if is_segmentation else tuple(_finding(n, name) for n, name in enumerate(names)),
        measurements=(),
        report_template="segmentation",
        files=bundle.files,
    )
    return Derivation(manifest, _notes(manifest))


def _mapping(value: object, key: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _NotDerivable(key, "This key is missing or no object.")
    return value


def _tensor(formats: Mapping[str, Any], group: str, name: str) -> Mapping[str, Any]:
    """The tensor called ``name``, or the only one there is."""
    tensors = _mapping(formats.get(group), f".{group}")
    if name not in tensors and len(tensors) == 1:
        name = next(iter(tensors))
    return _mapping(tensors.get(name), f".{group}.{name}"[:80])


def _text(metadata: Mapping[str, Any], key: str) -> str:
    value = metadata.get(key)
    return _one_line(value, 2000) if isinstance(value, str) else ""


def _one_line(text: str, length: int) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:length]


def _identifier(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:64] or "monai-bundle"


def _region(image: Mapping[str, Any]) -> tuple[int, Region]:
    shape = image.get("spatial_shape")
    key = ".inputs.image.spatial_shape"
    if not isinstance(shape, list) or len(shape) not in {2, 3}:
        raise _NotDerivable(key, "It is no list of 2 or 3 sizes.")
    multiples = [_multiple(size) for size in shape if isinstance(size, str)]
    leading = (1,) * (3 - len(shape))
    if not multiples and all(_is_size(size) for size in shape):
        size = (*leading, *shape)
        kind = "sliding-window" if len(shape) == 3 else "whole"
        return len(shape), Region(kind, size=(size[0], size[1], size[2]))
    if len(multiples) == len(shape) and None not in multiples:
        padding = (*leading, *(multiple or 1 for multiple in multiples))
        return len(shape), Region("whole", pad_multiple=(padding[0], padding[1], padding[2]))
    raise _NotDerivable(key, "The sizes are neither all numbers nor all '*' or multiples such as '16*n'.")


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _SIDE_LIMIT


def _multiple(text: str) -> int | None:
    """Read ``*``, ``16*n`` or ``2**4*n``; never evaluate anything."""
    if text == "*":
        return 1
    match = _MULTIPLE.match(text.replace(" ", ""))
    value = int(match[1]) ** int(match[2] or 1) if match else 0
    return value if 1 <= value <= 1024 else None


def _channels(prediction: Mapping[str, Any]) -> list[str]:
    """Channel names in order."""
    key = ".outputs.pred.channel_def"
    names = _mapping(prediction.get("channel_def"), key)
    ordered = [names.get(str(index)) for index in range(len(names))]
    if not ordered or len(ordered) > 1000 or not all(isinstance(name, str) and name for name in ordered):
        raise _NotDerivable(key, "It does not name the channels 0, 1, 2, ... in turn.")
    return [_one_line(str(name), 64) or f"channel {index}" for index, name in enumerate(ordered)]


def _image_channels(image: Mapping[str, Any]) -> int:
    channels = image.get("num_channels")
    if channels not in (1, 3) or not isinstance(channels, int) or isinstance(channels, bool):
        raise _NotDerivable(".inputs.image.num_channels", "Only 1 and 3 channels can be read.")
    return channels


def _modalities(image: Mapping[str, Any]) -> tuple[str, ...]:
    value = image.get("modality")
    words = re.findall(r"[A-Z0-9]{2,16}", value.upper()) if isinstance(value, str) else []
    known = {"MRI": "MR", "T1": "MR", "T2": "MR", "XRAY": "CR", "ULTRASOUND": "US"}
    modalities = tuple(dict.fromkeys(known.get(word, word) for word in words))
    if not modalities:
        raise _NotDerivable(".inputs.image.modality", "No modality is named.")
    return modalities


def _intensity(image: Mapping[str, Any]) -> tuple[IntensityStep, ...]:
    value = image.get("value_range")
    if value == []:
        return ()
    if not isinstance(value, list) or len(value) != 2 or not all(_is_number(item) for item in value):
        raise _NotDerivable(".inputs.image.value_range", "It is no list of minimum and maximum.")
    low, high = float(value[0]), float(value[1])
    if low >= high:
        raise _NotDerivable(".inputs.image.value_range", "The minimum is not below the maximum.")
    step = IntensityStep("min-max")
    if (low, high) == (0.0, 1.0):
        return (step,)
    return (step, IntensityStep("scale-shift", {"scale": high - low, "shift": low}))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e9


def _graph(bundle: PlainBundle, is_segmentation: bool) -> GraphDefinition:
    inputs, outputs = list(bundle.model.inputs), list(bundle.model.outputs)
    source = "image" if "image" in inputs else inputs[0] if len(inputs) == 1 else None
    target = "pred" if "pred" in outputs else outputs[0] if len(outputs) == 1 else None
    if source is None or target is None:
        raise _NotDerivable("", "The network has several tensors, and none is called 'image' or 'pred'.")
    part = "logits" if is_segmentation else "scores"
    return GraphDefinition(bundle.file, {"image": source}, {part: target})


def _label(value: int, name: str) -> LabelDefinition:
    # MONAI names channels in plain words; a code of our own keeps DICOM SEG export possible.
    concept = CodedConcept(f"label-{value}", "99MEDMM", _meaning(name))
    color = _COLORS[(value - 1) % len(_COLORS)]
    return LabelDefinition(value, f"label-{value}", {"en": name}, _TISSUE, concept, color)


def _finding(channel: int, name: str) -> FindingDefinition:
    concept = CodedConcept(f"finding-{channel}", "99MEDMM", _meaning(name))
    return FindingDefinition(f"finding-{channel}", {"en": name}, concept, channel)


def _meaning(name: str) -> str:
    return name.replace("\\", "/")[:64]


def _notes(manifest: Manifest) -> tuple[str, ...]:
    region, steps = manifest.preprocess.region, manifest.preprocess.intensity
    notes = ["This is a plain MONAI bundle; its manifest was derived from network_data_format."]
    if manifest.inputs[0].dimensions == 3:
        notes.append("Spacing is not stated: voxels are used as stored, the axes towards R, A, S.")
    else:
        notes.append("Pixels are used as stored: the axes are rows, then columns.")
    scaling = "min-max scaling to the stated value range" if steps else "none"
    notes.append(f"The intensity transform is not stated: {scaling} is used.")
    sizes = region.size or region.pad_multiple
    notes.append(f"Region: {region.kind} {'blocks' if region.size else 'padded to multiples'} of {sizes}.")
    if manifest.labels:
        notes.append(f"Labels have no terminology codes; the decision is {manifest.postprocess.decision}.")
    else:
        notes.append("Scores are not calibrated and have no operating point.")
    return tuple(notes)
