"""Another context through the worker process: only the fusion graph runs, masks stay where they are."""

from __future__ import annotations

import numpy as np
import pytest
from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.core import Case, ClinicalContext
from MedMMSlicerLib.errors import UsageError
from MedMMSlicerLib.inference.engine import RunOptions
from MedMMSlicerLib.inference.network import EngineCache
from MedMMSlicerLib.inference.predictor import predict
from MedMMSlicerLib.inference.worker import RunRequest, WorkerClient

from .conftest import make_case

CPU = RunOptions(device="cpu", threads=1)


def test_the_worker_updates_a_prediction_without_the_image(
    bundle: ModelBundle, engines: EngineCache, full_context: ClinicalContext
) -> None:
    first = predict(bundle, make_case(), CPU, engines=engines)
    expected = predict(bundle, make_case(context=full_context), CPU, engines=engines)
    with WorkerClient() as client:
        request = RunRequest(bundle.path, Case("update", {}, full_context), CPU, previous=first)
        updated = client.run(request, timeout_s=300)
        assert updated.label_maps is first.label_maps
        assert updated.heat_maps is first.heat_maps
        assert [item.probability for item in updated.findings] == pytest.approx(
            [item.probability for item in expected.findings], abs=1e-6
        )
        assert updated.contributions == expected.contributions
        np.testing.assert_array_equal(updated.embeddings["image"], first.embeddings["image"])
        # The next run reads an image again, and gets its own masks.
        again = client.run(RunRequest(bundle.path, make_case(), CPU), timeout_s=300)
        assert again.label_maps is not first.label_maps
        np.testing.assert_array_equal(again.label_maps[0].array, first.label_maps[0].array)


def test_the_worker_refuses_an_update_of_another_bundle(
    bundle: ModelBundle, engines: EngineCache, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from .tiny_bundle import write_tiny

    other = write_tiny(tmp_path_factory.mktemp("other") / "tiny", license="MIT")
    first = predict(bundle, make_case(), CPU, engines=engines)
    with WorkerClient() as client, pytest.raises(UsageError, match="Run the bundle again"):
        client.run(RunRequest(other.path, Case("update", {}), CPU, previous=first), timeout_s=300)
