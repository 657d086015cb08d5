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
    });
  });

  it('must have a known template, at most one of use_tls and use_ssl, and one sender address', () => {
    const { template } = emailContract.config.shape;
    expect(template.safeParse('email/account_confirmation.html').success).toBe(true);
    expect(template.safeParse('x.html').success).toBe(false);
    expect(errors({ use_tls: true })).toEqual({});
    expect(errors({ use_tls: true, use_ssl: true })).toHaveProperty('non_field_errors');
    expect(errors({ from_address: 'a@b.org, c@d.org' })).toHaveProperty('from_address');
  });
});
