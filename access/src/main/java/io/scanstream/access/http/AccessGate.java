package io.scanstream.access.http;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticator;
import io.scanstream.access.AccessRule;
import io.scanstream.access.AccessRules;
import io.scanstream.access.Action;
import io.scanstream.access.AuditLog;
import io.scanstream.access.Caller;
import io.scanstream.access.KeyRing;
import io.scanstream.access.RateLimit;
import io.scanstream.access.Role;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.config.Config;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands before everything that a service serves. A request passes if the table has a rule for it and the rule asks for nobody;
 * or if its caller is known, has one of the rule's roles and has not used up the rate. Nothing of a body is read before that.
 * Runs on event loops and blocks none.
 */
@Singleton
public class AccessGate {
    private static final Logger LOG = LoggerFactory.getLogger(AccessGate.class);

    /** After what finds out who somebody may be (200), before whatever serves. */
    private static final int PRIORITY = 90;

    private static final String CALLER = AccessGate.class.getName() + ".caller";
    private static final String OBJECT = AccessGate.class.getName() + ".object";
    private static final Duration KEYS_LOOKED_AT_EVERY = Duration.ofSeconds(30);
    /** Refusals of unknown callers that are logged: anybody can make as many as they like. */
    private static final double STRANGERS_LOGGED_PER_SECOND = 20;

    private final boolean on;
    private final AccessRules rules;
    private final KeyRing keys;
    private final HttpAuthenticator authenticator;
    private final AuditLog audit;
    private final Refusals refusals;
    private final @Nullable RateLimit writes;
    private final @Nullable RateLimit scores;
    private final RateLimit strangers =
            new RateLimit(STRANGERS_LOGGED_PER_SECOND, Duration.ofSeconds(5), System::nanoTime);

    AccessGate(
            SecuritySettings settings,
            Config config,
            AccessRules rules,
            KeyRing keys,
            HttpAuthenticator authenticator,
            AuditLog audit,
            RefusalForm form) {
        this.on = settings.mode() == SecuritySettings.Mode.ON;
        this.rules = rules;
        this.keys = keys;
        this.authenticator = authenticator;
        this.audit = audit;
        this.refusals = new Refusals(form, AccessBeans.takesTokens(config));
        this.writes = limit(settings.writesPerSecond(), settings.burst());
        this.scores = limit(settings.scoresPerSecond(), settings.burst());
    }

    private static @Nullable RateLimit limit(double perSecond, Duration burst) {
        return perSecond == 0 ? null : new RateLimit(perSecond, burst, System::nanoTime);
    }

    /** Who sent a request; empty where nobody was asked. */
    public static Optional<Caller> caller(RoutingContext http) {
        return Optional.ofNullable(http.get(CALLER));
    }

    /** Who is to be named in a journal: the caller, and whom the request claims that it acts for; without a gate only those. */
    public static @Nullable String actor(RoutingContext http, @Nullable String claimed) {
        return caller(http).map(caller -> caller.actor(claimed)).orElse(claimed);
    }

    /** What the audit log shall say that a request was about, where its address does not. Names and ids only. */
    public static void about(RoutingContext http, String object) {
        http.put(OBJECT, object);
    }

    void install(@Observes Filters filters) {
        filters.register(this::check, PRIORITY);
    }

    /** A target that is no path comes to no filter: the router has failed before. Without this, its log would have the target. */
    void guard(@Observes Router router) {
        router.route().order(Integer.MIN_VALUE).failureHandler(http -> {
            String path = http.request().path();
            if (path == null || !path.startsWith("/")) {
                refusals.noPath(http);
            } else {
                http.next();
            }
        });
    }

    void start(@Observes StartupEvent event, Vertx vertx) {
        if (!on) {
            LOG.warn("SECURITY IS OFF: whoever reaches this service may do everything. For one machine and for tests;"
                    + " anywhere else set SCANSTREAM_SECURITY_MODE=on.");
            return;
        }
        vertx.setPeriodic(KEYS_LOOKED_AT_EVERY.toMillis(), timer -> {
            var unused = vertx.executeBlocking(() -> {
                keys.refresh();
                return null;
            });
        });
    }

