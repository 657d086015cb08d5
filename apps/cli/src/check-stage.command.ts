import { parseArgs } from 'node:util';
import { CHECKER, CommandError, StageRequester } from '@gatehouse/local';
import type { Command } from './command.js';
import { checkStage, type ProtocolFinding } from './stage-check/check-stage.js';

const USAGE = `usage: npm run check:stage -- KIND [--config JSON] [--nats URL]`;

/** `npm run check:stage`: checks that a running stage keeps the protocol. The exit code is 1 if it does not. */
export const checkStageCommand: Command = {
  name: 'check:stage',
  run: async (args, { env }) => {
    const { kind, config, nats } = parseArguments(args);
    const requester = new StageRequester(nats === undefined ? env : { ...env, NATS_URL: nats }, CHECKER);
    try {
      const findings: ProtocolFinding[] = [];
      for await (const finding of checkStage(requester, { kind, config })) findings.push(finding);
      const broken = findings.filter(({ faults }) => faults.length > 0).length;
      const verdict =
        broken > 0 ? `${broken} of ${findings.length} promises broken` : `${findings.length} promises kept`;
      const output = [...findings.map(formatFinding), `${kind}: ${verdict}`].join('\n');
      return { output, exitCode: broken > 0 ? 1 : 0 };
    } finally {
      await requester.close();
    }
  },
};

function parseArguments(args: readonly string[]) {
  const options = { config: { type: 'string', default: '{}' }, nats: { type: 'string' } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [kind, ...more] = positionals;
    const config: unknown = JSON.parse(values.config);
    if (!kind || more.length > 0 || typeof config !== 'object' || config === null) throw new CommandError(USAGE);
    return { kind, config: config as Record<string, unknown>, nats: values.nats };
  } catch (cause) {
    throw new CommandError(USAGE, { cause });
  }
}

function formatFinding({ promise, faults }: ProtocolFinding): string {
  const lines = faults.flatMap((fault) => fault.split('\n'));
  return [`${faults.length > 0 ? 'FAIL' : 'ok  '} ${promise}`, ...lines.map((line) => `       ${line}`)].join('\n');
}
