"""Where bytes are, and where they go."""
