import { DEFAULT_SESSION_APPLICATIONS } from '@gatehouse/executor-postgres';
import { z } from 'zod';

const whole = (fallback: number, { min = 1, max }: { min?: number; max: number }) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

/** Settings of the authorization code grant (docs/spec/authorization-code.md). */
export const authorizationConfig = z.object({
  AUTHORIZATION_REQUEST_S: whole(900, { min: 60, max: 3600 }).describe(
    'Seconds from the pushed authorization request of an application until its user must have authorized it',
  ),
  AUTHORIZATION_REQUEST_BYTES: whole(16 * 1024, { min: 2048, max: 64 * 1024 }).describe(
    'Largest pushed authorization request, in bytes: the values of all parameters, and the id of a consent’s application once more for each scope',
  ),
  AUTHORIZATION_SCOPES: whole(100, { max: 200 }).describe(
    'Largest number of scopes in the `authorization_details` of a pushed authorization request',
  ),
  AUTHORIZATION_REQUEST_RATE: whole(6000, { min: 0, max: 1_000_000 }).describe(
    'Pushed authorization requests of one OAuth client in a minute, counted by each gateway; further ones get 429. 0 for no limit',
  ),
  AUTHORIZATION_REQUESTS_WAITING: whole(10_000, { max: 100_000 }).describe(
    'Largest number of pushed authorization requests of one OAuth client that wait for their users, in all gateways together; further ones get 429',
  ),
  SESSION_APPLICATIONS: whole(DEFAULT_SESSION_APPLICATIONS, { max: 100 }).describe(
    'Number of applications with a `logout_uri` that a session remembers for its logout; the oldest sign-ins are forgotten first',
  ),
});
