"""Train one model into a named file:  python -m engine.train OUT_FOLDER MODEL_NAME"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from engine import without_tensorflow

without_tensorflow.install()  # before anything of Rasa is imported

import rasa  # noqa: E402
from rasa.utils.log_utils import configure_structlog  # noqa: E402


def main(folder: str, name: str) -> int:
    """Returns Rasa's exit code; the model is OUT_FOLDER/MODEL_NAME.tar.gz."""
    configure_structlog(logging.WARNING)
    result = rasa.train(
        domain="domain",
        config="config.yml",
        training_files=["nlu_data"],
        output=folder,
        fixed_model_name=name,
        # the same inputs never reach this point, and a cache would outlive a deleted model
        force_training=True,
    )
    if result.model is None or not Path(result.model).exists():
        return result.code or 1
    return int(result.code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
