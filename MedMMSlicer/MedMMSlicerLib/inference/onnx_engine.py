"""The ONNX runtime as an `InferenceEngine`; the only module that imports onnxruntime."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BundleError, DeviceError, MedMMError, MemoryLimitError
from .devices import CPU_PROVIDER, RuntimeFacts, choose_providers

__all__ = ["OnnxEngine", "open_engine", "runtime_facts"]

_FATAL = 4
"""ONNX runtime log severity: only what ends the process. Everything else reaches us as an exception."""

_MEMORY_WORDS = ("bad_alloc", "failed to allocate", "out of memory", "bfcarena", "cudaerrormemoryallocation")

_DTYPES: dict[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(uint8)": np.uint8,
}


def _runtime() -> Any:
    try:
        import onnxruntime  # noqa: TID251 - the one place
    except ImportError as error:
        raise DeviceError(
            f"The ONNX runtime can not be loaded ({error}). Run 'medmm doctor' for the package to install."
        ) from error
    onnxruntime.set_default_logger_severity(_FATAL)
    return onnxruntime


@lru_cache(maxsize=1)
def runtime_facts() -> RuntimeFacts:
    """Version, available providers and build information of the installed ONNX runtime.

    Raises
    ------
    DeviceError
        If there is no ONNX runtime, or it can not be loaded.
    """
    runtime = _runtime()
    return RuntimeFacts(
        runtime.__version__, tuple(runtime.get_available_providers()), str(runtime.get_build_info())
    )


@lru_cache(maxsize=1)
def _failures() -> tuple[type[Exception], ...]:
    """What the runtime raises. Its own classes have no common base but `Exception`."""
    state = _runtime().capi.onnxruntime_pybind11_state
    own = [value for value in vars(state).values() if isinstance(value, type)]
    return (
        *(value for value in own if issubclass(value, Exception)),
        RuntimeError,
        ValueError,
        MemoryError,
    )


def _is_memory(error: Exception) -> bool:
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(word in text for word in _MEMORY_WORDS)


class OnnxEngine:
    """A network in an ONNX runtime session.

    Parameters
    ----------
    path : Path
        ONNX file whose integrity was checked before.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    threads : int
        Of one operator; 0: as many as there are cores.

    Raises
    ------
    BundleError
        If the file is no network that the runtime can run.
    MemoryLimitError
        If the weights do not fit into memory.
    DeviceError
        If there is no ONNX runtime.
    """

    def __init__(self, path: Path, device: str = "auto", threads: int = 0) -> None:
        self._path = Path(path)
        choice = choose_providers(device)
        self._session = _open_session(self._path, choice.providers, threads)
        used = tuple(str(name) for name in self._session.get_providers())
        self._provider = used[0]
        self._notes = choice.notes + _missing_gpu_note(choice.providers[0], self._provider)
        self._inputs = {node.name: node for node in self._session.get_inputs()}

    @property
    def provider(self) -> str:
        """What the session says that it runs on."""
        return self._provider

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that the reader must see."""
        return self._notes

    @property
    def input_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Shape of each input tensor; None where the network takes any size."""
        return {
            name: tuple(size if isinstance(size, int) and size > 0 else None for size in node.shape)
            for name, node in self._inputs.items()
        }

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Run the network once.

        Parameters
        ----------
        inputs : mapping of str to ndarray
            Converted to the type that the network wants.

        Raises
        ------
        BundleError
            If the tensors do not fit the network.
        MemoryLimitError
            If the memory does not suffice.
        DeviceError
            If the device gave up.
        """
        unknown = sorted(set(inputs) ^ set(self._inputs))
        if unknown:
            raise BundleError(
                f"{self._path} has the inputs {sorted(self._inputs)} and was given {sorted(inputs)}. "
                "Correct 'graphs' in the bundle's metadata.json."
            )
        feed = {name: self._converted(name, value) for name, value in inputs.items()}
        names = [node.name for node in self._session.get_outputs()]
        try:
            return dict(zip(names, self._session.run(names, feed)))
        except _failures() as error:
            raise self._explained(error) from error

    def _converted(self, name: str, value: NDArray[Any]) -> NDArray[Any]:
        dtype = _DTYPES.get(self._inputs[name].type)
        if dtype is None:
            raise BundleError(
                f"The input '{name}' of {self._path} is a {self._inputs[name].type}, which MedMM does not "
                "give. Export the network with floating point inputs."
            )
        return np.ascontiguousarray(value, dtype)

    def _explained(self, error: Exception) -> MedMMError:
        if _is_memory(error):
            return MemoryLimitError(
                f"The memory does not suffice to run {self._path.name} ({_first_line(error)}). "
                "Close other programs, or use a bundle with smaller windows."
            )
        if type(error).__name__ in {"InvalidArgument", "ValueError"}:
            return BundleError(
                f"The network {self._path} refuses its input ({_first_line(error)}). "
                "Correct 'preprocess' in the bundle's metadata.json."
            )
        return DeviceError(
            f"{self._provider} failed while running {self._path.name} ({_first_line(error)}). "
            "Run again with --device cpu."
        )


def open_engine(path: Path, device: str = "auto", threads: int = 0) -> OnnxEngine:
    """Open an ONNX file; an `EngineFactory`."""
    return OnnxEngine(path, device, threads)


def _open_session(path: Path, providers: tuple[str, ...], threads: int) -> Any:
    runtime = _runtime()
    options = runtime.SessionOptions()
    options.execution_mode = runtime.ExecutionMode.ORT_SEQUENTIAL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL
    # With memory patterns the second run takes its whole plan as one more piece beside what the first one
    # left in the arena: twice the memory (471 instead of 236 MB for a U-Net on 96 voxels cubed), no faster.
    options.enable_mem_pattern = False
    try:
        # The runtime prints when a provider does not start. We ask the session instead, and say it ourselves.
        with contextlib.redirect_stdout(io.StringIO()):
            if providers[0] != CPU_PROVIDER and hasattr(runtime, "preload_dlls"):
                runtime.preload_dlls()
            session = runtime.InferenceSession(str(path), options, providers=list(providers))
    except _failures() as error:
        if _is_memory(error):
            raise MemoryLimitError(
                f"The memory does not suffice to load {path}. Close other programs and run again."
            ) from error
        raise BundleError(
            f"{path} is not a network that can be run ({_first_line(error)}). Get the bundle again."
        ) from error
    session.disable_fallback()
    return session


def _missing_gpu_note(asked: str, used: str) -> tuple[str, ...]:
    if asked in (used, CPU_PROVIDER):
        return ()
    return (
        f"GPU asked for, but {asked} did not start, so {used} is used. "
        "Run 'medmm doctor' to see which driver or library is missing.",
    )


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else type(error).__name__
