"""What can be done to images."""
