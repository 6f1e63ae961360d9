package io.scanstream.inference;

import io.scanstream.access.AuditLog;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jboss.logmanager.formatters.PatternFormatter;

/** Everything that this process logs, messages and causes, until it is closed. */
final class CapturedLog extends Handler implements AutoCloseable {
    private static final PatternFormatter MESSAGE = new PatternFormatter("%s");

    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final List<String> audit = new CopyOnWriteArrayList<>();
    private final List<Logger> loggers = List.of(Logger.getLogger(""), Logger.getLogger(AuditLog.CATEGORY));

    CapturedLog() {
        loggers.forEach(logger -> logger.addHandler(this));
    }

    @Override
    public void publish(LogRecord record) {
        StringWriter line = new StringWriter();
        line.append(record.getLoggerName()).append(' ');
        line.append(MESSAGE.format(record));
        if (record.getThrown() != null) {
            record.getThrown().printStackTrace(new PrintWriter(line, true));
        }
        lines.add(line.toString());
        if (AuditLog.CATEGORY.equals(record.getLoggerName())) {
            audit.add(record.getMessage());
        }
    }

    List<String> lines() {
        return lines;
    }

    /** The lines of the audit log. */
    List<String> audit() {
        return audit;
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        loggers.forEach(logger -> logger.removeHandler(this));
    }
}
