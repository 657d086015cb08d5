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

/** A request with a JSON body, and the schema of its reply. */
export interface BusRequest<S extends z.ZodType> {
  readonly subject: string;
  /** JSON that the caller has serialised. */
  readonly body: string | Uint8Array;
  readonly timeoutMs: number;
  readonly reply: S;
  /** Largest size of a reply in bytes. A larger reply throws `stage_fault`. */
  readonly maxReplyBytes?: number;
  /** Whether the request may be sent a second time, if no service served the subject or its reply was lost. */
  readonly idempotent?: boolean;
  /** Problem codes to throw instead of the default codes, by default code. */
  readonly codes?: Partial<Record<BusFailure | 'stage_fault', ProblemCode>>;
  /** Attributes of the request's span (tracing). */
  readonly attributes?: Attributes;
  /** Returns further attributes of the span from the reply. */
  readonly attributesOf?: (reply: z.output<S>) => Attributes;
  /** Problem code to throw if the service replies with a problem, whatever its code is. */
  readonly answeredCode?: ProblemCode;
}

/** Codes of problems whose cause is the bus. */
type BusFailure = 'stage_away' | 'stage_timeout' | 'bus_down';

const decoder = new TextDecoder();

/**
 * Sends a request and returns its reply, parsed by the schema `reply`. Throws a Problem: `stage_away` if no service
 * serves the subject, `stage_timeout`, `bus_down`, `stage_fault` if the reply does not match the schema, or the problem
 * with which the service replied.
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

/** Returns the problem code for an error of the bus; undefined for any other error. */
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
