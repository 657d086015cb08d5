import { char, secret } from '@gatehouse/contracts';
import { z } from 'zod';

const permission = z
  .object({ name: z.string(), id: z.string() })
  .meta({ id: 'ConsentPermission', description: 'One thing that an application may do.' });

/** What an application asks to be allowed (02-stages §5.2). */
export const consentChallenge = z
  .object({
    header_text: z.string().optional(),
    permissions: z.array(permission),
    additional_permissions: z.array(permission),
    token: z.string(),
  })
  .meta({ id: 'ConsentChallenge', description: 'Asks whether an application may have what it asks for.' });

/** Consent to what was shown with this token (02-stages §5.5). */
export const consentResponse = z
  .object({ token: secret(char()) })
  .meta({ id: 'ConsentChallengeResponseRequest', description: 'Yes, to what was shown with this token.' });
