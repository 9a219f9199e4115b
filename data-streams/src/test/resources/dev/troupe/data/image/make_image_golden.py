"""Small images of many kinds, and what PIL, torchvision and open_clip make of them.

usage: make_image_golden.py FOLDER      (needs open_clip_torch 3.3.0, torchvision, pillow 12)

decode-golden.zip     NAME and NAME.rgb: an encoded image and PIL's convert("RGB") of it
transform-golden.zip  validation transforms, crops and colour changes of a few images
Pixels are stored as width and height (2 bytes each, big-endian) and RGB bytes.
"""
import io
import json
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import torch
import torchvision.transforms.functional as F
from open_clip.transform import image_transform
from PIL import Image
from torchvision.transforms import InterpolationMode

folder = Path(sys.argv[1])
rng = np.random.default_rng(0)


def scene(w, h):
    """A smooth picture with some noise, discs and edges."""
    y, x = np.mgrid[0:h, 0:w]
    a = np.stack([128 + 100 * np.sin(x / 7) + 20 * np.cos(y / 3), 255 * y / h, 128 + 120 * np.cos((x + y) / 9)], -1)
    for _ in range(6):
        cx, cy, r = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(2, h / 3)
        a[(x - cx) ** 2 + (y - cy) ** 2 < r * r] = rng.uniform(0, 255, 3)
    return np.clip(a + rng.normal(size=a.shape) * 1.5, 0, 255).astype("u1")


def raw(image):
    image = np.asarray(image)
    return struct.pack(">HH", image.shape[1], image.shape[0]) + image.astype("u1").tobytes()


class Archive:
    def __init__(self, name):
        self.zip = zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED, compresslevel=9)

    def add(self, name, data):
        self.zip.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, 9)


decode = Archive("decode-golden.zip")
W, H = 23, 17
pixels = scene(W, H)
alpha = np.tile((np.arange(W) * 9 % 256).astype("u1"), (H, 1))
rgb = Image.fromarray(pixels)
grey = rgb.convert("L")
rgba = Image.fromarray(np.dstack([pixels, alpha]))
la = Image.merge("LA", (grey, Image.fromarray(alpha)))


def keep(name, data):
    decode.add(name, data)
    decode.add(name + ".rgb", raw(Image.open(io.BytesIO(data)).convert("RGB")))


def save(name, image, **options):
    out = io.BytesIO()
    image.save(out, name.rsplit(".")[-1].replace("jpg", "jpeg"), **options)
    keep(name, out.getvalue())
    return out.getvalue()


turned = Image.Exif()
turned[0x112] = 6
for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
    for quality in (30, 90):
        save(f"{subsampling.replace(':', '')}-q{quality}.jpg", rgb, quality=quality, subsampling=subsampling)
save("progressive.jpg", rgb, progressive=True, quality=85)
save("restart.jpg", rgb, restart_marker_blocks=2)
save("grey.jpg", grey)
save("rgb.jpg", rgb, keep_rgb=True, quality=90)
save("turned.jpg", rgb, exif=turned)
save("profile.jpg", rgb, icc_profile=b"x" * 300, comment=b"hello")
save("odd.jpg", rgb.crop((0, 0, 17, 9)))
save("pixel.jpg", rgb.crop((0, 0, 1, 1)))
inks = bytearray(save("cmyk.jpg", rgb.convert("CMYK"), quality=90))
save("cmyk-progressive.jpg", rgb.convert("CMYK"), quality=90, progressive=True)
at = inks.find(b"Adobe")
keep("ycck.jpg", bytes(inks[: at + 11]) + b"\2" + bytes(inks[at + 12 :]))  # the same numbers, read as YCCK
keep("cmyk-without-adobe.jpg", bytes(inks[: at - 4]) + bytes(inks[at + 12 :]))

save("rgb.png", rgb)
save("rgba.png", rgba)
save("grey.png", grey)
save("grey-alpha.png", la)
save("bits.png", grey.convert("1"))
save("turned.png", rgb, exif=turned)
for colours in (2, 4, 16, 200):
    save(f"palette-{colours}.png", rgb.quantize(colours))
save("palette-transparent.png", rgb.quantize(64), transparency=5)
save("palette-alphas.png", rgb.quantize(64), transparency=bytes(range(0, 256, 4)))
save("rgb-transparent.png", rgb, transparency=tuple(int(v) for v in pixels[0, 0]))
save("grey-transparent.png", grey, transparency=100)
save("animated.png", rgba, save_all=True, append_images=[rgba.rotate(90)], duration=100)


