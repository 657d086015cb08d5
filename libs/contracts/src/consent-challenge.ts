import { z } from 'zod';
import { ownField } from './api-fields.js';

const permission = z
  .object({ name: z.string(), id: z.string() })
  .meta({ id: 'ConsentPermission', description: 'One permission of an application.' });

/** A consent challenge, of a consent stage or of the gateway itself (docs/spec/stages.md#consent). */
export const consentChallenge = z
  .object({
    header_text: z.string().optional(),
    permissions: z.array(permission),
    additional_permissions: z.array(permission),
    token: z.string(),
    /**
     * Set to `email` in the question of a mailed link, which asks for no permissions (docs/spec/plan.md#mailed-links).
     */
    confirms: ownField(z.literal('email').optional()),
  })
  .meta({
    id: 'ConsentChallenge',
    description: 'Asks whether the user grants the listed permissions to an application.',
  });
