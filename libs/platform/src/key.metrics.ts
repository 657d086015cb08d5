import { gauge } from './metrics.js';

const keys = gauge({
  name: 'gatehouse_key_info',
  question: 'keys',
  processes: 'gateway, blueprints, courier, mfa',
  help: 'The keys that the process has loaded, by their ids; always 1',
  labels: {
    setting: 'the setting that contains the key: `SEAL_KEYS`, `MFA_SEAL_KEYS`, `JWT_SIGNING_KEYS`',
    use: '`encrypt`: it encrypts new rows and decrypts; `decrypt`: it only decrypts rows from before a rotation; `sign`: it signs tokens; `verify`: it is only published, for tokens from before a rotation',
    id: 'the id of the key in the setting',
  },
});

/** Label values for encryption keys: the current key encrypts and decrypts, all other keys only decrypt. */
const SEALING = { current: 'encrypt', other: 'decrypt' } as const;

/**
 * Reports the ids of the keys in a setting as a metric. `uses` has the label values for the current key and for all
 * other keys.
 */
export function reportKeys(
  setting: 'SEAL_KEYS' | 'MFA_SEAL_KEYS' | 'JWT_SIGNING_KEYS',
  { keyIds, currentKeyId }: { readonly keyIds: readonly string[]; readonly currentKeyId: string },
  uses: { readonly current: string; readonly other: string } = SEALING,
): void {
  for (const id of keyIds) keys.set({ setting, use: id === currentKeyId ? uses.current : uses.other, id }, 1);
}
