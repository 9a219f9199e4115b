"""Compares the features of every OpenCLIP configuration with OpenCLIP's own.

For each configuration: OpenCLIP builds the model with random weights, of which those that start
constant are perturbed, and computes the features of a random batch; this project's model loads the
same weights and computes the same. Names, numbers of parameters and features are compared.

  mvn -q -pl nn test-compile dependency:build-classpath -Dmdep.outputFile=target/classpath.txt
  python parity/parity.py run --work DIR            # all, resumable: results in DIR/results.jsonl
  python parity/parity.py run --work DIR RN50 ...   # these
  python parity/parity.py run --work DIR --reduce '{"vision_cfg": 4, "text_cfg": 4}' ViT-e-14 ...
  python parity/parity.py table --work DIR          # writes docs/parity.md

Of several results of a configuration, the table shows the last that agrees, at full depth if there
is one. What parity/notes.md says stands below the table.

The Python needs open_clip_torch 3.3.0 and safetensors; transformers for configurations with
Hugging Face text towers. Big files are deleted as soon as a configuration is done.
"""
import argparse
import contextlib
import copy
import datetime
import fcntl
import importlib
import json
import multiprocessing
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONFIGS = ROOT / "configs" / "models"
NOTES = ROOT / "parity" / "notes.md"
TOLERANCE = 1e-4
CENTRED_TOLERANCE = 1e-3

# What the named checkpoints' config.json files hold, as far as it shapes the encoders.
HF_CONFIGS = {
    "roberta-base": dict(
        model_type="roberta", vocab_size=50265, max_position_embeddings=514, type_vocab_size=1,
        layer_norm_eps=1e-5),
    "xlm-roberta-base": dict(
        model_type="xlm-roberta", vocab_size=250002, max_position_embeddings=514,
        type_vocab_size=1, layer_norm_eps=1e-5),
    "xlm-roberta-large": dict(
        model_type="xlm-roberta", vocab_size=250002, max_position_embeddings=514,
        type_vocab_size=1, layer_norm_eps=1e-5, hidden_size=1024, num_hidden_layers=24,
        num_attention_heads=16, intermediate_size=4096),
    "google/mt5-base": dict(
        model_type="mt5", vocab_size=250112, d_model=768, d_kv=64, d_ff=2048, num_layers=12,
        num_heads=12, feed_forward_proj="gated-gelu", tie_word_embeddings=False),
    "google/mt5-xl": dict(
        model_type="mt5", vocab_size=250112, d_model=2048, d_kv=64, d_ff=5120, num_layers=24,
        num_decoder_layers=1, num_heads=32, feed_forward_proj="gated-gelu",
        tie_word_embeddings=False),
    "facebook/nllb-200-distilled-600M": dict(
        model_type="m2m_100", vocab_size=256206, d_model=1024, encoder_layers=12,
        encoder_attention_heads=16, encoder_ffn_dim=4096, decoder_layers=1,
        decoder_attention_heads=16, decoder_ffn_dim=4096, scale_embedding=True,
        encoder_layerdrop=0),
    "facebook/nllb-200-distilled-1.3B": dict(
        model_type="m2m_100", vocab_size=256206, d_model=1024, encoder_layers=24,
        encoder_attention_heads=16, encoder_ffn_dim=8192, decoder_layers=1,
        decoder_attention_heads=16, decoder_ffn_dim=8192, scale_embedding=True,
        encoder_layerdrop=0),
}
PADS = {"roberta": 1, "xlm-roberta": 1, "mt5": 0, "m2m_100": 1}


def reduced(config, limit):
    """The configuration with fewer layers where it has more parameters than limit allows."""
    config = copy.deepcopy(config)
    for section, layers in limit.items():
        if isinstance(config.get(section, {}).get("layers"), int):
            config[section]["layers"] = min(layers, config[section]["layers"])
    return config


def peer_state(model):
    """The state without a tensor twice, as safetensors wants it."""
    seen, state = set(), {}
    for name, tensor in model.state_dict().items():
        key = (tensor.data_ptr(), tensor.shape)
        tensor = tensor.contiguous()
        state[name] = tensor.clone() if key in seen and tensor.numel() else tensor
        seen.add(key)
    return state


