"""Reads an event file as TensorBoard does, without TensorBoard: own framing, own CRC-32C, Google's protobuf. Prints JSON."""
import json
import struct
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

FIELD = descriptor_pb2.FieldDescriptorProto


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def message(file, name, fields):
    descriptor = file.message_type.add(name=name)
    for number, field, kind, label, type_name in fields:
        descriptor.field.add(name=field, number=number, type=kind, label=label, type_name=type_name)


file = descriptor_pb2.FileDescriptorProto(name="event.proto", package="tensorflow", syntax="proto3")
one, many = FIELD.LABEL_OPTIONAL, FIELD.LABEL_REPEATED
message(file, "Value", [(1, "tag", FIELD.TYPE_STRING, one, None), (2, "simple_value", FIELD.TYPE_FLOAT, one, None)])
message(file, "Summary", [(1, "value", FIELD.TYPE_MESSAGE, many, ".tensorflow.Value")])
message(file, "Event", [
    (1, "wall_time", FIELD.TYPE_DOUBLE, one, None),
    (2, "step", FIELD.TYPE_INT64, one, None),
    (3, "file_version", FIELD.TYPE_STRING, one, None),
    (5, "summary", FIELD.TYPE_MESSAGE, one, ".tensorflow.Summary"),
])
pool = descriptor_pool.DescriptorPool()
pool.Add(file)
descriptor = pool.FindMessageTypeByName("tensorflow.Event")
if hasattr(message_factory, "GetMessageClass"):
    Event = message_factory.GetMessageClass(descriptor)
else:
    Event = message_factory.MessageFactory(pool).GetPrototype(descriptor)

data = open(sys.argv[1], "rb").read()
events = []
at = 0
while at < len(data):
    length, crc = struct.unpack("<QI", data[at:at + 12])
    assert crc == masked(data[at:at + 8]), "checksum of a length at %d" % at
    body = data[at + 12:at + 12 + length]
    assert struct.unpack("<I", data[at + 12 + length:at + 16 + length])[0] == masked(body), "checksum at %d" % at
    event = Event()
    event.ParseFromString(body)
    events.append({
        "wallTime": event.wall_time,
        "step": event.step,
        "fileVersion": event.file_version,
        "scalars": {value.tag: value.simple_value for value in event.summary.value},
    })
    at += 16 + length
print(json.dumps(events))
