import type { EventContext } from '@gatehouse/executor';
import type { EventFacts } from '@gatehouse/outbox';

/** Returns the facts that events and mails of a commit store, with the location of the client's address. */
export const eventFacts = ({ findLocation, ...context }: EventContext): EventFacts => {
  const { user, actor, clientIp, userAgent, requestId, flow, plan } = context;
  return { user, actor, clientIp, userAgent, requestId, flow, plan, location: findLocation() };
};
