"""Writes profiles.csv beside it: what OpenCLIP 3.3.0 builds of each of its configurations that need no transformers.

usage: make_profiles.py FILE.csv

Columns: name, parameters of the model and of its image tower, FLOPs of the image and the text tower by PyTorch's
own counter in 10^9, and the CRC-32 of the sorted lines NAME[SHAPE] of the state dictionary.
"""
import logging, sys, zlib

import peer_ops  # noqa: F401  declares operators that a CPU build of torchvision may lack
import torch
from torch.utils.flop_counter import FlopCounterMode

import open_clip
from open_clip.factory import _MODEL_CONFIGS

logging.disable(logging.CRITICAL)


def gflops(work):
    counter = FlopCounterMode(display=False)
    with counter:
        work()
    return counter.get_total_flops() / 1e9


def parameters(module):
    return sum(p.numel() for p in module.parameters())


with open(sys.argv[1], "w") as out:
    for name in sorted(_MODEL_CONFIGS):
        text = open_clip.get_model_config(name)["text_cfg"]
        if "hf_model_name" in text:
            continue
        with torch.device("meta"):
            model = open_clip.create_model(name, load_weights=False, device="meta").eval()
            size = model.visual.image_size
            images = torch.empty(1, 3, *((size, size) if isinstance(size, int) else size))
            tokens = torch.zeros(1, text.get("context_length", 77), dtype=torch.long)
        lines = sorted(f"{k}[{','.join(map(str, v.shape))}]" for k, v in model.state_dict().items())
        row = (name, parameters(model), parameters(model.visual),
               f"{gflops(lambda: model.encode_image(images)):.6g}", f"{gflops(lambda: model.encode_text(tokens)):.6g}",
               zlib.crc32("\n".join(lines).encode()))
        out.write(",".join(map(str, row)) + "\n")
