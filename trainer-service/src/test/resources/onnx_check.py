"""ONNX's own checker with shape inference on a file.

usage: onnx_check.py FILE
"""
import sys

import onnx

model = onnx.load(sys.argv[1])
onnx.checker.check_model(model, full_check=True)
print("checked", len(model.graph.node), "nodes")
