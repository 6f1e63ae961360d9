/**
 * The gateway: REST and server-sent events in front of the object store and Kafka. The packages below hold one capability
 * each; here is what wires, starts and watches over them. Nothing outside may call it but over HTTP.
 *
 * <p>All addresses are below {@code /api/v1}; bodies are the records of {@link io.scanstream.contracts.api} unless it says
 * otherwise, and every answer from 400 on is an {@link io.scanstream.contracts.api.ApiProblem}.
 *
 * <pre>
 * POST   /datasets/{name}                      raw zip, tar.gz or tar        202 DatasetView, Location
 * GET    /datasets                                                           200 [DatasetOverview]
 * GET    /datasets/{name}                                                    200 DatasetVersions
 * GET    /datasets/{name}/{version}                                          200 DatasetView
 * GET    /datasets/{name}/{version}/manifest                                 200 dataset.Manifest
 * GET    /datasets/{name}/{version}/rejected   ?offset&amp;limit                 200 Page of Manifest.Rejected
 * GET    /datasets/{name}/{version}/duplicates ?offset&amp;limit                 200 Page of Duplicate
 * GET    /datasets/{name}/{version}/events                                   SSE training.TrainingEvent
 * DELETE /datasets/{name}/{version}                                          204; 409 if in use
 * GET    /recipes                                                            200 [RecipeOverview]
 * GET    /recipes/{name}                       Accept: application/yaml too  200 recipe.Recipe
 * POST   /trainings                            TrainingRequest               202 TrainingView, Location
 * GET    /trainings                            ?status&amp;model                 200 [TrainingView]
 * GET    /trainings/{id}                                                     200 TrainingView
 * GET    /trainings/{id}/events                Last-Event-ID: epoch-7        SSE training.TrainingEvent
 * DELETE /trainings/{id}, POST …/cancel                                      200 TrainingView; 409 if ended
 * GET    /jobs/{id}/events                                                   SSE, ingest jobs too
 * POST   /scans                                raw image, ?model&amp;version&amp;alias&amp;deadline&amp;urgent
 *                                              Prefer: wait=10               202 or 200 ScanView, Location
 * POST   /scans/batch                          multipart/form-data           202 [BatchedScan]
 * GET    /scans/{id}                                                         200 ScanView; 404; 410
 * DELETE /scans/{id}                                                         204
 * GET    /scans/events                         ?model                        SSE scoring.ScoreEvent
 * GET    /models, /models/{name}                                             200 [ModelOverview], ModelOverview
 * GET    /models/{name}/{version}                                            200 model.ModelCard
 * GET    /models/{name}/{version}/report                                     200 text/html
 * POST   /models/{name}/{version}/promote      AliasRequest                  200 AliasChange
 * POST   /models/{name}/rollback               AliasRequest                  200 AliasChange
 * GET    /models/{name}/history                ?alias                        200 [AliasChange]
 * </pre>
 *
 * {@code POST /trainings}, {@code POST /sweeps} and {@code POST /scans} take an {@code Idempotency-Key}.
 */
@NullMarked
package io.scanstream.gateway;

import org.jspecify.annotations.NullMarked;
