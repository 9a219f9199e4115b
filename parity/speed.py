"""Times training against OpenCLIP's own, in turns on the same machine, and prints the ratio of medians.

  python parity/speed.py quickstart              # configs/quickstart.conf against open_clip_train.main
  python parity/speed.py step --model ViT-B-32   # a step of one model, synthetic inputs, fp32

Both sides run as whole processes with the same threads. The quickstart's rate is taken from the
first to the last "Train Epoch" line, so that start-up does not count and the loader does.
The Python needs open_clip_torch 3.3.0 with its trainer.
"""
import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINE = re.compile(r"Train Epoch: (\d+) \[\s*(\d+)/")
PEER = """
import contextlib, importlib, sys, types
class Absent(types.ModuleType):
    __path__ = []
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), dict())
class Column(list):
    tolist = list.copy
def read_csv(path, sep):
    rows = [line.rstrip().split(sep) for line in open(path)]
    return dict((name, Column(values)) for name, *values in zip(*rows))
# What only tars need, and pandas for one call: where they are not installed, these stand in.
for name in ("braceexpand", "webdataset", "webdataset.filters", "webdataset.tariterators", "pandas"):
    try:
        importlib.import_module(name)
    except ImportError:
        sys.modules[name] = Absent(name)
        sys.modules[name].read_csv = read_csv
with contextlib.suppress(ImportError):
    import peer_ops  # declares torchvision's operators where its compiled ones are missing
import open_clip, torch
torch.set_num_threads({threads})
open_clip.add_model_config({config!r})
from open_clip_train.main import main
main(sys.argv[1:])
"""
# One fp32 step as open_clip_train does it: forward, loss, backward, AdamW with its decay groups.
PEER_STEP = """
import contextlib, json, statistics, sys, time
with contextlib.suppress(ImportError):
    import peer_ops
import torch, open_clip
from open_clip.loss import ClipLoss
name, batch, steps, threads = sys.argv[1], *map(int, sys.argv[2:5])
torch.set_num_threads(threads)
torch.manual_seed(0)
model = open_clip.create_model(name).train()
named = list(model.named_parameters())
plain = lambda n, p: p.ndim < 2 or "bn" in n or "ln" in n or "bias" in n or "logit_scale" in n
optimizer = torch.optim.AdamW(
    [dict(params=[p for n, p in named if plain(n, p)], weight_decay=0.0),
     dict(params=[p for n, p in named if not plain(n, p)], weight_decay=0.2)],
    lr=5e-4, betas=(0.9, 0.98), eps=1e-6)
size = model.visual.image_size
images = torch.randn(batch, 3, *(size if isinstance(size, tuple) else (size, size)))
texts = torch.zeros(batch, model.context_length, dtype=torch.long)
lengths = torch.randint(6, 20, (batch,), generator=torch.Generator().manual_seed(1)).tolist()
for row, n in enumerate(lengths):  # captions of 6 to 20 tokens, as alt-text has
    texts[row, 0], texts[row, n] = 49406, 49407
    texts[row, 1:n] = torch.randint(300, 40000, (n - 1,))
seconds = []
for i in range(steps + 1):
    start = time.perf_counter()
    optimizer.zero_grad()
    image, text, scale = model(images, texts)[:3]
    ClipLoss()(image, text, scale).backward()
    optimizer.step()
    with torch.no_grad():
        model.logit_scale.clamp_(0, 4.605170185988092)
    seconds.append(time.perf_counter() - start)
print(json.dumps(dict(samples_per_second=batch / statistics.median(seconds[1:]))))
"""


def rate(command, epoch_samples, **options):
    """Samples a second between the first and the last "Train Epoch" line of a training process."""
    seen = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    ) as process:
        tail = []
        for line in process.stdout:
            tail = tail[-20:] + [line]
            if match := LINE.search(line):
                seen.append((time.perf_counter(), int(match[1]) * epoch_samples + int(match[2])))
    if process.returncode or len(seen) < 2:
        sys.exit(f"{command[0]} ended with {process.returncode}:\n{''.join(tail)}")
    return (seen[-1][1] - seen[0][1]) / (seen[-1][0] - seen[0][0])


