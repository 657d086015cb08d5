/** What every contract of a set-up has, beside what is its own. */
export const SETUP_CONTRACT_DEFAULTS = {
  reads: { pending_user: 'optional', auth_method_args: 'optional', enrolled_devices: 'optional' },
  writes: ['enrolled_devices'],
  inserts: ['authenticator_validate'],
  changes_credentials: () => true,
  effects: ['event'],
} as const;
