import { gauge } from './metrics.js';

const keys = gauge({
  name: 'gatehouse_key_info',
  question: 'keys',
  processes: 'gateway, courier, mfa',
  help: 'The keys that the process has loaded, by their ids; always 1',
  labels: {
    setting: 'the setting that contains the key: `SEAL_KEYS`, `MFA_SEAL_KEYS`',
    use: '`encrypt`: it encrypts new rows and decrypts; `decrypt`: it only decrypts rows from before a rotation',
    id: 'the id of the key in the setting',
  },
});

/** Reports the ids of the keys that a setting contains. */
export function reportKeys(
  setting: 'SEAL_KEYS' | 'MFA_SEAL_KEYS',
  { keyIds, currentKeyId }: { readonly keyIds: readonly string[]; readonly currentKeyId: string },
): void {
  for (const id of keyIds) keys.set({ setting, use: id === currentKeyId ? 'encrypt' : 'decrypt', id }, 1);
}
