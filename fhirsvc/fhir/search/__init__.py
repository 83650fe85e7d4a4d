"""Search: from a query to criteria, from a resource to what it can be found by, and from what was found to a Bundle."""

from fhirsvc.fhir.search.criteria import Clause, Criteria, Token, matches
from fhirsvc.fhir.search.index import Indexed, indexed
from fhirsvc.fhir.search.parameters import PARAMETERS
from fhirsvc.fhir.search.query import Asked, ask, criteria

__all__ = ["PARAMETERS", "Asked", "Clause", "Criteria", "Indexed", "Token", "ask", "criteria", "indexed", "matches"]
