#!/usr/bin/python3
"""Writes a tiny ONNX model whose answers can be told by hand. Nothing but the standard library is needed.

Usage: tiny_yolo.py FILE [--rows-first] [--wrong-shape] [--no-names]

The model has YOLOv8's shape: an input of 64x64 pixels, an output of [1, 4 + 2, 64]. It divides the picture into 8x8 cells of
8 pixels. Cell (column, row) is a box of 24x24 pixels around its centre. The classes are person and hand: person is as certain as the
cell is redder than green, hand as it is bluer than green: sigmoid(20 * (difference - 0.5)).
"""
import argparse
import struct

CELL, GRID, BOX = 8, 8, 24.0
SIZE = CELL * GRID


def varint(value):
    out = b""
    while True:
        byte = value & 0x7F
        value >>= 7
        if not value:
            return out + bytes([byte])
        out += bytes([byte | 0x80])


def number(field, value):
    return varint(field << 3) + varint(value)


def message(field, body):
    body = body.encode() if isinstance(body, str) else body
    return varint(field << 3 | 2) + varint(len(body)) + body


def initializer(name, shape, values, kind=1):
    packed = struct.pack("<%d%s" % (len(values), "f" if kind == 1 else "q"), *values)
    body = b"".join(number(1, size) for size in shape) + number(2, kind) + message(8, name) + message(9, packed)
    return message(5, body)


def integers(name, values):
    return message(5, message(1, name) + b"".join(number(8, value) for value in values) + number(20, 7))


def integer(name, value):
    return message(5, message(1, name) + number(3, value) + number(20, 2))


def node(kind, inputs, outputs, attributes=b""):
    body = b"".join(message(1, name) for name in inputs) + b"".join(message(2, name) for name in outputs)
    return message(1, body + message(3, outputs[0]) + message(4, kind) + attributes)


def value_info(field, name, shape):
    dimensions = b"".join(message(1, number(1, size)) for size in shape)
    return message(field, message(1, name) + message(2, message(1, number(1, 1) + message(2, dimensions))))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--rows-first", action="store_true", help="one row per box, as some exports have it")
    parser.add_argument("--wrong-shape", action="store_true", help="an output that is no detection")
    parser.add_argument("--no-names", action="store_true", help="without names in the metadata")
    arguments = parser.parse_args()

    cells, pixels = GRID * GRID, CELL * CELL
    # Two filters that add up a whole cell: red minus green, and blue minus green.
    weights = []
    for colours in ((1, -1, 0), (0, -1, 1)):
        for sign in colours:
            weights += [20.0 * sign / pixels] * pixels
    boxes = []
    for values in (
        [CELL * (cell % GRID) + CELL / 2 for cell in range(cells)],
        [CELL * (cell // GRID) + CELL / 2 for cell in range(cells)],
        [BOX] * cells,
        [BOX] * cells,
    ):
        boxes += values

    graph = node(
        "Conv", ["images", "weights", "bias"], ["certainty"],
        integers("kernel_shape", [CELL, CELL]) + integers("strides", [CELL, CELL]),
    )
    graph += node("Reshape", ["certainty", "classes_shape"], ["classes_flat"])
    graph += node("Sigmoid", ["classes_flat"], ["classes"])
    # Boxes hang on the picture like a real head's: the convolution's result times zero, plus the grid.
    graph += node("Conv", ["images", "nothing", "nothing_bias"], ["offsets"],
                  integers("kernel_shape", [CELL, CELL]) + integers("strides", [CELL, CELL]))
    graph += node("Reshape", ["offsets", "boxes_shape"], ["offsets_flat"])
    graph += node("Add", ["offsets_flat", "grid"], ["boxes"])
    last, shape = "output0", [1, 6, cells]
    if arguments.wrong_shape:
        graph += node("Softmax", ["certainty"], [last], integer("axis", 1))
        shape = [1, 2, GRID, GRID]
    elif arguments.rows_first:
        graph += node("Concat", ["boxes", "classes"], ["columns"], integer("axis", 1))
        graph += node("Transpose", ["columns"], [last], integers("perm", [0, 2, 1]))
        shape = [1, cells, 6]
    else:
        graph += node("Concat", ["boxes", "classes"], [last], integer("axis", 1))
    graph += message(2, "tiny")
    graph += initializer("weights", [2, 3, CELL, CELL], weights)
    graph += initializer("bias", [2], [-10.0, -10.0])
    graph += initializer("nothing", [4, 3, CELL, CELL], [0.0] * (4 * 3 * pixels))
    graph += initializer("nothing_bias", [4], [0.0] * 4)
    graph += initializer("classes_shape", [3], [1, 2, cells], kind=7)
    graph += initializer("boxes_shape", [3], [1, 4, cells], kind=7)
    graph += initializer("grid", [1, 4, cells], boxes)
    graph += value_info(11, "images", [1, 3, SIZE, SIZE]) + value_info(12, last, shape)

    model = number(1, 8) + message(2, "tiny_yolo") + message(7, graph) + message(8, message(1, "") + number(2, 12))
    if not arguments.no_names:
        model += message(14, message(1, "names") + message(2, "{0: 'person', 1: 'hand'}"))
    with open(arguments.file, "wb") as file:
        file.write(model)


if __name__ == "__main__":
    main()
