"""Control flow for a whole batch: ``branches``, ``loops``, ``rows``, ``batch_means``."""
