/**
 * Settings: what a user can tell a command, from flags and a CONFIG file.
 *
 * <p>Each setting is declared once, as a record component with {@link
 * dev.troupe.runtime.settings.Setting}; flag, CONFIG key, default, help, check and {@code
 * params.txt} follow from that. Groups are records ({@link
 * dev.troupe.runtime.settings.DataSettings} …); a command's settings are a record of groups ({@link
 * dev.troupe.runtime.settings.TrainSettings}), which also holds the conditions between settings.
 * {@link dev.troupe.runtime.settings.SettingsLoader} fills them and reports all problems at once.
 *
 * <p>Start at {@code TrainSettings}.
 */
package dev.troupe.runtime.settings;
