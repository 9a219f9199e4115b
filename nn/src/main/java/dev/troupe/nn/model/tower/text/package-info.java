/**
 * Text towers from Hugging Face: {@link dev.troupe.nn.model.tower.text.HfTextTower} puts a pooling
 * and a projection on one of the encoders RoBERTa (XLM-RoBERTa), mT5 and M2M100 (NLLB); {@link
 * dev.troupe.nn.model.tower.text.EncoderSpec} knows the architectures that OpenCLIP's
 * configurations name.
 */
package dev.troupe.nn.model.tower.text;
