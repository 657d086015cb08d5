import type { User } from '@gatehouse/contracts';
import type { EventContext } from '@gatehouse/executor';

/** The facts, without the user, of an event that an anonymous visitor causes outside of flows. */
export const REQUEST_FACTS = {
  ...({ actor: { type: 'anonymous' }, clientIp: '203.0.113.7', userAgent: 'vitest' } as const),
  ...{ requestId: '0'.repeat(32), location: undefined, flow: undefined, plan: undefined },
};

/** Returns the event context of an anonymous visitor's request to a flow. */
export const eventContextFor = (user: User | undefined, flow: string): EventContext => ({
  ...{ ...REQUEST_FACTS, user, flow },
  ...{ plan: '0192f6a4-c7d8-7a8e-9c3b-5d2f1e4a6b8c', findLocation: () => undefined },
});
