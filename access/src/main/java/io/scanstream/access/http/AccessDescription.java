package io.scanstream.access.http;

import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.Components;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.security.SecurityScheme;

/** Says in a service's OpenAPI document how callers show who they are; named there by {@code mp.openapi.filter}. */
public final class AccessDescription implements OASFilter {
    private static final String KEY = "key";
    private static final String TOKEN = "token";

    @Override
    public void filterOpenAPI(OpenAPI document) {
        Components components =
                document.getComponents() == null ? OASFactory.createComponents() : document.getComponents();
        components.setSecuritySchemes(Map.of(
                KEY,
                OASFactory.createSecurityScheme()
                        .type(SecurityScheme.Type.APIKEY)
                        .in(SecurityScheme.In.HEADER)
                        .name(ApiKeyMechanism.HEADER),
                TOKEN,
                OASFactory.createSecurityScheme()
                        .type(SecurityScheme.Type.HTTP)
                        .scheme("bearer")
                        .bearerFormat("JWT")));
        document.setComponents(components);
        document.setSecurity(List.of(
                OASFactory.createSecurityRequirement().addScheme(KEY),
                OASFactory.createSecurityRequirement().addScheme(TOKEN)));
    }
}
