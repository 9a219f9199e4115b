"""Compares real images and texts, from the file to the features, with OpenCLIP's.

The pixels: image files through this project's validation transform, and through PIL and
torchvision as OpenCLIP composes them. The features: shards and captions through `./troupe embed`,
and through OpenCLIP's validation transform, tokenizer and towers, with the same random weights.

  mvn -q -pl nn,data-streams -am test-compile dependency:build-classpath \\
      -Dmdep.outputFile=target/classpath.txt
  ./troupe bench scenes SCENES --samples 32
  python parity/images.py --work DIR --scenes 'SCENES/*.tar'

The Python needs what parity.py needs. Two tables go to the standard output and to --out.
"""
import argparse
import glob
import io
import pathlib
import subprocess
import tarfile

import parity

MODELS = ("tiny-vit", "tiny-rn", "ViT-B-32", "RN50")
SIZES = (64, 224)


def members(pattern, limit):
    """Images and captions of shards, in their order."""
    samples = []
    for shard in sorted(glob.glob(str(pattern))):
        with tarfile.open(shard) as tar:
            fields = {}
            for member in tar:
                if member.isfile():
                    key, _, kind = member.name.partition(".")
                    fields.setdefault(key, {})[kind.lower()] = tar.extractfile(member).read()
        for key, found in fields.items():
            kind = next((k for k in ("jpg", "png", "jpeg", "webp") if k in found), None)
            if kind and "txt" in found:
                samples.append((key, kind, found[kind], found["txt"].decode()))
    return samples[:limit]


def shard(path, samples):
    with tarfile.open(path, "w") as tar:
        for key, kind, image, caption in samples:
            for name, data in ((f"{key}.{kind}", image), (f"{key}.txt", caption.encode())):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))


def peer_pixels(samples, size):
    """The validation transform without its normalisation, as bytes."""
    import numpy as np
    from open_clip.transform import image_transform
    from PIL import Image
    transform = image_transform(size, False, mean=(0, 0, 0), std=(1, 1, 1))
    return np.stack([
        (transform(Image.open(io.BytesIO(image)).convert("RGB")) * 255).round().byte()
        .permute(1, 2, 0).numpy() for _, _, image, _ in samples])


def pixels(samples, size, arguments):
    """Shares of values that are equal, and within one step of 255."""
    import numpy as np
    files = []
    for i, (_, kind, image, _) in enumerate(samples):
        files.append(arguments.work / f"image-{i}.{kind}")
        files[-1].write_bytes(image)
    out = arguments.work / "pixels.bin"
    subprocess.run(
        ["java", "-Dorg.bytedeco.openblas.load=mkl_rt", "-cp", arguments.classpath or classpath(),
         "dev.troupe.data.image.ParityPixels", str(size), str(out), *map(str, files)], check=True)
    expected = peer_pixels(samples, size)
    actual = np.frombuffer(out.read_bytes(), np.uint8).reshape(expected.shape)
    for file in (*files, out):
        file.unlink()
    apart = np.abs(actual.astype(int) - expected.astype(int))
    return {"images": len(samples), "values": apart.size, "equal": float((apart == 0).mean()),
            "within": float((apart <= 1).mean()), "farthest": int(apart.max())}


def classpath():
    modules = ("nn", "data-streams")
    built = [str(parity.ROOT / m / "target" / c) for m in modules
             for c in ("test-classes", "classes")]
    return ":".join(built + [
        (parity.ROOT / m / "target" / "classpath.txt").read_text() for m in modules])


def peer_features(name, samples, weights, expected, seed=0):
    """Random weights for both sides; the peer's features of the same files and captions."""
    import torch
    import open_clip
    from PIL import Image
    from safetensors.torch import save_file
    open_clip.add_model_config(parity.CONFIGS)
    torch.manual_seed(seed)
    model, _, transform = open_clip.create_model_and_transforms(name)
    model.eval()
    parity.perturb(model, torch)
    images = torch.stack([
        transform(Image.open(io.BytesIO(image)).convert("RGB")) for _, _, image, _ in samples])
    tokens = open_clip.get_tokenizer(name)([caption for _, _, _, caption in samples])
    parity.calibrate(model, images[:8], torch)
    save_file(parity.peer_state(model), weights)
    with torch.no_grad():
        save_file({
            "image_features": torch.cat([model.encode_image(i) for i in images.split(8)]),
            "text_features": torch.cat([model.encode_text(t) for t in tokens.split(8)]),
        }, expected)


def features(name, samples, arguments):
    work = arguments.work
    weights, expected, actual = (
        work / f"{part}.safetensors" for part in ("weights", "expected", "actual"))
    parity.forked(peer_features, name, samples, weights, expected)
    shard(work / "images.tar", samples)
    (work / "texts.txt").write_text(
        "".join(" ".join(caption.split()) + "\n" for _, _, _, caption in samples))
    subprocess.run(
        [str(parity.ROOT / "troupe"), "embed", "--model", name, "--pretrained", str(weights),
         "--images", str(work / "images.tar"), "--texts", str(work / "texts.txt"),
         "--out", str(actual)], check=True)
    result = parity.compare(expected, actual)
    for file in (weights, expected, actual, work / "images.tar", work / "texts.txt"):
        file.unlink()
    return result


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", required=True, type=pathlib.Path, help="folder for big files")
    parser.add_argument("--emoji", default=parity.ROOT / "data" / "emoji" / "val-0001.tar")
    parser.add_argument("--scenes", help="shards of photographs or generated scenes")
    parser.add_argument("--images", type=int, default=48, help="for the features, per set")
    parser.add_argument("--pixel-images", type=int, default=400, help="for the pixels, per set")
    parser.add_argument("--out", type=pathlib.Path, help="file for the tables")
    parser.add_argument("--classpath", help="of the Java process (default: target folders)")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    parity.load_peer()
    sets = {"emoji (64x64)": members(arguments.emoji, arguments.pixel_images)}
    if arguments.scenes:
        sets["scenes (JPEG, 640x480 class)"] = members(arguments.scenes, arguments.pixel_images)
    lines = ["| images | to | number | equal | within 1 of 255 | farthest |",
             "|---|--:|--:|--:|--:|--:|"]
    for label, samples in sets.items():
        for size in SIZES:
            r = pixels(samples, size, arguments)
            lines.append(f"| {label} | {size} | {r['images']} | {100 * r['equal']:.3f}% "
                         f"| {100 * r['within']:.4f}% | {r['farthest']} |")
            print(lines[-1], flush=True)
    lines += ["", "| model | images and texts | image | centred | text | centred |",
              "|---|---|--:|--:|--:|--:|"]
    for name in MODELS:
        for label, samples in sets.items():
            samples = samples[:arguments.images]
            r = features(name, samples, arguments)
            values = " | ".join(f"{r[k + s]:.1e}" for k in ("image_features", "text_features")
                                for s in ("", "_centred"))
            lines.append(f"| {name} | {len(samples)} {label} | {values} |")
            print(lines[-1], flush=True)
    text = "\n".join(lines) + "\n"
    print("\n" + text)
    if arguments.out:
        arguments.out.write_text(text)


if __name__ == "__main__":
    main()
