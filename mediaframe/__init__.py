"""mediaframe: dataframes whose rows are media assets. The public names, loaded on first use."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mediaframe.ability import formats as formats
    from mediaframe.errors import AssetError as AssetError
    from mediaframe.errors import MediaframeError as MediaframeError
    from mediaframe.errors import RecipeError as RecipeError
    from mediaframe.errors import RunError as RunError
    from mediaframe.errors import StoreError as StoreError
    from mediaframe.errors import UsageError as UsageError
    from mediaframe.frame import MediaFrame as MediaFrame
    from mediaframe.frame import from_dask as from_dask
    from mediaframe.frame import scan as scan
    from mediaframe.frame.fitting import Budget as Budget
    from mediaframe.frame.merged import Merged as Merged
    from mediaframe.garbage import Garbage as Garbage
    from mediaframe.garbage import gc as gc
    from mediaframe.manifest import Verification as Verification
    from mediaframe.manifest import manifest as manifest
    from mediaframe.manifest import verify as verify
    from mediaframe.model.argument import Column as Column
    from mediaframe.model.finish import Format as Format
    from mediaframe.model.finish import Measure as Measure
    from mediaframe.model.limits import Limits as Limits
    from mediaframe.model.operation import Operation as Operation
    from mediaframe.model.parse import parse_recipe as parse_recipe
    from mediaframe.model.parse import recipe_from_json as recipe_from_json
    from mediaframe.model.recipe import Finished as Finished
    from mediaframe.picture import picture_html as picture_html
    from mediaframe.presets import Presets as Presets
    from mediaframe.presets import preset as preset
    from mediaframe.presets import presets as presets
    from mediaframe.recipes import audio as audio
    from mediaframe.recipes import document as document
    from mediaframe.recipes import image as image
    from mediaframe.recipes import video as video
    from mediaframe.run import Run as Run
    from mediaframe.run import open_run as open_run
    from mediaframe.run import resume as resume
    from mediaframe.storage.retry import Requests as Requests
    from mediaframe.web import WebSet as WebSet
    from mediaframe.web import web_set as web_set

_WHERE = {
    "mediaframe.errors": (
        "AssetError", "MediaframeError", "RecipeError", "RunError", "StoreError", "UsageError",
    ),
    "mediaframe.frame": ("MediaFrame", "from_dask", "scan"),
    "mediaframe.frame.fitting": ("Budget",),
    "mediaframe.frame.merged": ("Merged",),
    "mediaframe.ability": ("formats",),
    "mediaframe.garbage": ("Garbage", "gc"),
    "mediaframe.manifest": ("Verification", "manifest", "verify"),
    "mediaframe.model.argument": ("Column",),
    "mediaframe.model.finish": ("Format", "Measure"),
    "mediaframe.model.limits": ("Limits",),
    "mediaframe.model.operation": ("Operation",),
    "mediaframe.model.parse": ("parse_recipe", "recipe_from_json"),
    "mediaframe.model.recipe": ("Finished",),
    "mediaframe.picture": ("picture_html",),
    "mediaframe.presets": ("Presets", "preset", "presets"),
    "mediaframe.recipes": ("audio", "document", "image", "video"),
    "mediaframe.storage.retry": ("Requests",),
    "mediaframe.web": ("WebSet", "web_set"),
    "mediaframe.run": ("Run", "open_run", "resume"),
}  # fmt: skip

_NAMES = {name: module for module, names in _WHERE.items() for name in names}

__all__ = sorted(_NAMES)  # one table says it all


class _Face(ModuleType):
    """The package as it is seen: a public name stays what it is when a module of the same name is loaded.

    Python sets a loaded module on its package, so `mf.manifest` would stop being a function as soon as
    `mediaframe.manifest` was loaded, and `mf.formats` likewise.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _NAMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        here = sys.modules[__name__]  # With it, Python adds the nearest name to the traceback.
        raise AttributeError(f"module 'mediaframe' has no attribute {name!r}", name=name, obj=here)
    value = getattr(import_module(_NAMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


sys.modules[__name__].__class__ = _Face
