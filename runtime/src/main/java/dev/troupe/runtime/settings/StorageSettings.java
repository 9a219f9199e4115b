package dev.troupe.runtime.settings;

import dev.troupe.runtime.settings.Setting.Kind;
import java.util.Optional;

/** Remote stores and the local cache of what comes from them. */
@SettingGroup("Remote stores and cache")
public record StorageSettings(
    @Setting(
            value =
                "Folder for shards and weights fetched from elsewhere (default: ~/.cache/troupe).",
            label = "DIR",
            kind = Kind.PATH)
        Optional<String> cacheDir,
    @Setting(
            value = "Most that cached shards may take on disk.",
            byDefault = "20 GiB",
            label = "SIZE")
        ByteSize cacheSize,
    @Setting(value = "S3: endpoint of a store other than AWS.", label = "URL")
        Optional<String> s3Endpoint,
    @Setting(value = "S3: region.", label = "NAME") Optional<String> s3Region,
    @Setting("S3: address buckets by path, as many other stores need.") boolean s3PathStyle,
    @Setting("S3: send requests unsigned, for public buckets.") boolean s3Anonymous) {}
