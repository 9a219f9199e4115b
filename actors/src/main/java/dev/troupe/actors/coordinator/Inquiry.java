package dev.troupe.actors.coordinator;

import dev.troupe.actors.task.Activity;
import java.util.ArrayList;
import java.util.List;

/**
 * What a group that stands still looks like once all its members have answered. In a synchronous
 * group one rank that hangs makes all others wait; the one that does not wait is to blame.
 *
 * @param getsOn whether somebody makes progress after all: then there is nothing to blame
 * @param hung members that neither make progress nor wait for others
 * @param loading members that wait for their input, with patience left
 */
record Inquiry(boolean getsOn, List<Member> hung, List<Member> loading) {

  /**
   * @param busy members of the group that are not idle
   * @param hangMillis from when on standing still is too long
   * @param loadingMillis the same for waiting for input
   */
  static Inquiry of(List<Member> busy, long hangMillis, long loadingMillis) {
    List<Member> hung = new ArrayList<>();
    List<Member> loading = new ArrayList<>();
    boolean getsOn = busy.isEmpty();
    for (Member member : busy) {
      getsOn |= member.stillMillis < hangMillis / 2;
      boolean waits = member.activity == Activity.WAITING || member.activity == Activity.SYNCING;
      if (member.activity == Activity.LOADING && member.stillMillis < loadingMillis) {
        loading.add(member);
      } else if (!waits) {
        hung.add(member);
      }
    }
    return getsOn ? new Inquiry(true, List.of(), List.of()) : new Inquiry(false, hung, loading);
  }

  /** Whether all wait for each other, so that nobody in particular is to blame. */
  boolean isDeadlock() {
    return !getsOn && hung.isEmpty() && loading.isEmpty();
  }
}
