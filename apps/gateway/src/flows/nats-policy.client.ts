import {
  POLICY_SUBJECT,
  type PolicyMessageLimits,
  type PolicyReply,
  type PolicyRequest,
  Problem,
  policyReplyTo,
  traceAttributes,
} from '@gatehouse/contracts';
import { PolicyClient } from '@gatehouse/executor';
import { histogram, type Requester, requestOverBus } from '@gatehouse/platform';

const hops = histogram({
  name: 'gatehouse_policy_hop_seconds',
  question: 'slow',
  help: 'Durations of requests to the policy service, measured by the gateway',
  labels: { outcome: ['evaluated', 'policy_away', 'bus_down', 'fault'] },
});

/** Maps every failure of the policy service to `policy_away`, because the gateway handles all of them alike. */
const AWAY = {
  codes: { stage_away: 'policy_away', stage_timeout: 'policy_away', stage_fault: 'policy_away' },
  answeredCode: 'policy_away',
} as const;

/**
 * Sends one request for all policies of a set to the policy service, over the bus. Throws `policy_away` or `bus_down`.
 */
export class NatsPolicyClient extends PolicyClient {
  constructor(
    private readonly requester: Requester,
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

  private exchange(request: PolicyRequest): Promise<PolicyReply> {
    const body = Buffer.from(JSON.stringify(request));
    if (body.length > this.limits.request)
      throw new Problem('policy_away', { detail: 'the request is too large for the bus' });
    const { timeout_ms: timeoutMs, policies } = request;
    const reply = policyReplyTo(policies);
    const given = { subject: POLICY_SUBJECT, body, timeoutMs, reply, maxReplyBytes: this.limits.reply };
    const attributes = { [traceAttributes.policies]: policies.length, [traceAttributes.turn]: request.id };
    return requestOverBus(this.requester, { ...given, ...AWAY, attributes });
  }
}
