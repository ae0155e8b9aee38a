"""The demo: media made here, and the main job told on them. Outside of engines, the one place for media libraries."""
