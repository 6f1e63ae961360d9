package io.scanstream.bench.results;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The runs that are done, one JSON line each, so that a table of many hours can be interrupted. A run counts as long as its
 * recipe's file is the same.
 */
final class Ledger {
    private final Path file;
    private final Path recipes;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /**
     * A run that is done.
     *
     * @param recipeSha256 of the recipe's file
     * @param ended the last line of {@code train}
     */
    record Entry(Plan.Run run, String recipeSha256, JsonNode ended) {}

    /**
     * Opens a ledger.
     *
     * @param file made with the first run
     * @param recipes the folder of the recipes' files
     */
    Ledger(Path file, Path recipes) throws IOException {
        this.file = file;
        this.recipes = recipes;
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file)) {
                Entry entry = Json.read(line.getBytes(StandardCharsets.UTF_8), Entry.class);
                entries.put(key(entry.run(), entry.recipeSha256()), entry);
            }
        }
    }

    Optional<JsonNode> find(Plan.Run run) throws IOException {
        return Optional.ofNullable(entries.get(key(run, recipeSha256(run)))).map(Entry::ended);
    }

    void add(Plan.Run run, JsonNode ended) throws IOException {
        Entry entry = new Entry(run, recipeSha256(run), ended);
        entries.put(key(run, entry.recipeSha256()), entry);
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, Json.text(entry) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private String recipeSha256(Plan.Run run) throws IOException {
        return Hashes.sha256(Files.readAllBytes(recipes.resolve(run.recipe() + ".yaml")));
    }

    private static String key(Plan.Run run, String recipeSha256) {
        return Json.text(run) + " " + recipeSha256;
    }
}
