"""Writes the golden files beside it: whole models at reduced size, made by OpenCLIP 3.3.0.

usage: make_goldens.py FOLDER [NAME...]      writes FOLDER/NAME.json, FOLDER/initial.json (all, or those named)

A golden file holds the configuration, tokens, each tensor's shape and the norm of its gradient, the features, and
what stays trainable when the towers are locked but for their last groups.
Weights and images are not stored: both sides compute them from the tensor's name (`fill` in the towers' script).
"""
import json, sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tower"))
from make_goldens import fill, fill_model, moments

import torch
from open_clip.coca_model import CoCa
from open_clip.model import CLIP, CustomTextCLIP

VIT = dict(image_size=32, layers=2, width=32, head_width=16, patch_size=8)
TEXT = dict(context_length=10, vocab_size=64, width=24, heads=2, layers=2)
CUSTOM = dict(embed_dim=12, custom_text=True)

MODELS = {
    "vit": dict(embed_dim=12, vision_cfg=VIT, text_cfg=TEXT),
    "vit-quickgelu": dict(
        embed_dim=12, quick_gelu=True, vision_cfg={**VIT, "mlp_ratio": 4.9231, "image_size": [24, 40]}, text_cfg=TEXT),
    "vit-scaled": dict(
        **CUSTOM, init_logit_bias=-10, nonscalar_logit_scale=True,
        vision_cfg={**VIT, "ls_init_value": 1e-4, "pool_type": "avg", "norm_kwargs": {"eps": 1e-6}},
        text_cfg={**TEXT, "pool_type": "eos", "eos_id": 2, "ls_init_value": 0.1, "mlp_ratio": 3.7362}),
    "clipa": dict(
        **CUSTOM,
        vision_cfg={**VIT, "no_ln_pre": True, "pool_type": "avg", "final_ln_after_pool": True,
                    "pos_embed_type": "sin_cos_2d"},
        text_cfg={**TEXT, "no_causal_mask": True, "pool_type": "last"}),
    "mobile-text": dict(
        **CUSTOM, vision_cfg=VIT, text_cfg={**TEXT, "no_causal_mask": True, "proj_type": "none", "width": 12}),
    "siglip-text": dict(
        **CUSTOM, init_logit_bias=-10, vision_cfg={**VIT, "attentional_pool": True, "attn_pooler_heads": 2},
        text_cfg={**TEXT, "no_causal_mask": True, "proj_bias": True, "pool_type": "last",
                  "norm_kwargs": {"eps": 1e-6}, "act_kwargs": {"approximate": "tanh"}}),
    "first-text": dict(
        **CUSTOM, vision_cfg={**VIT, "attentional_pool": True, "pool_type": "avg", "attn_pooler_queries": 5,
                              "attn_pooler_heads": 2},
        text_cfg={**TEXT, "pool_type": "first", "no_causal_mask": True}),
    "rn": dict(embed_dim=12, vision_cfg=dict(image_size=64, layers=[1, 2, 1, 1], width=8, head_width=32), text_cfg=TEXT),
    "coca": dict(
        **CUSTOM,
        vision_cfg={**VIT, "attentional_pool": True, "attn_pooler_heads": 2, "attn_pooler_queries": 7,
                    "output_tokens": True},
        text_cfg={**TEXT, "embed_cls": True, "output_tokens": True},
        multimodal_cfg={**TEXT, "width": 24}),
}
MODELS["coca"]["vision_cfg"]["width"] = 32
MODELS["coca"]["embed_dim"] = 24  # the decoder attends to image tokens of embed_dim values by keys of its own width


def build(config):
    config = {k: v for k, v in config.items() if k != "custom_text"}
    if "multimodal_cfg" in config:
        model = CoCa(**config)
        # OpenCLIP means the decoder to start like the text tower, but its method is never called and could not run.
        decoder = model.text_decoder
        decoder.transformer = None
        del decoder.transformer
        object.__setattr__(decoder, "transformer", decoder)
        decoder.init_parameters()
        object.__delattr__(decoder, "transformer")
        return model
    return (CustomTextCLIP if build.custom else CLIP)(**config)


def captions(config):
    """Rows of token ids with the largest id (63) and the end-of-text id 2 at their ends, padded with 0."""
    rows = []
    for row, length in enumerate((10, 7, 3)):
        ids = [3 + (7 * row + 5 * i + i * i) % 60 for i in range(length)]
        ids[-1] = 2 if config["text_cfg"].get("pool_type") == "eos" else 63
        rows.append(ids + [0] * (10 - length))
    return rows


def golden(config):
    build.custom = config.get("custom_text", False)
    model = build(config)
    fill_model(model)
    model.eval()
    size = model.visual.image_size
    size = (size, size) if isinstance(size, int) else tuple(size)
    images = 1.5 * fill("images", (3, 3, *size))
    tokens = captions(config)
    out = {"config": config, "tokens": tokens}
    if isinstance(model, CoCa):
        image, image_tokens = model._encode_image(images, normalize=False)
        text, text_tokens = model._encode_text(torch.tensor(tokens), normalize=False)
        logits = model.text_decoder(image_tokens, text_tokens[:, :-1])
        out["logitsSum"] = logits.sum(-1).tolist()
        out["logitsFirst"] = logits[:, :, :4].reshape(3, -1).tolist()
        loss = (logits * fill("cotangent.logits", tuple(logits.shape))).sum()
    else:
        image, text, loss = model.encode_image(images), model.encode_text(torch.tensor(tokens)), 0
    loss = loss + (image * fill("cotangent.image", tuple(image.shape))).sum()
    loss = loss + (text * fill("cotangent.text", tuple(text.shape))).sum()
    loss.backward()
    gradients = {n: 0.0 if p.grad is None else float(p.grad.norm()) for n, p in model.named_parameters()}
    out["tensors"] = {n: {"shape": list(v.shape), **({"gradient": gradients[n]} if n in gradients else {})}
                      for n, v in model.state_dict().items()}
    out["imageFeatures"], out["textFeatures"] = image.tolist(), text.tolist()
    resnet = isinstance(config["vision_cfg"]["layers"], list)
    if not isinstance(model, CoCa):
        groups = {"image": 0 if resnet else 2, "text": 3}
        model.lock_image_tower(groups["image"])
        model.lock_text_tower(groups["text"])
        out["unlocked"] = {**groups, "names": [n for n, p in model.named_parameters() if p.requires_grad]}
    if resnet:
        model.train()
        with torch.no_grad():
            out["trainingFeatures"] = model.encode_image(images).tolist()
            out["runningMean"] = model.visual.bn1.running_mean.tolist()
    return out


def main():
    folder, wanted = Path(sys.argv[1]), set(sys.argv[2:])
    written = folder / "initial.json"
    initial = json.loads(written.read_text()) if wanted and written.exists() else {}
    for name, config in MODELS.items():
        if wanted and name not in wanted:
            continue
        (folder / f"{name}.json").write_text(json.dumps(golden(config)) + "\n")
        initial[name] = moments(lambda: build(config))
    written.write_text(json.dumps(initial) + "\n")


if __name__ == "__main__":
    main()
