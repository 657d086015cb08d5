import { describe, expect, it } from 'vitest';
import { emailContract } from './email.contract.js';

describe('the config of the email stage', () => {
  const errors = (config: Record<string, unknown>) => emailContract.validate(config);

  it('has the default values that the reference documents', () => {
    expect(emailContract.config.parse({})).toEqual({
      ...{ use_global_settings: false, host: 'localhost', port: 25, username: '', password: '' },
      ...{ use_tls: false, use_ssl: false, timeout: 10, from_address: 'system@authentik.local' },
      ...{
        activate_user_on_success: false,
        token_expiry: 30,
        subject: 'authentik',
        template: 'email/password_reset.html',
      },
      ...{ recovery_max_attempts: 5, recovery_cache_timeout: 'minutes=5' },
    });
  });

  it.each([
    [30, 30],
    ['30', 30],
    ['minutes=30', 'minutes=30'],
    ['hours=1;minutes=1', 'hours=1;minutes=1'],
    ['seconds=1', 'seconds=1'],
    [43_200, 43_200],
  ])('accepts the token_expiry %j', (token_expiry, parsed) => {
    expect(emailContract.config.parse({ token_expiry }).token_expiry).toBe(parsed);
    expect(emailContract.config.parse({ token_expiry: parsed }).token_expiry).toBe(parsed);
  });

  it.each([0, 43_201, -1, 'days=31', 'soon', 'minutes=soon', '', true, null, ['minutes=30']])(
    'refuses the token_expiry %j',
    (token_expiry) => {
      expect(emailContract.config.safeParse({ token_expiry }).success).toBe(false);
    },
  );

  it('must have a known template, at most one of use_tls and use_ssl, and one sender address', () => {
    const { template } = emailContract.config.shape;
    expect(template.safeParse('email/account_confirmation.html').success).toBe(true);
    expect(template.safeParse('x.html').success).toBe(false);
    expect(errors({ use_tls: true })).toEqual({});
    expect(errors({ use_tls: true, use_ssl: true })).toHaveProperty('non_field_errors');
    expect(errors({ from_address: 'a@b.org, c@d.org' })).toHaveProperty('from_address');
  });
});
