"""Our own pipeline on other utterances, in the engine's runtime:

    python -m bench.understanding.train_and_ask NLU_FOLDER OUT < texts.json

The answers go to a file: Rasa writes its log to standard output.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List

from engine import without_tensorflow

without_tensorflow.install()  # before anything of Rasa is imported

from rasa.core.agent import Agent  # noqa: E402
from rasa.model_training import train_nlu  # noqa: E402

KEPT = ("intent_ranking", "matters", "urgency", "party")


async def _ask(model: str, texts: List[str]) -> List[Dict[str, Any]]:
    agent = Agent.load(model)
    found = []
    for text in texts:
        parsed = await agent.parse_message(text)
        found.append({name: parsed[name] for name in KEPT})
    return found


def main(utterances: str, out: str) -> None:
    """Raises RuntimeError when nothing was trained."""
    with tempfile.TemporaryDirectory() as folder:
        model = train_nlu("config.yml", utterances, folder, fixed_model_name="sample")
        if model is None:
            raise RuntimeError("not trained")
        answers = asyncio.run(_ask(str(model), json.load(sys.stdin)))
    Path(out).write_text(json.dumps(answers), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
