"""Clinical prose into Remarks: what a note of history and examination states of the patient and the family."""

from fhirsvc.fhir.notes.clinical.note import Note, read_note

__all__ = ["Note", "read_note"]
