package dev.troupe.actors.coordinator;

import dev.troupe.actors.protocol.CoordinatorMessage.WorkerCard;
import dev.troupe.actors.protocol.WorkerCommand;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;

/** All workers that the coordinator knows, in the order in which they came. */
final class Roster {
  private final Map<String, Member> members = new LinkedHashMap<>();
  private long arrivals;

  Member add(WorkerCard card, ActorRef<WorkerCommand> ref) {
    Member member = new Member(card, ref, arrivals++);
    members.put(card.name(), member);
    return member;
  }

  /** The worker of this name; null if there is none. */
  Member get(String name) {
    return name == null ? null : members.get(name);
  }

  void remove(String name) {
    members.remove(name);
  }

  Collection<Member> all() {
    return members.values();
  }

  List<Member> on(String address) {
    List<Member> there = new ArrayList<>();
    for (Member member : members.values()) {
      if (member.address.equals(address)) {
        there.add(member);
      }
    }
    return there;
  }

  Optional<Member> first(java.util.function.Predicate<Member> wanted) {
    return members.values().stream().filter(wanted).findFirst();
  }
}
