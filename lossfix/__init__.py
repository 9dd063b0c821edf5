"""lossfix finds custom Keras losses that do not train, rewrites them, and proves that the rewrite trains."""

__version__ = "0.1.0"
