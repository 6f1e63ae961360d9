"""Logits of torchvision's ResNet-18 with weights from a file, for comparison.

usage: torchvision_resnet18.py FOLDER OUTPUTS
FOLDER/names.txt    one parameter a line: name, then its dimensions
FOLDER/weights.bin  float32 little-endian, in that order
FOLDER/input.txt    dimensions of the normalised input; FOLDER/input.bin its float32 values
writes FOLDER/logits.bin
"""
import sys

import numpy
import torch
import torchvision

folder, outputs = sys.argv[1], int(sys.argv[2])
values = numpy.fromfile(folder + "/weights.bin", dtype="<f4")
state, at = {}, 0
for line in open(folder + "/names.txt"):
    name, *dims = line.split()
    shape = [int(d) for d in dims]
    size = int(numpy.prod(shape))
    state[name] = torch.from_numpy(values[at : at + size].reshape(shape).copy())
    at += size
assert at == len(values), "weights.bin is longer than names.txt says"

network = torchvision.models.resnet18(num_classes=outputs)
missing, unexpected = network.load_state_dict(state, strict=False)
assert not unexpected, unexpected
assert all(name.endswith("num_batches_tracked") for name in missing), missing
network.eval()

dims = [int(d) for d in open(folder + "/input.txt").read().split()]
x = torch.from_numpy(numpy.fromfile(folder + "/input.bin", dtype="<f4").reshape(dims).copy())
with torch.no_grad():
    network(x).numpy().astype("<f4").tofile(folder + "/logits.bin")
