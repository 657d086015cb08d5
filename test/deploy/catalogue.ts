import {
  DEVICE_QUEUE,
  deviceOperations,
  PASSWORD_HASH_SUBJECT,
  POLICY_SUBJECT,
  SOURCE_BEGIN_SUBJECT,
  SOURCE_COMPLETE_SUBJECT,
  SOURCE_QUEUE,
  STAGE_VERBS,
  stageSubject,
} from '@gatehouse/contracts';
import { stages } from '../../libs/stages/src/catalogue.js';

/** What a service listens to. */
export interface Pattern {
  readonly subject: string;
  readonly queue: string;
}

const contracts = Object.values(stages).map(({ contract }) => contract);
/** What services answer besides their stages. */
const FURTHER: Readonly<Record<string, readonly Pattern[]>> = {
  consent: Object.values(deviceOperations).map(({ subject }) => ({ subject, queue: DEVICE_QUEUE })),
  password: [{ subject: PASSWORD_HASH_SUBJECT, queue: 'password' }],
  identification: [SOURCE_BEGIN_SUBJECT, SOURCE_COMPLETE_SUBJECT].map((subject) => ({ subject, queue: SOURCE_QUEUE })),
};

const patternsOf = (service: string): Pattern[] => [
  ...contracts
    .filter((contract) => contract.service === service)
    .flatMap(({ kind }) => STAGE_VERBS.map((verb) => ({ subject: stageSubject(kind, verb), queue: kind }))),
  ...(FURTHER[service] ?? []),
];

/** The services that answer on the bus, those of the catalogue of stages and the one for policies, with their subjects. */
export const PATTERNS: ReadonlyMap<string, readonly Pattern[]> = new Map<string, readonly Pattern[]>([
  ...[...new Set(contracts.map(({ service }) => service))].map((service) => [service, patternsOf(service)] as const),
  ['policy', [{ subject: POLICY_SUBJECT, queue: 'policy' }]],
]);

/** What a stage's service may ask of others (docs/spec/bus-protocol.md#subjects). */
export const MAY_ASK: Readonly<Record<string, readonly string[]>> = {
  enrollment: [PASSWORD_HASH_SUBJECT, POLICY_SUBJECT],
};

/** Everything that runs for good. */
export const SERVICES: readonly string[] = ['gateway', 'courier', ...PATTERNS.keys()];
