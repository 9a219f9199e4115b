"""Golden values of OpenCLIP 3.3.0's training: loss, gradients, five AdamW steps, schedules.

Made once with open_clip_torch 3.3.0 and torch 2.13 (CPU):
    python make_peer_goldens.py .
Weights and inputs come from a formula that PeerParityTest repeats, so that only results are kept: of each
tensor, its L2 norm and up to 64 values at even distances.
"""
import json, sys, zlib
from pathlib import Path

import numpy as np
import open_clip
import torch
from open_clip.loss import ClipLoss, SigLipLoss
from open_clip_train.scheduler import const_lr, const_lr_cooldown, cosine_lr

BATCH, STEPS, LR, KEPT = 6, 5, 1e-3, 64
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
TEXT = {"context_length": 8, "vocab_size": 100, "width": 32, "heads": 2, "layers": 2}
CASES = {
    "vit": {"embed_dim": 16, "text_cfg": TEXT,
            "vision_cfg": {"layers": 2, "width": 32, "head_width": 16, "patch_size": 8, "image_size": 32}},
    "rn": {"embed_dim": 16, "text_cfg": TEXT,
           "vision_cfg": {"layers": [1, 1, 1, 1], "width": 8, "image_size": 64}},
    "siglip": {"embed_dim": 16, "text_cfg": TEXT, "custom_text": True, "init_logit_bias": -3,
               "vision_cfg": {"layers": 1, "width": 32, "head_width": 16, "patch_size": 8, "image_size": 32}},
}


def noise(name, count):
    """count numbers in [-0.5, 0.5), the same wherever 32-bit arithmetic is."""
    x = (np.arange(count, dtype=np.uint64) * 2654435761 + zlib.crc32(name.encode())) & 0xFFFFFFFF
    x ^= x >> 15
    x = (x * 2246822519) & 0xFFFFFFFF
    x ^= x >> 13
    return x.astype(np.float64) / 2**32 - 0.5


def start(name, tensor):
    if name.endswith("running_mean") or name.endswith("num_batches_tracked"):
        return torch.zeros_like(tensor)
    if name.endswith("running_var"):
        return torch.ones_like(tensor)
    if name == "logit_scale":
        return torch.tensor(2.5)
    if name == "logit_bias":
        return torch.tensor(-3.0)
    values = torch.from_numpy(noise(name, tensor.numel())).view(tensor.shape)
    if tensor.ndim < 2:
        return (values * 0.2 + (0 if "bias" in name else 1)).float()
    return (values * 2 / tensor[0].numel() ** 0.5).float()


def batch(step, size):
    pixels = np.floor((noise(f"pixels {step}", BATCH * size * size * 3) + 0.5) * 256).astype(np.uint8)
    images = torch.from_numpy(pixels.reshape(BATCH, size, size, 3)).permute(0, 3, 1, 2).float() / 255
    images = (images - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)
    words = np.floor((noise(f"words {step}", BATCH * 8) + 0.5) * 97).astype(np.int64).reshape(BATCH, 8) + 1
    texts = torch.zeros(BATCH, 8, dtype=torch.long)
    for row in range(BATCH):
        end = 2 + row % 4
        texts[row, 0] = 98
        texts[row, 1:end] = torch.from_numpy(words[row, 1:end])
        texts[row, end] = 99
    return images, texts


def kept(tensor):
    flat = tensor.detach().double().flatten()
    count = min(KEPT, flat.numel())
    at = [i * flat.numel() // count for i in range(count)]
    return {"norm": float(f"{flat.norm().item():.8g}"), "values": [float(f"{flat[i].item():.8g}") for i in at]}


def run(name, config, folder):
    path = Path("/tmp") / f"golden-{name}.json"
    path.write_text(json.dumps(config))
    open_clip.add_model_config(path)
    model = open_clip.create_model(f"golden-{name}").train()
    model.load_state_dict({n: start(n, t) for n, t in model.state_dict().items() if not n.endswith("attn_mask")}, strict=False)
    plain = lambda n, p: p.ndim < 2 or "bn" in n or "ln" in n or "bias" in n or "logit_scale" in n
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": [p for n, p in named if plain(n, p)], "weight_decay": 0.0},
         {"params": [p for n, p in named if not plain(n, p)], "weight_decay": 0.2}],
        lr=LR, betas=(0.9, 0.98), eps=1e-6)
    golden = {"open_clip": open_clip.__version__, "config": config, "batch": BATCH, "lr": LR, "losses": [], "norms": []}
    for step in range(STEPS):
        images, texts = batch(step, config["vision_cfg"]["image_size"])
        optimizer.zero_grad()
        out = model(images, texts)
        if name == "siglip":
            loss = SigLipLoss()(*out)
        else:
            loss = ClipLoss()(*out)
        loss.backward()
        golden["losses"].append(loss.item())
        if step == 0:
            golden["gradients"] = {n: kept(p.grad) for n, p in named}
        golden["norms"].append(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item())
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, 4.605170185988092)
    golden["after"] = {n: kept(t) for n, t in model.state_dict().items() if not n.endswith("attn_mask")}
    (folder / f"peer-{name}.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


def schedules(folder):
    class Optimizer:
        param_groups = [{"lr": 0}]
    made = {
        "cosine": cosine_lr(Optimizer, 5e-4, 10, 100),
        "const": const_lr(Optimizer, 5e-4, 10, 100),
        "const-cooldown": const_lr_cooldown(Optimizer, 5e-4, 10, 100, 30, 2.0, 1e-5),
    }
    at = [0, 1, 5, 9, 10, 11, 37, 55, 69, 70, 71, 85, 98, 99]
    golden = {"steps": at, "lrs": {name: [lr(step) for step in at] for name, lr in made.items()}}
    (folder / "peer-schedules.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    schedules(folder)
    for name, config in CASES.items():
        run(name, config, folder)
