package io.scanstream.trainer.network;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.libtorch.Libtorch;
import java.util.Locale;

/**
 * What training's forward and backward passes compute with. The weights, their gradients and averages, the loss, and
 * everything outside training are float32 (mixed precision; Micikevicius et al. 2018, Kalamkar et al. 2019).
 */
public enum Precision {
    @JsonProperty("float32")
    FLOAT32,
    @JsonProperty("bfloat16")
    BFLOAT16;

    /** Below, training is short as it is, and less is gained: with AMX a tenth at 25 million, nearly twice at 400 million. */
    private static final long WORTH_IT = 50_000_000;

    /** What a recipe asks for; by itself, what is faster for this network on this device. */
    public static Precision of(Recipe recipe, Blueprint network, Libtorch libtorch) {
        return switch (recipe.training().precision()) {
            case FLOAT32 -> FLOAT32;
            case BFLOAT16 -> BFLOAT16;
            case AUTO -> libtorch.multipliesBfloat16() && network.multiplications() >= WORTH_IT ? BFLOAT16 : FLOAT32;
        };
    }

    /** As recipes write it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
