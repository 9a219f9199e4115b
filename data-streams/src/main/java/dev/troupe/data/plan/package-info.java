/**
 * The plan: which samples make up which global batch, and in which order.
 *
 * <p>Start at {@link dev.troupe.data.plan.Plan}. It cuts the sequence of all passes into global
 * batches; a {@code Pass} shuffles one pass (shards, then samples inside blocks of shards, laid out
 * in lanes); a {@code Permutation} gives any element of a shuffle without the others, and {@code
 * Mix} makes seeds. All of it is arithmetic on the stated counts: no file is touched, and what the
 * shards really hold changes nothing here.
 */
package dev.troupe.data.plan;
