"""Writes the golden files beside it: one reduced model of each tower family, made through OpenCLIP's own
TimmModel and HFTextEncoder (timm 1.0.29, transformers 5.18).

usage: make_goldens.py FOLDER [NAME...]      writes FOLDER/NAME.json, FOLDER/initial.json, FOLDER/configured.json (all, or those named)

Weights and inputs are not stored: both sides compute them from the tensor's name (`fill`). A golden file holds
each tensor's name, shape and the norm of its gradient, the features, and what stays trainable when the tower is
locked but for its last groups.
"""
import json, math, sys, tempfile, zlib
from functools import partial
from pathlib import Path

import numpy as np
import peer_ops  # noqa: F401  declares operators that a CPU build of torchvision may lack
import torch
from timm import create_model
from timm.layers import HybridEmbed
from timm.models.vision_transformer import VisionTransformer
from timm.models.vision_transformer_hybrid import ConvStem
from timm.models.vitamin import VitCfg, VitConvCfg

import open_clip.timm_model as timm_model

SEEDS = 5


def fill(name, shape):
    """Uniform values in [-1, 1) from the splitmix64 generator, seeded with the CRC-32 of the name."""
    count = math.prod(shape)
    with np.errstate(over="ignore"):
        x = (np.arange(1, count + 1, dtype=np.uint64) + (np.uint64(zlib.crc32(name.encode())) << np.uint64(24)))
        x = x * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x = x ^ (x >> np.uint64(31))
    u = (x >> np.uint64(40)).astype(np.float64) / 2**23 - 1
    return torch.from_numpy(u.astype(np.float32)).reshape(shape)


def weight(name, shape):
    """Values under which activations keep their size, so that an error anywhere shows in the features; small
    biases and tokens let the first norm's eps show too."""
    if name.endswith("num_batches_tracked"):
        return torch.zeros(shape, dtype=torch.int64)
    u = fill(name, shape)
    if len(shape) <= 1:
        scale = name.endswith(("weight", "gamma", "gamma_1", "gamma_2", "running_var"))
        return 1 + 0.3 * u if scale else 0.01 * u
    return 0.01 * u if shape[0] == 1 else u * np.float32(math.sqrt(3 / math.prod(shape[1:])))


def fill_model(model):
    with torch.no_grad():
        for name, value in model.state_dict().items():
            value.copy_(weight(name, tuple(value.shape)))


RATES = {}  # drop, drop_path and patch_drop of the towers that are made


def timm_tower(embed_dim, create, pool="", proj="linear"):
    """OpenCLIP's adapter around a reduced trunk that `create` builds from the adapter's own arguments."""
    original = timm_model.timm.create_model
    timm_model.timm.create_model = lambda name, pretrained, **given: create(**given)
    try:
        return timm_model.TimmModel("reduced", embed_dim, pool=pool, proj=proj, **RATES)
    finally:
        timm_model.timm.create_model = original


def by_name(name, **reduced):
    return lambda **given: create_model(name, **{**reduced, **given})


def hybrid(**given):
    stem = ConvStem(channels=(8, 8, 32), stride=(4, 2, 2), kernel_size=(4, 2, 2), padding=0, act_layer=torch.nn.GELU)
    return VisionTransformer(
        img_size=64, patch_size=1, embed_dim=32, depth=2, num_heads=2, no_embed_class=True,
        embed_layer=partial(HybridEmbed, backbone=stem, proj=False), **given)


def vitamin(name, **reduced):
    cfg = VitCfg(embed_dim=(8, 16, 32), depths=(2, 4, 1), stem_width=8,
                 conv_cfg=VitConvCfg(norm_layer="layernorm2d", norm_eps=1e-6), head_type="1d")
    return by_name(name, img_size=64, embed_cfg=cfg, embed_dim=32, depth=2, num_heads=2, **reduced)


CONVNEXT = dict(depths=(1, 1, 2, 1), dims=(8, 16, 24, 32))
SIGLIP = dict(img_size=72, patch_size=16, embed_dim=32, depth=2, num_heads=2, mlp_ratio=3.7362)
WIDE = dict(depths=(1, 1, 2, 1), dims=(8, 16, 24, 64))
EVA = dict(img_size=64, patch_size=16, embed_dim=48, depth=2, num_heads=2)

