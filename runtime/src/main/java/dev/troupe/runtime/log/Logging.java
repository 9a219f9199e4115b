package dev.troupe.runtime.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.FileAppender;
import java.io.Closeable;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sets up where log lines go: the terminal, and {@code out.log} while a run's log is open. */
public final class Logging {
  private static final String PREFIX = "%d{\"yyyy-MM-dd,HH:mm:ss\"} | %level | ";

  private Logging() {}

  /**
   * Sends log lines to the terminal: the project's own from INFO up, those of libraries from WARN
   * up.
   *
   * @param verbose from DEBUG up, with stack traces
   */
  public static void toTerminal(boolean verbose) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    TerminalAppender appender = new TerminalAppender(verbose);
    appender.setContext(context);
    appender.start();
    ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(verbose ? Level.INFO : Level.WARN);
    root.addAppender(appender);
    // What remoting says of lost connections, the coordinator says better.
    context.getLogger("org.apache.pekko").setLevel(verbose ? Level.INFO : Level.ERROR);
    context.getLogger("dev.troupe").setLevel(verbose ? Level.DEBUG : Level.INFO);
  }

  /** Sends log lines, with stack traces, to the end of a file too, until the result is closed. */
  static Closeable toFile(Path file) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(PREFIX + "%msg%n%ex");
    encoder.start();
    FileAppender<ILoggingEvent> appender = new FileAppender<>();
    appender.setContext(context);
    appender.setName(file.toString());
    appender.setFile(file.toString());
    appender.setAppend(true);
    appender.setEncoder(encoder);
    appender.start();
    ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.addAppender(appender);
    return () -> {
      root.detachAppender(appender);
      appender.stop();
    };
  }

  private static final class TerminalAppender extends AppenderBase<ILoggingEvent> {
    private final boolean verbose;
    private final PatternLayout layout = new PatternLayout();

    TerminalAppender(boolean verbose) {
      this.verbose = verbose;
    }

    @Override
    public void start() {
      layout.setContext(getContext());
      layout.setPattern(PREFIX + (verbose ? "%msg%n%ex" : "%msg%nopex"));
      layout.start();
      super.start();
    }

    @Override
    protected void append(ILoggingEvent event) {
      boolean ours = event.getLoggerName().startsWith("dev.troupe");
      if (ours || verbose || event.getLevel().isGreaterOrEqual(Level.WARN)) {
        Terminal.error().line(layout.doLayout(event).stripTrailing());
      }
    }
  }
}
