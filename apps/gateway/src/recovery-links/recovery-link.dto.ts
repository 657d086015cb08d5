import { char, removedIn2026, since2026 } from '@gatehouse/contracts';
import { z } from 'zod';
import { isUuid } from '../http/identifiers.js';

const token_duration = z
  .string()
  .optional()
  .describe('A duration such as `hours=3;minutes=1`. By default a day, for a mail the duration of the stage.');

/** How long a recovery link is valid. In 2024.8 the request has no body. */
export const recoveryLinkRequest = since2026(z.object({ token_duration })).meta({
  id: 'UserRecoveryLinkRequest',
  description: 'How long the recovery link of a user is valid.',
});

/** The email stage that mails a recovery link, and how long the link is valid. In 2024.8 the request has no body. */
export const recoveryMailRequest = since2026(
  z.object({
    token_duration,
    email_stage: char()
      .refine(isUuid, { error: 'Must be a valid UUID.' })
      .meta({ wire: { type: 'string', format: 'uuid' } })
      .describe('The email stage with the template, the subject and the mail server of the mail.'),
  }),
).meta({ id: 'UserRecoveryEmailRequest', description: 'How to mail a recovery link to a user.' });

/** The query of the same request in 2024.8. */
export const recoveryMailQuery = {
  email_stage: removedIn2026(z.string()).describe(
    'The email stage with the template, the subject and the mail server of the mail.',
  ),
};