IMAGE_TOWERS = {
    "convnext-linear": lambda: timm_tower(12, by_name("convnext_tiny", **CONVNEXT)),
    "convnext-mlp": lambda: timm_tower(12, by_name("convnext_large", **CONVNEXT), proj="mlp"),
    "convnext-xxl": lambda: timm_tower(12, by_name("convnext_xxlarge", **CONVNEXT), pool="avg", proj=None),
    "convnext-abs": lambda: timm_tower(12, by_name("convnext_tiny", **WIDE), "abs_attn", None),
    "convnext-rot": lambda: timm_tower(12, by_name("convnext_tiny", **WIDE), "rot_attn", "mlp"),
    "eva01": lambda: timm_tower(12, by_name("eva_giant_patch14_224", **EVA, mlp_ratio=200 / 48), "token", None),
    "eva02": lambda: timm_tower(12, by_name("eva02_base_patch16_clip_224", **EVA), "token", None),
    "eva02-post": lambda: timm_tower(
        12, by_name("eva02_enormous_patch14_clip_224", **EVA, mlp_ratio=200 / 48), "token", None),
    "vitamin": lambda: timm_tower(12, vitamin("vitamin_small_224")),
    "vitamin-xl": lambda: timm_tower(12, vitamin("vitamin_xlarge_256")),
    "fastvit": lambda: timm_tower(
        12, by_name("fastvit_mci0", layers=(1, 2, 1, 1), embed_dims=(8, 16, 32, 64)), "avg", None),
    "fastvit-5": lambda: timm_tower(
        12, by_name("fastvit_mci3", layers=(1, 1, 1, 1, 1), embed_dims=(4, 8, 16, 32, 64), mlp_ratios=(2,) * 5),
        "avg", None),
    "vit-conv-stem": lambda: timm_tower(12, hybrid, "token", None),
    "vit-clip": lambda: timm_tower(
        12, by_name("vit_large_patch14_clip_224", img_size=64, patch_size=16, embed_dim=32, depth=2, num_heads=2),
        "token", None),
    "siglip": lambda: timm_tower(32, by_name("vit_base_patch16_siglip_224", **SIGLIP), "map", "none"),
    "siglip-tanh": lambda: timm_tower(12, by_name("vit_giantopt_patch16_siglip_256", **SIGLIP), "map"),
    "pe-core": lambda: timm_tower(
        12, by_name("vit_pe_core_base_patch16_224", **EVA, attn_pool_num_heads=4), "map", None),
    "pe-core-big": lambda: timm_tower(
        12, by_name("vit_pe_core_gigantic_patch14_448", **EVA, attn_pool_num_heads=4, mlp_ratio=200 / 48),
        "map", None),
}

ROBERTA = dict(model_type="roberta", vocab_size=40, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
               intermediate_size=48, max_position_embeddings=20, type_vocab_size=1, layer_norm_eps=1e-5,
               pad_token_id=1)
XLM_ROBERTA = {**ROBERTA, "model_type": "xlm-roberta"}
MT5 = dict(model_type="mt5", vocab_size=40, d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=2,
           feed_forward_proj="gated-gelu", pad_token_id=0, relative_attention_num_buckets=32)
M2M = dict(model_type="m2m_100", vocab_size=40, d_model=32, encoder_layers=2, encoder_ffn_dim=48,
           encoder_attention_heads=2, decoder_layers=1, decoder_ffn_dim=8, decoder_attention_heads=2, encoder_layerdrop=0,
           max_position_embeddings=20, scale_embedding=True, pad_token_id=1)


def hf_tower(config, pooler, proj, embed_dim=12):
    from open_clip.hf_model import HFTextEncoder
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "config.json").write_text(json.dumps(config))
        return HFTextEncoder(folder, embed_dim, pooler_type=pooler, proj_type=proj, pretrained=False)


TEXT_TOWERS = {
    "roberta": (ROBERTA, lambda: hf_tower(ROBERTA, "mean_pooler", "mlp")),
    "roberta-cls": (ROBERTA, lambda: hf_tower(ROBERTA, "cls_pooler", "linear")),
    "xlm-roberta": (XLM_ROBERTA, lambda: hf_tower(
        XLM_ROBERTA, "cls_last_hidden_state_pooler", None, embed_dim=32)),
    "mt5": (MT5, lambda: hf_tower(MT5, "mean_pooler", "mlp")),
    "nllb": (M2M, lambda: hf_tower(M2M, "cls_pooler", "linear")),
}


def captions(config):
    """Four rows of token ids, padded to 12: full, long, short, and one with a single token."""
    pad, rows = config["pad_token_id"], []
    for row, length in enumerate((12, 9, 4, 1)):
        ids = [2 + (7 * row + 5 * i + i * i) % (config["vocab_size"] - 2) for i in range(length)]
        rows.append(ids + [pad] * (12 - length))
    return rows


