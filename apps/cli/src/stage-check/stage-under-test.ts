import {
  Problem,
  type StageContract,
  type StageRequest,
  type StageVerb,
  stageProblem,
  stageReply,
} from '@gatehouse/contracts';
import type { StageRequester } from '@gatehouse/local';
import { contractViolations } from '@gatehouse/plan';
import { z } from 'zod';
import { SAMPLE_USER, sampleRequest } from './sample-request.js';

/** Bytes of one reply on the bus (docs/spec/bus-protocol.md#limits). */
const MAX_REPLY_BYTES = 256 * 1024;

const answered = z.union([stageReply, stageProblem]);

/** A running stage, asked one thing after the other; what is wrong with each answer comes back as sentences. */
export class StageUnderTest {
  readonly request: StageRequest;

  constructor(
    private readonly bus: StageRequester,
    readonly contract: StageContract,
    config: Readonly<Record<string, unknown>>,
  ) {
    this.request = sampleRequest(contract, config);
  }

  /** What is wrong unless the stage has an outcome for this: one of the four words, within its contract. */
  async hasOutcome(verb: StageVerb, more: Partial<StageRequest> = {}): Promise<string[]> {
    const { faults, reply } = await this.ask(verb, JSON.stringify({ ...this.request, ...more }));
    if (!reply) return faults;
    if ('problem' in reply) return [`${verb} ends in ${reply.problem.code}: ${reply.problem.detail ?? 'no detail'}`];
    const given = { pendingUser: this.request.context['pending_user'] ? SAMPLE_USER : undefined, attached: [] };
    return contractViolations(this.contract, reply, given).map((fault) => `${verb}: it ${fault}`);
  }

  /** What is wrong unless the stage says that it does not understand `body`. */
  async refuses(verb: StageVerb, body: unknown): Promise<string[]> {
    const { faults, reply } = await this.ask(verb, typeof body === 'string' ? body : JSON.stringify(body));
    if (!reply) return faults;
    if ('problem' in reply && reply.problem.code === 'stage_bad_request') return [];
    const said = 'problem' in reply ? reply.problem.code : reply.type;
    return [`${verb} answers ${said} instead of stage_bad_request`];
  }

  /** Asks what nobody waits for; the stage may answer or not. */
  async askInVain(verb: StageVerb): Promise<void> {
    const body = JSON.stringify({ ...this.request, timeout_ms: 0 });
    await this.bus.ask({ kind: this.contract.kind, verb, body, timeoutMs: 1 }).catch(() => undefined);
  }

  private async ask(verb: StageVerb, body: string) {
    const { kind, deadline_ms: timeoutMs } = this.contract;
    try {
      const answer = await this.bus.ask({ kind, verb, body, timeoutMs });
      return understood(verb, answer);
    } catch (error) {
      if (error instanceof Problem) return { faults: [error.message] };
      throw error;
    }
  }
}

function understood(verb: StageVerb, answer: Uint8Array) {
  if (answer.length > MAX_REPLY_BYTES) return { faults: [`${verb} answers with more than ${MAX_REPLY_BYTES} bytes`] };
  const text = new TextDecoder().decode(answer);
  try {
    const parsed = answered.safeParse(JSON.parse(text));
    return parsed.success
      ? { faults: [], reply: parsed.data }
      : { faults: [`${verb} answers what is no reply: ${text.slice(0, 200)}`] };
  } catch {
    return { faults: [`${verb} answers what is no JSON: ${text.slice(0, 200)}`] };
  }
}
