import type { EventContext } from '@gatehouse/executor';
import type { EventFacts } from '@gatehouse/outbox';

/** Returns what the events and mails of a commit record. Looks up the place of the client's address. */
export const eventFacts = ({ findLocation, ...context }: EventContext): EventFacts => {
  const { user, actor, clientIp, userAgent, requestId, flow, plan } = context;
  return { user, actor, clientIp, userAgent, requestId, flow, plan, location: findLocation() };
};
