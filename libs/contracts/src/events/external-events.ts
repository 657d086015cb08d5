import { z } from 'zod';
import { BY_PLAN, defineEvent } from './audit-event.js';

/** The actions of audit events about accounts at other systems. */
export const externalEvents = {
  source_linked: defineEvent({
    when: 'An account at a source is connected with a user.',
    ...{ level: 'info', outcome: 'success', actor: BY_PLAN, subject: 'the connected user' },
    context: z.object({
      message: z.literal('Linked Source'),
      source: z.object({ uuid: z.uuid(), pk: z.int().optional(), slug: z.string().optional(), name: z.string() }),
    }),
    example: {
      message: 'Linked Source',
      source: { uuid: '0192f6a4-c7d8-7a8e-9c3b-5d2f1e4a6b8c', slug: 'example', name: 'Example' },
    },
  }),
  signal_received: defineEvent({
    when: 'A transmitter sends a security event about a user of its own, which ends all sessions of the user. A token that was received before causes no event, and neither does one about the user of others.',
    ...{ level: 'info', outcome: 'success', actor: 'the transmitter', subject: 'the user' },
    context: z.object({
      transmitter: z.string().describe('its name in SIGNAL_TRANSMITTERS'),
      issuer: z.string(),
      event: z.string().describe('URI of the type of the security event'),
      jti: z.string().describe('id of the Security Event Token'),
      sessions: z.int().describe('number of live sessions that have ended'),
      deactivated: z.boolean().describe('whether the user was deactivated'),
    }),
    example: {
      ...{ transmitter: 'partner', issuer: 'https://partner.example.org' },
      event: 'https://schemas.openid.net/secevent/caep/event-type/session-revoked',
      ...{ jti: '24c63fb56e5a2d77a6b512616ca9fa24', sessions: 2, deactivated: false },
    },
  }),
} as const;
