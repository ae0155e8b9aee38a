"""Images, by libvips through pyvips."""
