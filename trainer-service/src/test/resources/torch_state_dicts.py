"""Files as torch.save writes them, good and bad.

usage: torch_state_dicts.py FOLDER
"""
import collections
import sys

import torch

folder = sys.argv[1]
torch.manual_seed(3)
base = torch.randn(6, 5)
good = collections.OrderedDict(
    [
        ("0.weight", base.t()[:, :4].t()),  # a view with strides and an offset of a storage that others share
        ("0.bias", base[1:, 2][:4]),
        ("1.weight", torch.randn(4).double()),
        ("1.bias", torch.randn(4).half()),
        ("1.running_mean", torch.randn(4).bfloat16()),
        ("1.running_var", torch.tensor([1, 2, 3, 4])),
        ("1.num_batches_tracked", torch.tensor(9)),
        ("extra", torch.tensor([5, 6], dtype=torch.int32)),
        ("none", torch.zeros(0, 3)),
    ]
)
torch.save(good, folder + "/good.pth")
torch.save({"epoch": 3, "state_dict": good, "optimizer": {"state": {0: {"step": 2.5}}}}, folder + "/checkpoint.pth")
torch.save(good, folder + "/old.pth", _use_new_zipfile_serialization=False)
torch.save(torch.nn.Linear(2, 2), folder + "/module.pth")
torch.save({"a": torch.zeros(2, dtype=torch.uint8)}, folder + "/bytes.pth")
torch.jit.script(torch.nn.Linear(2, 2)).save(folder + "/script.pth")
with open(folder + "/values.txt", "w") as out:
    for name, tensor in good.items():
        print(name, *[repr(float(value)) for value in tensor.float().flatten()], file=out)
