import {
  POLICY_SUBJECT,
  type PolicyBytes,
  type PolicyReply,
  type PolicyRequest,
  Problem,
  policyReply,
  stageProblem,
} from '@gatehouse/contracts';
import { BusDown, type NatsRequester, NoResponders, RequestTimeout, timed } from '@gatehouse/platform';
import { z } from 'zod';
import { Policies } from '../execution/policies.js';

const hops = timed('gatehouse_policy_hop_seconds', 'Policies asked for by this gateway', ['outcome']);

const decoder = new TextDecoder();
const answered = z.union([policyReply, stageProblem]);

/** Policies over NATS: one question for all policies of a set. */
export class NatsPolicies extends Policies {
  constructor(
    private readonly requester: NatsRequester,
    private readonly limits: PolicyBytes,
  ) {
    super();
  }

  async evaluate(request: PolicyRequest): Promise<PolicyReply> {
    const stop = hops.startTimer();
    try {
      const reply = await this.exchange(request);
      stop({ outcome: 'evaluated' });
      return reply;
    } catch (error) {
      stop({ outcome: error instanceof Problem ? error.code : 'fault' });
      throw error;
    }
  }

  private async exchange(request: PolicyRequest): Promise<PolicyReply> {
    const body = Buffer.from(JSON.stringify(request));
    if (body.length > this.limits.request) throw away('the request is too large for the bus');
    const data = await this.requester.request(POLICY_SUBJECT, body, request.timeout_ms).catch((cause: unknown) => {
      if (cause instanceof BusDown) throw new Problem('bus_down', { cause });
      if (cause instanceof NoResponders || cause instanceof RequestTimeout) throw new Problem('policy_away', { cause });
      throw cause;
    });
    if (data.length > this.limits.reply) throw away('the reply of the policy service is too large');
    return replyOf(request, data);
  }
}

/** A reply counts only as a whole: a result that is missing would be a guess. */
function replyOf({ policies }: PolicyRequest, data: Uint8Array): PolicyReply {
  const parsed = answered.safeParse(json(data));
  if (!parsed.success) throw away('the reply of the policy service is not understood');
  if ('problem' in parsed.data) {
    const { detail, retry_after_s } = parsed.data.problem;
    throw new Problem('policy_away', { ...(detail && { detail }), ...(retry_after_s && { retry_after_s }) });
  }
  const { results } = parsed.data;
  const missing = policies.find(({ id }) => !Object.hasOwn(results, id));
  if (missing) throw away(`the policy service says nothing of ${missing.name}`);
  return parsed.data;
}

const away = (detail: string) => new Problem('policy_away', { detail });

function json(data: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(data));
  } catch {
    return undefined;
  }
}