def perturb(model, torch):
    """Moves every tensor that starts constant, so that a forgotten one shows."""
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if not tensor.is_floating_point():
                if name.endswith("num_batches_tracked"):
                    tensor.fill_(7)
            elif name.endswith("running_mean"):
                tensor.normal_(0, 0.1)
            elif name.endswith("running_var"):
                tensor.uniform_(0.5, 1.5)
            elif "gamma" in name and tensor.abs().max() < 0.01:
                tensor.normal_(0.2, 0.05)
            elif tensor.ndim <= 1 and tensor.numel() > 1:
                if name.endswith("weight") and tensor.abs().max() < 0.01:
                    tensor.fill_(0.5)  # the last norm of a residual branch
                tensor.add_(torch.randn_like(tensor), alpha=0.1)
            elif tensor.numel() > 1 and tensor.std() < 1e-3:
                tensor.add_(torch.randn_like(tensor), alpha=0.05)
            if tensor.is_floating_point() and not bool((tensor.abs() < 1e4).all()):
                tensor.normal_(0, 0.02)  # uninitialised memory


def calibrate(model, images, torch):
    """Gives BatchNorm the statistics of a batch; with others, signals die out on their way."""
    norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    if not norms:
        return
    for norm in norms:
        norm.momentum = 1.0
    model.train()
    with torch.no_grad():
        model.encode_image(images)
        for norm in norms:
            norm.running_var.mul_(torch.empty_like(norm.running_var).uniform_(0.8, 1.2))
    model.eval()


def inputs(model, config, torch, rows=2):
    """Random pixels with structure, and random tokens that end at different places."""
    size = model.visual.image_size
    size = size if isinstance(size, (tuple, list)) else (size, size)
    text = config["text_cfg"]
    hf = text.get("hf_model_name")
    pad, context, vocabulary = text.get("pad_id", 0), text.get("context_length", 77), text.get(
        "vocab_size", 49408)
    if hf:
        known = HF_CONFIGS[hf]
        pad, vocabulary = PADS[known["model_type"]], known["vocab_size"]
    end = text.get("eos_id", 2) if text.get("pool_type") == "eos" else vocabulary - 1
    tokens = torch.full((rows + 1, context), pad, dtype=torch.long)
    for row in range(rows + 1):
        n = context if row == rows else int(torch.randint(3, context, ()))
        tokens[row, :n] = torch.randint(3, vocabulary - 1, (n,))
        tokens[row, n - 1] = end
    coarse = torch.nn.functional.interpolate(torch.randn(rows, 3, 5, 5), size, mode="bilinear")
    return coarse + 0.5 * torch.randn(rows, 3, *size), tokens


def load_peer():
    """Imports the peer once; each configuration is built in a fork of this process."""
    for module in filter(None, os.environ.get("PARITY_PRELOAD", "").split(",")):
        importlib.import_module(module)
    os.environ["HF_HUB_OFFLINE"] = "1"
    import open_clip  # noqa: F401
    import safetensors.torch  # noqa: F401
    with contextlib.suppress(ImportError):
        from transformers import M2M100Model, MT5Model, RobertaModel, XLMRobertaModel  # noqa: F401


def one(work, path, seed):
    """Builds the peer's model, writes weights, inputs and features; gives what it counted."""
    import torch
    import open_clip
    from open_clip import factory
    from safetensors.torch import save_file

    config = json.loads(path.read_text())
    hf = config["text_cfg"].get("hf_model_name")
    built = copy.deepcopy(config)
    if hf:
        folder = work / "hf" / hf
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(HF_CONFIGS[hf]))
        built["text_cfg"]["hf_model_name"] = str(folder)
        built["text_cfg"]["hf_model_pretrained"] = False
    if "timm_model_name" in built["vision_cfg"]:
        built["vision_cfg"]["timm_model_pretrained"] = False
    factory._MODEL_CONFIGS["parity"] = built
    torch.manual_seed(seed)
    model = open_clip.create_model("parity", pretrained_image=False, pretrained_text=False)
    model.eval()
    perturb(model, torch)
    images, tokens = inputs(model, config, torch)
    calibrate(model, inputs(model, config, torch)[0], torch)
    save_file(peer_state(model), work / "weights.safetensors")
    save_file({"images": images, "tokens": tokens}, work / "inputs.safetensors")
    with torch.no_grad():
        expected = {
            "image_features": model.encode_image(images, normalize=False).contiguous(),
            "text_features": model.encode_text(tokens, normalize=False).contiguous(),
        }
        if built.get("multimodal_cfg"):
            out = model(images, tokens[: len(images)])
            expected["caption_logits"] = out["logits"].contiguous()
    save_file(expected, work / "expected.safetensors")
    return {"parameters": sum(p.numel() for p in model.parameters())}


