import {
  POLICY_SUBJECT,
  type PolicyMessageLimits,
  type PolicyReply,
  type PolicyRequest,
  Problem,
  policyReply,
  stageProblem,
} from '@gatehouse/contracts';
import { PolicyClient } from '@gatehouse/executor';
import {
  histogram,
  type NatsRequester,
  NatsUnavailableError,
  NoRespondersError,
  RequestTimeoutError,
} from '@gatehouse/platform';
import { z } from 'zod';

const hops = histogram('gatehouse_policy_hop_seconds', 'Policies asked for by this gateway', ['outcome']);

const decoder = new TextDecoder();
const policyReplyOrProblem = z.union([policyReply, stageProblem]);

/** Policies over NATS: one question for all policies of a set. */
export class NatsPolicyClient extends PolicyClient {
  constructor(
    private readonly requester: NatsRequester,
    private readonly limits: PolicyMessageLimits,
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
    if (body.length > this.limits.request) throw policyServiceUnavailable('the request is too large for the bus');
    const data = await this.requester.request(POLICY_SUBJECT, body, request.timeout_ms).catch((cause: unknown) => {
      if (cause instanceof NatsUnavailableError) throw new Problem('bus_down', { cause });
      if (cause instanceof NoRespondersError || cause instanceof RequestTimeoutError)
        throw new Problem('policy_away', { cause });
      throw cause;
    });
    if (data.length > this.limits.reply) throw policyServiceUnavailable('the reply of the policy service is too large');
    return replyOf(request, data);
  }
}

/** A reply counts only as a whole: a result that is missing would be a guess. */
function replyOf({ policies }: PolicyRequest, data: Uint8Array): PolicyReply {
  const parsed = policyReplyOrProblem.safeParse(json(data));
  if (!parsed.success) throw policyServiceUnavailable('the reply of the policy service is not understood');
  if ('problem' in parsed.data) {
    const { detail, retry_after_s } = parsed.data.problem;
    throw new Problem('policy_away', { ...(detail && { detail }), ...(retry_after_s && { retry_after_s }) });
  }
  const { results } = parsed.data;
  const missing = policies.find(({ id }) => !Object.hasOwn(results, id));
  if (missing) throw policyServiceUnavailable(`the policy service says nothing of ${missing.name}`);
  return parsed.data;
}

const policyServiceUnavailable = (detail: string) => new Problem('policy_away', { detail });

function json(data: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(data));
  } catch {
    return undefined;
  }
}
