import { createHmac } from 'node:crypto';

/** A message to a webhook endpoint, as it is signed. */
interface SignedMessage {
  /** The same for every attempt, so that receivers can drop repetitions. */
  readonly id: string;
  /** Time of the attempt in seconds since 1970. A receiver refuses an old one, which prevents replay. */
  readonly timestamp: number;
  readonly body: string;
}

/**
 * Returns the headers of the specification Standard Webhooks 1.0, with one signature (HMAC-SHA256) for each key. A receiver
 * must accept a message that has a signature by its key, so a secret can be replaced while both are in use.
 */
export function signatureHeaders({ id, timestamp, body }: SignedMessage, keys: readonly Buffer[]) {
  const signed = `${id}.${timestamp}.${body}`;
  const signatures = keys.map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}
