"""Makes a portrait of the picture on standard input: `python -m agora.actions.portraits`. It fails where it is none.

Nobody imports it: Pillow and what a picture takes while it is read are no part of a serving process.
"""

import io
import struct
import sys
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

# Pixels of a portrait's side: twice the size at which it is shown.
PORTRAIT_SIDE = 192
_MOST_PIXELS = 50_000_000
_LONGEST_SIDE = 12_000

# What Pillow raises at pictures that are broken or are none.
BROKEN = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    struct.error,
)


def portrait(picture: bytes) -> bytes:
    """A square WebP without metadata: where a photograph was taken is nobody's business. Raises BROKEN."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(picture), formats=("PNG", "JPEG", "WEBP")) as opened:
            if opened.width * opened.height > _MOST_PIXELS or max(opened.size) > _LONGEST_SIDE:
                raise ValueError("too many pixels")
            opened.draft("RGB", (PORTRAIT_SIDE * 2, PORTRAIT_SIDE * 2))  # a JPEG is read at a fraction of its size
            opened.thumbnail((PORTRAIT_SIDE * 4, PORTRAIT_SIDE * 4))
            upright = _on_white(ImageOps.exif_transpose(opened))
    square = ImageOps.fit(upright, (PORTRAIT_SIDE, PORTRAIT_SIDE))
    output = io.BytesIO()
    square.save(output, "WEBP", quality=82)
    return output.getvalue()


def _on_white(picture: Image.Image) -> Image.Image:
    layered = picture.convert("RGBA")
    ground = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(ground, layered).convert("RGB")


def main() -> int:
    try:
        made = portrait(sys.stdin.buffer.read())
    except BROKEN as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
