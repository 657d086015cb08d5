import {
  exceedsDepth,
  MAX_MESSAGE_DEPTH,
  Problem,
  type ProblemCode,
  type StageProblem,
  stageProblem,
} from '@gatehouse/contracts';
import type { z } from 'zod';
import { BusDownError, NoRespondersError, ReplyLostError, type Requester, RequestTimeoutError } from './bus.js';
import { type Attributes, withSpan } from './tracing/active-span.js';
import { requestSpan } from './tracing/message-spans.js';

/** A request in JSON, and the schema of its reply. */
export interface BusRequest<S extends z.ZodType> {
  readonly subject: string;
  /** JSON, serialised by the caller. */
  readonly body: string | Uint8Array;
  readonly timeoutMs: number;
  readonly reply: S;
  /** Maximum size of a reply, in bytes. A longer reply throws `stage_fault`. */
  readonly maxReplyBytes?: number;
  /** Whether to send the request once more when no service serves its subject, or when its reply was lost. */
  readonly idempotent?: boolean;
  /** Problem codes to throw in place of the default codes. */
  readonly codes?: Partial<Record<BusFailure | 'stage_fault', ProblemCode>>;
  /** Attributes of the span of this request. */
  readonly attributes?: Attributes;
  /** Returns attributes of the span for a reply. */
  readonly attributesOf?: (reply: z.output<S>) => Attributes;
  /** Problem code to throw in place of the code of any problem that the service replies with. */
  readonly answeredCode?: ProblemCode;
}

/** Codes of the problems that the bus causes. */
type BusFailure = 'stage_away' | 'stage_timeout' | 'bus_down';

const decoder = new TextDecoder();

/**
 * Sends a request and returns its reply, parsed by the schema `reply`. Throws a Problem: `stage_away` when no service
 * serves the subject, `stage_timeout`, `bus_down`, `stage_fault` when the reply does not fit the schema, and the
 * problem that the service replies with.
 */
export function requestOverBus<S extends z.ZodType>(
  requester: Requester,
  request: BusRequest<S>,
): Promise<z.output<S>> {
  const { subject, body, attributes = {}, attributesOf } = request;
  return withSpan(
    () => requestSpan(subject, body.length, attributes),
    async (span) => {
      const reply = await exchange(requester, request);
      if (attributesOf) span?.setAttributes(attributesOf(reply));
      return reply;
    },
  );
}

async function exchange<S extends z.ZodType>(requester: Requester, request: BusRequest<S>): Promise<z.output<S>> {
  const { subject, reply, codes, answeredCode, maxReplyBytes = Number.POSITIVE_INFINITY } = request;
  const data = await send(requester, request);
  const body = data.length > maxReplyBytes ? undefined : parse(data);
  const parsed = reply.safeParse(body);
  if (parsed.success) return parsed.data;
  const answered = stageProblem.safeParse(body);
  if (answered.success) throw problemOf(answered.data, answeredCode);
  const detail = `the reply on ${subject} does not fit its contract`;
  throw new Problem(codes?.stage_fault ?? 'stage_fault', { detail, cause: parsed.error });
}

/** Returns the problem code for an error of the bus, and undefined for any other error. */
export function busFailureOf(error: unknown): BusFailure | undefined {
  if (error instanceof NoRespondersError) return 'stage_away';
  if (error instanceof RequestTimeoutError) return 'stage_timeout';
  return error instanceof BusDownError ? 'bus_down' : undefined;
}

async function send(
  requester: Requester,
  request: Omit<BusRequest<z.ZodType>, 'reply' | 'attributesOf'>,
): Promise<Uint8Array> {
  const { subject, body, timeoutMs, idempotent = false, codes } = request;
  const deadline = performance.now() + timeoutMs;
  try {
    return await requester.request(subject, body, timeoutMs);
  } catch (cause) {
    const code = busFailureOf(cause);
    if (code === undefined) throw cause;
    if (idempotent && (code === 'stage_away' || cause instanceof ReplyLostError))
      return send(requester, { ...request, idempotent: false, timeoutMs: deadline - performance.now() });
    throw new Problem(codes?.[code] ?? code, { cause });
  }
}

function problemOf({ problem }: StageProblem, code: ProblemCode = problem.code): Problem {
  const { detail, retry_after_s, trace } = problem;
  return new Problem(code, {
    ...(detail === undefined ? {} : { detail }),
    ...(retry_after_s === undefined ? {} : { retry_after_s }),
    ...(trace === undefined ? {} : { cause: trace }),
  });
}

/** Parses JSON. Returns undefined for bytes that are not JSON, or are nested too deeply. */
function parse(data: Uint8Array): unknown {
  try {
    return exceedsDepth(data, MAX_MESSAGE_DEPTH) ? undefined : JSON.parse(decoder.decode(data));
  } catch {
    return undefined;
  }
}
