package dev.troupe.actors.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.actors.protocol.CoordinatorMessage.Idle;
import dev.troupe.actors.protocol.CoordinatorMessage.WorkerCard;
import dev.troupe.actors.protocol.Exit;
import dev.troupe.actors.protocol.Phase;
import dev.troupe.actors.protocol.RunMemory;
import dev.troupe.actors.protocol.WorkerMessage.Form;
import dev.troupe.actors.task.Wish;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RosterTest {
  private final Roster roster = new Roster();

  private Member add(String name) {
    return roster.add(card(name, Phase.WARMING_UP), null);
  }

  private static WorkerCard card(String name, Phase phase) {
    String address = name.substring(0, name.indexOf('/'));
    return new WorkerCard(
        name,
        address,
        address,
        1,
        phase,
        false,
        Map.of("model", "tiny"),
        0,
        -1,
        0,
        0,
        0,
        0,
        RunMemory.EMPTY,
        null);
  }

  private static Idle idle(Member member, Exit exit) {
    return new Idle(member.name, 1, exit, 0, "host:1", "", -1);
  }

  private static Form form(int rank) {
    return new Form(1, 1, rank, 2, "host:1", false, false, Wish.NONE, RunMemory.EMPTY);
  }

  @Test
  void shouldFollowAWorkerThroughItsLife() {
    Member worker = add("host:1/0");
    assertThat(roster.count(Trait.COMING)).isEqualTo(1);
    worker.becomesIdle(idle(worker, Exit.NEW));
    worker.vetted();
    assertThat(roster.with(Trait.NEWCOMER)).containsExactly(worker);
    roster.follow(new Team(1, List.of(worker.name)));
    worker.toldToJoin(form(0));
    assertThat(roster.none(Trait.NEWCOMER)).isTrue();
    assertThat(roster.first(Trait.CONNECTING)).isSameAs(worker);
    worker.joins();
    assertThat(roster.none(Trait.CONNECTING)).isTrue();
    assertThat(roster.count(Trait.BUSY)).isEqualTo(1);
    worker.becomesIdle(idle(worker, Exit.BROKEN));
    assertThat(roster.first(Trait.BROKEN)).isSameAs(worker);
    roster.remove(worker);
    for (Trait trait : Trait.values()) {
      assertThat(roster.none(trait)).as(trait.name()).isTrue();
    }
    assertThat(roster.sizeOn("host:1")).isZero();
  }

  @Test
  void shouldForgetARemovedWorkerThatChangesLater() {
    Member worker = add("host:1/0");
    roster.remove(worker);
    worker.becomesIdle(idle(worker, Exit.NEW));
    assertThat(roster.none(Trait.OPEN)).isTrue();
  }

  @Test
  void shouldSayOnceThatADecisionMayChange() {
    Member worker = add("host:1/0");
    assertThat(roster.takeChange()).isTrue();
    worker.becomesIdle(idle(worker, Exit.NEW));
    assertThat(roster.takeChange()).isTrue();
    worker.becomesIdle(idle(worker, Exit.NEW));
    assertThat(roster.takeChange()).as("said again").isFalse();
  }

  @Test
  void shouldKeepItsSetsRightWhateverHappens() {
    Random random = new Random(3);
    List<Member> workers = new java.util.ArrayList<>();
    for (int i = 0; i < 40; i++) {
      workers.add(add("host:" + i / 8 + "/" + i));
    }
    for (int change = 0; change < 2000; change++) {
      Member worker = workers.get(random.nextInt(workers.size()));
      switch (random.nextInt(10)) {
        case 0 -> worker.becomesIdle(idle(worker, Exit.values()[random.nextInt(5)]));
        case 1 -> worker.toldToJoin(form(0));
        case 2 -> worker.joins();
        case 3 -> worker.evicted();
        case 4 -> worker.vetted();
        case 5 -> worker.askedToLeave();
        case 6 -> worker.startsAnew();
        case 7 -> worker.registers(card(worker.name, Phase.values()[random.nextInt(6)]), true);
        case 8 -> roster.follow(new Team(change, List.of(worker.name)));
        default -> worker.released();
      }
    }
    Team team = new Team(5, List.of(workers.get(3).name, workers.get(4).name));
    roster.follow(team);
    for (Trait trait : Trait.values()) {
      assertThat(roster.with(trait))
          .as(trait.name())
          .containsExactlyInAnyOrderElementsOf(
              workers.stream().filter(worker -> trait.holds(worker, team)).toList());
    }
  }
}
