import { sha256 } from '@noble/hashes/sha2.js';

/** What a proof of work asks: which counter, hashed after salt and nonce, begins like this? All in hexadecimal. */
interface Parameters {
  readonly salt: string;
  readonly nonce: string;
  readonly keyPrefix: string;
}

/** Bytes of a counter, the greatest first. */
const COUNTER_BYTES = 4;

/** Tries counters one after the other. Not by the browser's own digest, which pages without TLS have none of, and which waits each time. */
export function solve({ salt, nonce, keyPrefix }: Parameters) {
  const began = performance.now();
  const [head, wanted] = [bytesOf(salt + nonce), bytesOf(keyPrefix)];
  const message = new Uint8Array(head.length + COUNTER_BYTES);
  message.set(head);
  const tail = new DataView(message.buffer, head.length);
  for (let counter = 0; ; counter++) {
    tail.setUint32(0, counter);
    const key = sha256(message);
    if (wanted.every((byte, i) => byte === key[i])) {
      return { counter, derivedKey: hexOf(key), time: performance.now() - began };
    }
  }
}

const bytesOf = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const hexOf = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
