import { z } from 'zod';

const integer = (preset: number, { min = 1, max }: { min?: number; max: number }) =>
  z.coerce.number().int().min(min).max(max).default(preset);

/** Settings of requests to providers, read from the environment. */
export const providersConfig = z.object({
  SOURCE_HOSTS: z
    .string()
    .default('*')
    .describe(
      'Allowed hosts of providers, comma separated, which may be private and may lack TLS; `*` allows all public hosts with TLS',
    ),
  SOURCE_TIMEOUT_MS: integer(4000, { min: 10, max: 10_000 }).describe(
    'Milliseconds that a request to a provider may take',
  ),
  SOURCE_CONCURRENCY: integer(64, { max: 10_000 }).describe(
    'Concurrent requests to one host; further logins there are refused at once',
  ),
  SOURCE_ANSWER_BYTES: integer(1_048_576, { min: 1024, max: 16_777_216 }).describe(
    'Maximum bytes of a response of a provider',
  ),
  SOURCE_PROFILE_BYTES: integer(65_536, { min: 1024, max: 131_072 }).describe('Maximum bytes of the profile of a user'),
  SOURCE_METADATA_S: integer(600, { max: 86_400 }).describe(
    'Seconds for which the published metadata of a provider is cached. Its keys are cached for five minutes at most',
  ),
  PLEX_URL: z
    .url({ protocol: /^https?$/ })
    .default('https://plex.tv')
    .describe('Base URL of the Plex API'),
});
export type ProvidersConfig = z.output<typeof providersConfig>;
