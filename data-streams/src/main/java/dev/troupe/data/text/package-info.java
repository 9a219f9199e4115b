/**
 * From a caption to token ids, as OpenCLIP's tokenizers give them.
 *
 * <p>{@link dev.troupe.data.text.Tokenizers} is the way in: it chooses by a model's configuration
 * between CLIP's own tokenizer ({@link dev.troupe.data.text.ClipTokenizer}) and Hugging Face's
 * ({@link dev.troupe.data.text.HuggingFaceTokenizer}). Both clean the caption first ({@link
 * dev.troupe.data.text.TextCleaning}): broken encodings and the like are mended ({@link
 * dev.troupe.data.text.TextFixer}, as Python's ftfy), HTML character references are read, white
 * space is collapsed. {@link dev.troupe.data.text.BytePairEncoding} then cuts words into CLIP's
 * tokens.
 *
 * <p>The tables of Unicode, of HTML and of mojibake stand beside the classes as resources, made by
 * {@code src/main/python/make_text_tables.py}; NOTICE.txt there names their licences and those of
 * the vocabulary.
 */
package dev.troupe.data.text;
