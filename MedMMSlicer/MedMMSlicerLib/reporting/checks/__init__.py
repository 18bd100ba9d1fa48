"""Live checks of a report against findings, measurements and what the caller knows of the patient.

``check_report`` looks at a whole report; a `ReportChecker` keeps what it knows of the sentences that did not
change, for checking while a person types.
"""

from __future__ import annotations

from .checker import ReportChecker, check_report
from .model import RULES, CheckContext, Fix, Remark

__all__ = ["RULES", "CheckContext", "Fix", "Remark", "ReportChecker", "check_report"]
