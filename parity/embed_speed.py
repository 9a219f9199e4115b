"""Times `./troupe embed` beside OpenCLIP on the same weights, images and texts, in turns.

  ./troupe bench scenes --samples 512 scenes
  python parity/embed_speed.py --work DIR --images 'scenes/*.tar' [--texts FILE] [--rounds 3]

OpenCLIP encodes the way its users do: a DataLoader decodes by PIL and prepares images by the
model's own transform, in as many worker processes as --peer-workers says; `encode_image` runs under
torch.inference_mode. Both sides are timed from the first image read to the last feature, without
loading the model. Prints a JSON line a run, then the medians and their ratio.

The Python needs open_clip_torch 3.3.0 and safetensors.
"""
import argparse
import glob
import importlib
import io
import json
import pathlib
import statistics
import subprocess
import sys
import tarfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
IMAGES = (".jpg", ".jpeg", ".png", ".webp")


def open_clip_module(shim):
    if shim:
        importlib.import_module(shim)
    import open_clip

    return open_clip


def peer(options):
    """One timed run of OpenCLIP's side, in a process of its own."""
    open_clip = open_clip_module(options.shim)
    import torch
    from PIL import Image

    torch.set_num_threads(options.threads)
    model, _, preprocess = open_clip.create_model_and_transforms(
        options.model, pretrained=str(options.weights))
    model.eval()

    class Shards(torch.utils.data.IterableDataset):
        def __iter__(self):
            info = torch.utils.data.get_worker_info()
            step, first = (info.num_workers, info.id) if info else (1, 0)
            for shard in sorted(glob.glob(options.images))[first::step]:
                with tarfile.open(shard, "r|") as tar:
                    for member in tar:
                        if member.name.lower().endswith(IMAGES):
                            data = tar.extractfile(member).read()
                            yield preprocess(Image.open(io.BytesIO(data)))

    result = {"side": "open_clip", "workers": options.workers}
    with torch.inference_mode():
        if options.images:
            loader = torch.utils.data.DataLoader(
                Shards(), batch_size=options.batch_size, num_workers=options.workers)
            start = time.perf_counter()
            features = [model.encode_image(batch) for batch in loader]
            seconds = time.perf_counter() - start
            result["images"] = sum(len(f) for f in features)
            result["images_per_second"] = round(result["images"] / seconds, 2)
        if options.texts:
            lines = pathlib.Path(options.texts).read_text().splitlines()
            tokenize = open_clip.get_tokenizer(options.model)
            start = time.perf_counter()
            for i in range(0, len(lines), options.batch_size):
                model.encode_text(tokenize(lines[i:i + options.batch_size]))
            seconds = time.perf_counter() - start
            result["texts"] = len(lines)
            result["texts_per_second"] = round(len(lines) / seconds, 2)
    return result


def ours(options, kind):
    command = [
        ROOT / "troupe", "embed", "--model", options.model, "--pretrained", options.weights,
        f"--{kind}", getattr(options, kind), "--batch-size", str(options.batch_size),
        "--threads", str(options.threads), "--device", "cpu", "--json",
        "--out", pathlib.Path(options.work) / "features.safetensors"]
    row = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return {"side": "troupe", kind: row[kind], f"{kind}_per_second": round(row["per_second"], 2)}


def theirs(options, kind, workers):
    command = [sys.executable, __file__, "--peer", "--workers", str(workers)]
    for name in ("work", "model", "shim", "threads", "batch_size"):
        if getattr(options, name) is not None:
            command += ["--" + name.replace("_", "-"), str(getattr(options, name))]
    command += [f"--{kind}", getattr(options, kind)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def make_weights(options):
    if options.weights.exists():
        return
    open_clip = open_clip_module(options.shim)
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    state = open_clip.create_model(options.model).state_dict()
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, options.weights)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", required=True, help="folder for weights and features")
    parser.add_argument("--model", default="ViT-B-32")
    parser.add_argument("--images", help="pattern of WebDataset tars")
    parser.add_argument("--texts", help="file with a text a line")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--peer-workers", type=int, nargs="+", default=[1, 2], help="the best of them counts")
    parser.add_argument("--shim", help="a module to import before open_clip")
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.weights = pathlib.Path(options.work) / f"{options.model}.safetensors"
    if options.peer:
        print(json.dumps(peer(options)))
        return
    make_weights(options)
    for kind in ("images", "texts"):
        if not getattr(options, kind):
            continue
        speeds = {}
        for _ in range(options.rounds):
            for workers in options.peer_workers if kind == "images" else [0]:
                row = theirs(options, kind, workers)
                print(json.dumps(row), flush=True)
                speeds.setdefault(workers, []).append(row[f"{kind}_per_second"])
            row = ours(options, kind)
            print(json.dumps(row), flush=True)
            speeds.setdefault("troupe", []).append(row[f"{kind}_per_second"])
        medians = {side: statistics.median(values) for side, values in speeds.items()}
        here = medians.pop("troupe")
        best = max(medians, key=medians.get)
        print(json.dumps({
            "kind": kind, "model": options.model, "troupe": here, "open_clip": medians[best],
            "open_clip_workers": best, "ratio": round(here / medians[best], 3)}))


if __name__ == "__main__":
    main()
