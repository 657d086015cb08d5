import { defineStage, isWebAddress } from '@gatehouse/contracts';
import { z } from 'zod';

/** URL to which the browser posts the form: http(s), never a script URL (docs/security.md#accident-11). */
const address = z.string().refine(isWebAddress, { error: 'Enter an http(s) URL.' });
const fields = z.record(z.string(), z.string());

/**
 * Contract of the autosubmit stage, which makes the browser post a form to another site. Blueprints cannot bind this
 * stage (docs/spec/stages.md#autosubmit).
 */
export const autosubmitContract = defineStage({
  kind: 'autosubmit',
  component: 'ak-stage-autosubmit',
  model: undefined,
  service: 'session',
  acts: false,
  forecast: () => ({ passes: false }),
  personal_fields: [],
  config: z.object({ url: address.optional(), attrs: fields.optional(), title: z.string().optional() }),
  challenge: z
    .object({ url: address, attrs: fields, title: z.string().optional() })
    .meta({ id: 'AutosubmitChallenge', description: 'A form that the browser submits at once to another site.' }),
  // authentik's schema spells the name of the response `AutoSubmit…`, but the name of the challenge `Autosubmit…`.
  response: z.object({}).meta({
    id: 'AutoSubmitChallengeResponseRequest',
    description: 'Not used: the browser submits the form to another site.',
  }),
  state: z.object({}),
  reads: { url: 'optional', attrs: 'optional', title: 'optional' },
});
