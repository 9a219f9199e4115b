package dev.troupe.actors.coordinator;

import dev.troupe.actors.node.ClusterNodes;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import org.apache.pekko.actor.Address;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;

/**
 * Whether the nodes that answer are the majority. The rule is that of the split-brain resolver's
 * keep-majority, so that the side that it will keep goes on at once and the other waits for its
 * end: more than half, or half with the lowest address. Processes that are proven dead count on no
 * side.
 */
final class Electorate {

  private Electorate() {}

  /**
   * @param lost addresses ({@code HOST:PORT}) of nodes that do not answer
   * @param dead addresses of nodes whose processes are proven dead
   */
  static boolean holdsMajority(
      CurrentClusterState state, Collection<String> lost, Collection<String> dead) {
    Set<Address> unreachable = new HashSet<>();
    state.getUnreachable().forEach(member -> unreachable.add(member.address()));
    int all = 0;
    int here = 0;
    Member lowest = null;
    boolean lowestHere = false;
    for (Member member : state.getMembers()) {
      String address = ClusterNodes.hostAndPort(member.address());
      if (!counts(member.status()) || dead.contains(address)) {
        continue;
      }
      boolean answers = !unreachable.contains(member.address()) && !lost.contains(address);
      all++;
      here += answers ? 1 : 0;
      if (lowest == null
          || Member.addressOrdering().compare(member.address(), lowest.address()) < 0) {
        lowest = member;
        lowestHere = answers;
      }
    }
    return 2 * here > all || (2 * here == all && lowestHere);
  }

  private static boolean counts(MemberStatus status) {
    return status == MemberStatus.up() || status == MemberStatus.leaving();
  }
}
