"""Asks a server of the Open Inference Protocol with Triton's client. Arguments: host:port, model, version, folder of PNGs.

Prints what came as one JSON object.
"""

import json
import pathlib
import sys

import numpy as np
import tritonclient.http as http
from tritonclient.utils import InferenceServerException

address, model, version, folder = sys.argv[1:]
client = http.InferenceServerClient(address)
seen = {
    "live": client.is_server_live(),
    "ready": client.is_server_ready(),
    "modelReady": client.is_model_ready(model),
    "versionReady": client.is_model_ready(model, version),
    "nobodyReady": client.is_model_ready("nobody"),
    "server": client.get_server_metadata(),
    "metadata": client.get_model_metadata(model),
}
size = seen["metadata"]["inputs"][0]["shape"][1:]


def asked(outputs, binary):
    return None if outputs is None else [http.InferRequestedOutput(name, binary_data=binary) for name in outputs]


def infer(given, outputs=None, binary=True, **more):
    result = client.infer(model, [given], outputs=asked(outputs, binary), **more)
    answer = {"response": result.get_response()}
    for output in result.get_response()["outputs"]:
        values = result.as_numpy(output["name"])
        answer[output["name"]] = {"shape": values.shape, "type": str(values.dtype), "values": values.ravel().tolist()}
    return answer


colours = np.array([[200, 150, 30], [1, 2, 250], [9, 200, 4]], dtype=np.uint8)
scans = np.broadcast_to(colours[:, None, None, :], (3, *size)).copy()
for binary in (True, False):
    tensor = http.InferInput("scan", scans.shape, "UINT8")
    tensor.set_data_from_numpy(scans, binary_data=binary)
    name = "binary" if binary else "json"
    seen[name] = infer(tensor, request_id=name)
    seen[name + "JsonOutput"] = infer(tensor, ["probabilities"], binary=False, model_version=version)
    seen[name + "BinaryOutput"] = infer(tensor, ["logits", "probabilities"], binary=True, timeout=1000000)

files = sorted(pathlib.Path(folder).iterdir())
images = np.array([file.read_bytes() for file in files], dtype=np.object_)
tensor = http.InferInput("image", images.shape, "BYTES")
tensor.set_data_from_numpy(images, binary_data=True)
seen["images"] = infer(tensor)

pending = [client.async_infer(model, [tensor]) for _ in range(4)]
seen["async"] = [result.get_result().get_response()["model_version"] for result in pending]

seen["refused"] = {}
for reason, given, target in (
    ("shape", ("scan", [1, 2, 3, 3], np.zeros((1, 2, 3, 3), np.uint8), "UINT8"), model),
    ("type", ("scan", [1, *size], np.zeros((1, *size), np.float32), "FP32"), model),
    ("name", ("nothing", [1, *size], np.zeros((1, *size), np.uint8), "UINT8"), model),
    ("model", ("scan", [1, *size], np.zeros((1, *size), np.uint8), "UINT8"), "nobody"),
):
    name, shape, values, datatype = given
    tensor = http.InferInput(name, shape, datatype)
    tensor.set_data_from_numpy(values, binary_data=True)
    try:
        client.infer(target, [tensor])
        seen["refused"][reason] = None
    except InferenceServerException as refusal:
        seen["refused"][reason] = [refusal.status(), refusal.message()]

print(json.dumps(seen))
