"""The only place that knows FHIR's shapes: resources in, values out, no HTTP."""
