"""Models that pin what tf2torch emits; each folder holds build.py and meta.toml.

`python -m golden_models NAME...` builds into the cache; tests/golden converts them.
"""
