"""The seconds between two stored moments, counted by the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Float
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class SecondsBetween(FunctionElement[float]):
    """SecondsBetween(start, end); null when one of them is."""

    type = Float()
    inherit_cache = True
    name = "seconds_between"


@compiles(SecondsBetween, "sqlite")
def _sqlite(element: SecondsBetween, compiler: SQLCompiler, **more: Any) -> str:
    start, end = (compiler.process(one, **more) for one in element.clauses)
    return f"((julianday({end}) - julianday({start})) * 86400.0)"


@compiles(SecondsBetween, "postgresql")
def _postgresql(element: SecondsBetween, compiler: SQLCompiler, **more: Any) -> str:
    start, end = (compiler.process(one, **more) for one in element.clauses)
    return f"EXTRACT(EPOCH FROM ({end} - {start}))"
