module go.opentelemetry.io/contrib/exporters/autoexport

go 1.24

require go.opentelemetry.io/otel/sdk v1.42.0
