"""Every page of the supervisors' site."""

from __future__ import annotations

from fastapi import APIRouter

from bot.supervise import board, callbacks, calls, duty, follow_ups, quality, reports

ROUTERS: tuple[APIRouter, ...] = (
    board.router,
    board.api,
    reports.router,
    calls.router,
    quality.router,
    callbacks.router,
    duty.router,
    follow_ups.router,
)