def emoji_table(folder):
    """The training shards as files and a CSV table, since OpenCLIP reads tars by webdataset only."""
    rows = []
    for shard in sorted((ROOT / "data/emoji").glob("train-*.tar")):
        with tarfile.open(shard) as tar:
            captions, images = {}, {}
            for member in tar:
                key, suffix = os.path.splitext(member.name)
                data = tar.extractfile(member).read()
                if suffix == ".txt":
                    captions[key] = data.decode()
                elif suffix in (".png", ".jpg", ".webp"):
                    images[key] = folder / f"{shard.stem}-{member.name.replace('/', '_')}"
                    images[key].write_bytes(data)
        rows += [(images[k], captions[k]) for k in images]
    table = folder / "train.csv"
    lines = [f"{path}\t{' '.join(caption.split())}\n" for path, caption in rows]
    table.write_text("filepath\ttitle\n" + "".join(lines))
    return table, len(rows)


def quickstart(args, folder):
    table, samples = emoji_table(folder)
    batch = 256
    peer_options = [
        "--model", "tiny-rn", "--dataset-type", "csv", "--train-data", str(table),
        "--batch-size", str(batch), "--lr", "1e-3", "--wd", "0.1", "--warmup", "30",
        "--epochs", str(args.epochs), "--workers", str(args.peer_workers), "--seed", "0",
        "--precision", "fp32", "--device", "cpu", "--log-every-n-steps", "10",
        "--save-frequency", "1000", "--logs", str(folder / "peer"),
    ]  # fmt: skip
    program = PEER.format(threads=args.threads, config=str(ROOT / "configs/models/tiny-rn.json"))

    def ours(turn):
        command = [
            ROOT / "troupe", "train", ROOT / "configs/quickstart.conf", "--epochs",
            str(args.epochs), "--val-data=", "--logs", folder / "ours", "--name", f"turn-{turn}",
        ]  # fmt: skip
        return rate([str(c) for c in command], samples)

    def peer(turn):
        return rate(
            [sys.executable, "-c", program, *peer_options, "--name", f"turn-{turn}"],
            samples // batch * batch,  # its loader drops the rest of each epoch
            env={**os.environ, "OMP_NUM_THREADS": str(args.threads)},
        )

    return ours, peer


def step(args, _):
    def result(command):
        text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        return json.loads(text.strip().splitlines()[-1])["samples_per_second"]

    sizes = [str(n) for n in (args.batch_size, args.steps, args.threads)]
    names = ["--batch-size", "--steps", "--threads"]
    flags = [part for pair in zip(names, sizes) for part in pair]

    def ours(_):
        return result(
            [str(ROOT / "troupe"), "bench", "step", "--json", "--model", args.model, *flags])

    def peer(_):
        return result([sys.executable, "-c", PEER_STEP, args.model, *sizes])

    return ours, peer


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["quickstart", "step"])
    parser.add_argument("--rounds", type=int, default=3, help="turns of each side (3)")
    parser.add_argument("--threads", type=int, default=2, help="libtorch threads of each (2)")
    parser.add_argument("--epochs", type=int, default=3, help="quickstart: epochs of a turn (3)")
    parser.add_argument(
        "--peer-workers", type=int, default=1, help="quickstart: OpenCLIP's loader processes (1)")
    parser.add_argument("--model", default="ViT-B-32", help="step: model (ViT-B-32)")
    parser.add_argument("--batch-size", type=int, default=32, help="step: samples (32)")
    parser.add_argument("--steps", type=int, default=3, help="step: timed steps of a turn (3)")
    args = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="speed-"))
    try:
        ours, peer = (quickstart if args.what == "quickstart" else step)(args, folder)
        rates = {"troupe": [], "open_clip": []}
        for turn in range(args.rounds):
            for name, side in (("open_clip", peer), ("troupe", ours)):
                rates[name].append(round(side(turn), 2))
                print(f"round {turn + 1}: {name} {rates[name][-1]} samples/s", flush=True)
        medians = {name: statistics.median(values) for name, values in rates.items()}
        print(json.dumps(dict(
            what=args.what, rates=rates, medians=medians,
            ratio=round(medians["troupe"] / medians["open_clip"], 2))))
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
