"""Serving without TensorFlow: stand-ins for a library that Rasa imports and we never call.

Rasa registers every component it ships at import, among them neural ones that subclass Keras
layers. Our pipeline uses none of them, yet importing TensorFlow costs 8 seconds of every start and
350 MB of every engine. `install()` puts inert modules in its place, in the serving and training
process only; the `rasa` command itself keeps the real library. Calling anything of it fails loudly.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from types import ModuleType
from typing import Any, Optional, Sequence

STANDS_IN_FOR = ("tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "keras")


class _Inert(type):
    """A class whose every attribute is another inert class: enough to subclass and annotate."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _inert(f"{cls.__qualname__}.{name}")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls.__dict__.get("_stand_in") and len(args) == 1 and callable(args[0]) and not kwargs:
            return args[0]  # used as a decorator
        raise RuntimeError(f"{cls.__qualname__} needs TensorFlow, which is not loaded here")

    def __mro_entries__(cls, bases: Any) -> Any:
        return (cls,)

    def __iter__(cls) -> Any:
        raise RuntimeError(f"{cls.__qualname__} needs TensorFlow, which is not loaded here")

    def __or__(cls, other: Any) -> Any:
        return cls

    __ror__ = __or__

    def __getitem__(cls, item: Any) -> Any:
        return cls


def _inert(name: str) -> Any:
    return _Inert(name.rsplit(".", 1)[-1], (), {"_stand_in": True, "__qualname__": name})


class _Module(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = _inert(f"{self.__name__}.{name}")
        setattr(self, name, value)
        return value


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]], target: Optional[ModuleType] = None
    ) -> Optional[importlib.machinery.ModuleSpec]:
        if fullname.split(".")[0] in STANDS_IN_FOR:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = _Module(spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module: ModuleType) -> None:
        return None


def install() -> None:
    """Must run before anything of Rasa is imported. Raises RuntimeError when it is too late."""
    if "tensorflow" in sys.modules and not isinstance(sys.modules["tensorflow"], _Module):
        raise RuntimeError("TensorFlow is already loaded")
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
