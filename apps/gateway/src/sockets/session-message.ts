import { z } from 'zod';

/** The subject on which gateways send messages for visitors to each other. Only gateways may use it. */
export const MESSAGE_SUBJECT = 'gateway.messages';

/**
 * A message that gateways send each other for the WebSockets of a session
 * (docs/spec/bus-protocol.md#messages-for-visitors).
 */
const sessionMessage = z.object({
  /** Name of the session's channel. */
  channel: z.string(),
  /** Texts in the visitor's language. */
  texts: z.array(z.object({ level: z.enum(['success', 'info', 'warning', 'error']), text: z.string() })).default([]),
  /** Whether to close the WebSockets after the texts have been sent, because the session has a new key. */
  close: z.boolean().default(false),
});
export type SessionMessage = z.input<typeof sessionMessage>;
export type VisitorText = z.output<typeof sessionMessage>['texts'][number];

/** Returns a message from the bus; `undefined` for one that this version of the gateway does not understand. */
export function parseMessage(body: Uint8Array): z.output<typeof sessionMessage> | undefined {
  try {
    return sessionMessage.safeParse(JSON.parse(new TextDecoder().decode(body))).data;
  } catch {
    return undefined;
  }
}
