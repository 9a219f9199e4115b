"""Compares first weights with OpenCLIP's: five seeds of a configuration of every family.

Both sides draw their weights from their own generators, so no two values are equal; what must agree
is the distribution of every tensor, over all seeds together (n values on each side; of a tensor
with more than a million values, a million spread over it from each seed):

  mean       |a - b| <= 5 s sqrt(2/n)
  deviation  |a/b - 1| <= 5 sqrt((k-1)/(2n)), k the peer's kurtosis (3 if it is smaller)
  shape      the Kolmogorov-Smirnov distance of up to 40,000 values of each <= 2.7 sqrt(2/n)
  constant   where the peer's values are all equal, ours are that value

A right implementation passes each with a probability of about 1 - 1e-6.

  mvn -q -pl nn test-compile dependency:build-classpath -Dmdep.outputFile=target/classpath.txt
  python parity/initialisation.py --work DIR [FAMILY ...]

The Python needs what parity.py needs. The table goes to the standard output and to --out.
"""
import argparse
import copy
import json
import logging
import pathlib
import sys

import parity

SEEDS = 5
DEVIATIONS = 5
LARGEST = 1_000_000
SAMPLE = 40_000
SMIRNOV = 2.7

# Family: configuration and what is changed in it to make it small. Widths stay: first weights
# depend on them. Trunks of timm keep their depth.
SHALLOW = {"vision_cfg": {"layers": 2}, "text_cfg": {"layers": 2}}
SHORT_TEXT = {"text_cfg": {"layers": 2, "vocab_size": 4000}}
ENCODERS = {
    "roberta-base": {"num_hidden_layers": 2, "vocab_size": 4000},
    "google/mt5-base": {"num_layers": 2, "vocab_size": 4000},
    "facebook/nllb-200-distilled-600M": {"encoder_layers": 2, "vocab_size": 4000},
}
FAMILIES = {
    "ViT": ("ViT-B-32", SHALLOW),
    "ViT, layer scale, mean of patches": ("ViT-S-32", {
        "vision_cfg": {"layers": 3, "ls_init_value": 0.1, "pool_type": "avg"},
        "text_cfg": {"layers": 3, "ls_init_value": 0.1}}),
    "CLIPA": ("ViT-L-14-CLIPA", SHALLOW),
    "worldwide": ("ViT-L-14-worldwide", {
        "vision_cfg": {"layers": 2}, "text_cfg": {"layers": 2, "vocab_size": 4000}}),
    "CoCa": ("coca_ViT-B-32", dict(SHALLOW, multimodal_cfg={"layers": 2})),
    "ModifiedResNet": ("RN50", SHORT_TEXT),
    "ConvNeXt, linear head": ("convnext_tiny", SHORT_TEXT),
    "ConvNeXt, MLP head": ("convnext_large_d", SHORT_TEXT),
    "SigLIP": ("ViT-B-16-SigLIP", SHORT_TEXT),
    "SigLIP 2": ("ViT-B-32-SigLIP2-256", SHORT_TEXT),
    "EVA02": ("EVA02-B-16", SHORT_TEXT),
    "ViTamin": ("ViTamin-S", SHORT_TEXT),
    "MobileCLIP, FastViT": ("MobileCLIP2-S0", SHORT_TEXT),
    "MobileCLIP, convolutional stem": ("MobileCLIP-B", SHORT_TEXT),
    "MobileCLIP2-L, timm's ViT": ("MobileCLIP2-L-14", SHORT_TEXT),
    "PE-Core": ("PE-Core-T-16-384", SHORT_TEXT),
    "RoBERTa": ("roberta-ViT-B-32", {"vision_cfg": {"layers": 1}}),
    "mT5": ("mt5-base-ViT-B-32", {"vision_cfg": {"layers": 1}}),
    "NLLB": ("nllb-clip-base", {"vision_cfg": {"layers": 1}}),
}

