import type { LogEventDefinition } from './log-event.js';

const GATEWAY = ['gateway'] as const;

/** Log events of the gateway. */
export const gatewayEvents = {
  flow_answered: {
    level: 'info',
    processes: GATEWAY,
    msg: 'answered a request of a flow',
    help:
      'One line for each request to the executor and each page of a flow. `outcome`: `show` (a challenge: its `component`), ' +
      '`done`, `denied`, or `problem`. A refused answer, such as a wrong password, shows its challenge again, with `reasons`.',
    fields: ['request_id', 'method', 'flow', 'plan', 'outcome', 'component', 'problem', 'reasons', 'duration_ms'],
  },
  request_failed: {
    level: 'error',
    processes: GATEWAY,
    msg: 'a request failed',
    help: 'An error of this process or of what it needs. The client got `problem`.',
    fields: ['request_id', 'problem', 'error'],
  },
  policy_undecided: {
    level: 'error',
    processes: GATEWAY,
    msg: 'a policy could not decide',
    help: 'The policy counts as not passed, or as its binding says. The event `policy_exception` has the same text.',
    fields: ['policy', 'reason'],
  },
  session_address_not_stored: {
    level: 'error',
    processes: GATEWAY,
    msg: 'the address that a session moved to could not be stored',
    help: 'The session works on.',
    fields: ['error'],
  },
  session_not_marked: {
    level: 'error',
    processes: GATEWAY,
    msg: 'a session could not be marked as seen',
    help: 'The session works on.',
    fields: ['error'],
  },
  stage_contract_violated: {
    level: 'security',
    processes: GATEWAY,
    msg: 'a stage violates its contract',
    help: 'The reply was refused, and the visitor sees an error. The service is faulty, too new for this gateway, or compromised.',
    fields: ['stage', 'violations'],
  },
  session_cookies_planted: {
    level: 'security',
    processes: GATEWAY,
    msg: 'a request had the cookies of several live sessions',
    help: 'Another host of the domain has set one of them. All these sessions were ended.',
    fields: ['request_id', 'ended'],
  },
  outpost_headers_ignored: {
    level: 'security',
    processes: GATEWAY,
    msg: 'the headers of an outpost were ignored',
    help: 'A client names an address of a visitor without the token of an outpost, or an outpost is set up wrongly.',
    fields: ['request_id', 'reason'],
  },
} as const satisfies Readonly<Record<string, LogEventDefinition>>;
