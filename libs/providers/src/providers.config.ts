import { z } from 'zod';

const whole = (preset: number, { min = 1, max }: { min?: number; max: number }) =>
  z.coerce.number().int().min(min).max(max).default(preset);

/** Settings of what is asked of providers that people log in at. */
export const providersConfig = z.object({
  SOURCE_HOSTS: z
    .string()
    .default('*')
    .describe(
      'Hosts of providers that may be asked, comma separated, private ones and ones without TLS too; `*`: any of the ' +
        'internet, with TLS',
    ),
  SOURCE_TIMEOUT_MS: whole(4000, { min: 10, max: 10_000 }).describe(
    'Milliseconds that one question to a provider may take',
  ),
  SOURCE_CONCURRENCY: whole(64, { max: 10_000 }).describe(
    'Questions to one host at a time; beyond that a login there is refused at once',
  ),
  SOURCE_ANSWER_BYTES: whole(1_048_576, { min: 1024, max: 16_777_216 }).describe(
    'Bytes that an answer of a provider may have',
  ),
  SOURCE_PROFILE_BYTES: whole(65_536, { min: 1024, max: 131_072 }).describe(
    'Bytes that the profile of somebody may have',
  ),
  SOURCE_METADATA_S: whole(600, { max: 86_400 }).describe(
    'Seconds that the addresses and keys which a provider publishes are kept',
  ),
  PLEX_URL: z
    .url({ protocol: /^https?$/ })
    .default('https://plex.tv')
    .describe('Where Plex is asked'),
});
export type ProvidersConfig = z.output<typeof providersConfig>;
