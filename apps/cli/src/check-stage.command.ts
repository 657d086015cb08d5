import { parseArgs } from 'node:util';
import { CHECKER, CommandError, isTrustedStage, StageRequester } from '@gatehouse/local';
import type { Command } from './command.js';
import { checkStage } from './stage-check/check-stage.js';
import type { ProtocolFinding } from './stage-check/protocol-finding.js';

const USAGE = `usage: npm run check:stage -- KIND [--config JSON] [--trusts-proof] [--nats URL]
         [--right JSON] [--wrong JSON] [--context JSON] [--state JSON]

KIND is the stage, and --config its config in a blueprint. --trusts-proof checks it as with trusts_proof: true.
--right and --wrong are answers of a visitor, as the object response: the stage must pass the right one and refuse the
wrong one, and the gateway must count the wrong one only. --context has facts that the request needs; members of its
pending_user replace those of the made-up user. --state is the state of the stage, if an answer is right only with a certain state, such as a mailed code. Without it, the state is that
which the stage has left with its challenge. TRUSTED_STAGES has the same value as for the gateway.`;

/** `npm run check:stage`: checks that a running stage keeps the protocol. The exit code is 1 if it does not. */
export const checkStageCommand: Command = {
  name: 'check:stage',
  usage: USAGE,
  run: async (args, { env }) => {
    const { kind, nats, ...options } = parseArguments(args);
    const requester = new StageRequester(nats === undefined ? env : { ...env, NATS_URL: nats }, CHECKER);
    try {
      const stage = { kind, trusted: isTrustedStage(kind, env), ...options };
      const findings: ProtocolFinding[] = [];
      for await (const finding of checkStage(requester, stage)) findings.push(finding);
      const broken = findings.filter(({ faults }) => faults.length > 0).length;
      const promises = findings.filter(({ isNote }) => !isNote).length;
      const verdict = broken > 0 ? `${broken} of ${promises} promises broken` : `${promises} promises kept`;
      const output = [...findings.map(formatFinding), `${kind}: ${verdict}`].join('\n');
      return { output, exitCode: broken > 0 ? 1 : 0 };
    } finally {
      await requester.close();
    }
  },
};

const text = { type: 'string' } as const;
const OPTIONS = {
  config: { ...text, default: '{}' },
  'trusts-proof': { type: 'boolean', default: false },
  context: { ...text, default: '{}' },
  state: text,
  right: text,
  wrong: text,
  nats: text,
} as const;

function parseArguments(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [kind, ...more] = positionals;
    if (!kind || more.length > 0) throw new CommandError(USAGE);
    const { right, wrong, state } = values;
    const answers = {
      right: optional(right),
      wrong: optional(wrong),
      state: optional(state),
      context: objectIn(values.context),
    };
    return { kind, config: objectIn(values.config), trusts_proof: values['trusts-proof'], answers, nats: values.nats };
  } catch (cause) {
    throw new CommandError(USAGE, { cause });
  }
}

const optional = (json: string | undefined) => (json === undefined ? undefined : objectIn(json));

function objectIn(json: string): Record<string, unknown> {
  const value: unknown = JSON.parse(json);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new CommandError(USAGE);
}

function formatFinding({ promise, faults, isNote }: ProtocolFinding): string {
  const lines = faults.flatMap((fault) => fault.split('\n'));
  return [
    `${faults.length > 0 ? 'FAIL' : isNote ? 'note' : 'ok  '} ${promise}`,
    ...lines.map((line) => `       ${line}`),
  ].join('\n');
}
