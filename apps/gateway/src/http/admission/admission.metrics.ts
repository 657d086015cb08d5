import { counter, gauge } from '@gatehouse/platform';
import { PRIORITIES } from './in-flight-limit.js';

export const inFlight = gauge({
  name: 'gatehouse_requests_in_flight',
  question: 'full',
  help: 'Admitted requests that are not answered yet',
  labels: {},
});

export const inFlightLimit = gauge({
  name: 'gatehouse_requests_limit',
  question: 'full',
  help: 'Requests in flight at which new visits are refused',
  labels: {},
});

export const queueing = gauge({
  name: 'gatehouse_queueing_seconds',
  question: 'full',
  help: 'Time that requests queue for the event loop, or for a connection to Postgres',
  labels: {},
});

export const refused = counter({
  name: 'gatehouse_refused_total',
  question: 'full',
  help: 'Requests that were refused at once with 503',
  labels: {
    priority: PRIORITIES,
    reason: '`gateway`: too many requests in flight; `stage`: a stage of the flow is busy',
  },
});
