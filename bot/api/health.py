"""/health, /ready and /metrics, at the root."""

from __future__ import annotations

from typing import Any

import httpx
from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from bot.api.state import AppState, State
from bot.engine_client import EngineAway

router = APIRouter(tags=["health"])


@router.get("/health")
async def health() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/ready", responses={503: {}})
async def ready(state: State, response: Response) -> dict[str, Any]:
    """Everything a resident needs answers: content, actions, the right model, one real parse."""
    checks = {
        "knowledge": _knowledge(state),
        "actions": await _actions(state),
        "engine": await _engine(state),
    }
    is_ready = all(check["ok"] for check in checks.values())
    response.status_code = 200 if is_ready else 503
    return {"ready": is_ready, "checks": checks}


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics() -> Response:
    """Prometheus text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _knowledge(state: AppState) -> dict[str, Any]:
    try:
        catalogue = state.catalogue
    except SQLAlchemyError:
        return {"ok": False}
    return {"ok": bool(catalogue.atlas.regions), "edition": catalogue.version}


async def _actions(state: AppState) -> dict[str, Any]:
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            answer = await client.get(f"{state.settings.actions_url}/ready")
        return {"ok": answer.status_code == 200}
    except httpx.HTTPError:
        return {"ok": False}


async def _engine(state: AppState) -> dict[str, Any]:
    """A served model of another name, or one that cannot parse, is not ready."""
    try:
        ok, model = await state.engine.check(state.settings.model)
    except EngineAway:
        return {"ok": False, "model": None}
    return {"ok": ok, "model": model}
