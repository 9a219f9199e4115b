package dev.troupe.actors.coordinator;

import dev.troupe.actors.protocol.CoordinatorMessage.WorkerCard;
import dev.troupe.actors.protocol.WorkerCommand;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * All workers that the coordinator knows, in the order in which they came, by node, and by {@link
 * Trait} in the order in which they got it. Counting and asking for one is free of their number;
 * {@link #all}, {@link #on} and {@link #with} are not, and are counted as {@link #looks}.
 */
final class Roster {
  private static final Trait[] TRAITS = Trait.values();

  private final Map<String, Member> members = new LinkedHashMap<>();
  private final Map<String, Set<Member>> byAddress = new HashMap<>();
  private final List<Set<Member>> byTrait = new ArrayList<>();
  private Team team = Team.none();
  private long arrivals;
  private boolean changed;
  private long looks;

  Roster() {
    for (int trait = 0; trait < TRAITS.length; trait++) {
      byTrait.add(new LinkedHashSet<>());
    }
  }

  // ---- changes ----

  Member add(WorkerCard card, ActorRef<WorkerCommand> ref) {
    Member member = new Member(this, card, ref, arrivals++);
    members.put(card.name(), member);
    byAddress.computeIfAbsent(member.address, address -> new LinkedHashSet<>()).add(member);
    recount(member);
    return member;
  }

  void remove(Member member) {
    if (members.remove(member.name, member)) {
      Set<Member> there = byAddress.get(member.address);
      there.remove(member);
      if (there.isEmpty()) {
        byAddress.remove(member.address);
      }
      set(member, 0);
    }
  }

  /** From now on this is the running generation. */
  void follow(Team running) {
    team = running;
    all().forEach(this::recount);
  }

  /** A worker changed, or got a rank. */
  void recount(Member member) {
    if (members.get(member.name) != member) {
      return;
    }
    int traits = 0;
    for (Trait trait : TRAITS) {
      traits |= trait.holds(member, team) ? 1 << trait.ordinal() : 0;
    }
    set(member, traits);
  }

  private void set(Member member, int traits) {
    int differences = member.traits ^ traits;
    if (differences == 0) {
      return;
    }
    for (int trait = 0; trait < TRAITS.length; trait++) {
      if ((differences & 1 << trait) != 0) {
        if ((traits & 1 << trait) != 0) {
          byTrait.get(trait).add(member);
        } else {
          byTrait.get(trait).remove(member);
        }
      }
    }
    member.traits = traits;
    changed = true;
  }

  /** Whether a decision may come out differently than at the last call. */
  boolean takeChange() {
    boolean was = changed;
    changed = false;
    return was;
  }

  // ---- questions whose answer does not depend on the number of workers ----

  /** The worker of this name; null if there is none. */
  Member get(String name) {
    return name == null ? null : members.get(name);
  }

  int size() {
    return members.size();
  }

  int sizeOn(String address) {
    return byAddress.getOrDefault(address, Set.of()).size();
  }

  int count(Trait trait) {
    return byTrait.get(trait.ordinal()).size();
  }

  boolean any(Trait trait) {
    return count(trait) > 0;
  }

  boolean none(Trait trait) {
    return count(trait) == 0;
  }

  /** Who got the trait first; null if nobody has it. */
  Member first(Trait trait) {
    Set<Member> having = byTrait.get(trait.ordinal());
    return having.isEmpty() ? null : having.iterator().next();
  }

  // ---- looking at many ----

  Collection<Member> all() {
    looks += members.size();
    return members.values();
  }

  /** The workers of a node; a copy. */
  List<Member> on(String address) {
    return copy(byAddress.getOrDefault(address, Set.of()));
  }

  /** Those that have a trait; a copy. */
  List<Member> with(Trait trait) {
    return copy(byTrait.get(trait.ordinal()));
  }

  private List<Member> copy(Set<Member> some) {
    looks += some.size();
    return List.copyOf(some);
  }

  /** How many workers were looked at so far, one by one: the work that grows with their number. */
  long looks() {
    return looks;
  }
}
