"""The story of the service, one file per verb."""
