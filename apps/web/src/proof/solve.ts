import { sha256 } from '@noble/hashes/sha2.js';

/**
 * A proof of work: find the counter for which SHA-256 of salt, nonce and counter starts with the prefix. The values are
 * hexadecimal.
 */
interface Parameters {
  readonly salt: string;
  readonly nonce: string;
  readonly keyPrefix: string;
}

/** Size of the counter in bytes (big-endian). */
const COUNTER_BYTES = 4;

/**
 * Tries counters in order, until one fits. Does not use crypto.subtle, which browsers offer only over TLS, and whose
 * hashes are asynchronous.
 */
export function solve({ salt, nonce, keyPrefix }: Parameters) {
  const startedAt = performance.now();
  const [head, prefix] = [bytesOf(salt + nonce), bytesOf(keyPrefix)];
  const message = new Uint8Array(head.length + COUNTER_BYTES);
  message.set(head);
  const tail = new DataView(message.buffer, head.length);
  for (let counter = 0; ; counter++) {
    tail.setUint32(0, counter);
    const key = sha256(message);
    if (prefix.every((byte, i) => byte === key[i])) {
      return { counter, derivedKey: hexOf(key), time: performance.now() - startedAt };
    }
  }
}

const bytesOf = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const hexOf = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
