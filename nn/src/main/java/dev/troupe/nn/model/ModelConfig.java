package dev.troupe.nn.model;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A model configuration in OpenCLIP's JSON form.
 *
 * @param name the configuration's name, {@code ViT-B-32}
 * @param json the file's content: {@code embed_dim}, {@code vision_cfg}, {@code text_cfg} and the
 *     rest
 */
public record ModelConfig(String name, ObjectNode json) {}
