import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from '@opentelemetry/otlp-exporter-base/node-http';
import { JsonTraceSerializer, TraceExporterMetricsHelper } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { z } from 'zod';
import type { SpanLoss, SpanLosses } from './span-losses.js';

type Result = Parameters<Parameters<SpanExporter['export']>[1]>[0];

interface Collector {
  readonly url: string;
  readonly timeoutMillis: number;
}

/** Result code of a successful export. Any other code is a failure. */
const SUCCESS = 0;

/** Schema of the body of a successful reply. In OTLP's JSON, 64-bit integers are texts. */
const exportReply = z.object({
  partialSuccess: z
    .object({
      rejectedSpans: z.union([z.int(), z.string().regex(/^\d+$/)]).nullish(),
      errorMessage: z.string().nullish(),
    })
    .nullish(),
});

/**
 * Sends spans to a collector by OTLP over HTTP, and reports spans that the collector has not accepted. OpenTelemetry's
 * own exporter does not: it treats every successful status as a success, even if the reply says that spans were
 * rejected.
 */
export class ReportingExporter implements SpanExporter {
  private readonly delegate;
  /** Body of the last reply. `deserializeResponse` stores it right before `export` is called back with the result. */
  private reply: Uint8Array | undefined;

  constructor(
    collector: Collector,
    private readonly losses: SpanLosses,
  ) {
    const options = convertLegacyHttpOptions({ ...collector }, 'TRACES', 'v1/traces', {
      'Content-Type': 'application/json',
    });
    const serializer = {
      serializeRequest: (spans: ReadableSpan[]) => JsonTraceSerializer.serializeRequest(spans),
      deserializeResponse: (reply: Uint8Array) => {
        this.reply = reply;
        return {};
      },
    };
    const name = 'otlp_http_json_span_exporter';
    this.delegate = createOtlpHttpExportDelegate(options, serializer, name, TraceExporterMetricsHelper, undefined);
  }

  export(spans: ReadableSpan[], done: (result: Result) => void): void {
    this.delegate.export(spans, (result) => {
      const loss = this.lossOf(spans.length, result);
      if (loss) this.losses.report(loss);
      else this.losses.endReport();
      // Always report success to the span processor: the failure is counted already, and the processor would log it for
      // each batch.
      done({ code: SUCCESS });
    });
  }

  forceFlush(): Promise<void> {
    return this.delegate.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.delegate.shutdown();
  }

  private lossOf(spans: number, { code, error }: Result): SpanLoss | undefined {
    const { reply } = this;
    this.reply = undefined;
    if (code !== SUCCESS)
      return { spans, reason: 'export_failed', detail: error?.message || 'the collector gave no reason' };
    // A collector that rejected nothing may send an empty reply.
    return reply === undefined || reply.length === 0 ? undefined : lossIn(reply, spans);
  }
}

/** Returns how many of the sent spans the reply rejects; `undefined` if none. */
function lossIn(reply: Uint8Array, sent: number): SpanLoss | undefined {
  const parsed = exportReply.safeParse(jsonOf(reply));
  if (!parsed.success)
    return {
      spans: sent,
      reason: 'unreadable_reply',
      detail: 'expected OTLP in JSON: check OTEL_EXPORTER_OTLP_ENDPOINT',
    };
  const { rejectedSpans, errorMessage } = parsed.data.partialSuccess ?? {};
  const spans = Math.min(Math.max(0, Number(rejectedSpans ?? 0)), sent);
  return spans > 0 ? { spans, reason: 'rejected', detail: errorMessage || 'the collector gave no reason' } : undefined;
}

function jsonOf(reply: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(reply).toString('utf8'));
  } catch {
    return undefined;
  }
}
