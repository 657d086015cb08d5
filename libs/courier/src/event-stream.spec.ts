import { expect, it } from 'vitest';
import { courierSettings } from './courier.config.js';
import { EVENT_RETRIES, eventLeaseS } from './event-delivery.js';
import { eventStreamConfig } from './event-stream.js';

it('the shortest duplicate window is longer than a courier may take to publish an event again', () => {
  const window = eventStreamConfig.shape.EVENTS_DUPLICATE_WINDOW_S;
  const longest = { EVENTS_TIMEOUT_MS: 60_000, OUTBOX_POLL_MS: 60_000 };
  expect(courierSettings.safeParse({ ...longest, EVENTS_TIMEOUT_MS: 60_001 }).success).toBe(false);
  expect(courierSettings.safeParse({ ...longest, OUTBOX_POLL_MS: 60_001 }).success).toBe(false);
  const { EVENTS_TIMEOUT_MS, OUTBOX_POLL_MS } = courierSettings.parse(longest);
  const timeoutS = EVENTS_TIMEOUT_MS / 1000;
  const dueAgainS = Math.max(eventLeaseS(EVENTS_TIMEOUT_MS), timeoutS + EVENT_RETRIES.retryMaxS);
  const repeatedS = dueAgainS + OUTBOX_POLL_MS / 1000 + timeoutS;
  expect(window.safeParse(repeatedS - 1).success).toBe(false);
  expect(window.safeParse(300).success).toBe(true);
});
