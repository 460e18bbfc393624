"""What the routes need, made once when the app starts, and how a route gets it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from bot.api.problems import Problem
from bot.engine_client import EngineClient
from bot.gateway.gateway import Gateway
from bot.settings import Settings
from knowledge.atlas import City
from knowledge.catalogue import Catalogue, LiveCatalogue
from knowledge.editing.frame import Frame


@dataclass
class AppState:
    """The parts of a running app."""

    settings: Settings
    live: LiveCatalogue
    engine: EngineClient
    gateway: Gateway
    _frame: Frame | None = None

    @property
    def catalogue(self) -> Catalogue:
        return self.live.current()

    @property
    def frame(self) -> Frame:
        """The names of the catalogue as it is now, for who writes."""
        catalogue = self.catalogue
        if self._frame is None or self._frame.catalogue is not catalogue:
            self._frame = Frame(catalogue)
        return self._frame

    def city(self, name: str | None) -> City:
        """The named city, or the deployment's. Raises Problem (422) naming the field."""
        cities = self.catalogue.atlas
        found = cities.city(self.settings.city if name is None else name)
        if found is None:
            known = "、".join(city.short for city in cities.cities.values())
            raise Problem(422, "unknown_city", "city", cities=known)
        return found


def _state(request: Request) -> AppState:
    state: AppState = request.app.state.parts
    return state


State = Annotated[AppState, Depends(_state)]
