import type { LogEventDefinition } from './log-event.js';

const GATEWAY = ['gateway'] as const;

/** Log events of the gateway. */
export const gatewayEvents = {
  flow_answered: {
    level: 'info',
    processes: GATEWAY,
    msg: 'answered a request of a flow',
    help:
      'One line for each request to the executor and each page of a flow, except [those that are refused ' +
      'before](../spec/http.md#unlogged-refusals). `outcome`: `show` (a challenge: its `component` and the kind of its `stage`), ' +
      '`done`, `denied`, or `problem` (with the `stage` whose request failed). A refused answer, such as a wrong password, shows its challenge again, with `reasons`.',
    fields: [
      'request_id',
      'method',
      'flow',
      'plan',
      'outcome',
      'component',
      'stage',
      'problem',
      'reasons',
      'duration_ms',
    ],
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
    help:
      'The policy counts as not passed, or as its binding says. The event `policy_exception` has the same text. For ' +
      'visitors who have proved nothing, both are limited by `ANONYMOUS_EVENT_RATE`; the metric ' +
      '`gatehouse_policy_evaluation_seconds` with `outcome="error"` counts all.',
    fields: ['policy', 'flow', 'reason'],
  },
  forward_identity_too_large: {
    level: 'error',
    processes: GATEWAY,
    msg: 'a user is refused by forward auth, because the headers with the identity are too large',
    help:
      'The user is in too many groups, or in groups with long names. Remove groups, or raise ' +
      '`FORWARD_AUTH_IDENTITY_BYTES` with the limits of the proxy and the application. Logged when a verdict is loaded.',
    fields: ['user', 'application', 'header_bytes'],
  },
  session_address_not_stored: {
    level: 'error',
    processes: GATEWAY,
    msg: 'the address that a session moved to could not be stored',
    help: 'The session stays valid.',
    fields: ['error'],
  },
  session_not_marked: {
    level: 'error',
    processes: GATEWAY,
    msg: 'a session could not be marked as seen',
    help: 'The session stays valid.',
    fields: ['error'],
  },
  attempt_refused: {
    level: 'security',
    processes: GATEWAY,
    msg: 'an attempt was refused without being judged',
    help:
      '`reason`: the credential is `locked` or `delayed`, its `network` has too many failures, or too many mails were ' +
      'requested (`mail`) ([attempts](../spec/attempts.md)). The line has the `user` whose credential it was, or the ' +
      '`subject` of a name without an account.',
    fields: ['request_id', 'client_ip', 'flow', 'stage', 'reason', 'user', 'subject'],
  },
  rate_limit_hit: {
    level: 'security',
    processes: GATEWAY,
    msg: 'a request was above a rate limit of its network',
    help: '`reason` is the limit: `anonymous`, `new_session`, `device_code` or `forward_code` (of a session). The client got 429.',
    fields: ['request_id', 'client_ip', 'method', 'route', 'user', 'reason'],
  },
  forward_check_refused: {
    level: 'security',
    processes: GATEWAY,
    msg: 'a request of a forward auth proxy was refused',
    help:
      'The check, or another request that the proxy of a site sends, got 400 or 404: its sender is not in `TRUSTED_PROXIES`, ' +
      'no application has the `external_host`, or the proxy does not name the request ([what to ' +
      'change](../how-to/protect-an-application.md#refused-checks)). Each `reason` is written once a minute at most, and ' +
      'at most 20 of them in a minute.',
    fields: ['request_id', 'reason'],
  },
  forward_code_refused: {
    level: 'security',
    processes: GATEWAY,
    msg: 'a code of forward auth was refused',
    help:
      'The code is unknown, used or expired, or belongs to another browser, site or address ' +
      '([login](../spec/forward-auth.md#login)). The visitor saw an error page.',
    fields: ['request_id', 'client_ip'],
  },
  signal_received: {
    level: 'info',
    processes: GATEWAY,
    msg: 'a security event was accepted',
    help:
      '`outcome`: `applied` (the event `signal_received` says what it has done), `repeated` (the token was received before), ' +
      '`no_effect`, `unknown_subject` (no user of the transmitter), or `verification` ' +
      '([receiver](../spec/events.md#receiver)).',
    fields: ['request_id', 'transmitter', 'outcome'],
  },
  signal_refused: {
    level: 'security',
    processes: GATEWAY,
    msg: 'a security event was refused',
    help: '`reason` is the code that the transmitter got ([errors](../spec/events.md#receiver-errors)).',
    fields: ['request_id', 'transmitter', 'reason'],
  },
  csrf_refused: {
    level: 'security',
    processes: GATEWAY,
    msg: 'a request may have been forged by another site',
    help: '`reason` is the check that failed. A page that was open for long, or a proxy that changes `Host`, fails too.',
    fields: ['request_id', 'client_ip', 'method', 'route', 'user', 'reason'],
  },
  token_refused: {
    level: 'security',
    processes: GATEWAY,
    msg: 'an API token was refused',
    help: 'It is unknown or expired, its user is disabled, or the type of authentication is not `Bearer`.',
    fields: ['request_id', 'client_ip', 'method', 'route', 'user'],
  },
  permission_refused: {
    level: 'security',
    processes: GATEWAY,
    msg: 'a user lacks the permission for a request',
    help: 'The client got 403, from the API or because the policies of a flow refuse the visitor.',
    fields: ['request_id', 'client_ip', 'method', 'route', 'user'],
  },
  secret_in_query: {
    level: 'security',
    processes: GATEWAY,
    msg: 'a URL with a secret was refused',
    help:
      'A query parameter has the name of a secret field, such as `password`. Proxies may have logged the URL: find what ' +
      'sends it.',
    fields: ['request_id', 'client_ip', 'method', 'route', 'user'],
  },
  session_binding_broken: {
    level: 'security',
    processes: GATEWAY,
    msg: 'a session was used outside its binding and was ended',
    help:
      'The cookie may be stolen, or the user has moved. `reason` is the rule that was broken ' +
      '([session binding](../spec/sessions.md#session-binding)).',
    fields: ['request_id', 'client_ip', 'user', 'reason'],
  },
  stage_contract_violated: {
    level: 'security',
    processes: GATEWAY,
    msg: 'a stage violates its contract',
    help: 'The reply was refused, and the visitor sees an error. The service is faulty, too new for this gateway, or compromised.',
    fields: ['stage', 'violations'],
  },
  device_proof_refused: {
    level: 'security',
    processes: GATEWAY,
    msg: 'the proof of a device had another key than the session is bound to',
    help: 'A client that does not have the key of the device tries to renew a [device-bound session](../spec/device-bound-sessions.md).',
    fields: ['request_id', 'client_ip'],
  },
  session_cookies_planted: {
    level: 'security',
    processes: GATEWAY,
    msg: 'a request had the cookies of several live sessions',
    help: 'Another host of the domain has set one of the cookies. All these sessions were ended.',
    fields: ['request_id', 'ended'],
  },
  outpost_headers_ignored: {
    level: 'security',
    processes: GATEWAY,
    msg: 'the headers of an outpost were ignored',
    help: 'A client names an address of a visitor without the token of an outpost, or an outpost is set up wrongly.',
    fields: ['request_id', 'reason'],
  },
  stage_unserved: {
    level: 'warn',
    processes: GATEWAY,
    msg: 'no service serves a stage, so visitors get 503',
    help:
      'No process listens on the subject. Start the service of the stage with the NATS server of the gateway. Logged once ' +
      'until the stage replies again, at most once a minute for each stage; `gatehouse_stage_hop_seconds` counts all requests.',
    fields: ['stage', 'nats_subject'],
  },
  stage_served: {
    level: 'info',
    processes: GATEWAY,
    msg: 'a stage replies again',
    help: 'The outage that `stage_unserved` has reported is over. Logged at the first reply, that is, when a visitor reaches the stage.',
    fields: ['stage'],
  },
  stage_page_unverified: {
    level: 'warn',
    processes: GATEWAY,
    msg: 'a page module of a stage is not run, because no key in STAGE_PAGE_KEYS verifies it',
    help:
      'Visitors get the form that Gatehouse draws. Add the key that `npm run sign:stage-page` has printed, or sign the module again after a ' +
      'change and apply the blueprint. Logged once for each module of a flow.',
    fields: ['stage', 'flow'],
  },
  journeys_full: {
    level: 'warn',
    processes: GATEWAY,
    msg: 'the records of ended plans have reached their largest size',
    help:
      'Plans that end are only counted, until old records are dropped or JOURNEYS_MAX_MB is raised ' +
      '([journey records](../spec/journeys.md)).',
    fields: ['reason'],
  },
} as const satisfies Readonly<Record<string, LogEventDefinition>>;
