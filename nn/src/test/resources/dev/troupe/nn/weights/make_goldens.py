"""Makes the files of this folder: what other programs write, and what it means.

Needs torch, numpy, safetensors, open_clip_torch 3.3.0, timm and transformers.
"""
import argparse
import collections
import importlib
import json
import os
import pathlib
import sys

for module in filter(None, os.environ.get("PARITY_PRELOAD", "").split(",")):
    importlib.import_module(module)
import numpy as np
import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).resolve().parent
torch.manual_seed(0)


def formats():
    """One dictionary in every way that PyTorch writes one."""
    base = torch.arange(24, dtype=torch.float32).view(4, 6)
    state = collections.OrderedDict()
    state["matrix"] = base
    state["turned"] = base.t()
    state["slice"] = base[1:3, 2:4]
    state["half"] = torch.tensor([0.5, -2]).half()
    state["brain"] = torch.tensor([0.5, -2]).bfloat16()
    state["count"] = torch.tensor(5)
    state["parameter"] = torch.nn.Parameter(torch.ones(2))
    state["empty"] = torch.ones(0, 3)
    state["repeated"] = torch.ones(1).expand(3, 2)
    state["unsigned"] = torch.tensor([1, 2]).to(torch.uint16)
    state["flags"] = torch.tensor([True, False])
    torch.save(state, HERE / "state.pt")
    torch.save(state, HERE / "state-protocol4.pt", pickle_protocol=4)
    torch.save(state, HERE / "legacy.pt", _use_new_zipfile_serialization=False)
    training = {
        "epoch": 3, "name": "run",
        "state_dict": {"module." + k: v for k, v in state.items()},
        "optimizer": {"state": {0: {"step": torch.tensor(1.0), "exp_avg": torch.ones(2)}},
                      "param_groups": [{"lr": 1e-3, "betas": (0.9, 0.98), "params": [0]}]},
    }
    torch.save(training, HERE / "training.pt")
    save_file({k: v.detach().contiguous().clone() for k, v in state.items()},
              HERE / "state.safetensors")


def hostile():
    class Evil:
        def __reduce__(self):
            return os.system, ("touch owned",)

    torch.save({"weight": torch.ones(2), "more": Evil()}, HERE / "code.pt")
    torch.save({"state_dict": {"weight": torch.ones(2)}, "args": argparse.Namespace(lr=1)},
               HERE / "namespace.pt")


class Script(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.visual = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
        self.logit_scale = torch.nn.Parameter(torch.tensor(2.5))
        self.register_buffer("input_resolution", torch.tensor(224))

    def forward(self, x):
        return self.visual(x) * self.logit_scale


def script():
    model = Script().half()
    torch.jit.script(model).save(str(HERE / "script.pt"))
    state = model.state_dict()
    del state["input_resolution"]
    save_file(state, HERE / "script.safetensors")


def openai():
    """Tiny models in the form of OpenAI's archives: TorchScript, half precision, settings."""
    from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg, convert_weights_to_fp16

    text = dict(context_length=8, vocab_size=30, width=16, heads=2, layers=2)
    visions = {
        "vit": dict(image_size=8, patch_size=4, layers=2, width=16, head_width=8),
        "rn": dict(image_size=32, layers=[1, 1, 1, 1], width=8, head_width=32, patch_size=None),
    }
    tokens = torch.tensor([[3, 5, 29, 0, 0, 0, 0, 0], [3, 7, 9, 11, 4, 6, 8, 29]])
    for name, vision in visions.items():
        model = CLIP(8, CLIPVisionCfg(**vision), CLIPTextCfg(**text), quick_gelu=True).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter), alpha=0.1)
        convert_weights_to_fp16(model)
        half = {k: v.dtype for k, v in model.state_dict().items()}
        model.float()
        images = torch.randn(2, 3, vision["image_size"], vision["image_size"])
        with torch.no_grad():
            features = {"images": images, "tokens": tokens,
                        "image_features": model.encode_image(images),
                        "text_features": model.encode_text(tokens)}
        save_file(features, HERE / f"openai-{name}.safetensors")
        for key, value in (("input_resolution", vision["image_size"]), ("context_length", 8),
                           ("vocab_size", 30)):
            model.__dict__.pop(key, None)
            model.register_buffer(key, torch.tensor(value))
        traced = torch.jit.trace_module(
            model, {"encode_image": images, "encode_text": tokens}, check_trace=False)
        for key, parameter in traced.named_parameters():
            parameter.data = parameter.data.to(half[key])
        traced.save(str(HERE / f"openai-{name}.pt"))
        config = {"embed_dim": 8, "quick_gelu": True, "text_cfg": text,
                  "vision_cfg": {k: v for k, v in vision.items() if v is not None}}
        (HERE / f"openai-{name}.json").write_text(json.dumps(config, indent=1) + "\n")


