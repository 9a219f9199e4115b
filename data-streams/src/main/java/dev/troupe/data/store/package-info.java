/**
 * Where shards come from: local files, web servers and S3, and the local cache of the remote ones.
 *
 * <p>Start at {@link dev.troupe.data.store.Fetcher}, which reads a remote object in spite of
 * faults, and {@link dev.troupe.data.store.ShardCache}, which keeps whole shards on the local disk
 * within a bound. A {@code Store} makes single tries at one protocol; {@link
 * dev.troupe.data.store.StoreSpec} holds the settings.
 */
package dev.troupe.data.store;