def forked(function, *arguments):
    """The function's result from a process of its own, whose memory is free afterwards."""
    def child(pipe):
        try:
            pipe.send((function(*arguments), None))
        except Exception as e:
            pipe.send((None, f"{type(e).__name__}: {e}"[-500:]))
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=child, args=(theirs,))
    process.start()
    theirs.close()
    try:
        result, error = ours.recv()
    except EOFError:
        result, error = None, "the process was killed"
    process.join()
    if error:
        raise RuntimeError("peer: " + error)
    return result


def classpath():
    """What Maven has built, with the libraries that it wrote down."""
    return ":".join([
        str(ROOT / "nn/target/test-classes"), str(ROOT / "nn/target/classes"),
        (ROOT / "nn/target/classpath.txt").read_text()])


class Ours:
    """The long-lived Java process."""

    def __init__(self, classpath, java_options):
        environment = dict(os.environ, GOMP_SPINCOUNT="2000")
        self.process = subprocess.Popen(
            ["java", "-Xmx1g", f"-Dtroupe.home={ROOT}", *java_options, "-cp", classpath,
             "dev.troupe.nn.weights.ParityWorker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def run(self, **job):
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
            sys.stderr.write(line)  # log lines
        raise RuntimeError(f"the Java process ended with {self.process.wait()}")

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


def compare(expected, actual):
    """max|a-b| / max|b| of each tensor; and the same of what differs between the rows of b alone.

    The features of a model with random weights hardly depend on its input: without the second
    measure, it would agree too easily.
    """
    from safetensors.numpy import load_file
    import numpy as np
    expected, actual = load_file(expected), load_file(actual)
    result = {}
    for name, b in expected.items():
        a = actual[name].astype(np.float64)
        b = b.astype(np.float64)
        if a.shape != b.shape:
            result[name] = f"shape {a.shape} (expected: {b.shape})"
        elif not np.isfinite(b).all():
            result[name] = "the peer's values are not finite"
        else:
            result[name] = float(np.abs(a - b).max() / np.abs(b).max())
            result[name + "_centred"] = float(np.abs(a - b).max() / np.abs(b - b.mean(0)).max())
    return result


def agrees(row):
    differences = [v for k, v in row.items() if k.endswith(("features", "logits"))]
    centred = [v for k, v in row.items() if k.endswith("_centred")]
    return (
        not row.get("error") and not row.get("missing") and not row.get("unexpected")
        and row["parameters"] == row["parameters_here"] and len(differences) >= 2
        and all(isinstance(d, float) and d <= TOLERANCE for d in differences)
        and all(c <= CENTRED_TOLERANCE for c in centred))


def worth(row):
    """What agrees shows more than what does not, and full depth more than reduced."""
    return agrees(row), "reduced" not in row, row.get("products", "")


@contextlib.contextmanager
def lock(path):
    """Holds a lock file during one configuration, for machines that are shared."""
    if not path:
        yield
        return
    with open(path, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run(arguments):
    work = pathlib.Path(arguments.work)
    work.mkdir(parents=True, exist_ok=True)
    results = work / "results.jsonl"
    done = {}
    if results.exists():
        done = {row["name"]: row for row in map(json.loads, results.open())}
    names = arguments.names or sorted(p.stem for p in CONFIGS.glob("*.json"))
    load_peer()
    ours = Ours(arguments.classpath or classpath(), arguments.java_option)
    for name in names:
        if name in done and agrees(done[name]) and not arguments.again:
            continue
        with lock(arguments.lock):
            started = time.time()
            row = {
                "name": name, "date": datetime.date.today().isoformat(), "products": "oneDNN"}
            try:
                compare_one(name, arguments, work, ours, row)
            except Exception as e:  # the campaign goes on with the next configuration
                row["error"] = str(e)[-600:]
                if ours.process.poll() is not None:
                    ours = Ours(arguments.classpath or classpath(), arguments.java_option)
            finally:
                for file in work.glob("*.safetensors"):
                    file.unlink()
            row["seconds"] = round(time.time() - started, 1)
        row["agrees"] = agrees(row)
        with results.open("a") as file:
            file.write(json.dumps(row) + "\n")
        shown = {k: v for k, v in row.items() if k not in ("name", "date")}
        print(f"{name:40} {shown}", flush=True)
    ours.close()


def compare_one(name, arguments, work, ours, row):
    config = json.loads((CONFIGS / f"{name}.json").read_text())
    if arguments.reduce:
        config = reduced(config, json.loads(arguments.reduce))
        row["reduced"] = arguments.reduce
    path = work / f"{name}.json"
    path.write_text(json.dumps(config))
    row.update(forked(one, work, path, arguments.seed))
    answer = ours.run(
        config=str(path), weights=str(work / "weights.safetensors"),
        inputs=str(work / "inputs.safetensors"), output=str(work / "actual.safetensors"))
    row["parameters_here"] = answer.pop("parameters", None)
    row.update(answer)
    path.unlink()
    if "error" not in answer:
        row.update(compare(work / "expected.safetensors", work / "actual.safetensors"))


def depth(row):
    """The layers of the towers that were made shallower, as " (vision 4, text 4)"."""
    if "reduced" not in row:
        return ""
    limits = json.loads(row["reduced"])
    config = json.loads((CONFIGS / f"{row['name']}.json").read_text())
    layers = [
        f"{key.removesuffix('_cfg')} {section['layers']}" for key in limits
        if isinstance((section := reduced(config, limits).get(key, {})).get("layers"), int)]
    return f" ({', '.join(layers)})"


def table(arguments):
    """Writes docs/parity.md from the results; what was not run is listed as such."""
    latest = {}
    for line in (pathlib.Path(arguments.work) / "results.jsonl").open():
        row = json.loads(line)
        before = latest.get(row["name"])
        if before is None or worth(row) >= worth(before):
            latest[row["name"]] = row
    own = {"tiny-vit", "tiny-rn"}  # this project's, not OpenCLIP's
    names = sorted((p.stem for p in CONFIGS.glob("*.json") if p.stem not in own), key=str.lower)
    rows = [latest[n] for n in names if n in latest]
    same = [r for r in rows if agrees(r)]
    shallow = [r for r in rows if "reduced" in r]
    left = [n for n in names if n not in latest]
    dates = sorted({r["date"] for r in rows})

    def value(row, key):
        found = row.get(key)
        return f"{found:.1e}" if isinstance(found, float) else (found or "")

    lines = [
        "# Parity with OpenCLIP",
        "",
        f"Of OpenCLIP's {len(names)} configurations, {len(rows)} were compared and {len(same)} "
        f"agree, {len(rows) - len(shallow)} of them at full size and {len(shallow)} at reduced "
        f"depth (number of layers in brackets, all else as configured); {len(left)} were not "
        f"compared (listed below). Dates: {', '.join(dates)}. {arguments.versions}",
        "",
        "Made by `parity/parity.py`: OpenCLIP's model with random weights, those that start "
        "constant perturbed, in fp32 and eval mode, on two structured random images and three "
        "random texts. A configuration agrees when the parameter names and their number are "
        f"equal and max|a-b| / max|b| of the features is at most {TOLERANCE}; and, as random "
        "models depend little on their input, at most "
        f"{CENTRED_TOLERANCE} of what differs between the inputs (columns *centred*). Linear maps "
        "were computed by the library in the column *products*: inference uses oneDNN's; "
        f"{sum(r.get('products') != 'oneDNN' for r in rows)} rows were made when it still used "
        "MKL's.",
        "",
        "| configuration | parameters | image | centred | text | centred | caption | products "
        "| agrees |",
        "|---|--:|--:|--:|--:|--:|--:|---|---|",
    ]
    for r in rows:
        lines.append(
            f"| {r['name']}{depth(r)} | {r.get('parameters', 0):,} | {value(r, 'image_features')} "
            f"| {value(r, 'image_features_centred')} | {value(r, 'text_features')} "
            f"| {value(r, 'text_features_centred')} | {value(r, 'caption_logits')} "
            f"| {r.get('products', 'MKL')} "
            f"| {'yes' if agrees(r) else 'no: ' + r.get('error', 'differs')[:80]} |")
    if left:
        lines += ["", "## Not compared", "", ", ".join(left) + "."]
    lines += ["", NOTES.read_text().strip(), ""]
    (ROOT / "docs" / "parity.md").write_text("\n".join(lines))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    parser_run = commands.add_parser("run", help="compare configurations")
    parser_run.add_argument("names", nargs="*", help="configurations (default: all that are left)")
    parser_run.add_argument("--work", required=True, help="folder for results and big files")
    parser_run.add_argument("--again", action="store_true", help="also those that agreed before")
    parser_run.add_argument("--seed", type=int, default=0)
    parser_run.add_argument("--lock", help="a file to lock during each configuration")
    parser_run.add_argument("--reduce", help='fewer layers, as JSON: {"vision_cfg": 4}')
    parser_run.add_argument("--classpath", help="of the Java process (default: nn/target)")
    parser_run.add_argument("--java-option", action="append", default=[])
    parser_table = commands.add_parser("table", help="write docs/parity.md")
    parser_table.add_argument("--work", required=True)
    parser_table.add_argument("--versions", default="", help="a sentence on versions and machine")
    arguments = parser.parse_args()
    {"run": run, "table": table}[arguments.command](arguments)


if __name__ == "__main__":
    main()
