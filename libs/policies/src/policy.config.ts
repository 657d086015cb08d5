import { MAX_POLICY_EVENTS, policyLimits } from '@gatehouse/contracts';
import { geoIpConfig } from '@gatehouse/platform';
import { z } from 'zod';
import { allowedHosts } from './expression/http/allowed-hosts.js';

/** Settings of the service that evaluates policies. */
export const policyConfig = z.object({
  POLICY_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(64)
    .describe('Largest number of requests that are evaluated at the same time'),
  POLICY_QUEUE: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(256)
    .describe('Largest number of waiting requests; the service refuses further requests as busy'),
  POLICY_PYTHON: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Largest number of expressions that run at the same time, each in its own process'),
  POLICY_PYTHON_SPARES: z.coerce
    .number()
    .int()
    .min(0)
    .max(64)
    .default(1)
    .describe('Number of processes that start with the first expression and replace those that end'),
  POLICY_PYTHON_MB: z.coerce
    .number()
    .int()
    .min(32)
    .max(4096)
    .default(64)
    .describe('Memory limit of one expression in megabytes'),
  POLICY_CALL_DEPTH: z.coerce
    .number()
    .int()
    .min(0)
    .max(32)
    .default(8)
    .describe('Largest depth of calls between expressions by `ak_call_policy`'),
  POLICY_EVENTS: z.coerce
    .number()
    .int()
    .min(0)
    .max(MAX_POLICY_EVENTS)
    .default(20)
    .describe('Largest number of events from all policies of one request'),
  POLICY_EVENT_BYTES: z.coerce
    .number()
    .int()
    .min(256)
    .max(65_536)
    .default(8192)
    .describe('Largest size of such an event as JSON, in bytes'),
  POLICY_ALLOWED_HOSTS: allowedHosts.describe(
    'Hosts that expressions may reach by `requests` and DNS, comma separated: names, `*.domain` or addresses, each optionally with `:port`; without a port, the default ports of http and https; a private address must be listed itself',
  ),
  POLICY_HTTP_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(1)
    .max(15_000)
    .default(3000)
    .describe('Time limit of such a request in milliseconds, including redirects'),
  POLICY_HTTP_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .max(512 * 1024)
    .default(256 * 1024)
    .describe('Largest response body for expressions in bytes'),
  POLICY_HTTP_REQUESTS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .describe('Largest number of requests of one expression'),
  POLICY_REPLY_BYTES: policyLimits.shape.POLICY_REPLY_BYTES,
  PWNED_PASSWORDS_URL: z
    .url({ protocol: /^https?$/ })
    .default('https://api.pwnedpasswords.com/')
    .describe(
      'Base URL of the range API for breached passwords, which receives the first five characters of the SHA-1 hash',
    ),
  BREACH_LIST: z
    .string()
    .optional()
    .describe(
      'File with the hashes of breached passwords for risk policies, which `npm run breach-list` writes. It is read at the start',
    ),
  ...geoIpConfig.shape,
});
