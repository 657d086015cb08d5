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
    .describe('Questions of the gateway that are evaluated at a time'),
  POLICY_QUEUE: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(256)
    .describe('Questions that may wait; beyond that the service says it is busy'),
  POLICY_PYTHON: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Expressions that run at a time, each in a process of its own; one more stands by'),
  POLICY_PYTHON_MB: z.coerce
    .number()
    .int()
    .min(32)
    .max(4096)
    .default(64)
    .describe('Megabytes that the Python of one of them may use'),
  POLICY_CALL_DEPTH: z.coerce
    .number()
    .int()
    .min(0)
    .max(32)
    .default(8)
    .describe('How deep expressions may call each other by `ak_call_policy`'),
  POLICY_EVENTS: z.coerce
    .number()
    .int()
    .min(0)
    .max(MAX_POLICY_EVENTS)
    .default(20)
    .describe('Events that the policies of one question may make together'),
  POLICY_EVENT_BYTES: z.coerce
    .number()
    .int()
    .min(256)
    .max(65_536)
    .default(8192)
    .describe('Bytes of one of these events, as JSON'),
  POLICY_ALLOWED_HOSTS: allowedHosts.describe(
    'Hosts that expressions may ask by `requests` and DNS, comma separated: names, `*.domain`, addresses, each with `:port` or for http and https; private addresses only where they stand here themselves',
  ),
  POLICY_HTTP_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(1)
    .max(15_000)
    .default(3000)
    .describe('Milliseconds that one of these requests may take, redirects included'),
  POLICY_HTTP_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .max(512 * 1024)
    .default(256 * 1024)
    .describe('Bytes of an answer that expressions may read'),
  POLICY_HTTP_REQUESTS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .describe('Requests that one expression may make'),
  POLICY_REPLY_BYTES: policyLimits.shape.POLICY_REPLY_BYTES,
  PWNED_PASSWORDS_URL: z
    .url({ protocol: /^https?$/ })
    .default('https://api.pwnedpasswords.com/')
    .describe('Where password policies ask, by the first five characters of its hash, whether a password is public'),
  ...geoIpConfig.shape,
});
