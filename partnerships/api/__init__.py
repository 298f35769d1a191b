"""The public data for programs."""
