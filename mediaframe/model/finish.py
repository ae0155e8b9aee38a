"""Format and Measure: the two ways a recipe ends, in a file or in a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from mediaframe.model.kind import Kind, Shape
from mediaframe.model.operation import Operation
from mediaframe.model.spec import Spec

Scalar = Literal["float", "int", "string", "bool"]
"""One plain value."""

ValueType = Literal[Scalar, "strings", "floats", "records"]
"""What a measure gives: one value, a list of text or of numbers, or a list of records that all have the same fields."""


class Format(Spec):
    """How a result is written as a file."""

    media_type: ClassVar[str]
    extension: ClassVar[str]
    chooses: ClassVar[bool] = False
    """Whether it writes one of several formats, which is known once the file is made."""
    repacks: ClassVar[bool] = False
    """Whether `lossless` means the picture data of the source, packed anew."""
    animates: ClassVar[bool] = False
    """Whether it can hold an animation; the others are given its first frame."""
    package: ClassVar[str] = ""
    """How the main file is called where a result is a folder: that file and the parts that it names."""
    module: ClassVar[str]
    """The module that writes it, where that does not come with mediaframe itself."""
    install: ClassVar[str]
    """How that module is installed."""

    def __init_subclass__(
        cls,
        *,
        takes: Kind | None = None,
        media_type: str = "",
        extension: str = "",
        animates: bool = False,
        package: str = "",
        module: str = "",
        install: str = "",
        **rest: Any,
    ) -> None:
        super().__init_subclass__(takes=takes, **rest)
        if takes is not None:
            cls.media_type, cls.extension, cls.animates = media_type, extension, animates
            cls.module, cls.install, cls.package = module, install, package

    def extensions(self) -> tuple[str, ...]:
        """Give the extensions that a file may get."""
        return (self.extension,)

    def extension_of(self, media_type: str | None) -> str:
        """Give the extension of a file that was written, by its media type; None is one that is not made yet."""
        return self.extension

    @classmethod
    def placed(cls, name: str, extension: str | None = None) -> str:
        """Say where the file stands that was named; the main file of a package stands in a folder of that name."""
        if not cls.package:
            return name
        return f"{name.removesuffix(f'.{extension or cls.extension}').rstrip('. ')}/{cls.package}"

    def check_steps(self, steps: tuple[Operation, ...]) -> None:
        """Raise where the steps that stand before it make no sense with it."""

    def infer(self, shape: Shape) -> Shape:
        """Say the shape of what is written, as far as it is known before the pixels."""
        return shape


class Measure(Spec):
    """What can be known of a medium: one value for each row."""

    gives: ClassVar[ValueType] = "float"
    fields: ClassVar[Mapping[str, Scalar]] = {}
    """The fields of a record, where it gives these."""

    def __init_subclass__(
        cls,
        *,
        takes: Kind | None = None,
        gives: ValueType | None = None,
        fields: Mapping[str, Scalar] | None = None,
        **rest: Any,
    ) -> None:
        super().__init_subclass__(takes=takes, **rest)
        cls.gives, cls.fields = gives or cls.gives, fields or cls.fields
