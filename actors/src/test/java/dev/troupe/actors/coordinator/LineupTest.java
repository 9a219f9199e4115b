package dev.troupe.actors.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.actors.coordinator.Lineup.Candidate;
import dev.troupe.actors.task.Wish;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineupTest {
  private static Candidate member(String name, int rank) {
    return new Candidate(name, rank, rank, true, false, false);
  }

  private static Candidate newcomer(String name, int order) {
    return new Candidate(name, -1, order, false, false, false);
  }

  private static Candidate leaver(String name, int rank) {
    return new Candidate(name, rank, rank, true, true, false);
  }

  private static List<String> names(Lineup lineup) {
    return lineup.members().stream().map(Candidate::name).toList();
  }

  @Test
  void shouldKeepSurvivorsInOrderBeforeNewcomers() {
    Lineup lineup =
        Lineup.of(List.of(newcomer("n", 1), member("c", 2), member("a", 0)), 1, 9, false);
    assertThat(names(lineup)).containsExactly("a", "c", "n");
    assertThat(lineup.first()).isEqualTo(Wish.NONE);
  }

  @Test
  void shouldLeaveSparesOut() {
    Lineup lineup =
        Lineup.of(List.of(newcomer("n", 1), member("b", 1), member("a", 0)), 1, 2, false);
    assertThat(names(lineup)).containsExactly("a", "b");
  }

  @Test
  void shouldWaitBelowMinWorkersAndSaySo() {
    Lineup lineup = Lineup.of(List.of(member("a", 0)), 2, 9, false);
    assertThat(lineup.waits()).isTrue();
    assertThat(lineup.why()).isEqualTo("1 of at least 2 workers are ready: the run pauses");
  }

  @Test
  void shouldLetALeaverBringTheStateToNewcomers() {
    Lineup lineup = Lineup.of(List.of(leaver("old", 0), newcomer("n", 1)), 1, 9, false);
    assertThat(names(lineup)).containsExactly("old", "n");
    assertThat(lineup.first()).isEqualTo(Wish.NONE);
  }

  @Test
  void shouldSaveWhenAllWhoHoldTheStateLeave() {
    Lineup lineup = Lineup.of(List.of(leaver("a", 0), leaver("b", 1)), 1, 9, false);
    assertThat(names(lineup)).containsExactly("a", "b");
    assertThat(lineup.first()).isEqualTo(Wish.STOP);
  }

  @Test
  void shouldGoOnWithoutLeaversWhenOthersHoldTheState() {
    Lineup lineup = Lineup.of(List.of(leaver("a", 0), member("b", 1)), 1, 9, false);
    assertThat(names(lineup)).containsExactly("b");
  }

  @Test
  void shouldFinishTheRunBelowMinWorkers() {
    Candidate finished = new Candidate("a", 0, 0, true, false, true);
    Lineup lineup = Lineup.of(List.of(finished, newcomer("n", 1)), 2, 9, false);
    assertThat(names(lineup)).containsExactly("a");
  }

  @Test
  void shouldSaveOnStopEvenBelowMinWorkers() {
    Lineup lineup = Lineup.of(List.of(member("a", 0), newcomer("n", 1)), 2, 9, true);
    assertThat(names(lineup)).containsExactly("a");
    assertThat(lineup.first()).isEqualTo(Wish.STOP);
  }
}
