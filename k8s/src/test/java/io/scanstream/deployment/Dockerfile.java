package io.scanstream.deployment;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Dockerfile as its stages, with arguments filled in by their defaults.
 *
 * @param stages in order; the last one is the image
 */
record Dockerfile(Path file, List<Stage> stages) {
    private static final Pattern WORD = Pattern.compile("([\\w.]+)=(?:\"([^\"]*)\"|(\\S+))");

    /**
     * From a base to the next one.
     *
     * @param base an image
     * @param name what later stages call it; empty if it has none
     */
    record Stage(String base, String name, List<Instruction> instructions) {
        List<String> all(String keyword) {
            return instructions.stream()
                    .filter(instruction -> instruction.keyword().equals(keyword))
                    .map(Instruction::arguments)
                    .toList();
        }

        String one(String keyword) {
            List<String> all = all(keyword);
            if (all.size() != 1) {
                throw new IllegalArgumentException(keyword + " is there " + all.size() + " times, expected once");
            }
            return all.get(0);
        }

        /** Of all {@code ENV} or {@code LABEL} together. */
        Map<String, String> pairs(String keyword) {
            Map<String, String> pairs = new LinkedHashMap<>();
            for (String arguments : all(keyword)) {
                Matcher words = WORD.matcher(arguments);
                while (words.find()) {
                    pairs.put(words.group(1), words.group(2) == null ? words.group(3) : words.group(2));
                }
            }
            return pairs;
        }
    }

    /** One instruction, its lines joined. */
    record Instruction(String keyword, String arguments) {}

    /**
     * What {@code COPY} says.
     *
     * @param stage that it copies from; empty: the project
     */
    record Copy(String stage, List<String> sources, String target) {
        static Copy of(String arguments) {
            String stage = "";
            List<String> paths = new ArrayList<>();
            for (String word : arguments.split("\\s+", -1)) {
                if (word.startsWith("--from=")) {
                    stage = word.substring("--from=".length());
                } else if (!word.startsWith("--")) {
                    paths.add(word);
                }
            }
            return new Copy(stage, paths.subList(0, paths.size() - 1), paths.get(paths.size() - 1));
        }
    }

    static Dockerfile read(Path file) {
        Map<String, String> arguments = new LinkedHashMap<>();
        List<Stage> stages = new ArrayList<>();
        for (Instruction instruction : instructions(Project.text(file))) {
            String filled = instruction.arguments();
            for (Map.Entry<String, String> argument : arguments.entrySet()) {
                filled = filled.replace("${" + argument.getKey() + "}", argument.getValue());
            }
            switch (instruction.keyword()) {
                case "ARG" -> {
                    String[] pair = filled.split("=", 2);
                    arguments.put(pair[0], pair[1]);
                }
                case "FROM" -> {
                    String[] words = filled.split("\\s+", -1);
                    stages.add(new Stage(words[0], words.length > 2 ? words[2] : "", new ArrayList<>()));
                }
                default ->
                    stages.get(stages.size() - 1).instructions().add(new Instruction(instruction.keyword(), filled));
            }
        }
        return new Dockerfile(file, stages);
    }

    private static List<Instruction> instructions(String text) {
        String joined = text.replaceAll("(?m)^#.*\\n", "").replaceAll("\\\\\\n\\s*", " ");
        return Arrays.stream(joined.split("\\n", -1))
                .filter(line -> !line.isBlank())
                .map(line -> line.strip().split("\\s+", 2))
                .map(words -> new Instruction(words[0], words.length > 1 ? words[1] : ""))
                .toList();
    }

    Stage image() {
        return stages.get(stages.size() - 1);
    }

    Stage stage(String name) {
        return stages.stream()
                .filter(stage -> stage.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(file + " has no stage " + name));
    }

    /** The words of an array, as {@code ENTRYPOINT} and {@code CMD} have them. */
    static List<String> words(String array) {
        try {
            return List.of(new ObjectMapper().readValue(array, String[].class));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not an array: " + array, e);
        }
    }
}
