"""In stock Rasa's own runtime:  python bench/stock/parse.py MODEL OUT < texts.json

The rankings go to a file: Rasa writes its log to standard output.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from rasa.core.agent import Agent  # type: ignore[import-not-found,unused-ignore]


async def _parse(model: str, texts: list[str]) -> list[list[list[object]]]:
    agent = Agent.load(model)
    found = []
    for text in texts:
        parsed = await agent.parse_message(text)
        found.append([[item["name"], item["confidence"]] for item in parsed["intent_ranking"]])
    return found


if __name__ == "__main__":
    rankings = asyncio.run(_parse(sys.argv[1], json.load(sys.stdin)))
    Path(sys.argv[2]).write_text(json.dumps(rankings), encoding="utf-8")
