import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import {
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_NAMESPACE,
  ATTR_SERVICE_VERSION,
} from '@opentelemetry/semantic-conventions';
import { delay } from '../json-responder.js';
import { packageFolder } from '../package-folder.js';
import { recordSpans } from './active-span.js';
import { CountingSpanProcessor } from './counting-span-processor.js';
import { ReportingExporter } from './reporting-exporter.js';
import type { SpanLosses } from './span-losses.js';
import type { StopTracing, TracingConfig } from './tracing.config.js';

/** Milliseconds that an ending process waits until the collector has accepted the last spans. */
const SHUTDOWN_MS = 2000;

/** Largest number of spans per request to the collector. */
const BATCH = 512;

/** Largest number of characters of an attribute's value. Longer values are cut. */
const MAX_VALUE_LENGTH = 256;

/**
 * Starts the export of spans to a collector. This file loads OpenTelemetry's SDK, so import it only if tracing is on.
 */
export function openOtlpTracing(config: TracingConfig, name: string, losses: SpanLosses): StopTracing {
  const { OTEL_EXPORTER_OTLP_TIMEOUT: timeoutMillis, OTEL_BSP_MAX_QUEUE_SIZE: maxQueueSize } = config;
  const url = `${config.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/$/, '')}/v1/traces`;
  const processor = new CountingSpanProcessor(
    {
      exporter: new ReportingExporter({ url, timeoutMillis }, losses),
      maxQueueSize,
      maxExportBatchSize: Math.min(BATCH, maxQueueSize),
      scheduledDelayMillis: config.OTEL_BSP_SCHEDULE_DELAY,
      exportTimeoutMillis: timeoutMillis,
    },
    losses,
  );
  const provider = new TracerProvider({
    resource: resourceOf(name).merge(detectResources({ detectors: [envDetector] })),
    spanLimits: { attributeValueLengthLimit: MAX_VALUE_LENGTH },
    spanProcessors: [processor],
  });
  const stop = recordSpans({ tracer: provider.getTracer('gatehouse'), ratio: config.OTEL_TRACES_SAMPLER_ARG });
  // If the collector does not accept the spans in time, they are lost, but the process must end nevertheless.
  const flush = () => Promise.race([provider.shutdown().catch(() => undefined), delay(SHUTDOWN_MS)]);
  let stopped: Promise<void> | undefined;
  return () => {
    stop();
    stopped ??= flush();
    return stopped;
  };
}

function resourceOf(name: string) {
  const { version } = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string };
  return resourceFromAttributes({
    [ATTR_SERVICE_NAME]: `gatehouse-${name}`,
    [ATTR_SERVICE_NAMESPACE]: 'gatehouse',
    [ATTR_SERVICE_VERSION]: version,
    [ATTR_SERVICE_INSTANCE_ID]: randomUUID(),
  });
}
