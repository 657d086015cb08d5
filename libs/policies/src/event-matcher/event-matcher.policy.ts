import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { type Policy, type PolicyInput, type PolicyOutcome, UndecidedPolicyError } from '../policy.js';
import type { eventMatcherContract } from './event-matcher.contract.js';
import { EventQueryError, parseEventQuery } from './event-query.js';

const text = z.string().nullish();
const event = z.looseObject({
  action: text,
  client_ip: text,
  app: text,
  context: z.looseObject({ model: z.object({ app: text, model_name: text }).optional() }).optional(),
});

/**
 * Passes if all of its criteria match an event, or in 2024.8 if any of them matches. As in authentik, the messages list
 * every criterion that is set, whether or not it matches.
 */
@Injectable()
export class EventMatcherPolicy implements Policy<typeof eventMatcherContract> {
  evaluate({ config, facts, request }: PolicyInput<typeof eventMatcherContract>): PolicyOutcome {
    const parsed = event.safeParse(facts.context['event']);
    if (!parsed.success) return { pass: false };
    const { action, client_ip, app, context } = parsed.data;
    const model = context?.model && `${context.model.app}.${context.model.model_name}`;
    const equals = (expected: string | null, actual: unknown) => (expected === null ? undefined : expected === actual);
    const criteria = [
      ['Action matched.', equals(config.action, action)],
      ['Client IP matched.', equals(config.client_ip, client_ip)],
      ['App matched.', equals(config.app, app)],
      ['Model matched.', equals(config.model, model)],
      ['Query matched.', config.query === null ? undefined : matchesQuery(config.query, parsed.data)],
    ] as const;
    const set = criteria.filter(([, matches]) => matches !== undefined);
    const results = set.map(([, matches]) => matches === true);
    const pass = request.site.api_version === '2024.8' ? results.includes(true) : !results.includes(false);
    return { pass: pass && set.length > 0, messages: set.map(([message]) => message) };
  }
}

function matchesQuery(query: string, data: z.output<typeof event>): boolean {
  try {
    return parseEventQuery(query)(data);
  } catch (cause) {
    if (!(cause instanceof EventQueryError)) throw cause;
    throw new UndecidedPolicyError(`the query is invalid: ${cause.message}`, { cause });
  }
}