def golden(model, inputs, batch_norm, unlocked):
    fill_model(model)
    model.eval()
    features = model(inputs)
    (features * fill("cotangent", tuple(features.shape))).sum().backward()
    gradients = {n: (0.0 if p.grad is None else float(p.grad.norm())) for n, p in model.named_parameters()}
    out = {
        "tensors": {n: {"shape": list(v.shape), **({"gradient": gradients[n]} if n in gradients else {})}
                    for n, v in model.state_dict().items()},
        "features": features.detach().tolist(),
    }
    if batch_norm:
        model.train()
        with torch.no_grad():
            out["trainingFeatures"] = model(inputs).tolist()
    if unlocked:
        model.lock(unlocked)
        out["unlocked"] = {"groups": unlocked, "names": [n for n, p in model.named_parameters() if p.requires_grad]}
    return out


def dropped(make, inputs, patches):
    """Features in training with dropout of every kind that the tower knows."""
    RATES.update(drop=0.2, drop_path=0.3, **({"patch_drop": 0.5} if patches else {}))
    model = make()
    RATES.clear()
    fill_model(model)
    model.train()
    torch.manual_seed(0x910A2DEC89025CC1)  # where Troupe's generator starts for the seed 1
    with torch.no_grad():
        return model(inputs).tolist()


def moments(make):
    """Per tensor over the seeds: number of values of one draw, mean, standard deviation, largest magnitude."""
    seen = {}
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        for name, value in make().state_dict().items():
            seen.setdefault(name, []).append(value.double().flatten())
    out = {}
    for name, values in seen.items():
        x = torch.cat(values)
        out[name] = [len(values[0]), float(x.mean()), float(x.std(unbiased=False)), float(x.abs().max())]
    return out


def configured():
    """The towers of OpenCLIP's own configurations: number of parameters, CRC-32 of names and shapes."""
    import open_clip
    from open_clip.model import CLIPTextCfg, CLIPVisionCfg
    from open_clip.timm_model import TimmModel
    encoders = Path(__file__).parents[7] / "main/resources/dev/troupe/nn/model/tower/text/encoders.json"
    encoders = json.loads(encoders.read_text())
    out = {}

    def add(name, side, tower):
        lines = "".join(f"{n} {list(v.shape)}\n" for n, v in sorted(tower.state_dict().items()))
        count = sum(p.numel() for p in tower.parameters())
        out.setdefault(name, {})[side] = [count, zlib.crc32(lines.encode())]

    for path in sorted((Path(open_clip.__file__).parent / "model_configs").glob("*.json")):
        config = json.loads(path.read_text())
        image, text = CLIPVisionCfg(**config["vision_cfg"]), CLIPTextCfg(**config["text_cfg"])
        with torch.device("meta"):
            if image.timm_model_name:
                add(path.stem, "image", TimmModel(
                    image.timm_model_name, config["embed_dim"], pool=image.timm_pool, proj=image.timm_proj,
                    proj_bias=image.timm_proj_bias))
            if text.hf_model_name:
                add(path.stem, "text", hf_tower(
                    encoders[text.hf_model_name], text.hf_pooler_type, text.hf_proj_type, config["embed_dim"]))
    return out


def main():
    folder, wanted = Path(sys.argv[1]), set(sys.argv[2:])
    folder.mkdir(parents=True, exist_ok=True)
    initial = {}
    for name, make in IMAGE_TOWERS.items():
        if wanted and name not in wanted:
            continue
        size = 128 if name == "fastvit-5" else 72 if name.startswith("siglip") else 64
        images = 0.02 * fill("images", (3, 3, size, size))
        out = golden(make(), images, batch_norm="fastvit" in name or "stem" in name, unlocked=2)
        out["droppedFeatures"] = dropped(make, images, not name.startswith(("convnext", "fastvit")))
        initial[name] = moments(make)
        (folder / f"{name}.json").write_text(json.dumps(out) + "\n")
    for name, (config, make) in TEXT_TOWERS.items():
        if wanted and name not in wanted:
            continue
        tokens = captions(config)
        out = {"config": config, "tokens": tokens,
               **golden(make(), torch.tensor(tokens), batch_norm=False, unlocked=0 if name == "nllb" else 1)}
        initial[name] = moments(make)
        (folder / f"{name}.json").write_text(json.dumps(out) + "\n")
    written = folder / "initial.json"
    if wanted and written.exists():
        initial = {**json.loads(written.read_text()), **initial}
    written.write_text(json.dumps(initial) + "\n")
    if not wanted:
        lines = ",\n".join(f"  {json.dumps(n)}: {json.dumps(c)}" for n, c in configured().items())
        (folder / "configured.json").write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main()
