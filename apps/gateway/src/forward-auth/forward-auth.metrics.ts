import { counter, gauge } from '@gatehouse/platform';

/** The possible results of a check of a request to a site. */
export const CHECK_OUTCOMES = ['passed', 'anonymous', 'refused', 'oversized', 'unknown_site'] as const;

export const checks = counter({
  name: 'gatehouse_forward_auth_checks_total',
  question: 'logins',
  help: 'Checks of requests to sites behind forward auth',
  labels: {
    outcome:
      '`passed`; `anonymous`: no valid cookie; `refused`: the user may not use the application; `oversized`: the headers of the user are above FORWARD_AUTH_IDENTITY_BYTES; `unknown_site`: no application has the host',
    cached: '`yes` if the check needed no statement, else `no`',
  },
});

export const siteLogins = counter({
  name: 'gatehouse_forward_auth_logins_total',
  question: 'logins',
  help: 'Logins at sites behind forward auth',
  labels: {
    outcome:
      '`code`: the user may use the application, and got a code; `refused`: the user may not; `begun`: the site got its cookie; `invalid`: the code was not valid in this browser',
  },
});

export const verdicts = gauge({
  name: 'gatehouse_forward_auth_verdicts',
  question: 'full',
  help: 'Verdicts of forward auth that this process keeps',
  labels: {},
});
