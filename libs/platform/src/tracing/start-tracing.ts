import type { Logger } from '../logger.js';
import { SpanLosses } from './span-losses.js';
import type { StopTracing, TracingConfig } from './tracing.config.js';

/**
 * Records spans of this process and sends them to the collector, if OTEL_EXPORTER_OTLP_ENDPOINT is set. `name` is the
 * name of the process. Without the setting, OpenTelemetry's SDK is not even loaded.
 */
export async function startTracing(config: TracingConfig, name: string, logger: Logger): Promise<StopTracing> {
  if (config.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return async () => undefined;
  const { openOtlpTracing } = await import('./otlp-tracing.js');
  return openOtlpTracing(config, name, new SpanLosses(logger));
}
