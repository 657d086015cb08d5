import { since2026 } from '@gatehouse/contracts';
import { z } from 'zod';

/** How long a recovery link is valid. In 2024.8 the request has no body. */
export const recoveryLinkRequest = since2026(
  z.object({
    token_duration: z.string().optional().describe('A duration such as `hours=3;minutes=1`. By default a day.'),
  }),
).meta({ id: 'UserRecoveryLinkRequest', description: 'How long the recovery link of a user is valid.' });
