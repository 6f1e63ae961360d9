package io.scanstream.inference;

import io.scanstream.access.AccessRules;

/**
 * Who may send what to the inference service. A test holds it to the OpenAPI document: an address without a line here fails the
 * build.
 */
final class InferenceAccess {
    static final AccessRules RULES = AccessRules.of("""
            GET    /q/health/**                            open
            GET    /q/openapi                              open
            GET    /q/metrics/**                           reader

            GET    /v1/models                              reader,scorer
            GET    /v1/models/{name}                       reader,scorer
            POST   /v1/models/{name}/score                 scorer         scored
            POST   /v1/models/{name}/heatmap               scorer         scored

            GET    /v2                                     reader,scorer
            GET    /v2/health/live                         open
            GET    /v2/health/ready                        open
            GET    /v2/models/{name}                       reader,scorer
            GET    /v2/models/{name}/ready                 reader,scorer
            POST   /v2/models/{name}/infer                 scorer         scored
            GET    /v2/models/{name}/versions/{version}        reader,scorer
            GET    /v2/models/{name}/versions/{version}/ready  reader,scorer
            POST   /v2/models/{name}/versions/{version}/infer  scorer     scored
            """);

    private InferenceAccess() {}
}
