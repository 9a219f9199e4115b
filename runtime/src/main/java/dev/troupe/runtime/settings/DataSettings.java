package dev.troupe.runtime.settings;

import dev.troupe.runtime.settings.Setting.Kind;
import java.util.Optional;

/** Where samples come from. */
@SettingGroup("Data")
public record DataSettings(
    @Setting(
            value =
                "Training data: WebDataset tars (paths, {0000..0099} braces, globs, http(s)://,"
                    + " s3://; several joined by ::) or a CSV file.",
            label = "SHARDS|CSV",
            kind = Kind.PATH,
            training = true)
        Optional<String> trainData,
    @Setting(
            value = "Weights of the sources joined by ::, with --dataset-resampled (1::2::0.5).",
            label = "A::B…",
            training = true)
        Optional<String> trainDataUpsamplingFactors,
    @Setting(value = "Validation data, in the same forms.", label = "SHARDS|CSV", kind = Kind.PATH)
        Optional<String> valData,
    @Setting(
            value = "Training samples, where neither sizes.json nor an index tells.",
            min = 1,
            label = "N",
            training = true)
        Optional<Long> trainNumSamples,
    @Setting(
            value = "Validation samples, where neither sizes.json nor an index tells.",
            min = 1,
            label = "N")
        Optional<Long> valNumSamples,
    @Setting(value = "What kind of data it is.", byDefault = "auto") DatasetType datasetType,
    @Setting(value = "Draw shards with replacement.", training = true) boolean datasetResampled,
    @Setting(value = "CSV: the separator.", byDefault = "\t", label = "CHAR") String csvSeparator,
    @Setting(value = "CSV: the column of image paths.", byDefault = "filepath", label = "COLUMN")
        String csvImgKey,
    @Setting(value = "CSV: the column of captions.", byDefault = "title", label = "COLUMN")
        String csvCaptionKey,
    @Setting(
            value =
                "WebDataset: take captions from this field of the sample's .json, not from .txt.",
            label = "FIELD")
        Optional<String> captionKey,
    @Setting(
            value = "Share of broken samples at which the run stops.",
            byDefault = "0.01",
            min = 0,
            max = 1,
            label = "SHARE")
        double maxSkipRate,
    @Setting(value = "Decoding threads of the process.", byDefault = "4", min = 0, label = "N")
        int workers) {}
