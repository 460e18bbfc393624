"""Settings from the environment: WENFA_…, DATABASE_URL, ENGINE_TRACKER_URL; none is needed."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(BaseSettings):
    """Everything a deployment may change. Ports are numbers, times are seconds."""

    model_config = SettingsConfigDict(
        env_prefix="WENFA_", env_ignore_empty=True, populate_by_name=True, extra="ignore"
    )

    home: Path = ROOT / "var"
    city: str = "zhongshan"
    host: str = "127.0.0.1"
    port: Port = 8080
    actions_port: Port = 5055
    engine_port: Port = 5005
    database: str | None = Field(default=None, validation_alias="DATABASE_URL")
    engine_tracker: str | None = Field(default=None, validation_alias="ENGINE_TRACKER_URL")
    # the public contract: an apology or 503 within five seconds
    engine_timeout: float = 4.0
    session_days: int = 30
    secure_cookie: bool = False
    # the model that this app expects its engine to serve (its name without .tar.gz)
    model: str | None = None

    @cached_property
    def database_url(self) -> str:
        """The knowledge base and conversations: an SQLite file under `home` by default."""
        return self.database or f"sqlite:///{self.home.resolve() / 'wenfa.sqlite3'}"

    @cached_property
    def engine_tracker_url(self) -> str:
        """The engine's own store, never shared with the app."""
        return self.engine_tracker or f"sqlite:///{self.home.resolve() / 'engine.sqlite3'}"

    @property
    def engine_url(self) -> str:
        return f"http://127.0.0.1:{self.engine_port}"

    @property
    def actions_url(self) -> str:
        return f"http://127.0.0.1:{self.actions_port}"

    @property
    def engine_python(self) -> Path:
        return self.home / "runtime" / "engine" / "bin" / "python"

    @property
    def gazetteer_file(self) -> Path:
        return self.home / "gazetteer.json"

    @property
    def prepared_file(self) -> Path:
        """Holds the name of the model that was prepared last."""
        return self.home / "prepared-model"

    @property
    def models(self) -> Path:
        return self.home / "models"
