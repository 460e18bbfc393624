"""In stock Rasa's own runtime:  python bench/stock/parse.py MODEL < texts.json > rankings.json"""

from __future__ import annotations

import asyncio
import json
import sys

from rasa.core.agent import Agent  # type: ignore[import-not-found,unused-ignore]


async def _parse(model: str, texts: list[str]) -> list[list[list[object]]]:
    agent = Agent.load(model)
    found = []
    for text in texts:
        parsed = await agent.parse_message(text)
        found.append([[item["name"], item["confidence"]] for item in parsed["intent_ranking"]])
    return found


if __name__ == "__main__":
    json.dump(asyncio.run(_parse(sys.argv[1], json.load(sys.stdin))), sys.stdout)
