package dev.troupe.runtime.settings;

/** What commands that only read data can be told as settings. */
public record StoreSettings(StorageSettings storage) {}
