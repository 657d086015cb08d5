import type { User } from '@gatehouse/contracts';
import type { EventContext } from '@gatehouse/executor';

/** What the events of an anonymous visitor's request outside of flows record, except the user. */
export const REQUEST_FACTS = {
  ...({ actor: { type: 'anonymous' }, clientIp: '203.0.113.7', userAgent: 'vitest' } as const),
  ...{ requestId: '0'.repeat(32), location: undefined, flow: undefined, plan: undefined },
};

/** Returns what the events of an anonymous visitor's request to a flow record. */
export const eventContextFor = (user: User | undefined, flow: string): EventContext => ({
  ...{ ...REQUEST_FACTS, user, flow },
  ...{ plan: '0192f6a4-c7d8-7a8e-9c3b-5d2f1e4a6b8c', findLocation: () => undefined },
});
