"""A torchvision network's weights and its logits, for comparison.

usage: torchvision_weights.py FOLDER ARCHITECTURE OUTPUTS SIDE POOL
FOLDER/pixels.bin   uint8 [N, SIDE, SIDE, 3]
POOL                side of VGG's map before its linear layers; 0 leaves torchvision's
writes FOLDER/weights.pth (torch.save of the state_dict) and FOLDER/logits.bin (float32 little-endian)
"""
import sys

import numpy
import torch
import torchvision

folder, name, outputs, side, pool = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
torch.manual_seed(7)
network = getattr(torchvision.models, name)(num_classes=outputs)
if pool:
    network.avgpool = torch.nn.AdaptiveAvgPool2d(pool)
    network.classifier[0] = torch.nn.Linear(512 * pool * pool, 4096)
# Norms and statistics that are not the first ones, yet as after training: logits stay of ordinary size.
norms = [module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
for norm in norms:
    torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
    torch.nn.init.normal_(norm.bias, 0, 0.1)
    norm.momentum = 0.5
with torch.no_grad():
    for _ in range(4 if norms else 0):
        network(torch.randn(8, 3, side, side))
torch.save(network.state_dict(), folder + "/weights.pth")
network.eval()

pixels = numpy.fromfile(folder + "/pixels.bin", dtype=numpy.uint8).reshape(-1, side, side, 3)
x = torch.from_numpy(pixels.copy()).permute(0, 3, 1, 2).float() / 255
mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
std = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
with torch.no_grad():
    network((x - mean) / std).numpy().astype("<f4").tofile(folder + "/logits.bin")
