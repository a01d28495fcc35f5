"""Words above a picture of a clip: the goal, what is shown, whether it is solved."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from rewardlab.store.text import printable

Picture: TypeAlias = npt.NDArray[np.uint8]

MAX_WIDTH = 640
STRIP = 64
"""Height of the caption above the picture [pixels]."""


def caption(
    picture: Picture, goal: str, label: str, success: bool | None, *, over: bool = False
) -> Picture:
    """Return a picture `(height, width, 3)` of even size with two lines of text above it."""
    from PIL import Image, ImageDraw

    image = Image.fromarray(picture)
    if image.width > MAX_WIDTH:
        image = image.resize((MAX_WIDTH, image.height * MAX_WIDTH // image.width))
    width, height = image.width + image.width % 2, image.height + image.height % 2
    canvas = Image.new("RGB", (width, STRIP + height), "#15181e")
    canvas.paste(image, (0, STRIP))  # a player's controls would hide text at the bottom
    draw = ImageDraw.Draw(canvas)
    large, small = _font(17), _font(14)
    draw.text((14, 10), _fit(goal, large, width - 28), "#f4f5f7", large)
    draw.text((14, 36), label, "#aab2bf", small)
    text, colour = _verdict(success, over)
    draw.text((width - 14, 36), text, colour, small, anchor="ra")
    return np.asarray(canvas)


def _verdict(success: bool | None, over: bool) -> tuple[str, str]:
    if success is None:
        return "", "#aab2bf"
    if success:
        return "✓ solved", "#5fd38d"
    return ("✗ not solved", "#f08a7d") if over else ("not solved yet", "#f0b35a")


def _font(size: int) -> Any:
    from matplotlib import get_data_path
    from PIL import ImageFont

    return ImageFont.truetype(f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf", size)


def _fit(text: str, font: Any, width: int) -> str:
    text = printable(" ".join(text.split())[:200])
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"
