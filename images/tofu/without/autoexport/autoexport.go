// Package autoexport takes the place of the one that brings all of OpenTelemetry's exporters: this build has none.
package autoexport

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/sdk/trace"
)

// NewSpanExporter refuses OTEL_TRACES_EXPORTER.
func NewSpanExporter(context.Context) (trace.SpanExporter, error) {
	return nil, errors.New("this build of OpenTofu exports no traces: unset OTEL_TRACES_EXPORTER")
}
