import { counter } from '@gatehouse/platform';

/** The rate limits of networks, sessions, OAuth clients and preview links. */
export type RateLimitName =
  | 'anonymous'
  | 'new_session'
  | 'device_code'
  | 'forward_code'
  | 'authorization_request'
  | 'preview';

/** Requests above a rate limit. */
export const rateLimited = counter({
  name: 'gatehouse_rate_limited_total',
  question: 'abuse',
  help: 'Requests that were refused with 429 by a rate limit of their network, session, OAuth client or preview link',
  labels: {
    limit:
      '`anonymous`: ANONYMOUS_RATE; `new_session`: NEW_SESSION_RATE; `device_code`: DEVICE_CODE_RATE; `forward_code`: FORWARD_AUTH_CODE_RATE; `authorization_request`: AUTHORIZATION_REQUEST_RATE; `preview`: PREVIEW_RATE',
  },
});
