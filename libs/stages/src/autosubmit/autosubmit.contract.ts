import { defineStage, isWebAddress } from '@gatehouse/contracts';
import { z } from 'zod';

/** Where a form may go: to a web page, never to a script (docs/security.md#accident-11). */
const address = z.string().refine(isWebAddress, { error: 'Enter an http(s) URL.' });
const fields = z.record(z.string(), z.string());

/**
 * Has the browser send a form elsewhere, at the end of a flow; added by whoever plans one
 * (docs/spec/stages.md#autosubmit).
 */
export const autosubmitContract = defineStage({
  kind: 'autosubmit',
  component: 'ak-stage-autosubmit',
  model: undefined,
  service: 'session',
  acts: false,
  personal_fields: [],
  config: z.object({ url: address.optional(), attrs: fields.optional(), title: z.string().optional() }),
  challenge: z
    .object({ url: address, attrs: fields, title: z.string().optional() })
    .meta({ id: 'AutosubmitChallenge', description: 'A form that the browser sends elsewhere at once.' }),
  // The API writes this one name with another capital.
  response: z
    .object({})
    .meta({ id: 'AutoSubmitChallengeResponseRequest', description: 'Has no meaning: the form goes elsewhere.' }),
  state: z.object({}),
  reads: { url: 'optional', attrs: 'optional', title: 'optional' },
});
