"""The original model in TensorFlow, as the oracle's own process runs it.

Nothing here shares code with the front ends: a model is opened the way TensorFlow or
Keras itself opens it, so that a mistake of our parsers shows as a difference.
"""
