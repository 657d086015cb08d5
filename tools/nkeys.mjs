/**
 * Generates nkeys, the Ed25519 key pairs of NATS users. Uses only Node, because `npm run deploy:env` also runs where no
 * package is installed.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';

/** First bytes of the encoded keys of a user: `SU` and `U` in base32. */
const SEED_PREFIX = [0x95, 0x00];
const PUBLIC_PREFIX = [0xa0];
/** The bytes before the 32 bytes of a private Ed25519 key in PKCS #8. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Returns a new seed, the secret of a NATS user. */
export function newSeed() {
  const { d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return encode([...SEED_PREFIX, ...Buffer.from(d, 'base64url')]);
}

/** Returns the public key of a seed, which NATS gets. Throws when the text is not a seed of a user. */
export function publicKeyOf(seed) {
  const bytes = decode(seed);
  const isUserSeed = bytes.length === 36 && SEED_PREFIX.every((byte, i) => bytes[i] === byte);
  if (!isUserSeed || encode([...bytes.subarray(0, 34)]) !== seed) throw new Error('not an nkey seed of a NATS user');
  const der = Buffer.concat([PKCS8_PREFIX, bytes.subarray(2, 34)]);
  const { x } = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({ format: 'jwk' });
  return encode([...PUBLIC_PREFIX, ...Buffer.from(x, 'base64url')]);
}

/** Encodes bytes and their checksum in base32 without padding. */
function encode(bytes) {
  const checksum = crc16(bytes);
  const bits = [...bytes, checksum & 0xff, checksum >> 8].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return bits.replaceAll(/.{1,5}/g, (group) => ALPHABET[Number.parseInt(group.padEnd(5, '0'), 2)]);
}

/** Decodes base32. Drops an incomplete last byte. */
function decode(text) {
  const bits = [...text].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/[01]{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** Returns the CRC-16/XMODEM checksum. */
function crc16(bytes) {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc;
}
