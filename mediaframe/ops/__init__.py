"""What can be done to a medium: declarations, one module for each theme."""
