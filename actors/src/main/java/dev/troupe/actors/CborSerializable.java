package dev.troupe.actors;

/** Marks messages that cross nodes; Jackson writes them as CBOR. */
public interface CborSerializable {}