    private void check(RoutingContext http) {
        if (!on) {
            http.next();
            return;
        }
        String path = http.request().path();
        AccessRule rule = rules.find(http.request().method().name(), path == null ? "" : path)
                .orElse(null);
        if (rule != null && rule.open()) {
            http.next();
            return;
        }
        authenticator
                .attemptAuthentication(http)
                .subscribe()
                .with(identity -> decide(http, rule, identity), failure -> unproved(http, rule, failure));
    }

    private void unproved(RoutingContext http, @Nullable AccessRule rule, Throwable failure) {
        if (failure instanceof AuthenticationFailedException) {
            refuse(http, rule, null, 401);
        } else {
            LOG.warn("A token could not be looked at: {}", failure.toString());
            refuse(http, rule, null, 503);
        }
    }

    private void decide(RoutingContext http, @Nullable AccessRule rule, @Nullable SecurityIdentity identity) {
        if (identity == null || identity.isAnonymous()) {
            refuse(http, rule, null, 401);
            return;
        }
        Caller caller = caller(identity);
        if (rule == null) {
            refusals.nowhere(http, rules.methods(Refusals.path(http)));
            return;
        }
        if (!rule.allows(caller)) {
            refuse(http, rule, caller, 403);
            return;
        }
        RateLimit limit = rate(rule.action());
        Duration wait = limit == null ? Duration.ZERO : limit.take(caller.name());
        logAtEnd(http, rule, caller);
        if (wait.isZero()) {
            http.put(CALLER, caller);
            http.next();
        } else {
            refusals.tooOften(http, wait);
        }
    }

    private static Caller caller(SecurityIdentity identity) {
        if (identity.getAttribute(ApiKeyMechanism.CALLER) instanceof Caller known) {
            return known;
        }
        Set<Role> roles = EnumSet.noneOf(Role.class);
        identity.getRoles().forEach(role -> Role.find(role).ifPresent(roles::add));
        return new Caller("user:" + identity.getPrincipal().getName(), roles);
    }

    private @Nullable RateLimit rate(@Nullable Action action) {
        return action == null ? null : action == Action.SCORED ? scores : writes;
    }

    private void refuse(RoutingContext http, @Nullable AccessRule rule, @Nullable Caller caller, int status) {
        if (caller != null || strangers.take("").isZero()) {
            audit.write(
                    caller,
                    rule == null ? null : rule.action(),
                    request(http, rule),
                    caller == null ? null : address(Refusals.path(http)),
                    status == 503 ? AuditLog.Outcome.FAILED : AuditLog.Outcome.REFUSED,
                    status,
                    trace(http));
        }
        switch (status) {
            case 401 -> refusals.unknown(http);
            case 403 -> refusals.notAllowed(http, rule == null ? Set.of() : rule.roles());
            default -> refusals.issuerAway(http);
        }
    }

    private void logAtEnd(RoutingContext http, AccessRule rule, Caller caller) {
        Action action = rule.action();
        if (action == null) {
            return;
        }
        String trace = trace(http);
        http.addEndHandler(sent -> {
            int status = sent.succeeded() ? http.response().getStatusCode() : 0;
            boolean done = status >= 200 && status < 400;
            audit.write(
                    caller,
                    action,
                    request(http, rule),
                    done ? object(http) : null,
                    done ? AuditLog.Outcome.DONE : AuditLog.Outcome.FAILED,
                    status,
                    trace);
        });
    }

    private static String request(RoutingContext http, @Nullable AccessRule rule) {
        return http.request().method().name() + " " + (rule == null ? "elsewhere" : rule.path());
    }

    /** What was made, else what the request is about by its own word, else its address. */
    private static String object(RoutingContext http) {
        String about = http.get(OBJECT);
        if (about != null) {
            return about;
        }
        String made = http.response().headers().get("Location");
        return address(made == null ? Refusals.path(http) : made);
    }

    /** A path of ours, without what all of them begin with, and without the id of a subject, which no log has. */
    private static String address(String path) {
        return path.replaceFirst("^(https?://[^/]+)?(/api)?/v\\d+/", "")
                .replaceFirst("^subjects/(?!exclusions(/|$)).*", "subjects/…");
    }

    private static @Nullable String trace(RoutingContext http) {
        SpanContext span = Span.current().getSpanContext();
        if (span.isValid()) {
            return span.getTraceId();
        }
        String parent = http.request().getHeader("traceparent");
        return parent != null && parent.matches("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
                ? parent.substring(3, 35)
                : null;
    }
}
