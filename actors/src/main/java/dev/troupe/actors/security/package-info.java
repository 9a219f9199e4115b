/** Certificates for clusters whose control plane runs over {@code tls-tcp}. */
package dev.troupe.actors.security;