# In OpenCLIP 3.3.0 the decoder's own initialisation is never called: its layers keep PyTorch's
# defaults and its projection is uninitialised memory. Here it starts like the text tower.
ON_PURPOSE = "text_decoder."


def configuration(name, changes, work):
    config = json.loads((parity.CONFIGS / f"{name}.json").read_text())
    for section, values in changes.items():
        config[section].update(values)
    hf = config["text_cfg"].get("hf_model_name")
    if hf:
        folder = work / "hf" / hf
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(
            json.dumps({**parity.HF_CONFIGS[hf], **ENCODERS[hf]}))
        config["text_cfg"]["hf_model_name"] = str(folder)
    path = work / f"{name}.json"
    path.write_text(json.dumps(config))
    return path


def draw_peer(path, seed, output):
    """One model of the peer with its first weights."""
    import torch
    import open_clip
    from open_clip import factory
    from safetensors.torch import save_file
    config = json.loads(path.read_text())
    if "hf_model_name" in config["text_cfg"]:
        config["text_cfg"]["hf_model_pretrained"] = False
    if "timm_model_name" in config["vision_cfg"]:
        config["vision_cfg"]["timm_model_pretrained"] = False
    factory._MODEL_CONFIGS["parity"] = config
    torch.manual_seed(seed)
    model = open_clip.create_model("parity", pretrained_image=False, pretrained_text=False)
    save_file(parity.peer_state(model), output)
    return sum(p.numel() for p in model.parameters())


