package io.scanstream.gateway;

import io.scanstream.access.AccessRules;

/** Who may send what to the gateway. A test holds it to the OpenAPI document: an address without a line here fails the build. */
final class GatewayAccess {
    /**
     * What names files or subjects, or shows images, is for those who train on them; what others rely on is changed by
     * administrators, and so is deleted what cannot be made again.
     */
    static final AccessRules RULES = AccessRules.of("""
            GET    /q/health/**                                    open
            GET    /q/openapi                                      open
            GET    /q/swagger-ui/**                                open
            GET    /q/metrics/**                                   reader

            GET    /api/v1/datasets                                reader,trainer
            POST   /api/v1/datasets/{name}                         trainer         uploaded
            GET    /api/v1/datasets/{name}                         reader,trainer
            POST   /api/v1/datasets/{name}/scans                   trainer         amended
            DELETE /api/v1/datasets/{name}/scans/{sha256}          admin           deleted
            GET    /api/v1/datasets/{name}/{version}               reader,trainer
            DELETE /api/v1/datasets/{name}/{version}               admin           deleted
            GET    /api/v1/datasets/{name}/{version}/events        reader,trainer
            GET    /api/v1/datasets/{name}/{version}/exploration   reader,trainer
            GET    /api/v1/datasets/{name}/{version}/exploration.html trainer
            GET    /api/v1/datasets/{name}/{version}/manifest      trainer
            GET    /api/v1/datasets/{name}/{version}/rejected      trainer
            GET    /api/v1/datasets/{name}/{version}/duplicates    trainer
            GET    /api/v1/datasets/{name}/{version}/nearduplicates trainer

            GET    /api/v1/recipes                                 reader,trainer
            GET    /api/v1/recipes/{name}                          reader,trainer

            POST   /api/v1/trainings                               trainer         trained
            GET    /api/v1/trainings                               reader,trainer
            GET    /api/v1/trainings/{id}                          reader,trainer
            GET    /api/v1/trainings/{id}/events                   reader,trainer
            POST   /api/v1/trainings/{id}/cancel                   trainer         cancelled
            DELETE /api/v1/trainings/{id}                          trainer         cancelled
            GET    /api/v1/jobs/{id}/events                        reader,trainer

            POST   /api/v1/sweeps                                  trainer         trained
            GET    /api/v1/sweeps                                  reader,trainer
            GET    /api/v1/sweeps/{id}                             reader,trainer
            GET    /api/v1/sweeps/{id}/table                       reader,trainer
            POST   /api/v1/sweeps/{id}/cancel                      trainer         cancelled

            POST   /api/v1/scans                                   scorer          scored
            POST   /api/v1/scans/batch                             scorer          scored
            GET    /api/v1/scans/events                            reader
            GET    /api/v1/scans/{id}                              reader,scorer
            GET    /api/v1/scans/{id}/heatmap                      reader,scorer
            DELETE /api/v1/scans/{id}                              admin           deleted

            POST   /api/v1/subjects/exclusions                     admin           deleted
            GET    /api/v1/subjects/exclusions                     admin
            GET    /api/v1/subjects/exclusions/{id}                admin
            DELETE /api/v1/subjects/{id}                           admin           deleted

            GET    /api/v1/models                                  reader,scorer,trainer
            GET    /api/v1/models/{name}                           reader,scorer,trainer
            GET    /api/v1/models/{name}/history                   reader,trainer
            GET    /api/v1/models/{name}/shadow                    reader,trainer
            GET    /api/v1/models/{name}/traffic                   reader,trainer
            PUT    /api/v1/models/{name}/traffic                   admin           traffic
            DELETE /api/v1/models/{name}/traffic                   admin           traffic
            POST   /api/v1/models/{name}/rollback                  admin           withdrew
            GET    /api/v1/models/{name}/{version}                 reader,scorer,trainer
            GET    /api/v1/models/{name}/{version}/report          reader,trainer
            GET    /api/v1/models/{name}/{version}/drift           reader,trainer
            POST   /api/v1/models/{name}/{version}/promote         admin           promoted
            POST   /api/v1/models/{name}/{version}/withdraw        admin           withdrew
            """);

    private GatewayAccess() {}
}
