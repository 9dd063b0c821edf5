"""Python through LibCST and ``ast``; nothing here knows Keras."""
