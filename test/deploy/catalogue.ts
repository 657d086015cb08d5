import {
  AUTHORIZATION_QUEUE,
  authorizationOperations,
  DEVICE_QUEUE,
  deviceOperations,
  FLOW_CHANGE_QUEUE,
  flowChangeOperations,
  PASSWORD_HASH_SUBJECT,
  PASSWORD_REUSE_SUBJECT,
  POLICY_SUBJECT,
  SOURCE_BEGIN_SUBJECT,
  SOURCE_COMPLETE_SUBJECT,
  SOURCE_KEYS_SUBJECT,
  SOURCE_QUEUE,
  STAGE_VERBS,
  stageSubject,
} from '@gatehouse/contracts';
import { stages } from '../../libs/stages/src/catalogue.js';

/** A subscription of a service: subject and queue group. */
export interface Pattern {
  readonly subject: string;
  readonly queue: string;
}

const contracts = Object.values(stages).map(({ contract }) => contract);
/** Subscriptions of services besides those for their stages. */
const OTHER_SUBSCRIPTIONS: Readonly<Record<string, readonly Pattern[]>> = {
  consent: [
    ...Object.values(deviceOperations).map(({ subject }) => ({ subject, queue: DEVICE_QUEUE })),
    ...Object.values(authorizationOperations).map(({ subject }) => ({ subject, queue: AUTHORIZATION_QUEUE })),
  ],
  password: [PASSWORD_HASH_SUBJECT, PASSWORD_REUSE_SUBJECT].map((subject) => ({ subject, queue: 'password' })),
  identification: [SOURCE_BEGIN_SUBJECT, SOURCE_COMPLETE_SUBJECT, SOURCE_KEYS_SUBJECT].map((subject) => ({
    ...{ subject, queue: SOURCE_QUEUE },
  })),
};

const patternsOf = (service: string): Pattern[] => [
  ...contracts
    .filter((contract) => contract.service === service)
    .flatMap(({ kind }) => STAGE_VERBS.map((verb) => ({ subject: stageSubject(kind, verb), queue: kind }))),
  ...(OTHER_SUBSCRIPTIONS[service] ?? []),
];

/** The subscriptions of each service that replies on the bus, by the name of the service. */
export const PATTERNS: ReadonlyMap<string, readonly Pattern[]> = new Map<string, readonly Pattern[]>([
  ...[...new Set(contracts.map(({ service }) => service))].map((service) => [service, patternsOf(service)] as const),
  ['policy', [{ subject: POLICY_SUBJECT, queue: 'policy' }]],
  ['blueprints', Object.values(flowChangeOperations).map(({ subject }) => ({ subject, queue: FLOW_CHANGE_QUEUE }))],
]);

/** The subjects of services that a service may send requests to (docs/spec/bus-protocol.md#subjects). */
export const ALLOWED_CALLS: Readonly<Record<string, readonly string[]>> = {
  blueprints: contracts.map(({ kind }) => stageSubject(kind, 'describe')).sort(),
  enrollment: [PASSWORD_HASH_SUBJECT, POLICY_SUBJECT],
  policy: [PASSWORD_REUSE_SUBJECT],
};

/** All long-running services. */
export const SERVICES: readonly string[] = ['gateway', 'courier', ...PATTERNS.keys()];

/** What a container connects to: `front` is the network of the visitors, `world` is the internet. */
export type Need = 'front' | 'bus' | 'data' | 'world';

/**
 * What each service and each job connects to. Tests compare both deployments, Compose and Kubernetes, with this table.
 * Comments say for what a service needs the internet.
 */
export const NEEDS: Readonly<Record<string, readonly Need[]>> = {
  gateway: ['front', 'bus', 'data'],
  blueprints: ['bus', 'data'],
  // To verify captchas at their providers.
  captcha: ['bus', 'data', 'world'],
  consent: ['bus', 'data'],
  // To send mails.
  courier: ['bus', 'data', 'world'],
  enrollment: ['bus', 'data'],
  // To log users in at sources (OAuth, OpenID Connect and Plex).
  identification: ['bus', 'data', 'world'],
  // To send text messages and Duo pushes.
  mfa: ['bus', 'data', 'world'],
  password: ['bus', 'data'],
  // To query the list of breached passwords, and to call the hosts in POLICY_ALLOWED_HOSTS.
  policy: ['bus', 'data', 'world'],
  session: ['bus'],
  migrate: ['data'],
  roles: ['data'],
  stream: ['bus'],
  checker: ['bus'],
  // For the command `user -- import-duo`.
  operator: ['bus', 'data', 'world'],
};

/** The secrets of each service besides those with which it connects to NATS and Postgres. */
export const SECRETS: Readonly<Record<string, readonly string[]>> = {
  gateway: ['SEAL_KEYS', 'JWT_SIGNING_KEYS', 'SECRET_KEY'],
  blueprints: ['SEAL_KEYS'],
  courier: ['SEAL_KEYS', 'JWT_SIGNING_KEYS'],
  mfa: ['MFA_SEAL_KEYS'],
};
