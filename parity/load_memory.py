"""Measures the memory that `./troupe embed` takes to load weights and encode one text.

  python parity/load_memory.py --model ViT-H-14 FILE_OR_FOLDER ...

Prints a JSON line a file: the peaks of the process's anonymous memory (its own) and of the pages
that it maps from files (which the system can drop), sampled every 20 ms, the parameters' bytes, and
the seconds of the whole command.
"""
import argparse
import json
import pathlib
import re
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TROUPE = ROOT / "troupe"


def status(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return {}
    return {name: int(kib) for name, kib in re.findall(r"^(\w+):\s+(\d+) kB", text, re.M)}


def measure(model, weights, folder):
    texts = pathlib.Path(folder) / "text.txt"
    texts.write_text("a photo of a cat\n")
    start = time.monotonic()
    process = subprocess.Popen(
        [TROUPE, "embed", "--model", model, "--pretrained", weights, "--texts", texts, "--out",
         pathlib.Path(folder) / "features.safetensors", "--threads", "2", "--device", "cpu"],
        stdout=subprocess.DEVNULL)
    anonymous = mapped = 0
    while process.poll() is None:
        now = status(process.pid)  # the launcher becomes the Java process
        anonymous = max(anonymous, now.get("RssAnon", 0))
        mapped = max(mapped, now.get("RssFile", 0))
        time.sleep(0.02)
    if process.returncode:
        raise SystemExit(process.returncode)
    return {"anonymous_gib": round(anonymous / 2**20, 2), "mapped_gib": round(mapped / 2**20, 2),
            "seconds": round(time.monotonic() - start, 1)}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("weights", nargs="+")
    options = parser.parse_args()
    rows = json.loads(subprocess.run(
        [TROUPE, "models", options.model, "--json"], stdout=subprocess.PIPE, check=True).stdout)
    row = next(row for row in rows["models"] if row["name"] == options.model)
    parameters = row["mparams"] * 1e6 * 4 / 2**30
    for weights in options.weights:
        with tempfile.TemporaryDirectory() as folder:
            figures = measure(options.model, weights, folder)
        print(json.dumps({"weights": weights, "parameters_gib": round(parameters, 2), **figures}))


if __name__ == "__main__":
    main()
