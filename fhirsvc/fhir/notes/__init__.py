"""Report text into statements: what an imaging or nerve study says of roots, tendon and fascia, and how surely."""

from fhirsvc.fhir.notes.report import read_report
from fhirsvc.fhir.notes.statement import Report, Statement, Study

__all__ = ["Report", "Statement", "Study", "read_report"]
