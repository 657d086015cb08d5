import { z } from 'zod';
import { since2026 } from './api-fields.js';
import type { WireShape } from './envelope.js';
import { redirectTarget } from './redirect-target.js';

const accessDenied = z
  .object({ error_message: z.string().optional() })
  .meta({ id: 'AccessDeniedChallenge', description: 'The flow has ended: access is denied.' });

const flowError = z
  .object({ request_id: z.string(), error: z.string().optional(), traceback: z.string().optional() })
  .meta({
    id: 'FlowErrorChallenge',
    description: 'An internal error. The visitor can retry the flow. Only superusers and debugged users see the cause.',
  });

/** Challenge that redirects the client. The target is never a script URL. */
export const redirectChallenge = z
  .object({
    to: redirectTarget(),
    /** True if the flow has ended with this redirect. */
    final_redirect: since2026(z.boolean().default(false).optional()),
  })
  .meta({ id: 'RedirectChallenge', description: 'Redirects the client to another URL.' });

const shell = z
  .object({ body: z.string() })
  .meta({ id: 'ShellChallenge', description: 'HTML that the client shows unchanged.' });

/** Challenges of the executor itself, which end or leave a flow (docs/spec/executor.md#terminal-challenges). */
export const systemChallenges = [
  { component: 'ak-stage-access-denied', challenge: accessDenied, user_info: true },
  { component: 'ak-stage-flow-error', challenge: flowError, user_info: false },
  { component: 'xak-flow-redirect', challenge: redirectChallenge, user_info: false },
  { component: 'xak-flow-shell', challenge: shell, user_info: false },
] as const satisfies readonly WireShape[];
