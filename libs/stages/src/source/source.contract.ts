import { defineStage, duration, type Errors, redirectTarget, reference } from '@gatehouse/contracts';
import { z } from 'zod';

/** Components that the login challenge of a source can have. */
const LOGIN_COMPONENTS = ['xak-flow-redirect', 'ak-source-plex', 'ak-source-oauth-apple'] as const;

const hasSource = ({ source }: Readonly<Record<string, unknown>>) => typeof source === 'string';
const SOURCE_REQUIRED: Errors = { source: [{ code: 'required' }] };

/**
 * Contract of the source stage, at which the visitor logs in at a source before the flow continues
 * (docs/spec/stages.md#source-stage).
 */
export const sourceContract = defineStage({
  kind: 'source',
  component: 'xak-flow-redirect',
  shows_as: LOGIN_COMPONENTS,
  model: 'authentik_stages_source.sourcestage',
  service: 'identification',
  config: z.object({
    source: reference('source').describe('Source at which the user must log in.'),
    resume_timeout: duration('minutes=10').describe('Time after which the login at the source is too late.'),
  }),
  validate: (config) => (hasSource(config) ? {} : SOURCE_REQUIRED),
  challenge: z
    .object({
      component: z.enum(LOGIN_COMPONENTS),
      to: redirectTarget().optional(),
      client_id: z.string().optional(),
      slug: z.string().optional(),
      scope: z.string().optional(),
      redirect_uri: z.string().optional(),
      state: z.string().optional(),
    })
    .meta({ id: 'SourceChallenge', description: 'The login challenge of an external source.' }),
  response: z.object({}),
  /** Time by which the visitor must have returned from the source, in milliseconds since 1970. */
  state: z.object({ until: z.number() }),
  reads: { pending_user: 'optional', is_restored: 'optional' },
  writes: ['is_restored'],
  errors: {
    source_missing: { string: 'Source does not exist', code: 'invalid' },
    source_disabled: { string: 'Invalid source', code: 'invalid' },
  },
  effects: ['source_login'],
  // Entering the step only redirects the browser to the source, which is harmless even if another site has started the
  // flow.
  acts_on_entry: () => false,
  proves: () => ({ factor: 'first', if_missing: 'refused' }),
  awaited_source: ({ source }) => source,
});
