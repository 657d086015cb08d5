import { gauge } from './metrics.js';

const keys = gauge({
  name: 'gatehouse_key_info',
  question: 'keys',
  processes: 'gateway, courier, mfa',
  help: 'The keys that the process has loaded, by their ids; always 1',
  labels: {
    setting: 'the setting that contains the key: `SEAL_KEYS`, `MFA_SEAL_KEYS`, `JWT_SIGNING_KEYS`',
    use: '`encrypt`: it encrypts new rows and decrypts; `decrypt`: it only decrypts rows from before a rotation; `sign`: it signs tokens; `verify`: it is only published, for tokens from before a rotation',
    id: 'the id of the key in the setting',
  },
});

/** The uses of the current key, and of the other keys of a setting. */
const SEALING = { current: 'encrypt', other: 'decrypt' } as const;

/** Reports the ids of the keys that a setting contains. */
export function reportKeys(
  setting: 'SEAL_KEYS' | 'MFA_SEAL_KEYS' | 'JWT_SIGNING_KEYS',
  { keyIds, currentKeyId }: { readonly keyIds: readonly string[]; readonly currentKeyId: string },
  uses: { readonly current: string; readonly other: string } = SEALING,
): void {
  for (const id of keyIds) keys.set({ setting, use: id === currentKeyId ? uses.current : uses.other, id }, 1);
}
