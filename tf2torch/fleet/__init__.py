"""Fleets: batch conversion over a registry of models.

A model is a job; a slot converts one at a time in a process forked for it; a desk is
where a run's ports, answers and logs lie; the store keeps the results.
"""
