import { target } from '@gatehouse/contracts';
import { z } from 'zod';

/** A form that the browser sends elsewhere by itself (02-stages §18.1). */
export const autosubmitChallenge = z
  .object({ url: target(), attrs: z.record(z.string(), z.string()), title: z.string().optional() })
  .meta({ id: 'AutosubmitChallenge', description: 'A form that the browser sends elsewhere at once.' });

/** Nothing is asked here. The API writes this one name with another capital. */
export const autosubmitResponse = z
  .object({})
  .meta({ id: 'AutoSubmitChallengeResponseRequest', description: 'Has no meaning: the form goes elsewhere.' });
