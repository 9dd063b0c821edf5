"""The part of the verifier that runs in the interpreter of the user's project.

It uses the standard library, NumPy, TensorFlow and Keras and nothing else of lossfix, which need
not be installed there. ``facts`` is also read by the judge, on the other side of the pipe.
"""
