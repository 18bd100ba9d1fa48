"""Installing what the library needs into the Python that runs it, only when the user asks.

`missing_packages` says within milliseconds what is not there; `plan_installation` decides what would be done;
`Installation` does it step by step while a timer polls it, and `install` does the same and waits.
"""

from .installation import (
    Installation,
    InstallationEvent,
    InstallationFailed,
    InstallationFinished,
    InstallationProgress,
    install,
)
from .missing import missing_packages
from .plan import InstallationPlan, plan_installation

__all__ = [
    "Installation",
    "InstallationEvent",
    "InstallationFailed",
    "InstallationFinished",
    "InstallationPlan",
    "InstallationProgress",
    "install",
    "missing_packages",
    "plan_installation",
]
