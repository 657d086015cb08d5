import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { Policy, PolicyInput, PolicyOutcome } from '../policy.js';
import type { eventMatcherContract } from './event-matcher.contract.js';

const text = z.string().nullish();
const event = z.object({
  action: text,
  client_ip: text,
  app: text,
  context: z.object({ model: z.object({ app: text, model_name: text }).optional() }).optional(),
});

/**
 * Passes if any of its criteria matches. As in authentik, the messages list every criterion that is set, whether or not
 * it matches.
 */
@Injectable()
export class EventMatcherPolicy implements Policy<typeof eventMatcherContract> {
  evaluate({ config, facts }: PolicyInput<typeof eventMatcherContract>): PolicyOutcome {
    const parsed = event.safeParse(facts.context['event']);
    if (!parsed.success) return { pass: false };
    const { action, client_ip, app, context } = parsed.data;
    const model = context?.model && `${context.model.app}.${context.model.model_name}`;
    const criteria = [
      ['Action matched.', config.action, action],
      ['Client IP matched.', config.client_ip, client_ip],
      ['App matched.', config.app, app],
      ['Model matched.', config.model, model],
    ] as const;
    const set = criteria.filter(([, expected]) => expected !== null);
    return { pass: set.some(([, expected, actual]) => expected === actual), messages: set.map(([message]) => message) };
  }
}
