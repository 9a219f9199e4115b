/**
 * The command line: {@code ./troupe COMMAND}.
 *
 * <p>{@link dev.troupe.runtime.cli.Main} parses; each command is a thin class that reads its flags,
 * calls the part of the project that does the work, and prints. Flags of commands that train or
 * evaluate come from the settings' declarations ({@link dev.troupe.runtime.settings.Setting}).
 */
package dev.troupe.runtime.cli;
