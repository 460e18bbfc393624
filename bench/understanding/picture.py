"""The same figures to look at: sureness against truth, and what is taken for what."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # no screen is needed

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.font_manager import fontManager

from bench.understanding.figures import Axis, Figures
from bench.understanding.report import label, words

FONT = "Noto Sans CJK"
INK, ACCENT = "#333333", "#0b5cad"
DOTS = 110


def draw(figures: Figures, folder: Path) -> list[Path]:
    """understanding-reliability.png and a confusion matrix for each axis."""
    _speak_chinese()
    files = [folder / "understanding-reliability.png"]
    say = words()["picture"]
    canvas, axes = pyplot.subplots(1, 2, figsize=(9, 4.4), sharey=True)
    for name, part in zip(("service", "matter"), axes, strict=True):
        _reliability(part, getattr(figures, name), say[name])
    canvas.savefig(files[0], dpi=DOTS, bbox_inches="tight")
    for name in ("service", "matter"):
        files.append(folder / f"understanding-confusion-{name}.png")
        canvas, part = pyplot.subplots(figsize=(9, 8.4))
        _confusion(part, getattr(figures, name))
        canvas.savefig(files[-1], dpi=DOTS, bbox_inches="tight")
    pyplot.close("all")
    return files


def _reliability(part: Axes, axis: Axis, title: str) -> None:
    say = words()["picture"]
    bins = axis.reliability()
    part.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=1)
    part.plot([item.confidence for item in bins], [item.right for item in bins], "o-", color=ACCENT)
    part.set(xlim=(0, 1), ylim=(0, 1), xlabel=say["confidence"], ylabel=say["right"])
    part.set_title(f"{title}  ECE {axis.calibration_error():.3f}")
    part.set_aspect("equal")


def _confusion(part: Axes, axis: Axis) -> None:
    say = words()["picture"]
    names = sorted({*axis.gold, *axis.said})
    counts = {name: axis.gold.count(name) for name in names}
    pairs = list(zip(axis.gold, axis.said, strict=True))
    shares = [[pairs.count((row, column)) / max(1, counts[row]) for column in names]
              for row in names]  # fmt: skip
    part.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    titles = [label(name) for name in names]
    part.set_xticks(range(len(names)), titles, rotation=90, fontsize=8)
    part.set_yticks(range(len(names)), titles, fontsize=8)
    part.set(xlabel=say["said"], ylabel=say["wanted"])
    for y, row in enumerate(shares):
        for x, value in enumerate(row):
            if value >= 0.05:
                colour = "white" if value > 0.5 else INK
                part.text(x, y, f"{value * 100:.0f}", ha="center", va="center",
                          fontsize=6.5, color=colour)  # fmt: skip


def _speak_chinese() -> None:
    """Debian's CJK font where it is installed; elsewhere the labels may be boxes."""
    found = [font.name for font in fontManager.ttflist if font.name.startswith(FONT)]
    if found:
        pyplot.rcParams["font.family"] = sorted(found, key=lambda name: "SC" not in name)[0]
