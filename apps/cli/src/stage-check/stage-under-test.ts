import {
  Problem,
  type StageContract,
  type StageReply,
  type StageRequest,
  type StageVerb,
  stageProblem,
  stageReply,
} from '@gatehouse/contracts';
import type { StageRequester } from '@gatehouse/local';
import { contractViolations } from '@gatehouse/plan';
import { z } from 'zod';
import { SAMPLE_USER, sampleRequest } from './sample-request.js';

/** Maximum size of a reply on the bus in bytes (docs/spec/bus-protocol.md#limits). */
const MAX_REPLY_BYTES = 256 * 1024;

const replySchema = z.union([stageReply, stageProblem]);

/** A reply of a stage, and the violations in it as sentences. */
export interface StageOutcome {
  readonly faults: string[];
  readonly reply?: StageReply;
}

/** A running stage. Its methods send a request and return the violations in the reply as sentences. */
export class StageUnderTest {
  readonly request: StageRequest;
  /** Number of the last request. The sample request has the number 1. */
  #requests = 1;

  constructor(
    private readonly requester: Pick<StageRequester, 'ask'>,
    readonly contract: StageContract,
    config: Readonly<Record<string, unknown>>,
  ) {
    this.request = sampleRequest(contract, config);
  }

  /** Returns violations unless the reply is a challenge, rejected, passed or denied, and keeps the contract. */
  async hasOutcome(verb: StageVerb, more: Partial<StageRequest> = {}): Promise<string[]> {
    return (await this.outcome(verb, more)).faults;
  }

  /** Returns the reply with its violations. The reply is undefined if it is unreadable or a problem. */
  async outcome(verb: StageVerb, more: Partial<StageRequest> = {}): Promise<StageOutcome> {
    const { faults, reply } = await this.send(verb, JSON.stringify({ ...this.request, ...more }));
    if (!reply) return { faults };
    if ('problem' in reply)
      return { faults: [`${verb} ends in ${reply.problem.code}: ${reply.problem.detail ?? 'no detail'}`] };
    const request = { pendingUser: this.request.context['pending_user'] ? SAMPLE_USER : undefined, attached: [] };
    return { reply, faults: contractViolations(this.contract, reply, request).map((fault) => `${verb}: it ${fault}`) };
  }

  /** Returns violations unless the stage replies `stage_bad_request` to `body`. */
  async refuses(verb: StageVerb, body: unknown): Promise<string[]> {
    const { faults, reply } = await this.send(verb, typeof body === 'string' ? body : JSON.stringify(body));
    if (!reply) return faults;
    if ('problem' in reply && reply.problem.code === 'stage_bad_request') return [];
    const outcome = 'problem' in reply ? reply.problem.code : reply.type;
    return [`${verb} answers ${outcome} instead of stage_bad_request`];
  }

  /** Sends a request without waiting for the reply. */
  async sendAbandoned(verb: StageVerb): Promise<void> {
    const body = JSON.stringify({ ...this.request, timeout_ms: 0 });
    await this.requester.ask({ kind: this.contract.kind, verb, body, timeoutMs: 1 }).catch(() => undefined);
  }

  /** Returns a new request id, so that a stage that caches its replies by id judges the request again. */
  nextId(): Pick<StageRequest, 'id'> {
    this.#requests += 1;
    return { id: `${SAMPLE_USER.uuid}.${this.#requests}.0` };
  }

  private async send(verb: StageVerb, body: string) {
    const { kind, deadline_ms: timeoutMs } = this.contract;
    try {
      const reply = await this.requester.ask({ kind, verb, body, timeoutMs });
      return parseReply(verb, reply);
    } catch (error) {
      if (error instanceof Problem) return { faults: [error.message] };
      throw error;
    }
  }
}

function parseReply(verb: StageVerb, bytes: Uint8Array) {
  if (bytes.length > MAX_REPLY_BYTES) return { faults: [`${verb} sends more than ${MAX_REPLY_BYTES} bytes`] };
  const text = new TextDecoder().decode(bytes);
  try {
    const parsed = replySchema.safeParse(JSON.parse(text));
    return parsed.success
      ? { faults: [], reply: parsed.data }
      : { faults: [`${verb} sends an invalid reply: ${text.slice(0, 200)}`] };
  } catch {
    return { faults: [`${verb} sends invalid JSON: ${text.slice(0, 200)}`] };
  }
}
