"""The recipe digits-mlp in PyTorch: digits_mlp.py FOLDER SEED prints the accuracy on the 10,000 test images.

FOLDER has MNIST's four IDX files, gzipped. 57,000 of the training images, as the recipe leaves 5 % for validation.
"""

import gzip
import os
import sys

import torch
import torch.nn as nn

FOLDER, SEED = sys.argv[1], int(sys.argv[2])
TRAINED, BATCH, STEPS = 57_000, 1_000, 1_000


def read(name, header):
    with gzip.open(os.path.join(FOLDER, name + ".gz")) as file:
        return torch.frombuffer(bytearray(file.read()[header:]), dtype=torch.uint8)


def split(prefix):
    labels = read(prefix + "-labels-idx1-ubyte", 8).long()
    return read(prefix + "-images-idx3-ubyte", 16).view(len(labels), 784).float() / 255, labels


torch.manual_seed(SEED)
images, labels = split("train")
network = nn.Sequential(nn.Linear(784, 80), nn.ReLU(), nn.Linear(80, 40), nn.ReLU(), nn.Linear(40, 10))
optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
loss = nn.CrossEntropyLoss()
for step in range(STEPS):
    if step % (TRAINED // BATCH) == 0:
        order = torch.randperm(TRAINED).split(BATCH)
    batch = order[step % len(order)]
    optimizer.zero_grad()
    loss(network(images[batch]), labels[batch]).backward()
    optimizer.step()
with torch.no_grad():
    images, labels = split("t10k")
    print((network(images).argmax(1) == labels).float().mean().item())
