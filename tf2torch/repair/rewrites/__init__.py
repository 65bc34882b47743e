"""Rewrites of a region's source that are known to mend a kind of fault."""
