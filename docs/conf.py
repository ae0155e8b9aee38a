"""How the docs are built: Sphinx with MyST-NB; the reference is made from the declarations as it is built."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

project = "mediaframe"
author = "The mediaframe authors"
copyright = "The mediaframe authors"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "directive"]
exclude_patterns = ["_build", "_ext", "jupyter_execute"]
html_theme = "pydata_sphinx_theme"
html_title = "mediaframe"
html_show_sourcelink = False
html_sidebars = {page: [] for page in ("index", "tutorial/*", "design/*")}
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "show_nav_level": 2,
    "secondary_sidebar_items": ["page-toc"],
}

# Words in single backticks are code, as in the docstrings.
default_role = "code"
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
python_use_unqualified_type_names = True
napoleon_google_docstring = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_execution_in_temp = True
nb_merge_streams = True
