# Applies torchvision's transforms with fixed factors to a raw RGB image: argv = folder, width, height.
import sys

import numpy
import torchvision.transforms.functional as F
from PIL import Image
from torchvision.transforms import InterpolationMode

folder, width, height = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
pixels = numpy.fromfile(folder + "/image.bin", dtype=numpy.uint8).reshape(height, width, 3)
image = Image.fromarray(pixels, "RGB")


def keep(name, changed):
    numpy.asarray(changed).astype(numpy.uint8).tofile(folder + "/" + name + ".bin")


for factor in ["0.0", "0.35", "0.8", "1.2", "1.9"]:
    keep("brightness" + factor, F.adjust_brightness(image, float(factor)))
    keep("contrast" + factor, F.adjust_contrast(image, float(factor)))
    keep("saturation" + factor, F.adjust_saturation(image, float(factor)))
for turns in ["-0.5", "-0.21", "0.1", "0.2", "0.5"]:
    keep("hue" + turns, F.adjust_hue(image, float(turns)))
for sigma in ["0.1", "1.3", "5.0"]:
    keep("blur" + sigma, F.gaussian_blur(image, [5, 9], [float(sigma), float(sigma)]))
keep("affine", F.affine(image, 20.0, [3, -2], 1.2, [7.0, 0.0], InterpolationMode.BILINEAR))
keep("rotation", F.affine(image, -35.0, [0, 0], 1.0, [0.0, 0.0], InterpolationMode.BILINEAR))
keep("crop", F.resized_crop(image, 5, 9, 24, 30, [height, width], InterpolationMode.BILINEAR))
