"""What can be known of a medium: declarations, one module for each kind."""