def png(name, depth, colour, rows, *chunks):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", W, H, depth, colour, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    keep(name, b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunk(*c) for c in chunks)
         + chunk(b"IDAT", body) + chunk(b"IEND", b""))


deep = pixels.astype(">u2") * 256 + rng.integers(0, 256, pixels.shape).astype(">u2")
deep_grey = np.asarray(grey).astype(">u2") * 256 + rng.integers(0, 256, (H, W)).astype(">u2")
deep_alpha = alpha.astype(">u2") * 256 + 7
png("rgb-16.png", 16, 2, [r.astype(">u2").tobytes() for r in deep])
png("rgba-16.png", 16, 6, [r.astype(">u2").tobytes() for r in np.dstack([deep, deep_alpha])])
png("grey-16.png", 16, 0, [r.astype(">u2").tobytes() for r in deep_grey])
png("grey-16-dark.png", 16, 0, [(r // 200).astype(">u2").tobytes() for r in deep_grey])
png("grey-alpha-16.png", 16, 4, [r.astype(">u2").tobytes() for r in np.dstack([deep_grey, deep_alpha])])
png("gamma.png", 8, 2, [r.tobytes() for r in pixels], (b"gAMA", struct.pack(">I", 100000)))
png("background.png", 8, 6, [r.tobytes() for r in np.dstack([pixels, alpha])], (b"bKGD", b"\0\xff\0\2\0\3"))
for depth in (2, 4):
    values = np.asarray(grey) >> (8 - depth)
    values = np.pad(values, ((0, 0), (0, -W % (8 // depth)))).reshape(H, -1, 8 // depth)
    shifts = 8 - depth * (1 + np.arange(8 // depth))
    png(f"grey-{depth}.png", depth, 0, [r.astype("u1").tobytes() for r in (values << shifts).sum(-1)])

save("lossy.webp", rgb, quality=80)
save("lossless.webp", rgb, lossless=True)
save("alpha.webp", rgba, quality=80)
save("alpha-lossless.webp", rgba, lossless=True, exact=True)
save("animated.webp", rgba, save_all=True, append_images=[rgba.rotate(90)], duration=100, lossless=True,
     exact=True, background=(255, 0, 0, 255))
decode.zip.close()

golden = Archive("transform-golden.zip")
sources = {}
for name, (w, h) in {"wide.jpg": (150, 100), "tall.png": (21, 47), "square.webp": (40, 40)}.items():
    out = io.BytesIO()
    Image.fromarray(scene(w, h)).save(out, name.split(".")[1].replace("jpg", "jpeg"), quality=85)
    golden.add(name, out.getvalue())
    sources[name] = Image.open(io.BytesIO(out.getvalue())).convert("RGB")
cases = []
for name, image in sources.items():
    for mode in ("shortest", "longest", "squash"):
        for interpolation in ("bicubic", "bilinear"):
            transform = image_transform(24, False, mean=(0, 0, 0), std=(1, 1, 1), resize_mode=mode,
                                        interpolation=interpolation, fill_color=77)
            case = f"{name}-{mode}-{interpolation}"
            golden.add(case, raw((transform(image) * 255).round().permute(1, 2, 0)))
            cases.append(dict(kind="validation", result=case, image=name, mode=mode, interpolation=interpolation))
for box in ((3, 5, 140, 90), (60, 20, 33, 61), (0, 0, 24, 24), (149, 99, 1, 1)):  # left, top, width, height
    for interpolation in ("bicubic", "bilinear"):
        case = f"crop-{'-'.join(map(str, box))}-{interpolation}"
        left, top, width, height = box
        crop = F.resized_crop(sources["wide.jpg"], top, left, height, width, [24, 24], InterpolationMode(interpolation))
        golden.add(case, raw(crop))
        cases.append(dict(kind="crop", result=case, box=box, interpolation=interpolation))
small = sources["wide.jpg"].crop((40, 30, 64, 54))
golden.add("colours", raw(small))
for kind, change, factors in (
    ("brightness", F.adjust_brightness, (0, 0.37, 1, 1.8)),
    ("contrast", F.adjust_contrast, (0, 0.41, 1.6)),
    ("saturation", F.adjust_saturation, (0, 0.3, 1.9)),
    ("hue", F.adjust_hue, (-0.5, -0.13, 0.2, 0.5)),
    ("grey", lambda image, _: F.to_grayscale(image, 3), (0,)),
):
    for factor in factors:
        case = f"{kind}-{factor}"
        golden.add(case, raw(change(small, factor)))
        cases.append(dict(kind=kind, result=case, factor=factor))
golden.add("cases.json", json.dumps(cases, indent=1))
golden.zip.close()
