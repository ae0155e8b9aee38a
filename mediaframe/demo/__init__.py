"""The demo: media that are made here, and the main job told on them. The one place outside of engines that makes media."""
