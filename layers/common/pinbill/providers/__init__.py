"""The common API-client layer: one HTTP transport, one package per payment provider."""
