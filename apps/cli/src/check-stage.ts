import { parseArgs } from 'node:util';
import { CommandError, StageRequester } from '@gatehouse/local';
import { runCommand } from './command.js';
import { checkStage, type ProtocolFinding } from './stage-check/check-stage.js';

const USAGE = `usage: npm run check:stage -- KIND [--config JSON] [--nats URL]`;

await runCommand('check:stage', async (args) => {
  const { kind, config, nats } = read(args);
  const bus = new StageRequester(nats === undefined ? process.env : { ...process.env, NATS_URL: nats });
  try {
    const findings: ProtocolFinding[] = [];
    for await (const finding of checkStage(bus, { kind, config })) findings.push(finding);
    const broken = findings.filter(({ faults }) => faults.length > 0).length;
    if (broken > 0) process.exitCode = 1;
    const verdict = broken > 0 ? `${broken} of ${findings.length} promises broken` : `${findings.length} promises kept`;
    return [...findings.map(formatFinding), `${kind}: ${verdict}`].join('\n');
  } finally {
    await bus.close();
  }
});

function read(args: readonly string[]) {
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
