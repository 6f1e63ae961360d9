"""The peer of `scanstream bench training`: the same training step in PyTorch, on the CPU.

Usage: training.py NETWORK SIDE BATCH PRECISION INPUT [FOLDER]

NETWORK is resnet18 or digits-cnn; PRECISION float32 or bfloat16 (autocast); INPUT tensors (one batch, ready) or files (decoded,
augmented and collated for every step, from a folder of class folders or of MNIST's IDX files). It tries plain and channels-last
weights, and 0 to 2 workers of the DataLoader, and keeps what is fastest. Then every line "STEPS" on stdin is answered with a JSON
line: images, seconds, and the seconds of waiting for input, forward, backward and optimizer.
"""

import gzip
import json
import os
import sys
import time

import torch
import torch.nn as nn

NETWORK, SIDE, BATCH, PRECISION, INPUT = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]
FOLDER = sys.argv[6] if len(sys.argv) > 6 else None
CLASSES = 10 if NETWORK == "digits-cnn" else 3
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
THREADS = len(os.sched_getaffinity(0))

torch.manual_seed(1)
torch.set_num_threads(THREADS)


def network():
    if NETWORK == "resnet18":
        import torchvision

        return torchvision.models.resnet18(num_classes=CLASSES)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, padding_mode="reflect"), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1, padding_mode="reflect"), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1, padding_mode="reflect"), nn.ReLU(),
        nn.Flatten(), nn.Linear(1568, 10),
    )


class Digits(torch.utils.data.Dataset):
    def __init__(self, folder):
        def read(name, header):
            with gzip.open(os.path.join(folder, name + ".gz")) as file:
                return torch.frombuffer(bytearray(file.read()[header:]), dtype=torch.uint8)

        self.labels = read("train-labels-idx1-ubyte", 8).long()
        self.images = read("train-images-idx3-ubyte", 16).view(len(self.labels), 1, SIDE, SIDE)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.images[index].float() / 255, self.labels[index]


def dataset():
    if NETWORK == "digits-cnn":
        return Digits(FOLDER)
    from torchvision import datasets, transforms

    return datasets.ImageFolder(
        os.path.join(FOLDER, "train"),
        transforms.Compose([
            transforms.Resize((SIDE, SIDE)),
            transforms.RandomResizedCrop(SIDE, scale=(0.8, 1.0)),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
        ]),
    )


def ready():
    channels = 1 if NETWORK == "digits-cnn" else 3
    batch = torch.randn(BATCH, channels, SIDE, SIDE), torch.randint(0, CLASSES, (BATCH,))
    while True:
        yield batch


def forever(loader):
    while True:
        yield from loader


class Trainer:
    def __init__(self, channels_last):
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        self.name = "channels-last" if channels_last else "plain"
        self.model = network().to(memory_format=self.format)
        self.model.train()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01, momentum=0.9)
        self.loss = nn.CrossEntropyLoss()

    def run(self, batches, steps):
        parts = {"input": 0.0, "forward": 0.0, "backward": 0.0, "optimizer": 0.0}
        images = 0
        start = last = time.perf_counter()

        def lap(part):
            nonlocal last
            now = time.perf_counter()
            parts[part] += now - last
            last = now

        for _ in range(steps):
            pixels, labels = next(batches)
            lap("input")
            self.optimizer.zero_grad()
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=PRECISION == "bfloat16"):
                logits = self.model(pixels.contiguous(memory_format=self.format))
            loss = self.loss(logits.float(), labels)
            loss.item()
            lap("forward")
            loss.backward()
            lap("backward")
            self.optimizer.step()
            lap("optimizer")
            images += len(labels)
        return {"images": images, "seconds": time.perf_counter() - start, **parts}


def fastest(choices):
    """The name of the fastest: each in turn, three times, its best counts; name -> (trainer, batches)."""
    best = dict.fromkeys(choices, 0.0)
    for trainer, batches in choices.values():
        trainer.run(batches, 2)
    for _ in range(3):
        for name, (trainer, batches) in choices.items():
            told = trainer.run(batches, 3)
            best[name] = max(best[name], told["images"] / told["seconds"])
    return max(best, key=best.get)


trainers = {each.name: (each, ready()) for each in (Trainer(False), Trainer(True))}
name = fastest(trainers)
trainer, batches = trainers[name]
if INPUT == "files":
    data = dataset()

    def loader(workers):
        return forever(torch.utils.data.DataLoader(
            data, BATCH, shuffle=True, drop_last=True, num_workers=workers, persistent_workers=workers > 0))

    loaders = {f"{workers} workers": (trainer, loader(workers)) for workers in (0, 1, THREADS)}
    workers = fastest(loaders)
    name += ", " + workers
    batches = loaders[workers][1]
    del loaders
name = f"torch {torch.__version__} {name}"
print(json.dumps({"name": name}), flush=True)
for line in sys.stdin:
    print(json.dumps(trainer.run(batches, int(line))), flush=True)
