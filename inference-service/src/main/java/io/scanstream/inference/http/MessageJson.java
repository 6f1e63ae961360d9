package io.scanstream.inference.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.scanstream.contracts.Json;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** Answers are written in the same JSON as messages. */
final class MessageJson {
    @Produces
    @Singleton
    ObjectMapper mapper() {
        return Json.mapper();
    }
}
