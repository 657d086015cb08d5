import { createHmac } from 'node:crypto';

/** A message to a webhook endpoint, with everything that is signed. */
interface SignedMessage {
  /** Id of the message. All attempts have the same id, so that receivers can drop repetitions. */
  readonly id: string;
  /** Time of the attempt in seconds since 1970. Receivers refuse old messages, which prevents replay. */
  readonly timestamp: number;
  readonly body: string;
}

/**
 * Returns the headers of a message by Standard Webhooks 1.0, with one signature (HMAC-SHA256) for each key. Receivers
 * accept a message if any signature is by their key, so a secret can be replaced while the old one is still in use.
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
