import {
  Problem,
  type StageContract,
  type StageReply,
  type StageRequest,
  type StageVerb,
  stageProblem,
  stageReply,
  stageSubject,
} from '@gatehouse/contracts';
import { StageClient } from '@gatehouse/executor';
import {
  histogram,
  type NatsRequester,
  NatsUnavailableError,
  NoRespondersError,
  RequestTimeoutError,
} from '@gatehouse/platform';

/** Bytes of one request on the bus (docs/spec/bus-protocol.md#limits): well under what NATS carries. */
const MAX_REQUEST_BYTES = 768 * 1024;

const hops = histogram('gatehouse_stage_hop_seconds', 'Stages asked by this gateway', ['kind', 'verb', 'outcome']);

const decoder = new TextDecoder();

/** Stages over NATS: bare JSON, one question, one answer. */
export class NatsStageClient extends StageClient {
  constructor(private readonly requester: NatsRequester) {
    super();
  }

  async ask({ kind }: StageContract, verb: StageVerb, request: StageRequest): Promise<StageReply> {
    const stop = hops.startTimer({ kind, verb });
    try {
      const reply = await this.exchange(kind, verb, request);
      stop({ outcome: reply.type });
      return reply;
    } catch (error) {
      stop({ outcome: error instanceof Problem ? error.code : 'fault' });
      throw error;
    }
  }

  private async exchange(kind: string, verb: StageVerb, request: StageRequest): Promise<StageReply> {
    const subject = stageSubject(kind, verb);
    const body = Buffer.from(JSON.stringify(request));
    if (body.length > MAX_REQUEST_BYTES) throw tooLarge(request);
    const data = await this.send(subject, body, request.timeout_ms)
      .catch((error: unknown) => {
        // A challenge may be asked again, an answer never: it could be judged twice.
        if (verb === 'challenge' && error instanceof NoRespondersError)
          return this.send(subject, body, request.timeout_ms);
        throw error;
      })
      .catch((error: unknown) => {
        throw problemOf(error);
      });
    return replyOf(kind, data);
  }

  private send(subject: string, body: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    return this.requester.request(subject, body, timeoutMs);
  }
}

/** An answer can be much longer here than it was in its body: `1e20` becomes 21 digits. */
const tooLarge = ({ response }: StageRequest) =>
  response
    ? new Problem('body_too_large')
    : new Problem('stage_fault', { detail: 'the request is too large for the bus' });

function problemOf(cause: unknown): unknown {
  if (cause instanceof NoRespondersError) return new Problem('stage_away', { cause });
  if (cause instanceof RequestTimeoutError) return new Problem('stage_timeout', { cause });
  if (cause instanceof NatsUnavailableError) return new Problem('bus_down', { cause });
  return cause;
}

function replyOf(kind: string, data: Uint8Array): StageReply {
  const reply = json(data);
  const parsed = stageReply.safeParse(reply);
  if (parsed.success) return parsed.data;
  const problem = stageProblem.safeParse(reply);
  if (!problem.success) throw new Problem('stage_fault', { detail: `the reply of ${kind} is not understood` });
  const { code, detail, retry_after_s, trace } = problem.data.problem;
  throw new Problem(code, {
    ...(detail === undefined ? {} : { detail }),
    ...(retry_after_s === undefined ? {} : { retry_after_s }),
    ...(trace === undefined ? {} : { cause: trace }),
  });
}

function json(data: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(data));
  } catch {
    return undefined;
  }
}
