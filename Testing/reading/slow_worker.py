"""The production worker with a pause before each run, for ``WorkerClient(module="slow_worker")``.

``MEDMM_TEST_PAUSE_S``: how long; ``MEDMM_TEST_DEAF``: it does not ask whether it was cancelled meanwhile.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from MedMMSlicerLib.core import Prediction
from MedMMSlicerLib.inference.engine import RunControl
from MedMMSlicerLib.inference.worker_main import production_predict, serve
from MedMMSlicerLib.inference.worker_protocol import RunRequest

PAUSE_S = float(os.environ.get("MEDMM_TEST_PAUSE_S", "0"))
DEAF = bool(os.environ.get("MEDMM_TEST_DEAF"))
RUN = production_predict()


def predict(request: RunRequest, control: RunControl) -> Prediction:
    """Pause, then do what was asked."""
    end = time.monotonic() + PAUSE_S
    control.step("pause", 0.1)
    while time.monotonic() < end:
        time.sleep(0.01)
        if not DEAF:
            control.step("pause", 0.1)
    return RUN(request, control)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), predict)
