"""The reasoning: plain values and pure functions on the standard library alone."""
