package dev.troupe.actors.coordinator;

import dev.troupe.actors.task.Wish;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Who is in the next generation. A pure decision about the workers that are ready.
 *
 * @param members in order of rank; empty: wait
 * @param first {@link Wish#STOP} if they only take a checkpoint and stop
 * @param why what the run waits for, or why it stops; empty otherwise
 */
record Lineup(List<Candidate> members, Wish first, String why) {

  /**
   * A worker that is ready for the next generation.
   *
   * @param rank its rank in the last generation; -1 if it was not in it
   * @param holdsState whether it holds the run's state
   * @param leaving whether it wants to leave or is to be left out
   * @param finished whether it saw the run's last step
   */
  record Candidate(
      String name, int rank, long order, boolean holdsState, boolean leaving, boolean finished) {}

  private static final Comparator<Candidate> ORDER =
      Comparator.comparing((Candidate c) -> !c.holdsState())
          .thenComparing(c -> c.rank() < 0 ? Integer.MAX_VALUE : c.rank())
          .thenComparing(Candidate::order);

  /**
   * Decides.
   *
   * @param ready all workers that are ready
   * @param stopping whether the run was asked to stop
   */
  static Lineup of(List<Candidate> ready, int minWorkers, int maxWorkers, boolean stopping) {
    List<Candidate> ordered = ready.stream().sorted(ORDER).toList();
    List<Candidate> staying = ordered.stream().filter(c -> !c.leaving()).toList();
    List<Candidate> holders = ordered.stream().filter(Candidate::holdsState).toList();
    List<Candidate> stayingHolders = holders.stream().filter(c -> !c.leaving()).toList();

    if (ordered.stream().anyMatch(Candidate::finished)) {
      // The last step is committed somewhere: whoever holds state ends its duties, however few.
      return new Lineup(holders, Wish.NONE, "");
    }
    if (stopping) {
      return holders.isEmpty()
          ? new Lineup(List.of(), Wish.NONE, "nobody holds state to save")
          : new Lineup(cut(holders, maxWorkers), Wish.STOP, "");
    }
    if (staying.size() >= minWorkers) {
      if (!stayingHolders.isEmpty() || holders.isEmpty()) {
        return new Lineup(cut(staying, maxWorkers), Wish.NONE, "");
      }
      // Only those who leave hold the state: one of them brings it to the newcomers first.
      List<Candidate> carried = new ArrayList<>(List.of(holders.get(0)));
      carried.addAll(cut(staying, Math.max(1, maxWorkers - 1)));
      return new Lineup(carried, Wish.NONE, "");
    }
    if (stayingHolders.isEmpty() && !holders.isEmpty()) {
      return new Lineup(holders, Wish.STOP, "everybody who holds state leaves");
    }
    return new Lineup(List.of(), Wish.NONE, tooFew(staying.size(), minWorkers));
  }

  static String tooFew(int ready, int minWorkers) {
    return ready + " of at least " + minWorkers + " workers are ready: the run pauses";
  }

  private static List<Candidate> cut(List<Candidate> list, int size) {
    return list.size() <= size ? list : list.subList(0, size);
  }

  boolean waits() {
    return members.isEmpty();
  }
}
