"""The doing: from rows and recipes to renditions and rows."""
