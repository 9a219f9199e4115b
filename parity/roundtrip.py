"""Weights from OpenCLIP to here and back: every tensor the same bit for bit.

OpenCLIP writes a model with random weights in each form that it has; `./troupe export` reads that
and writes OpenCLIP's files and a Hugging Face folder; OpenCLIP loads those. Compared are all
tensors with the first model's, and the features of random inputs, which must be equal too.

  python parity/roundtrip.py --work DIR [MODEL ...]

From OpenCLIP:
  state .pt            torch.save of the state
  training checkpoint  epoch_1.pt of its trainer: names with "module.", AdamW's state after a step
  safetensors
  folder               push_to_hf_hub.save_for_hf: safetensors, .bin, preprocessing, tokenizer
Back:
  NAME.pt, NAME.safetensors    create_model(MODEL, pretrained=FILE)
  folder                       create_model_and_transforms("local-dir:FOLDER"), with the
                               preprocessing of the folder it came from
  .bin                         of the folder, torch.load(weights_only=True)

The Python needs open_clip_torch 3.3.0 and safetensors.
"""
import argparse
import json
import logging
import pathlib
import shutil
import subprocess
import sys

import parity

MODELS = ("ViT-B-32", "RN50", "convnext_tiny", "MobileCLIP2-S0", "tiny-vit")
PREPROCESSING = {
    "mean": (0.5, 0.4, 0.3), "std": (0.2, 0.25, 0.3), "interpolation": "bilinear",
    "resize_mode": "squash"}


class NoTokenizer:
    """CLIP's own has no files to save."""

    def save_pretrained(self, folder):
        pass


def make(name, folder, seed):
    """The peer's model in all its forms; features of random inputs."""
    import torch
    import open_clip
    from open_clip.push_to_hf_hub import save_for_hf
    from safetensors.torch import save_file
    config = register(name)
    torch.manual_seed(seed)
    model = open_clip.create_model(name, force_preprocess_cfg=PREPROCESSING)
    parity.perturb(model, torch)
    images, tokens = parity.inputs(model, config, torch)
    parity.calibrate(model, images, torch)
    # A step of the trainer's optimizer, so that the checkpoint has its state.
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)
    model.logit_scale.sum().backward()
    optimizer.step()
    model.eval()
    state = model.state_dict()
    torch.save(state, folder / "state.pt")
    torch.save({
        "epoch": 1, "name": "roundtrip", "optimizer": optimizer.state_dict(),
        "state_dict": {f"module.{k}": v for k, v in state.items()}}, folder / "epoch_1.pt")
    save_file(parity.peer_state(model), folder / "state.safetensors")
    save_for_hf(model, NoTokenizer(), config, folder / "hf", safe_serialization="both")
    with torch.no_grad():
        save_file({
            "images": images, "tokens": tokens,
            "image_features": model.encode_image(images),
            "text_features": model.encode_text(tokens)}, folder / "features.safetensors")
    return len(state)


def register(name):
    import open_clip
    path = parity.CONFIGS / f"{name}.json"
    if name not in open_clip.list_models():
        open_clip.add_model_config(path)
    return json.loads(path.read_text())


def differences(state, reference):
    import torch
    names = [n for n in reference if n not in state] + [n for n in state if n not in reference]
    return names + [
        n for n, t in reference.items()
        if n in state and (state[n].dtype != t.dtype or not torch.equal(state[n], t))]


def check(name, folder, back):
    """What differs after the way back: names of tensors, features, preprocessing."""
    import torch
    import open_clip
    from safetensors.torch import load_file
    register(name)
    reference = torch.load(folder / "state.pt", weights_only=True)
    expected = load_file(folder / "features.safetensors")
    found = {}

    def compare(label, model, preprocessing=False):
        model.eval()
        wrong = differences(model.state_dict(), reference)
        with torch.no_grad():
            for kind, encode in (("image", model.encode_image), ("text", model.encode_text)):
                given = expected["images" if kind == "image" else "tokens"]
                if not torch.equal(encode(given), expected[f"{kind}_features"]):
                    wrong.append(f"{kind} features")
        if preprocessing:
            actual = model.visual.preprocess_cfg
            wrong += [f"{k}: {actual[k]}" for k, v in PREPROCESSING.items()
                      if (tuple(actual[k]) if isinstance(v, tuple) else actual[k]) != v]
        found[label] = wrong

    for ending in (".pt", ".safetensors"):
        file = back / "openclip" / (name + ending)
        compare(ending, open_clip.create_model(name, pretrained=str(file)))
    model, _, _ = open_clip.create_model_and_transforms(f"local-dir:{back / 'hf'}")
    compare("folder", model, (back / "with-preprocessing").exists())
    found[".bin"] = differences(
        torch.load(back / "hf" / "open_clip_pytorch_model.bin", weights_only=True), reference)
    return found


def export(*arguments):
    done = subprocess.run([str(parity.ROOT / "troupe"), "export", *map(str, arguments)],
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"troupe export {arguments}: {done.stderr}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", help=f"(default: {' '.join(MODELS)})")
    parser.add_argument("--work", required=True, type=pathlib.Path, help="folder for big files")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=pathlib.Path, help="file for the table")
    arguments = parser.parse_args()
    parity.load_peer()
    logging.disable(logging.WARNING)
    lines = ["| model | tensors | from OpenCLIP | .pt | .safetensors | folder | .bin |",
             "|---|--:|---|---|---|---|---|"]
    wrong = False
    for name in arguments.models or MODELS:
        folder, back = arguments.work / "peer", arguments.work / "back"
        folder.mkdir(parents=True, exist_ok=True)
        tensors = parity.forked(make, name, folder, arguments.seed)
        for label, source in (
                ("state .pt", "state.pt"), ("training checkpoint", "epoch_1.pt"),
                ("safetensors", "state.safetensors"), ("folder", "hf")):
            given = ("--checkpoint", folder / source, "--model",
                     parity.CONFIGS / f"{name}.json")
            export(*given, "--format", "openclip", "--out", back / "openclip")
            export(*given, "--format", "hf", "--out", back / "hf")
            if source == "hf":
                (back / "with-preprocessing").touch()
            found = parity.forked(check, name, folder, back)
            shutil.rmtree(back)
            cells = [", ".join(v[:3]) or "equal" for v in found.values()]
            wrong |= any(found.values())
            lines.append(f"| {name} | {tensors} | {label} | {' | '.join(cells)} |")
            print(lines[-1], flush=True)
        shutil.rmtree(folder)
    text = "\n".join(lines) + "\n"
    print("\n" + text)
    if arguments.out:
        arguments.out.write_text(text)
    sys.exit(wrong)


if __name__ == "__main__":
    main()
