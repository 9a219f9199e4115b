/**
 * Running trained models: {@link dev.troupe.runtime.eval.Encoder} turns slices of data into
 * features, {@link dev.troupe.runtime.eval.RetrievalEvaluation} measures them, {@link
 * dev.troupe.runtime.eval.Embedding} writes them to a file.
 */
package dev.troupe.runtime.eval;
