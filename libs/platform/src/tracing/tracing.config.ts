import { z } from 'zod';

const whole = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

/** Settings of tracing, under OpenTelemetry's names. */
export const tracingConfig = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'URL of an OpenTelemetry collector that accepts OTLP over HTTP, such as `http://127.0.0.1:4318`. Spans are sent to `/v1/traces` below it. Unset: no traces',
    ),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .optional()
    .describe('Headers of requests to the collector, such as a key: `name=value`, comma separated'),
  OTEL_EXPORTER_OTLP_TIMEOUT: whole(10_000, 100, 60_000).describe(
    'Milliseconds within which the collector must accept a batch of spans, before the batch is dropped',
  ),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe(
      'Part of the requests that the gateway records, from 0 to 1. Other processes record what the gateway records',
    ),
  OTEL_SERVICE_NAME: z.string().optional().meta({
    description: 'Name of the process in traces',
    'x-default': '`gatehouse-` and the name of the process',
  }),
  OTEL_RESOURCE_ATTRIBUTES: z
    .string()
    .optional()
    .describe(
      'Further attributes of the process: `key=value`, comma separated, such as `deployment.environment.name=staging`',
    ),
  OTEL_BSP_MAX_QUEUE_SIZE: whole(2048, 1, 100_000).describe(
    'Spans that wait for the collector in a process; further ones are dropped',
  ),
  OTEL_BSP_SCHEDULE_DELAY: whole(5000, 100, 60_000).describe('Milliseconds between two batches of spans'),
});

export type TracingConfig = z.output<typeof tracingConfig>;

/** Stops recording spans, and sends the waiting ones. */
export type StopTracing = () => Promise<void>;
