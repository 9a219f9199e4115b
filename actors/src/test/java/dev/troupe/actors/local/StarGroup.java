package dev.troupe.actors.local;

import dev.troupe.actors.task.Group;
import dev.troupe.actors.task.GroupFailure;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * A process group over sockets: rank 0 hosts, every exchange goes through it. Like Gloo's, its
 * exchanges fail at once when a peer's process dies, and hang when a peer hangs.
 */
final class StarGroup {
  private static final int CONNECT_MILLIS = 200;

  private final int rank;
  private final int worldSize;
  private final Socket[] peers;
  private final DataInputStream[] in;
  private final DataOutputStream[] out;

  private final Sockets sockets;

  private StarGroup(int rank, int worldSize, Sockets sockets) {
    this.sockets = sockets;
    this.rank = rank;
    this.worldSize = worldSize;
    this.peers = new Socket[worldSize];
    this.in = new DataInputStream[worldSize];
    this.out = new DataOutputStream[worldSize];
  }

  /** What can be closed from another thread while a group forms or works. */
  static final class Sockets {
    private final List<AutoCloseable> open = new ArrayList<>();
    private boolean closed;

    synchronized void add(AutoCloseable socket) {
      open.add(socket);
      if (closed) {
        close();
      }
    }

    synchronized void reopen() {
      close();
      closed = false;
    }

    synchronized void close() {
      closed = true;
      for (AutoCloseable socket : open) {
        try {
          socket.close();
        } catch (Exception e) {
          throw new IllegalStateException(e);
        }
      }
      open.clear();
    }

    synchronized boolean isClosed() {
      return closed;
    }
  }

  /**
   * Connects all ranks.
   *
   * @param server this rank's own rendezvous, used if it is rank 0
   */
  static StarGroup form(Group group, ServerSocket server, Sockets sockets) throws GroupFailure {
    StarGroup star = new StarGroup(group.rank(), group.worldSize(), sockets);
    try {
      if (group.rank() == 0) {
        star.host(group, server, sockets);
      } else {
        star.connect(group, sockets);
      }
    } catch (IOException e) {
      throw new GroupFailure("cannot form generation " + group.generation(), e);
    }
    return star;
  }

  private void host(Group group, ServerSocket server, Sockets sockets) throws IOException {
    sockets.add(server);
    for (int missing = worldSize - 1; missing > 0; ) {
      Socket peer = server.accept();
      sockets.add(peer);
      DataInputStream input = new DataInputStream(peer.getInputStream());
      long generation = input.readLong();
      int from = input.readInt();
      if (generation == group.generation()) {
        keep(from, peer, input);
        missing--;
      } else {
        peer.close();
      }
    }
    server.close();
  }

  private void connect(Group group, Sockets sockets) throws IOException {
    int colon = group.rendezvous().lastIndexOf(':');
    InetSocketAddress host =
        new InetSocketAddress(
            InetAddress.getByName(group.rendezvous().substring(0, colon)),
            Integer.parseInt(group.rendezvous().substring(colon + 1)));
    Socket socket = new Socket();
    sockets.add(socket);
    socket.connect(host, CONNECT_MILLIS);
    keep(0, socket, new DataInputStream(socket.getInputStream()));
    out[0].writeLong(group.generation());
    out[0].writeInt(rank);
    out[0].flush();
  }

  private void keep(int from, Socket peer, DataInputStream input) throws IOException {
    peer.setTcpNoDelay(true);
    peers[from] = peer;
    in[from] = input;
    out[from] = new DataOutputStream(new java.io.BufferedOutputStream(peer.getOutputStream()));
  }

  /** Every rank's values, in order of rank. */
  long[][] exchange(long... mine) throws GroupFailure {
    long[][] all = new long[worldSize][mine.length];
    all[rank] = mine;
    if (sockets.isClosed()) {
      throw new GroupFailure("the group was aborted", null);
    }
    try {
      if (rank == 0) {
        for (int from = 1; from < worldSize; from++) {
          read(in[from], all[from], from);
        }
        for (int to = 1; to < worldSize; to++) {
          for (long[] row : all) {
            write(out[to], row);
          }
          out[to].flush();
        }
      } else {
        write(out[0], mine);
        out[0].flush();
        for (long[] row : all) {
          read(in[0], row, 0);
        }
      }
    } catch (IOException e) {
      throw new GroupFailure("Connection closed by peer", e);
    }
    return all;
  }

  private static void read(DataInputStream input, long[] row, int from) throws GroupFailure {
    try {
      for (int i = 0; i < row.length; i++) {
        row[i] = input.readLong();
      }
    } catch (IOException e) {
      throw new GroupFailure("Connection closed by peer", from, e);
    }
  }

  private static void write(DataOutputStream output, long[] row) throws IOException {
    for (long value : row) {
      output.writeLong(value);
    }
  }
}
