"""Calls that become calls of TensorFlow.

``rewrite_call``, ``inlining`` and ``wrapped`` (what leaves the graph); ``gone`` and
``failing_imports`` (names that Keras 3 and TensorFlow 2 lack).
"""
