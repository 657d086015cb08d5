import type { Logger } from '../logger.js';
import { SpanLosses } from './span-losses.js';
import type { StopTracing, TracingConfig } from './tracing.config.js';

/**
 * If OTEL_EXPORTER_OTLP_ENDPOINT is set, records spans of this process and sends them to that collector. Otherwise does
 * nothing, and does not load OpenTelemetry's SDK. `name` is the name of the process. Returns the function that stops
 * tracing.
 */
export async function startTracing(config: TracingConfig, name: string, logger: Logger): Promise<StopTracing> {
  if (config.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return async () => undefined;
  const { openOtlpTracing } = await import('./otlp-tracing.js');
  return openOtlpTracing(config, name, new SpanLosses(logger));
}
