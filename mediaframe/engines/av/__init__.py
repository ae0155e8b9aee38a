"""Video and audio, by FFmpeg through PyAV."""
