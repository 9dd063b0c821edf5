"""The part of the verifier that runs in the interpreter of the user's project.

It uses the standard library, NumPy, TensorFlow and Keras and nothing else of ours, so that lossfix
need not be installed there. Run as a script it is loaded under the name ``lossfix_probe``.
"""
