import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { StageDescriptor, StagePageModule } from '@gatehouse/contracts';
import { z } from 'zod';

/** A public key of a vendor, with which page modules of its stages are signed. */
interface VendorKey {
  /** `x_<vendor>`. */
  readonly vendor: string;
  readonly key: KeyObject;
}

const ENTRY = /^(?<vendor>x_[a-z0-9]+)=(?<key>[A-Za-z0-9+/]{43}=)$/;

/** Setting with the public keys of page modules. */
export const stagePageKeys = z
  .string()
  .default('')
  .transform((text) => text.split(',').flatMap((entry) => entry.trim() || []))
  .refine((entries) => entries.every((entry) => ENTRY.test(entry)), {
    error: 'must be entries x_<vendor>=<Ed25519 public key in base64>, comma separated',
  })
  .transform((entries) => entries.map(vendorKey))
  .describe(
    'Public keys of vendors whose page modules run in sandboxed frames: `x_<vendor>=<Ed25519 key in base64>`, comma separated. A vendor that replaces its key has two',
  );

function vendorKey(entry: string): VendorKey {
  const { vendor = '', key = '' } = ENTRY.exec(entry)?.groups ?? {};
  const x = Buffer.from(key, 'base64').toString('base64url');
  return { vendor, key: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }) };
}

/** Returns the page module of a stage if a key of its vendor has signed it for this kind (docs/adr/0092). */
export function verifiedPageModule(
  { kind, page }: Pick<StageDescriptor, 'kind' | 'page'>,
  keys: readonly VendorKey[],
): StagePageModule | undefined {
  const { code, signature } = page?.module ?? {};
  if (code === undefined || signature === undefined) return undefined;
  const signed = Buffer.from(`gatehouse stage page 1\n${kind}\n${code}`);
  const isSigned = keys
    .filter(({ vendor }) => kind.startsWith(`${vendor}_`))
    .some(({ key }) => verify(null, signed, key, Buffer.from(signature, 'base64')));
  return isSigned ? { code, integrity: `sha256-${createHash('sha256').update(code).digest('base64')}` } : undefined;
}
