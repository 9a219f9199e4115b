/**
 * From an encoded image to the pixels of one sample, as OpenCLIP's transforms give them.
 *
 * <p>{@link dev.troupe.data.image.ImageTransforms} is the way in: it makes the {@link
 * dev.troupe.data.image.ImageTransform} of training or of validation from a {@link
 * dev.troupe.data.image.Preprocess} (what the model expects) and an {@link
 * dev.troupe.data.image.Augmentation} ({@code --aug-cfg}). A transform reads the image's header
 * ({@link dev.troupe.data.image.ImageHeader}: format, size, faults that need no decoding), decides
 * which region it wants, decodes ({@link dev.troupe.data.image.ImageDecoder}), resizes that region
 * ({@link dev.troupe.data.image.Resizer}, in validation {@link dev.troupe.data.image.PilResizer})
 * and changes colours. Pixels are uint8 RGB throughout; the device normalises them.
 *
 * <p>Decoded pixels ({@link dev.troupe.data.image.Pixels}) are native memory that belongs to the
 * pointer scope which a transform opens for each image and closes before it returns. Random choices
 * are drawn from the sample's seed alone ({@link dev.troupe.data.sample.SampleRandom}).
 */
package dev.troupe.data.image;