def arrays():
    values = {
        "params/img/kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
        "fortran": np.asfortranarray(np.arange(6, dtype=np.float16).reshape(2, 3)),
        "scalar": np.array(7, dtype=np.int64),
        "brain": np.array([0x3F00, 0xC000], dtype=np.uint16).view("V2"),
    }
    np.savez(HERE / "arrays.npz", **values)
    np.savez_compressed(HERE / "arrays-deflated.npz", **values)
    np.savez(HERE / "objects.npz", objects=np.array([{}], dtype=object))


def positions():
    """OpenCLIP's resizing of position embeddings."""
    from open_clip.model import resize_pos_embed, resize_text_pos_embed

    class Model:
        positional_embedding = torch.empty(8, 2)

        class visual:
            grid_size = (6, 4)

    image = torch.randn(1 + 9, 2)
    text = torch.randn(5, 2)
    state = {"visual.positional_embedding": image.clone(), "positional_embedding": text.clone()}
    resize_pos_embed(state, Model)
    resize_text_pos_embed(state, Model)
    save_file({"image": image, "text": text,
               "image_resized": state["visual.positional_embedding"].contiguous(),
               "text_resized": state["positional_embedding"].contiguous()},
              HERE / "positions.safetensors")


def hugging_face():
    """A tiny CLIPModel of transformers and its features."""
    from transformers import CLIPConfig, CLIPModel
    config = CLIPConfig(
        text_config=dict(vocab_size=30, hidden_size=16, intermediate_size=64, num_hidden_layers=2,
                         num_attention_heads=2, max_position_embeddings=8, eos_token_id=29,
                         projection_dim=8, hidden_act="quick_gelu"),
        vision_config=dict(hidden_size=16, intermediate_size=64, num_hidden_layers=2,
                           num_attention_heads=2, image_size=8, patch_size=4, projection_dim=8,
                           hidden_act="quick_gelu"),
        projection_dim=8)
    model = CLIPModel(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.3)
    folder = HERE / "hf-clip"
    folder.mkdir(exist_ok=True)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()},
              folder / "model.safetensors")
    images = torch.randn(2, 3, 8, 8)
    tokens = torch.tensor([[3, 5, 29, 0, 0, 0, 0, 0], [3, 7, 9, 11, 4, 6, 8, 29]])
    with torch.no_grad():
        image = model.visual_projection(model.vision_model(images).pooler_output)
        text = model.text_projection(model.text_model(tokens).pooler_output)
    save_file({"images": images, "tokens": tokens, "image_features": image,
               "text_features": text}, folder / "expected.safetensors")
    (folder / "model.json").write_text(json.dumps({
        "embed_dim": 8, "quick_gelu": True,
        "vision_cfg": {"image_size": 8, "patch_size": 4, "layers": 2, "width": 16,
                       "head_width": 8},
        "text_cfg": {"context_length": 8, "vocab_size": 30, "width": 16, "heads": 2,
                     "layers": 2}}, indent=1) + "\n")


