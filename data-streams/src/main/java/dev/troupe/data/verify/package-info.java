/**
 * Looking at a whole data set before trusting it: {@link dev.troupe.data.verify.DataVerifier}
 * decodes every image and reads every caption, {@link dev.troupe.data.verify.VerifyReport} says
 * what it found.
 */
package dev.troupe.data.verify;
