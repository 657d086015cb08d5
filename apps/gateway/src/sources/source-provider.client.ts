import {
  PROTOCOL_VERSION,
  Problem,
  SOURCE_BEGIN_SUBJECT,
  SOURCE_COMPLETE_SUBJECT,
  SOURCE_DEADLINE_MS,
  type SourceBegin,
  type SourceBegun,
  type SourceComplete,
  type SourceCompleted,
  sourceBegun,
  sourceCompleted,
  stageProblem,
} from '@gatehouse/contracts';
import { type NatsRequester, NatsUnavailableError, NoRespondersError, RequestTimeoutError } from '@gatehouse/platform';
import { z } from 'zod';
import { Providers } from './source-providers.js';

/** Bytes of an answer that are looked at: what a provider says of somebody is bounded by whoever asks it. */
const MAX_REPLY = 256 * 1024;

/** Providers over NATS, asked by the identification service. */
export class NatsProviders extends Providers {
  constructor(
    private readonly requester: NatsRequester,
    private readonly deadlineMs = SOURCE_DEADLINE_MS,
  ) {
    super();
  }

  begin(question: Omit<SourceBegin, 'v' | 'timeout_ms'>): Promise<SourceBegun> {
    return this.ask(SOURCE_BEGIN_SUBJECT, question, sourceBegun);
  }

  complete(question: Omit<SourceComplete, 'v' | 'timeout_ms'>): Promise<SourceCompleted> {
    return this.ask(SOURCE_COMPLETE_SUBJECT, question, sourceCompleted);
  }

  /** Each question once: a code that was sent to a provider is spent. */
  private async ask<S extends z.ZodType>(subject: string, question: object, answer: S): Promise<z.output<S>> {
    const body = JSON.stringify({ v: PROTOCOL_VERSION, timeout_ms: this.deadlineMs, ...question });
    const data = await this.requester.request(subject, body, this.deadlineMs).catch((cause: unknown) => {
      throw problemOf(cause);
    });
    const parsed = z.union([stageProblem, answer]).safeParse(data.length > MAX_REPLY ? undefined : json(data));
    if (!parsed.success) throw new Problem('stage_fault', { detail: `the answer to ${subject} is not understood` });
    const said = parsed.data;
    if (isProblem(said)) {
      const { code, retry_after_s } = said.problem;
      throw new Problem(code, retry_after_s === undefined ? {} : { retry_after_s });
    }
    return said as z.output<S>;
  }
}

const isProblem = (said: unknown): said is z.output<typeof stageProblem> =>
  typeof said === 'object' && said !== null && 'problem' in said;

function problemOf(cause: unknown): unknown {
  if (cause instanceof NoRespondersError) return new Problem('stage_away', { cause });
  if (cause instanceof RequestTimeoutError) return new Problem('stage_timeout', { cause });
  return cause instanceof NatsUnavailableError ? new Problem('bus_down', { cause }) : cause;
}

function json(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data).toString());
  } catch {
    return undefined;
  }
}