def big_vision():
    """A tiny SigLIP in big_vision's names, and what OpenCLIP's loader makes of it."""
    from timm.models.vision_transformer import VisionTransformer
    import open_clip
    from open_clip.convert import load_big_vision_weights

    width, heads, layers, features = 8, 2, 2, 8
    rng = np.random.default_rng(0)

    def array(*shape):
        return rng.standard_normal(shape, dtype=np.float32)

    def attention(prefix, w, lead=()):
        for part in ("query", "key", "value"):
            w[f"{prefix}{part}/kernel"] = array(*lead, width, heads, width // heads)
            w[f"{prefix}{part}/bias"] = array(*lead, heads, width // heads)
        w[f"{prefix}out/kernel"] = array(*lead, heads, width // heads, width)
        w[f"{prefix}out/bias"] = array(*lead, width)

    def norm(prefix, w, lead=()):
        w[f"{prefix}/scale"] = array(*lead, width)
        w[f"{prefix}/bias"] = array(*lead, width)

    def mlp(prefix, w, hidden, lead=()):
        w[f"{prefix}Dense_0/kernel"] = array(*lead, width, hidden)
        w[f"{prefix}Dense_0/bias"] = array(*lead, hidden)
        w[f"{prefix}Dense_1/kernel"] = array(*lead, hidden, width)
        w[f"{prefix}Dense_1/bias"] = array(*lead, width)

    def block(prefix, w, hidden, lead=()):
        norm(f"{prefix}LayerNorm_0", w, lead)
        attention(f"{prefix}MultiHeadDotProductAttention_0/", w, lead)
        norm(f"{prefix}LayerNorm_1", w, lead)
        mlp(f"{prefix}MlpBlock_0/", w, hidden, lead)

    for stacked in (False, True):
        w = {"img/embedding/kernel": array(4, 4, 3, width), "img/embedding/bias": array(width),
             "img/pos_embedding": array(1, 4, width),
             "txt/Embed_0/embedding": array(20, width), "txt/pos_embedding": array(1, 6, width),
             "txt/head/kernel": array(width, features), "txt/head/bias": array(features),
             "b": array(1), "t": array(1), "img/MAPHead_0/probe": array(1, 1, width)}
        for tower in ("img/Transformer/", "txt/Encoder_0/"):
            if stacked:
                block(f"{tower}encoderblock/", w, 4 * width, (layers,))
            else:
                for i in range(layers):
                    block(f"{tower}encoderblock_{i}/", w, 4 * width)
            norm(f"{tower}encoder_norm", w)
        attention("img/MAPHead_0/MultiHeadDotProductAttention_0/", w)
        norm("img/MAPHead_0/LayerNorm_0", w)
        mlp("img/MAPHead_0/MlpBlock_0/", w, 4 * width)
        name = "big-vision-stacked" if stacked else "big-vision"
        prefix = "params/" if stacked else ""
        np.savez(HERE / f"{name}.npz", **{prefix + k: v for k, v in w.items()})

        model = open_clip.CustomTextCLIP(
            features, {"image_size": 8, "patch_size": 4, "layers": 1, "width": 8,
                       "head_width": 4},
            {"context_length": 6, "vocab_size": 20, "width": width, "heads": heads,
             "layers": layers, "no_causal_mask": True, "proj_bias": True, "pool_type": "last"},
            init_logit_bias=-10.0)
        model.visual = torch.nn.Module()
        model.visual.trunk = VisionTransformer(
            img_size=8, patch_size=4, embed_dim=width, depth=layers, num_heads=heads,
            class_token=False, global_pool="map", num_classes=0)
        load_big_vision_weights(model, str(HERE / f"{name}.npz"))
        save_file(model.state_dict(), HERE / f"{name}.safetensors")


def mobile_clip():
    """Some of MobileCLIP's names, and what OpenCLIP and timm make of them."""
    from open_clip.convert import convert_state_dict
    model = argparse.Namespace(visual=argparse.Namespace(trunk=argparse.Namespace(
        head=argparse.Namespace(fc=torch.nn.Linear(1, 1)), pos_embed=torch.empty(1, 5, 4),
        patch_embed=argparse.Namespace(proj=argparse.Namespace(weight=torch.empty(4, 3, 1, 1))))))
    text = {
        "text_encoder.embedding_layer.weight": (6, 4),
        "text_encoder.positional_embedding.pos_embed.pos_embed": (1, 1, 5, 4),
        "text_encoder.transformer.0.pre_norm_mha.0.weight": (4,),
        "text_encoder.transformer.0.pre_norm_mha.1.qkv_proj.weight": (12, 4),
        "text_encoder.transformer.0.pre_norm_mha.1.qkv_proj.bias": (12,),
        "text_encoder.transformer.0.pre_norm_mha.1.out_proj.weight": (4, 4),
        "text_encoder.transformer.0.pre_norm_ffn.0.weight": (4,),
        "text_encoder.transformer.0.pre_norm_ffn.1.weight": (8, 4),
        "text_encoder.transformer.0.pre_norm_ffn.4.weight": (4, 8),
        "text_encoder.final_layer_norm.weight": (4,),
        "text_encoder.projection_layer": (4, 3),
        "logit_scale": (),
    }
    fastvit = {
        "patch_embed.0.rbr_conv.0.conv.weight": (2, 3, 3, 3),
        "patch_embed.0.rbr_scale.conv.weight": (2, 3, 1, 1),
        "patch_embed.2.rbr_skip.weight": (2,),
        "network.0.0.token_mixer.mixer.rbr_conv.0.conv.weight": (2, 1, 3, 3),
        "network.0.0.layer_scale": (2, 1, 1),
        "network.0.0.convffn.fc1.weight": (4, 2, 1, 1),
        "network.1.proj.0.lkb_origin.conv.weight": (4, 1, 7, 7),
        "network.1.proj.0.se.reduce.weight": (1, 4, 1, 1),
        "network.2.0.layer_scale": (4, 1, 1),
        "network.3.proj.0.small_conv.conv.weight": (4, 1, 3, 3),
        "network.4.pe.weight": (4, 1, 7, 7),
        "network.5.0.token_mixer.proj.weight": (4, 4),
        "network.5.0.layer_scale_1": (4, 1, 1),
        "network.5.0.layer_scale_2": (4, 1, 1),
        "conv_exp.se.expand.weight": (8, 1, 1, 1),
        "head.proj": (8, 3),
    }
    vit = {
        "patch_emb.0.block.conv.weight": (2, 3, 2, 2),
        "patch_emb.0.block.norm.weight": (2,),
        "pos_embed.pos_embed.pos_embed": (1, 1, 5, 4),
        "cls_token": (1, 1, 4),
        "transformer.0.pre_norm_mha.0.weight": (4,),
        "transformer.0.pre_norm_mha.1.qkv_proj.weight": (12, 4),
        "transformer.0.pre_norm_mha.1.out_proj.bias": (4,),
        "transformer.0.pre_norm_ffn.0.bias": (4,),
        "transformer.0.pre_norm_ffn.1.weight": (8, 4),
        "transformer.0.pre_norm_ffn.4.bias": (4,),
        "post_transformer_norm.weight": (4,),
        "classifier.proj": (4, 3),
    }
    for name, image in (("mobile-fastvit", fastvit), ("mobile-vit", vit)):
        shapes = {**{"image_encoder.model." + k: v for k, v in image.items()}, **text}
        state = {k: torch.randn(shape) for k, shape in shapes.items()}
        save_file(state, HERE / f"{name}.safetensors")
        converted = convert_state_dict(model, dict(state))
        save_file({k: v.contiguous().clone() for k, v in converted.items()},
                  HERE / f"{name}-openclip.safetensors")


if __name__ == "__main__":
    for part in sys.argv[1:] or ("formats", "hostile", "script", "openai", "arrays", "positions",
                                 "hugging_face", "big_vision", "mobile_clip"):
        globals()[part]()
