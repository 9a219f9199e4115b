package dev.troupe.runtime.settings;

import dev.troupe.runtime.settings.ClusterSettings.Transport;
import dev.troupe.runtime.settings.Setting.Kind;
import java.util.List;
import java.util.Optional;

/** How a command finds the run that it acts on. */
@SettingGroup("Finding the run")
public record ConnectionSettings(
    @Setting(
            value = "The run's name (default: the run under --logs that was active last).",
            label = "NAME")
        Optional<String> name,
    @Setting(
            value = "Folder of runs, where nodes on this machine leave their addresses.",
            byDefault = "./logs/",
            label = "DIR",
            kind = Kind.PATH)
        String logs,
    @Setting(value = "Nodes of the run, where its folder is not here.", label = "HOST:PORT,…")
        List<String> seedNodes,
    @Setting(
            value = "Address that the nodes reach this machine by.",
            byDefault = "127.0.0.1",
            label = "HOST")
        String host,
    @Setting(value = "The run's transport.", byDefault = "tcp") Transport transport,
    @Setting(
            value = "Folder with ca.pem, node.pem and node.key, for tls-tcp.",
            label = "DIR",
            kind = Kind.PATH)
        Optional<String> tlsDir) {}
