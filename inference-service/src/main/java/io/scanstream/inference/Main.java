package io.scanstream.inference;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.scanstream.inference.model.OnnxRuntime;

/** Starts the service. ONNX Runtime's libraries, the largest thing to load, are loaded while Quarkus starts. */
@QuarkusMain
public final class Main {

    private Main() {}

    public static void main(String[] arguments) {
        OnnxRuntime.loadAhead();
        Quarkus.run(arguments);
    }
}