class Moments:
    """What is kept of a tensor's values over all seeds."""

    def __init__(self):
        self.n, self.sums, self.sample, self.shape = 0, [0.0] * 4, [], None

    def add(self, values, seed):
        import numpy as np
        self.shape = values.shape
        flat = values.ravel()
        if flat.size > LARGEST:
            flat = flat[seed::flat.size // LARGEST + 1]
        part = SAMPLE // SEEDS
        self.sample.append(flat[::max(1, flat.size // part)][:part].astype(np.float64))
        # Once in 16 million values, PyTorch's trunc_normal_ gives the edge itself, far from the rest.
        flat = flat[np.abs(flat) != 2] if np.abs(flat).max(initial=0) == 2 else flat
        x = flat.astype(np.float64)
        power = x
        for k in range(4):
            self.sums[k] += power.sum()
            power = power * x
        self.n += flat.size

    @property
    def mean(self):
        return self.sums[0] / self.n

    @property
    def variance(self):
        return max(0.0, self.sums[1] / self.n - self.mean ** 2)

    @property
    def kurtosis(self):
        m, (s1, s2, s3, s4) = self.mean, (s / self.n for s in self.sums)
        return (s4 - 4 * m * s3 + 6 * m * m * s2 - 3 * m ** 4) / self.variance ** 2

    @property
    def constant(self):
        import numpy as np
        values = np.concatenate(self.sample)
        return float(values[0]) if self.variance < 1e-12 * max(
            1e-30, self.sums[1] / self.n) and (values == values[0]).all() else None


def accumulate(path, seed, into):
    from safetensors import safe_open
    with safe_open(path, framework="numpy") as file:
        for name in file.keys():
            into.setdefault(name, Moments()).add(file.get_tensor(name), seed)


def smirnov(a, b):
    import numpy as np
    a, b = np.sort(np.concatenate(a)), np.sort(np.concatenate(b))
    both = np.concatenate([a, b])
    distance = np.abs(
        np.searchsorted(a, both, side="right") / a.size
        - np.searchsorted(b, both, side="right") / b.size).max()
    return distance / (SMIRNOV * ((a.size + b.size) / (a.size * b.size)) ** 0.5)


def judge(ours, peer):
    """Each measure as a share of its bound: up to 1 is agreement."""
    if ours.shape != peer.shape:
        return {"shape": float("inf")}
    if peer.constant is not None:
        return {"constant": 0.0 if ours.constant == peer.constant else float("inf")}
    if ours.constant is not None:
        return {"constant": float("inf")}
    s = peer.variance ** 0.5
    kurtosis = max(3.0, peer.kurtosis)
    return {
        "mean": abs(ours.mean - peer.mean) / (DEVIATIONS * s * (2 / peer.n) ** 0.5),
        "deviation": abs((ours.variance / peer.variance) ** 0.5 - 1)
        / (DEVIATIONS * ((kurtosis - 1) / (2 * peer.n)) ** 0.5),
        "distribution": smirnov(ours.sample, peer.sample),
    }


def family(label, name, changes, work, ours):
    path = configuration(name, changes, work)
    drawn, expected = {}, {}
    file = work / "draw.safetensors"
    for seed in range(SEEDS):
        parameters = parity.forked(draw_peer, path, seed, file)
        accumulate(file, seed, expected)
        answer = ours.run(config=str(path), seed=seed, output=str(file))
        if "error" in answer:
            raise RuntimeError(answer["error"])
        accumulate(file, seed, drawn)
        file.unlink()
    row = {"family": label, "configuration": name, "changes": changes, "parameters": parameters,
           "tensors": len(expected), "constant": 0, "differ": [], "on_purpose": 0}
    row["names"] = sorted(set(drawn) ^ set(expected))
    for tensor in sorted(set(drawn) & set(expected)):
        if tensor.startswith(ON_PURPOSE):
            row["on_purpose"] += 1
            continue
        shares = judge(drawn[tensor], expected[tensor])
        row["constant"] += "constant" in shares
        for measure, share in shares.items():
            row[measure + "_worst"] = max(share, row.get(measure + "_worst", 0.0))
        if max(shares.values()) > 1:
            a, b = drawn[tensor], expected[tensor]
            row["differ"].append(
                f"{tensor} {list(a.shape)}: mean {a.mean:.3g} deviation {a.variance ** .5:.4g} "
                f"(expected: {b.mean:.3g}, {b.variance ** .5:.4g}; {shares})")
    path.unlink()
    return row


def table(rows):
    lines = [
        "| family | configuration | tensors | constant | mean | deviation | distribution | agrees |",
        "|---|---|--:|--:|--:|--:|--:|---|",
    ]
    for r in rows:
        verdict = "yes" if not r["differ"] and not r["names"] else f"no: {len(r['differ'])} tensors"
        if r["on_purpose"]:
            verdict += f"; {r['on_purpose']} of the decoder not compared"
        worst = " | ".join(
            f"{r.get(m + '_worst', 0):.2f}" for m in ("mean", "deviation", "distribution"))
        lines.append(
            f"| {r['family']} | {r['configuration']} | {r['tensors']} | {r['constant']} "
            f"| {worst} | {verdict} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("families", nargs="*", help="parts of families' names (default: all)")
    parser.add_argument("--work", required=True, type=pathlib.Path, help="folder for big files")
    parser.add_argument("--out", type=pathlib.Path, help="file for the table")
    parser.add_argument("--classpath", help="of the Java process (default: nn/target)")
    parser.add_argument("--java-option", action="append", default=[])
    arguments = parser.parse_args()
    work = arguments.work
    work.mkdir(parents=True, exist_ok=True)
    chosen = {
        label: value for label, value in FAMILIES.items()
        if not arguments.families or any(f.lower() in label.lower() for f in arguments.families)}
    parity.load_peer()
    logging.disable(logging.WARNING)
    ours = parity.Ours(arguments.classpath or parity.classpath(), arguments.java_option)
    rows = []
    for label, (name, changes) in chosen.items():
        rows.append(family(label, name, copy.deepcopy(changes), work, ours))
        row = rows[-1]
        print(table([row]).splitlines()[-1], flush=True)
        for problem in row["differ"] + row["names"]:
            print("    " + problem, flush=True)
    ours.close()
    print()
    print(table(rows))
    if arguments.out:
        arguments.out.write_text(table(rows))
    sys.exit(any(r["differ"] or r["names"] for r in rows))


if __name__ == "__main__":
    main()
