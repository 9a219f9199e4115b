"""Small Hugging Face tokenizers and the ids that transformers gives with OpenCLIP's HFTokenizer rules.

usage: make_huggingface_golden.py FOLDER      (needs transformers 5 and tokenizers)

Writes FOLDER/{bert,siglip,xlm,nllb}/ (trained on a few words, in the layouts of bert-base-uncased,
SigLIP, XLM-RoBERTa and NLLB) and FOLDER/golden.json: rows of [tokenizer, options, context length,
caption, ids]. Captions need no mending, so that cleaning is the little that stands here.
"""
import json
import string
import sys
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

folder = Path(sys.argv[1])
CORPUS = [
    "a photo of the red dog and the black cat", "two people smiling in front of the old bridge",
    "ein Foto von einem roten Hund", "une photo d'un chien rouge", "sunset over the lake, mountains",
    "unbelievable photosynthesis in the garden", "日本の写真", "красная собака у моста",
]
CAPTIONS = [
    "", "a photo of the red dog", "Two People, smiling!", "unbelievable  photosynthesis\tin Paris",
    "une photo d'un chien rouge", "日本の写真 красная", "the_old bridge (1999) — x-ray",
    "a photo of the red dog and the black cat and two people smiling in front of the old bridge",
]


def train(model, trainer, normalizer, pre_tokenizer, template, roles, save_as, **config):
    tokenizer = Tokenizer(model)
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre_tokenizer
    tokenizer.train_from_iterator(CORPUS, trainer)
    ids = [(t, tokenizer.token_to_id(t)) for t in set(template.split()) if t != "$A"]
    tokenizer.post_processor = processors.TemplateProcessing(single=template, special_tokens=ids)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **roles)
    fast.save_pretrained(folder / save_as)
    path = folder / save_as / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **config}, indent=1) + "\n")


bert = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
train(
    models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer(vocab_size=160, special_tokens=bert),
    normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer(), "[CLS] $A [SEP]",
    dict(pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", bos_token="[CLS]",
         eos_token="[SEP]"), "bert")
metaspace = pre_tokenizers.Metaspace()
t5 = ["<unk>", "</s>"]
train(
    models.Unigram(), trainers.UnigramTrainer(vocab_size=160, special_tokens=t5, unk_token="<unk>"),
    normalizers.NFKC(), metaspace, "$A </s>",
    dict(pad_token="</s>", unk_token="<unk>", eos_token="</s>"), "siglip")
xlm = ["<s>", "<pad>", "</s>", "<unk>"]
roles = dict(bos_token="<s>", cls_token="<s>", pad_token="<pad>", eos_token="</s>", sep_token="</s>",
             unk_token="<unk>")
train(
    models.Unigram(), trainers.UnigramTrainer(vocab_size=160, special_tokens=xlm, unk_token="<unk>"),
    normalizers.NFKC(), metaspace, "<s> $A </s>", roles, "xlm")
nllb = xlm + ["eng_Latn", "deu_Latn"]
train(
    models.BPE(unk_token="<unk>"), trainers.BpeTrainer(vocab_size=160, special_tokens=nllb),
    normalizers.NFKC(), metaspace, "eng_Latn $A </s>", roles, "nllb", src_lang="eng_Latn")


def clean(how, text):
    if how == "canonicalize":
        text = text.replace("_", " ").translate(str.maketrans("", "", string.punctuation)).lower()
    return " ".join(text.split())


def encode(name, options, length, text):
    tokenizer = AutoTokenizer.from_pretrained(folder / name)
    text = clean(options.get("clean", "whitespace"), text)
    if options.get("mode") == "clips":
        ids = tokenizer(text, add_special_tokens=False)["input_ids"][: length - 3]
        ids = [tokenizer.bos_token_id, *ids, tokenizer.eos_token_id]
        ids += [tokenizer.pad_token_id] * (length - 1 - len(ids))
        return [*ids, tokenizer.cls_token_id]
    ids = tokenizer(text, max_length=length, padding="max_length", truncation=True)["input_ids"]
    if options.get("strip_sep_token"):
        ids = [0 if i == tokenizer.sep_token_id else i for i in ids]
    if "language" in options:
        given, usual = (tokenizer.convert_tokens_to_ids(t) for t in (options["language"], "eng_Latn"))
        ids = [given if i == usual else i for i in ids]
    return ids


rows = []
for name, options, length in [
    ("bert", {}, 12), ("bert", {"strip_sep_token": True}, 12), ("bert", {"mode": "clips"}, 12),
    ("siglip", {"clean": "canonicalize"}, 64), ("siglip", {"clean": "canonicalize"}, 16),
    ("xlm", {}, 77), ("xlm", {}, 8), ("nllb", {}, 20), ("nllb", {"language": "deu_Latn"}, 20),
]:
    rows += [[name, options, length, text, encode(name, options, length, text)] for text in CAPTIONS]
(folder / "golden.json").write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
