"""Answers, one after the other, what Pillow makes of a file or of pixels. One process for a whole test.

Requests are lines on stdin, answers are raw bytes on stdout:
  decode CHANNELS PATH                        width and height as two lines of text, then the pixels
  resize FILTER WIDTH HEIGHT CHANNELS W H     followed by the pixels; answers W * H * CHANNELS bytes
A file that Pillow cannot decode is answered with width 0.
"""

import sys

from PIL import Image, ImageOps

FILTERS = {"bilinear": Image.BILINEAR, "nearest": Image.NEAREST}


def mode(channels):
    return "L" if channels == 1 else "RGB"


def decode(channels, path):
    image = ImageOps.exif_transpose(Image.open(path))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        white.alpha_composite(image)
        image = white.convert("RGB")
    return image.convert(mode(channels))


def main():
    out = sys.stdout.buffer
    for line in iter(sys.stdin.buffer.readline, b""):
        command, rest = line.decode("utf-8").rstrip("\n").split(" ", 1)
        if command == "decode":
            channels, path = rest.split(" ", 1)
            try:
                image = decode(int(channels), path)
                out.write(b"%d\n%d\n" % image.size)
                out.write(image.tobytes())
            except Exception as e:
                print(path, e, file=sys.stderr)
                out.write(b"0\n0\n")
        else:
            name, width, height, channels, to_width, to_height = rest.split(" ")
            size = (int(width), int(height))
            pixels = sys.stdin.buffer.read(size[0] * size[1] * int(channels))
            image = Image.frombytes(mode(int(channels)), size, pixels)
            out.write(image.resize((int(to_width), int(to_height)), FILTERS[name]).tobytes())
        out.flush()


main()
